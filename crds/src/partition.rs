//! Partition: one interval of a pipeline's clock, as the controller shows it, and a place for requests.

use crate::limits;
use crate::pipeline::PipelineRef;
use crate::reason::{StepReason, StepState};
use crate::rules;
use crate::text::{Key, LogAddress, Name, StepMessage};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// Which partition of which pipeline.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "daybreak.dev",
    version = "v1alpha1",
    kind = "Partition",
    namespaced,
    status = "PartitionStatus",
    derive = "PartialEq",
    shortname = "dpt",
    category = "daybreak",
    doc = "A partition is one interval of a pipeline's clock. The controller makes those that are worth \
        looking at: runnable, failed, holding up others, recent.",
    printcolumn(name = "Pipeline", type_ = "string", json_path = ".spec.pipelineRef.name"),
    printcolumn(name = "Key", type_ = "string", json_path = ".spec.key"),
    printcolumn(
        name = "Complete",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Complete\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Complete\")].reason"
    ),
    printcolumn(
        name = "Late",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Late\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Complete\")].message",
        priority = 1
    ),
    selectable = ".spec.pipelineRef.name",
    selectable = ".spec.key"
)]
#[serde(rename_all = "camelCase")]
pub struct PartitionSpec {
    /// The pipeline, in the same namespace.
    #[x_kube(validation = rules::PARTITION_KEEPS_ITS_PIPELINE)]
    pub pipeline_ref: PipelineRef,

    /// The key: the start of the interval in the pipeline's clock. Examples: `2026-01`, `2026-W02`, `2026-01-05`,
    /// `2026-01-05T07`, `2026-01-05T0705`.
    #[x_kube(validation = rules::PARTITION_KEEPS_ITS_KEY)]
    pub key: Key,

    /// Whether this partition rests: what runs finishes, nothing new starts. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The state of a partition as last seen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionStatus {
    /// The generation of the spec that this report is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// `Complete`: every wanted output is there; it turns false again when data vanishes. `Late`: it is not, for longer
    /// than the pipeline's `lateAfter`. `Stale`: an input changed after the outputs were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "crate::schema::short_conditions")]
    pub conditions: Vec<Condition>,

    /// Each step, with the one reason why it is where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::STEPS))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub steps: Vec<StepStatus>,
}

/// The state of one step of a partition.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepStatus {
    /// The name of the step.
    pub name: Name,

    /// Where it is: `Idle`, `Waiting`, `Running`, `Complete`, `Failed` or `Unknown`.
    pub state: StepState,

    /// Why it is there.
    pub reason: StepReason,

    /// The particulars in a sentence: the path, the quota or the error. Longer ones end in `…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<StepMessage>,

    /// Since when the reason holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::time")]
    pub since: Option<Time>,

    /// The number of the latest attempt; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,

    /// Where the log of the latest attempt is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogAddress>,
}
