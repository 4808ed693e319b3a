//! Launch: a decided launch gets its place to write, its record and its process. No choices are made here.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use executor::LaunchSpec;
use planner::calendar::Instant;
use planner::command;
use planner::facts::{Fingerprints, Outcome, Stage};
use planner::launch::Launch;
use planner::pipeline::Pipeline;
use storage::Staging;

use crate::local::desk::Desk;
use crate::local::pipeline::LocalPipeline;
use crate::work::errand::Errand;
use crate::work::launch::{self, chain};
use crate::work::pipeline::Work;
use crate::work::publish::Unsettled;
use crate::work::records::RecordsError;
use crate::work::stage::{output_paths, store_env, values};

/// How long a step that was told to end may take.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// Why a launch could not be recorded or its log not be made: the run can't go on, since nothing would be safe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error(transparent)]
    Records(RecordsError),
    #[error("{launch} is not settled: {why}; {}", next(.stage))]
    Open { launch: String, why: String, stage: Stage },
    #[error("cannot create the folder {}: {source}", path.display())]
    Logs { path: PathBuf, source: io::Error },
}

impl LaunchError {
    /// It is not known how a launch ended.
    pub(crate) fn unsettled(work: &Work, launch: &Launch) -> impl Fn(Unsettled) -> Self {
        let launch = launch::title(&work.plan, launch);
        move |unsettled| match unsettled {
            Unsettled::Records(error) => Self::Records(error),
            Unsettled::Open(why, stage) => Self::Open { launch: launch.clone(), why, stage },
        }
    }
}

/// What the next run does about a launch that this one leaves open.
fn next(stage: &Stage) -> &'static str {
    match stage {
        Stage::Publishing => "the next run publishes what it wrote",
        Stage::Running | Stage::Held(_) => "the next run launches it again",
    }
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
    (launch, now): (&Launch, Instant),
) -> Result<(), LaunchError> {
    let LocalPipeline { work, records, .. } = pipeline;
    let begun = Errand::of(work, &desk.stores, launch).begin(records, now).map_err(LaunchError::Records)?;
    let inputs = begun.inputs.clone();
    launch::reserve(work, launch, now);
    launch::note_begun(work, launch, begun);
    desk.progress.started();
    // Whatever keeps the process from starting is a failed try, and the person is told why.
    if let Err(why) = start_process(pipeline, desk, (launch, &inputs, now))? {
        let outcome = Outcome::Failed { exit_code: None, why };
        end(pipeline, desk, (launch, outcome, now))?;
    }
    Ok(())
}

fn start_process(
    pipeline: &LocalPipeline,
    desk: &Desk,
    (launch, inputs, now): (&Launch, &Fingerprints, Instant),
) -> Result<Result<(), String>, LaunchError> {
    let work = &pipeline.work;
    let staged = match Errand::of(work, &desk.stores, launch).staged(Staging::begin) {
        Ok(staged) => staged,
        Err(error) => return Ok(Err(chain(&error))),
    };
    let outputs = output_paths(&desk.stores, (launch, &staged));
    let values = values(&work.plan, &desk.stores, (launch, inputs, outputs));
    let spec = match spec(pipeline, desk, (launch, &values)) {
        Ok(spec) => spec,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(folder) = spec.log.parent() {
        fs::create_dir_all(folder).map_err(|source| LaunchError::Logs { path: folder.to_owned(), source })?;
    }
    Ok(desk.executor.launch(spec, now.into()).map_err(|error| chain(&error)))
}

fn spec(
    pipeline: &LocalPipeline,
    desk: &Desk,
    (launch, values): (&Launch, &command::Values),
) -> Result<LaunchSpec, String> {
    let LocalPipeline { work, folder, .. } = pipeline;
    let step = work.plan.step(launch.step);
    let mut env = store_env(&work.plan, &desk.stores, launch.step)?;
    env.extend(step.env.clone());
    env.append(&mut command::environment(values));
    Ok(LaunchSpec {
        name: work.launch_name(launch),
        argv: step.command.render(values),
        env,
        working_dir: step.working_dir.as_ref().map_or_else(|| folder.clone(), |it| folder.join(it)),
        log: log_path(desk, &work.plan, launch),
        timeout: step.timeout,
        grace: GRACE,
    })
}

/// Ends a launch: recorded, told, and its staging given back.
pub(crate) fn end(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, outcome, now): (&Launch, Outcome, Instant),
) -> Result<(), LaunchError> {
    let LocalPipeline { work, records, .. } = pipeline;
    let log = log_path(desk, &work.plan, launch);
    desk.progress.ended(&work.plan, (launch, &outcome), &log);
    let errand = Errand::of(work, &desk.stores, launch);
    let left = errand.end(records, (&outcome, now)).map_err(LaunchError::Records)?;
    launch::note_ended(work, launch, (outcome, left, now));
    for path in launch::written(launch) {
        desk.catalogue.look_again(&path.store, &path.path);
        desk.changes.push(path);
    }
    Ok(())
}

/// The end of the log: most failures say there what is wrong.
pub(crate) fn last_words(desk: &Desk, work: &Work, launch: &Launch) -> String {
    match executor::last_lines(&log_path(desk, &work.plan, launch), LOG_LINES) {
        Ok(lines) if !lines.is_empty() => format!("; its log ends: {}", lines.join(" | ")),
        Ok(_) | Err(_) => String::new(),
    }
}

/// How much of a failed step's log its sentence repeats.
const LOG_LINES: usize = 3;
