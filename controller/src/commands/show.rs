//! Show: pipelines, partitions and steps in text, made from the objects of the API, wherever these come from.

pub(crate) mod explanation;
pub(crate) mod partitions;
pub(crate) mod pipelines;
mod steps;

pub(crate) use steps::{is_done, is_worth_a_line, sentence, steps};

use crds::condition::ConditionType;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use planner::calendar::Partition;
use planner::pipeline::{Parts, Pipeline, StepId};
use planner::window;

use crate::commands::Failure;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What fits a screen.
    Brief,
    /// More columns.
    Wide,
}

/// A moment as people and programs read it.
pub(crate) fn time(time: &Time) -> String {
    time.0.to_string()
}

/// The condition of a type.
pub(crate) fn condition(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    let kind = kind.to_string();
    conditions.iter().find(|condition| condition.type_ == kind)
}

/// Whether the condition of a type is true.
pub(crate) fn holds(conditions: &[Condition], kind: ConditionType) -> bool {
    condition(conditions, kind).is_some_and(|condition| condition.status == "True")
}

/// The partition of a key.
pub(crate) fn partition(parts: &Parts, key: &str) -> Result<Partition, Failure> {
    let partition = parts.calendar.parse_key(key).map_err(Failure::new)?;
    if window::exists(parts, partition) {
        return Ok(partition);
    }
    let (name, key) = (&parts.name, parts.calendar.key(partition));
    Err(Failure::new(format!("{name} has no partition {key}: it lies outside its start and end")))
}

/// The step of a name.
pub(crate) fn step(plan: &Pipeline, name: &str) -> Result<StepId, Failure> {
    plan.step_named(name).ok_or_else(|| {
        let known: Vec<_> = plan.parts().steps.iter().map(|step| step.name.as_str()).collect();
        Failure::new(format!("{} has no step {name}: there is {}", plan.parts().name, known.join(", ")))
    })
}
