//! Backfill: a range of partitions beyond the window, or a request to make again what exists.

use crate::limits;
use crate::pipeline::PipelineRef;
use crate::pipeline_status::PartitionCounts;
use crate::rules;
use crate::text::{Key, Name};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "daybreak.dev",
    version = "v1alpha1",
    kind = "Backfill",
    namespaced,
    status = "BackfillStatus",
    derive = "PartialEq",
    shortname = "dbf",
    category = "daybreak",
    doc = "A backfill asks for a range of partitions beyond a pipeline's window, or for making again what \
        exists. It yields to the window's own partitions.",
    printcolumn(name = "Pipeline", type_ = "string", json_path = ".spec.pipelineRef.name"),
    printcolumn(name = "From", type_ = "string", json_path = ".spec.from"),
    printcolumn(name = "To", type_ = "string", json_path = ".spec.to"),
    printcolumn(name = "Rerun", type_ = "boolean", json_path = ".spec.rerun"),
    printcolumn(
        name = "Finished",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Complete\")].status"
    ),
    printcolumn(name = "Due", type_ = "integer", json_path = ".status.partitions.due"),
    printcolumn(name = "Complete", type_ = "integer", json_path = ".status.partitions.complete"),
    printcolumn(name = "Failed", type_ = "integer", json_path = ".status.partitions.failed"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Complete\")].message",
        priority = 1
    ),
    selectable = ".spec.pipelineRef.name"
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::LAST_IS_NOT_BEFORE_FIRST,
    validation = rules::REQUEST_KEEPS_ITS_RANGE,
    validation = rules::REQUEST_KEEPS_ITS_STEPS,
    validation = rules::REQUEST_KEEPS_ITS_RERUN,
)]
pub struct BackfillSpec {
    /// The pipeline, in the same namespace.
    pub pipeline_ref: PipelineRef,

    /// The key of the first partition. A key coarser than the clock means its first partition. Example: `2025-12-01`.
    pub from: Key,

    /// The key of the last partition, inclusive. A key coarser than the clock means its first partition.
    /// Example: `2025-12-31`.
    pub to: Key,

    /// Only these steps. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::STEPS))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub steps: Vec<Name>,

    /// Whether to make again, once, what exists; the old data stays until the new is there. Default: `false`, which
    /// makes what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun: Option<bool>,

    /// Whether the backfill rests: what runs finishes, nothing new starts. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The state of a backfill as last seen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackfillStatus {
    /// The generation of the spec that this report is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// `Complete`: everything asked for is there, and made again where that was asked for. `Stalled`, only when true: a
    /// person must change something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::conditions")]
    pub conditions: Vec<Condition>,

    /// How many partitions of the range are in which state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<PartitionCounts>,

    /// When everything asked for was there for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::time")]
    pub completion_time: Option<Time>,
}
