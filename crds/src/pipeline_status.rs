//! What is known of a pipeline: a report, never an input of a decision.

use crate::limits;
use crate::text::Key;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// The state of a pipeline as last seen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PipelineStatus {
    /// The generation of the spec that this report is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// `Ready`: the spec is sound and acted on. `Stalled`, only when true: a person must change something. `CaughtUp`:
    /// every due partition of the window is complete. `Late`: one is not, for longer than `lateAfter`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,

    /// How many partitions of the window are in which state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<PartitionCounts>,

    /// The key of the last partition up to which all are complete, from the window's start. Absent while the first one
    /// is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete_through: Option<Key>,

    /// The next partition that becomes due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_due: Option<NextDue>,

    /// All partitions known to be complete, as ranges from the oldest: as last seen outside the window. The oldest are
    /// left out beyond 500 ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::RANGES))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub complete_ranges: Vec<KeyRange>,
}

/// How many partitions are in which state; each is in exactly one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionCounts {
    /// All of them.
    pub total: u32,

    /// With every wanted output there.
    pub complete: u32,

    /// With a step that runs.
    pub running: u32,

    /// With steps that wait, and none that runs or failed.
    pub waiting: u32,

    /// With a step that failed or that a person must look at.
    pub failed: u32,

    /// With a store that gives no reliable answer.
    pub unknown: u32,
}

/// The partition that becomes due next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextDue {
    /// Its key.
    pub key: Key,

    /// When.
    #[schemars(schema_with = "crate::schema::time")]
    pub time: Time,
}

/// Partitions from one to another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyRange {
    /// The key of the first one.
    pub from: Key,

    /// The key of the last one, inclusive.
    pub to: Key,
}
