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

#[cfg(test)]
mod tests {
    use super::*;
    use crds::PartitionSpec;
    use serde_json::json;

    fn partition(reasons: &[StepReason]) -> Partition {
        let step = |reason: &StepReason| json!({"name": "make", "state": reason.state(), "reason": reason});
        let steps: Vec<_> = reasons.iter().map(step).collect();
        let spec: PartitionSpec =
            serde_json::from_value(json!({"pipelineRef": {"name": "shop"}, "key": "2026-01-05"})).unwrap();
        let status = serde_json::from_value(json!({"steps": steps})).unwrap();
        Partition { status: Some(status), ..Partition::new("shop.2026-01-05", spec) }
    }

    #[test]
    fn a_partition_is_done_when_each_step_is_done_or_not_wanted() {
        assert!(is_done(&partition(&[
            StepReason::Succeeded,
            StepReason::OutputsExist,
            StepReason::NotDemanded
        ])));
        assert!(!is_done(&partition(&[StepReason::Succeeded, StepReason::WaitingForInputs])));
        assert!(!is_done(&partition(&[StepReason::Failed])));
    }

    #[test]
    fn a_partition_that_nobody_has_looked_at_is_not_done() {
        assert!(!is_done(&partition(&[])));
    }

    #[test]
    fn a_step_that_waits_for_another_is_not_worth_a_line() {
        let waits = |message: &str| {
            let mut partition = partition(&[StepReason::WaitingForInputs]);
            let step = &mut partition.status.as_mut().unwrap().steps[0];
            step.message = Some(message.into());
            is_worth_a_line(step)
        };
        assert!(waits("raw is not there: file:///data/raw"));
        assert!(!waits("clean is not there: file:///data/clean, which the step clean of 2026-01-05 makes"));
    }
}
