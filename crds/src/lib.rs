//! The API of Daybreak, group `daybreak.dev`: Pipeline, Partition, Backfill, their conditions, reasons and labels.
//!
//! The types say what people may write, and nothing is filled in: the defaults stand in the comments and are applied by
//! the one conversion to the planner's own types. The short names `dpl`, `dpt` and `dbf` begin with a d for Daybreak:
//! Tekton and Kubeflow have a kind `Pipeline` as well, and `po`, `pv` and `pdb` are Kubernetes' own.

#![expect(clippy::duplicated_attributes, reason = "each printed column says its type")]
#![expect(unreachable_pub, reason = "kube's derive repeats each public struct within a function")]

pub mod backfill;
pub mod condition;
pub mod dataset;
mod definition;
pub mod environment;
pub mod labels;
pub mod limits;
pub mod partition;
pub mod pipeline;
pub mod pipeline_status;
pub mod pod;
pub mod reason;
mod rules;
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

pub use definition::{EDITOR_SCHEMA, YAML, all};

/// The group of the API.
pub const GROUP: &str = "daybreak.dev";
/// The version of the API.
pub const VERSION: &str = "v1alpha1";
