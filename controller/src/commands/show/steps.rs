//! Steps: what is said of one in a line, and of which it is worth saying.

use crds::partition::{PartitionStatus, StepStatus};
use crds::{Partition, StepReason, StepState};

/// The steps of a partition, as far as they are known.
pub(crate) fn steps(partition: &Partition) -> &[StepStatus] {
    partition.status.as_ref().map_or(&[], |PartitionStatus { steps, .. }| steps)
}

/// Whether nothing is left to do. What nobody looks at yet is not done.
pub(crate) fn is_done(partition: &Partition) -> bool {
    let steps = steps(partition);
    let is_done = |step: &StepStatus| matches!(step.state, StepState::Complete | StepState::Idle);
    !steps.is_empty() && steps.iter().all(is_done)
}

/// Where a step is, in a line.
pub(crate) fn sentence(key: &str, step: &StepStatus) -> String {
    let message = step.message.as_deref().unwrap_or_default();
    format!("{key} {}: {:?}: {message}", step.name, step.reason)
}

/// Whether a person can do something about it: a step that waits for another is no such.
pub(crate) fn is_worth_a_line(step: &StepStatus) -> bool {
    let message = step.message.as_deref().unwrap_or_default();
    match step.reason {
        StepReason::WaitingForInputs => !message.contains(", which the step "),
        StepReason::Failed
        | StepReason::OutputOccupied
        | StepReason::StorageUnknown
        | StepReason::Suspended
        | StepReason::WaitingForSlot
        | StepReason::BackingOff
        | StepReason::NotDue
        | StepReason::OutsideWindow => true,
        StepReason::Running
        | StepReason::Publishing
        | StepReason::Succeeded
        | StepReason::OutputsExist
        | StepReason::NotDemanded
        | StepReason::Expired => false,
    }
}
