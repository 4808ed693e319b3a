//! The API of Daybreak, group `daybreak.dev`: Pipeline, Partition, Backfill, their conditions, reasons and labels.
//!
//! The types say what people may write, and nothing is filled in: the defaults stand in the comments and are applied by
//! the one conversion to the planner's own types.

#![expect(unreachable_pub, reason = "kube's derive repeats each public struct within a function")]

pub mod backfill;
pub mod condition;
pub mod dataset;
pub mod environment;
pub mod labels;
pub mod limits;
pub mod partition;
pub mod pipeline;
pub mod pipeline_status;
pub mod pod;
pub mod reason;
mod schema;
pub mod spark;
pub mod step;
pub mod text;
pub mod volume;

pub use backfill::{Backfill, BackfillSpec, BackfillStatus};
pub use condition::{ConditionType, Reason};
pub use partition::{Partition, PartitionSpec, PartitionStatus};
pub use pipeline::{Pipeline, PipelineSpec};
pub use pipeline_status::PipelineStatus;
pub use reason::{StepReason, StepState};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// The group of the API.
pub const GROUP: &str = "daybreak.dev";
/// The version of the API.
pub const VERSION: &str = "v1alpha1";

/// The definitions of all kinds, as they are applied to a cluster.
pub fn all() -> Vec<CustomResourceDefinition> {
    vec![Pipeline::crd(), Partition::crd(), Backfill::crd()]
}
