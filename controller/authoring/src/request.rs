//! Backfills: from what somebody asked for to the planner's request.

use crate::suggest::instead;
use crds::Backfill;
use planner::calendar::Partition;
use planner::facts::Request;
use planner::fault::Fault;
use planner::limits::WINDOW_MAX_PARTITIONS;
use planner::pipeline::{Pipeline, StepId};
use planner::window;
use std::collections::BTreeSet;

/// Makes a planner's request of a backfill of this pipeline, or tells every fault.
pub fn request(backfill: &Backfill, pipeline: &Pipeline) -> Result<Request, Vec<Fault>> {
    let spec = &backfill.spec;
    let mut faults = Vec::new();
    let name = backfill.metadata.name.clone().unwrap_or_default();
    if spec.pipeline_ref.name.as_str() != pipeline.parts().name.as_str() {
        let message = format!(
            "this backfill is for `{}`, not for `{}`: name the right one",
            spec.pipeline_ref.name,
            pipeline.parts().name
        );
        faults.push(Fault::new("spec.pipelineRef.name", message));
    }
    let from = key(pipeline, "spec.from", &spec.from, &mut faults);
    let to = key(pipeline, "spec.to", &spec.to, &mut faults);
    let steps = steps(backfill, pipeline, &mut faults);
    if let (Some(from), Some(to)) = (from, to) {
        check_range(pipeline, (from, to), &mut faults);
        if faults.is_empty() {
            let (rerun, suspended) = (spec.rerun.unwrap_or(false), spec.suspend.unwrap_or(false));
            return Ok(Request { name, from, to, steps, rerun, suspended });
        }
    }
    Err(faults)
}

fn key(pipeline: &Pipeline, path: &str, key: &str, faults: &mut Vec<Fault>) -> Option<Partition> {
    match pipeline.parts().calendar.parse_key(key) {
        Ok(partition) => Some(partition),
        Err(fault) => {
            faults.push(Fault::new(path, fault));
            None
        }
    }
}

fn steps(backfill: &Backfill, pipeline: &Pipeline, faults: &mut Vec<Fault>) -> BTreeSet<StepId> {
    let mut steps = BTreeSet::new();
    for (index, name) in backfill.spec.steps.iter().enumerate() {
        let path = format!("spec.steps[{index}]");
        if let Some(step) = pipeline.step_named(name) {
            if !steps.insert(step) {
                faults.push(Fault::new(path, format!("`{name}` is written twice: keep one of the two")));
            }
        } else {
            let known = pipeline.parts().steps.iter().map(|step| step.name.as_str());
            let message = format!("the pipeline has no step `{name}`: {}", instead(name, known));
            faults.push(Fault::new(path, message));
        }
    }
    steps
}

/// A request is bounded as a window is, and lies between the pipeline's start and end.
fn check_range(pipeline: &Pipeline, (from, to): (Partition, Partition), faults: &mut Vec<Fault>) {
    let parts = pipeline.parts();
    if from > to {
        faults.push(Fault::new("spec.to", "it lies before `from`: swap the two"));
    }
    let count = to.0 - from.0 + 1;
    if count > i64::from(WINDOW_MAX_PARTITIONS) {
        let message = format!(
            "{count} partitions are too many at once: the limit is {WINDOW_MAX_PARTITIONS}; ask for them in several backfills"
        );
        faults.push(Fault::new("spec.to", message));
    }
    for (path, partition) in [("spec.from", from), ("spec.to", to)] {
        if !window::exists(parts, partition) {
            let message = format!(
                "the pipeline has no partition {}: {}",
                parts.calendar.key(partition),
                range(pipeline)
            );
            faults.push(Fault::new(path, message));
        }
    }
}

fn range(pipeline: &Pipeline) -> String {
    let parts = pipeline.parts();
    let key = |partition| parts.calendar.key(partition);
    match (parts.start, parts.end) {
        (Some(start), Some(end)) => format!("they start with {} and end before {}", key(start), key(end)),
        (Some(start), None) => format!("they start with {}", key(start)),
        (None, Some(end)) => format!("they end before {}", key(end)),
        (None, None) => "name one that exists".to_owned(),
    }
}
