//! Settle: a process has ended. Its outputs are verified and published, or the failure is put into words.

use std::collections::BTreeMap;

use executor::Observation;
use planner::calendar::Instant;
use planner::facts::Outcome;
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline};
use storage::{Existing, Published, Staging, Store};

use crate::local::desk::Desk;
use crate::local::launch::{self, LaunchError, chain, direct_outputs, full_name, log_path, staged_outputs};
use crate::local::observe;
use crate::local::pipeline::LocalPipeline;

/// How much of a failed step's log its sentence repeats.
const LOG_LINES: usize = 3;

/// Settles a launch whose process has ended.
pub(crate) fn settle(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, observation, now): (&Launch, Observation, Instant),
) -> Result<(), LaunchError> {
    let outcome = match observation {
        Observation::Succeeded => verify_and_publish(pipeline, desk, (launch, now))?,
        Observation::Failed(failure) => {
            let exit_code = failure.exit_code();
            let why = format!("{failure}{}", last_words(desk, &pipeline.plan, launch));
            Outcome::Failed { exit_code, why }
        }
        Observation::Disrupted { why } => Outcome::Disrupted(why),
        Observation::Gone => Outcome::Disrupted("its process is gone".to_owned()),
        Observation::Waiting { .. }
        | Observation::Running { .. }
        | Observation::Interrupted { .. }
        | Observation::Lost { .. } => return Ok(()),
    };
    launch::end(pipeline, desk, (launch, outcome, now))
}

/// Exit code 0 is a claim; the outputs are the proof.
fn verify_and_publish(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, now): (&Launch, Instant),
) -> Result<Outcome, LaunchError> {
    if let Err(why) = verify(pipeline, &desk.stores, launch) {
        return Ok(Outcome::Failed { exit_code: Some(0), why });
    }
    pipeline.records.publishing(&pipeline.plan, launch, now).map_err(LaunchError::Records)?;
    Ok(match publish(&pipeline.plan, &desk.stores, launch) {
        Ok(outcome) => outcome,
        Err(why) => Outcome::Failed { exit_code: Some(0), why },
    })
}

fn verify(pipeline: &LocalPipeline, stores: &BTreeMap<String, Store>, launch: &Launch) -> Result<(), String> {
    let plan = &pipeline.plan;
    for (store, outputs) in staged_outputs(plan, stores, launch.step) {
        let staging = staging(plan, store, (launch, &outputs))?;
        for (place, id) in outputs.iter().enumerate() {
            let rule = observe::rule(&plan.dataset(*id).complete);
            staging.verify(place, &rule).map_err(|error| not_written(plan, *id, &error))?;
        }
    }
    for id in direct_outputs(plan, launch.step) {
        let dataset = plan.dataset(id);
        let Some(store) = stores.get(dataset.store.as_str()) else { continue };
        let path = observe::path(plan, id, launch.partition);
        storage::verify(store, &path, &observe::rule(&dataset.complete))
            .map_err(|error| not_written(plan, id, &error))?;
        let found = observe::output_fingerprint(plan, stores, (id, launch.partition));
        if found.is_some() && found.as_ref() == pipeline.before.get(&(launch.partition, id)) {
            return Err(format!(
                "it ended well, but did not write its output {}: {}",
                dataset.name,
                store.uri(&path)
            ));
        }
    }
    Ok(())
}

fn not_written(plan: &Pipeline, id: DatasetId, error: &storage::NotWritten) -> String {
    let name = &plan.dataset(id).name;
    format!("it ended well, but its output {name} is not complete: {}", chain(error))
}

/// Publishes a launch's outputs. It may be called again after a crash at any point.
pub(crate) fn publish(
    plan: &Pipeline,
    stores: &BTreeMap<String, Store>,
    launch: &Launch,
) -> Result<Outcome, String> {
    let existing = if launch.replaces { Existing::Replace } else { Existing::Keep };
    let mut is_ours = direct_outputs(plan, launch.step).next().is_some();
    for (store, outputs) in staged_outputs(plan, stores, launch.step) {
        let staging = staging(plan, store, (launch, &outputs))?;
        let published = staging.publish(existing).map_err(|error| chain(&error))?;
        is_ours |= published.contains(&Published::Published);
    }
    Ok(if is_ours { Outcome::Succeeded } else { Outcome::Discarded })
}

fn staging(
    plan: &Pipeline,
    store: &Store,
    (launch, outputs): (&Launch, &[DatasetId]),
) -> Result<Staging, String> {
    let finals: Vec<_> = outputs.iter().map(|id| observe::path(plan, *id, launch.partition)).collect();
    let finals: Vec<_> = finals.iter().map(String::as_str).collect();
    Staging::resume(store, &full_name(plan, launch), &finals).map_err(|error| chain(&error))
}

/// The end of the log: most failures say there what is wrong.
fn last_words(desk: &Desk, plan: &Pipeline, launch: &Launch) -> String {
    match executor::last_lines(&log_path(desk, plan, launch), LOG_LINES) {
        Ok(lines) if !lines.is_empty() => format!("; its log ends: {}", lines.join(" | ")),
        Ok(_) | Err(_) => String::new(),
    }
}
