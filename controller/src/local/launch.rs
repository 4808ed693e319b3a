//! Launch: a decided launch gets its place to write, its record and its process. No choices are made here.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use executor::LaunchSpec;
use planner::calendar::Instant;
use planner::command::{self, Values};
use planner::facts::{Fingerprints, Leftovers, Outcome};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline, Publish, StepId};
use storage::{ChangedPath, Staging, Store};

use crate::local::desk::Desk;
use crate::local::observe;
use crate::local::pipeline::LocalPipeline;
use crate::records::RecordsError;

/// How long a step that was told to end may take.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Why a launch could not be recorded or its log not be made: the run can't go on, since nothing would be safe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error(transparent)]
    Records(RecordsError),
    #[error("cannot create the folder {}: {source}", path.display())]
    Logs { path: PathBuf, source: io::Error },
}

/// The name of a launch, unique in a state.
pub(crate) fn full_name(plan: &Pipeline, launch: &Launch) -> String {
    format!("{}.{}", plan.parts().name, launch.name(plan))
}

/// The log of a launch.
pub(crate) fn log_path(desk: &Desk, plan: &Pipeline, launch: &Launch) -> PathBuf {
    let key = plan.parts().calendar.key(launch.partition);
    let step = &plan.step(launch.step).name;
    let folder = desk.state.logs(plan.parts().name.as_str(), &key);
    folder.join(format!("{step}.{}.{}.log", launch.attempt, launch.launch))
}

/// Starts a launch: the record first, then the process.
pub(crate) fn start(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, now): (Launch, Instant),
) -> Result<(), LaunchError> {
    let inputs = observe::fingerprints(&pipeline.plan, &desk.stores, (launch.partition, launch.step));
    pipeline.records.launched(&pipeline.plan, &launch, (&inputs, now)).map_err(LaunchError::Records)?;
    let history = pipeline.facts.history.entry(launch.partition).or_default().entry(launch.step).or_default();
    history.start(&launch, inputs.clone(), now);
    pipeline.running.insert((launch.partition, launch.step), launch.clone());
    for id in direct_outputs(&pipeline.plan, launch.step) {
        let found = observe::output_fingerprint(&pipeline.plan, &desk.stores, (id, launch.partition));
        pipeline.before.extend(found.map(|found| ((launch.partition, id), found)));
    }
    desk.progress.started(&pipeline.plan, &launch);
    if let Err(why) = start_process(pipeline, desk, (&launch, &inputs, now))? {
        let outcome = Outcome::Failed { exit_code: None, why };
        end(pipeline, desk, (&launch, outcome, now))?;
    }
    Ok(())
}

/// Whatever keeps the process from starting is a failed try, and the person is told why.
fn start_process(
    pipeline: &LocalPipeline,
    desk: &Desk,
    (launch, inputs, now): (&Launch, &Fingerprints, Instant),
) -> Result<Result<(), String>, LaunchError> {
    let outputs = match stage(&pipeline.plan, &desk.stores, launch) {
        Ok(outputs) => outputs,
        Err(error) => return Ok(Err(chain(&error))),
    };
    let values = values(&pipeline.plan, &desk.stores, (launch, inputs, outputs));
    let spec = spec(pipeline, desk, (launch, &values));
    if let Some(folder) = spec.log.parent() {
        fs::create_dir_all(folder).map_err(|source| LaunchError::Logs { path: folder.to_owned(), source })?;
    }
    Ok(desk.executor.launch(spec, now.into()).map_err(|error| chain(&error)))
}

/// An error with all that caused it, in one sentence.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn spec(pipeline: &LocalPipeline, desk: &Desk, (launch, values): (&Launch, &Values)) -> LaunchSpec {
    let step = pipeline.plan.step(launch.step);
    let mut env = step.env.clone();
    env.append(&mut command::environment(values));
    LaunchSpec {
        name: full_name(&pipeline.plan, launch),
        argv: step.command.render(values),
        env,
        working_dir: step
            .working_dir
            .as_ref()
            .map_or_else(|| pipeline.folder.clone(), |it| pipeline.folder.join(it)),
        log: log_path(desk, &pipeline.plan, launch),
        timeout: step.timeout,
        grace: GRACE,
    }
}

/// Where a step is to write each output.
fn stage(
    plan: &Pipeline,
    stores: &BTreeMap<String, Store>,
    launch: &Launch,
) -> Result<BTreeMap<String, String>, storage::StagingError> {
    let mut paths = BTreeMap::new();
    for (store, outputs) in staged_outputs(plan, stores, launch.step) {
        let finals: Vec<_> = outputs.iter().map(|id| observe::path(plan, *id, launch.partition)).collect();
        let finals: Vec<_> = finals.iter().map(String::as_str).collect();
        let staging = Staging::begin(store, &full_name(plan, launch), &finals)?;
        let names = outputs.iter().map(|id| plan.dataset(*id).name.to_string());
        paths.extend(names.zip(staging.paths()));
    }
    for id in direct_outputs(plan, launch.step) {
        let dataset = plan.dataset(id);
        let Some(store) = stores.get(dataset.store.as_str()) else { continue };
        paths.insert(dataset.name.to_string(), store.uri(&observe::path(plan, id, launch.partition)));
    }
    Ok(paths)
}

/// The outputs of a step that are written aside first, by store.
pub(crate) fn staged_outputs<'a>(
    plan: &Pipeline,
    stores: &'a BTreeMap<String, Store>,
    step: StepId,
) -> Vec<(&'a Store, Vec<DatasetId>)> {
    let mut by_store: BTreeMap<&str, Vec<DatasetId>> = BTreeMap::new();
    for id in &plan.step(step).outputs {
        let dataset = plan.dataset(*id);
        if dataset.publish == Publish::Staged {
            by_store.entry(dataset.store.as_str()).or_default().push(*id);
        }
    }
    by_store.into_iter().filter_map(|(name, outputs)| Some((stores.get(name)?, outputs))).collect()
}

/// The outputs of a step that it writes in their place.
pub(crate) fn direct_outputs(plan: &Pipeline, step: StepId) -> impl Iterator<Item = DatasetId> + '_ {
    let outputs = plan.step(step).outputs.iter().copied();
    outputs.filter(|id| plan.dataset(*id).publish == Publish::Direct)
}

fn values(
    plan: &Pipeline,
    stores: &BTreeMap<String, Store>,
    (launch, seen, outputs): (&Launch, &Fingerprints, BTreeMap<String, String>),
) -> Values {
    let calendar = &plan.parts().calendar;
    let mut inputs = BTreeMap::new();
    for input in &plan.step(launch.step).inputs {
        let store_name = &plan.dataset(input.dataset).store;
        let Some(store) = stores.get(store_name.as_str()) else { continue };
        let is_there = |path: &String| {
            seen.get(&observe::input_name(store_name.as_str(), path))
                .is_none_or(|seen| seen != planner::facts::ABSENT)
        };
        let paths = observe::input_paths(plan, input, launch.partition).into_iter().filter(is_there);
        inputs.insert(input.name.to_string(), paths.map(|path| store.uri(&path)).collect());
    }
    Values {
        partition: calendar.key(launch.partition),
        start: calendar.start(launch.partition),
        end: calendar.end(launch.partition),
        zone: calendar.zone(),
        attempt: launch.attempt,
        inputs,
        outputs,
    }
}

/// Ends a launch: recorded, told, and its staging given back.
pub(crate) fn end(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, outcome, now): (&Launch, Outcome, Instant),
) -> Result<(), LaunchError> {
    let left = leftovers(pipeline, desk, (launch, &outcome));
    pipeline.records.ended(&pipeline.plan, launch, (&outcome, &left, now)).map_err(LaunchError::Records)?;
    pipeline.running.remove(&(launch.partition, launch.step));
    pipeline.before.retain(|(partition, id), _| {
        *partition != launch.partition || !pipeline.plan.step(launch.step).outputs.contains(id)
    });
    desk.progress.ended(&pipeline.plan, (launch, &outcome), &log_path(desk, &pipeline.plan, launch));
    if let Some(history) =
        pipeline.facts.history.get_mut(&launch.partition).and_then(|it| it.get_mut(&launch.step))
    {
        history.end(outcome, left, now);
    }
    for (store, outputs) in staged_outputs(&pipeline.plan, &desk.stores, launch.step) {
        let finals: Vec<_> =
            outputs.iter().map(|id| observe::path(&pipeline.plan, *id, launch.partition)).collect();
        let finals: Vec<_> = finals.iter().map(String::as_str).collect();
        let staging = Staging::resume(store, &full_name(&pipeline.plan, launch), &finals);
        // What can't be removed now is swept when the next run starts.
        let _ = staging.and_then(Staging::discard);
    }
    for output in &pipeline.plan.step(launch.step).outputs {
        let store = pipeline.plan.dataset(*output).store.to_string();
        let path = observe::path(&pipeline.plan, *output, launch.partition);
        desk.catalogue.look_again(&store, &path);
        desk.changes.push(ChangedPath { store, path });
    }
    Ok(())
}

/// What a launch that did not succeed left in the place of `Direct` outputs: that is not data.
fn leftovers(pipeline: &mut LocalPipeline, desk: &Desk, (launch, outcome): (&Launch, &Outcome)) -> Leftovers {
    match outcome {
        Outcome::Succeeded | Outcome::Discarded => return Leftovers::new(),
        Outcome::Failed { .. } | Outcome::Disrupted(_) => {}
    }
    let mut left = Leftovers::new();
    for id in direct_outputs(&pipeline.plan, launch.step) {
        let found = observe::output_fingerprint(&pipeline.plan, &desk.stores, (id, launch.partition));
        // Old data that a replacement did not touch is still data.
        let is_untouched = launch.replaces && found.as_ref() == pipeline.before.get(&(launch.partition, id));
        left.extend(found.filter(|_| !is_untouched).map(|found| (id, found)));
    }
    let seen = left.iter().map(|(id, found)| ((launch.partition, *id), found.clone()));
    pipeline.facts.outputs.extend(seen);
    left
}
