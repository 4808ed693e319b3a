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

    /// When the next partition becomes due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::time")]
    pub next_due: Option<Time>,

    /// All partitions known to be complete, as ranges from the oldest; outside the window, as last seen. Beyond 500
    /// ranges the oldest are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::RANGES))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub complete_ranges: Vec<KeyRange>,
}

/// How many partitions are in which state. Each one that is looked after is complete, running, failed or waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionCounts {
    /// Partitions that are looked after.
    pub due: u32,

    /// With every wanted output there.
    pub complete: u32,

    /// With a step that runs.
    pub running: u32,

    /// With a step that a person must look at, and none that runs.
    pub failed: u32,

    /// With steps that wait, and none that runs or failed.
    pub waiting: u32,

    /// With an input that changed after an output was made, whatever else they are.
    pub stale: u32,
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
