//! Objects: what is known of a pipeline and its partitions, in the words of the API, as a cluster has them too.

use crds::StepReason;
use crds::condition::{ConditionType, Reason as ConditionReason};
use crds::limits::STEP_MESSAGE;
use crds::partition::{PartitionSpec, PartitionStatus, StepStatus};
use crds::pipeline::PipelineRef;
use crds::pipeline_status::{KeyRange, PartitionCounts, PipelineStatus};
use crds::text::{Key, LogAddress, Name, StepMessage};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;
use planner::calendar::Instant;
use planner::pipeline::{Parts, Pipeline};
use planner::report::{Counts, PartitionReport, Reason, Standing, StepReport, Summary};

/// The condition `Late` of what is.
const LATE: (&str, ConditionReason) = ("True", ConditionReason::DeadlinePassed);

/// The condition `Late` of what is not.
const ON_TIME: (&str, ConditionReason) = ("False", ConditionReason::OnTime);

/// A moment as Kubernetes writes it.
pub(crate) fn time(at: Instant) -> Time {
    // Both clocks know the years 1 to 9999, and partitions lie in these.
    Time(Timestamp::from_second(at.timestamp()).unwrap_or_default())
}

/// The status of a pipeline. `at` is the moment of the last change that is known.
pub(crate) fn pipeline_status(parts: &Parts, summary: &Summary, at: Instant) -> PipelineStatus {
    let key = |partition| Key(parts.calendar.key(partition));
    let ranges = summary.complete.iter();
    PipelineStatus {
        observed_generation: None,
        conditions: pipeline_conditions(parts, summary, at),
        partitions: Some(counts(summary.counts)),
        complete_through: summary.complete_through.map(key),
        next_due: summary.next_due.map(time),
        complete_ranges: ranges
            .map(|stretch| KeyRange { from: key(stretch.first), to: key(stretch.last) })
            .collect(),
    }
}

fn pipeline_conditions(parts: &Parts, summary: &Summary, at: Instant) -> Vec<Condition> {
    let ready = if parts.suspend { ConditionReason::Suspended } else { ConditionReason::Accepted };
    let caught_up = match summary.standing {
        Standing::Complete => ("True", ConditionReason::AllComplete),
        Standing::Failed => ("False", ConditionReason::StepFailed),
        Standing::UnderWay | Standing::Waiting => ("False", ConditionReason::InProgress),
    };
    let Counts { complete, due, .. } = summary.counts;
    let message = format!("{complete} of {due} partitions are complete");
    let mut conditions = vec![
        condition(ConditionType::Ready, ("True", ready), String::new(), at),
        condition(ConditionType::CaughtUp, caught_up, message, at),
    ];
    if parts.late_after.is_some() {
        let late = if summary.is_late { LATE } else { ON_TIME };
        conditions.push(condition(ConditionType::Late, late, String::new(), at));
    }
    conditions
}

pub(crate) fn counts(counts: Counts) -> PartitionCounts {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    PartitionCounts {
        due: number(counts.due),
        complete: number(counts.complete),
        running: number(counts.running),
        failed: number(counts.failed),
        waiting: number(counts.waiting),
        stale: number(counts.stale),
    }
}

/// A Partition object with these steps; `at` is the moment of the last change that is known.
pub(crate) fn partition(
    pipeline: &Pipeline,
    report: &PartitionReport,
    (steps, at): (Vec<StepStatus>, Instant),
) -> crds::Partition {
    let parts = pipeline.parts();
    let spec = PartitionSpec {
        pipeline_ref: PipelineRef { name: parts.name.as_str().into() },
        key: Key(parts.calendar.key(report.partition)),
        suspend: None,
    };
    let name = format!("{}.{}", parts.name, parts.calendar.object_key(report.partition));
    let conditions = partition_conditions(pipeline, report, at);
    let status = PartitionStatus { observed_generation: None, conditions, steps };
    crds::Partition { status: Some(status), ..crds::Partition::new(&name, spec) }
}

fn partition_conditions(pipeline: &Pipeline, report: &PartitionReport, at: Instant) -> Vec<Condition> {
    let mut conditions = Vec::new();
    if is_watched(report) {
        conditions.push(complete(pipeline, report, at));
    }
    if pipeline.parts().late_after.is_some() {
        let late = if report.is_late { LATE } else { ON_TIME };
        conditions.push(condition(ConditionType::Late, late, String::new(), at));
    }
    if report.is_stale {
        let reason = ConditionReason::InputsChanged;
        conditions.push(condition(ConditionType::Stale, ("True", reason), String::new(), at));
    }
    conditions
}

/// Whether somebody looks after the partition. Of others it is not known whether they are complete.
pub(crate) fn is_watched(report: &PartitionReport) -> bool {
    report.steps.iter().any(|step| step.reason != Reason::OutsideWindow)
}

fn complete(pipeline: &Pipeline, report: &PartitionReport, at: Instant) -> Condition {
    let with = |reason| report.steps.iter().find(|step| step.reason == reason);
    let failed = with(Reason::Failed).or_else(|| with(Reason::OutputOccupied));
    let unknown = with(Reason::StorageUnknown);
    let first =
        || report.steps.iter().find(|step| step_reason(step.reason).state() != crds::StepState::Complete);
    let (status, reason, step) = match (report.is_complete, failed, unknown) {
        (true, _, _) => ("True", ConditionReason::AllComplete, None),
        (false, Some(step), _) => ("False", ConditionReason::StepFailed, Some(step)),
        (false, None, Some(step)) => ("Unknown", ConditionReason::StorageUnknown, Some(step)),
        (false, None, None) => ("False", ConditionReason::InProgress, first()),
    };
    let message = step.map(|step| format!("{}: {}", pipeline.step(step.step).name, step.message));
    let message = cut(message.unwrap_or_default(), STEP_MESSAGE);
    condition(ConditionType::Complete, (status, reason), message, at)
}

/// A text of at most so many characters; a longer one ends in `…`.
pub(crate) fn cut(text: String, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text;
    }
    text.chars().take(most - 1).chain(std::iter::once('…')).collect()
}

/// One condition.
pub(crate) fn condition(
    kind: ConditionType,
    (status, reason): (&str, ConditionReason),
    message: String,
    at: Instant,
) -> Condition {
    Condition {
        type_: kind.to_string(),
        status: status.to_owned(),
        reason: reason.to_string(),
        message,
        last_transition_time: time(at),
        observed_generation: None,
    }
}

/// The status of a step.
pub(crate) fn step_status(
    pipeline: &Pipeline,
    report: &StepReport,
    (since, log): (Option<Instant>, Option<String>),
) -> StepStatus {
    let reason = step_reason(report.reason);
    StepStatus {
        name: Name(pipeline.step(report.step).name.to_string()),
        state: reason.state(),
        reason,
        message: Some(StepMessage(cut(report.message.clone(), STEP_MESSAGE))),
        since: since.map(time),
        attempts: Some(report.attempts).filter(|attempts| *attempts > 0),
        log: log.map(LogAddress),
    }
}

/// The planner's reason in the words of the API, which are the same.
pub(crate) fn step_reason(reason: Reason) -> StepReason {
    match reason {
        Reason::NotDue => StepReason::NotDue,
        Reason::OutsideWindow => StepReason::OutsideWindow,
        Reason::NotDemanded => StepReason::NotDemanded,
        Reason::WaitingForInputs => StepReason::WaitingForInputs,
        Reason::WaitingForSlot => StepReason::WaitingForSlot,
        Reason::BackingOff => StepReason::BackingOff,
        Reason::Running => StepReason::Running,
        Reason::Publishing => StepReason::Publishing,
        Reason::Succeeded => StepReason::Succeeded,
        Reason::OutputsExist => StepReason::OutputsExist,
        Reason::Failed => StepReason::Failed,
        Reason::OutputOccupied => StepReason::OutputOccupied,
        Reason::StorageUnknown => StepReason::StorageUnknown,
        Reason::Suspended => StepReason::Suspended,
        Reason::Expired => StepReason::Expired,
    }
}
