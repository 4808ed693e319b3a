//! The names that Daybreak puts on objects: labels, annotations, a finalizer, field managers. Each stands here once.

/// Label: the pipeline that an object belongs to.
pub const PIPELINE: &str = "daybreak.dev/pipeline";
/// Label: the key of the partition, in lower case.
pub const PARTITION: &str = "daybreak.dev/partition";
/// Label: the name of the step that a Job or a pod runs.
pub const STEP: &str = "daybreak.dev/step";
/// Label: the number of the attempt, from 1.
pub const ATTEMPT: &str = "daybreak.dev/attempt";
/// Label: the number of the launch within its attempt, from 1.
pub const LAUNCH: &str = "daybreak.dev/launch";
/// Label, of Kubernetes' common ones: who looks after an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of [`MANAGED_BY`] on all that Daybreak makes.
pub const MANAGER: &str = "daybreak";

/// Annotation: the digest of the step that a launch was made from.
pub const STEP_DIGEST: &str = "daybreak.dev/step-digest";
/// Annotation: the backfill that asked for a launch.
pub const BACKFILL: &str = "daybreak.dev/backfill";

/// Finalizer: a pipeline's launches end before it goes.
pub const FINALIZER: &str = "daybreak.dev/launches";

/// Field manager: what the controller makes, Partitions and launches.
pub const OBJECT_FIELD_MANAGER: &str = "daybreak";
/// Field manager: the status of Pipelines, Partitions and Backfills.
pub const STATUS_FIELD_MANAGER: &str = "daybreak-status";
/// Field manager: what the command line changes for a person.
pub const COMMAND_FIELD_MANAGER: &str = "daybreak-cli";
