//! `daybreak run`: fills the windows of a folder's pipelines on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use executor::LocalExecutor;
use planner::admission::{Admission, Capacity};
use planner::calendar::Partition;
use planner::facts::Request;
use planner::name::Name;
use planner::pipeline::{Pipeline, Resources};
use planner::report::Standing;
use planner::window;
use storage::Catalogue;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::args::{self, Output, Pace};
use crate::clock;
use crate::commands::{
    EXIT_COMPLETE, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_WAITING, EXIT_WRONG, Failure, plan, tell,
};
use crate::local::desk::Desk;
use crate::local::journal::Journal;
use crate::local::launch::GRACE;
use crate::local::pipeline::LocalPipeline;
use crate::local::postponed::Postponed;
use crate::local::progress::Progress;
use crate::local::run::{Ending, Mode, Run, RunError};
use crate::local::senses::Senses;
use crate::local::sources::Sources;
use crate::project::{Planned, Project};
use crate::state::Lock;

/// Runs the pipelines of a folder.
pub(crate) fn run(arguments: &args::Run) -> Result<ExitCode, Failure> {
    let project =
        Project::open(std::slice::from_ref(&arguments.dir), &arguments.place).map_err(Failure::new)?;
    let range = match (&arguments.date, &arguments.from, &arguments.to) {
        (Some(date), _, _) => Some((date.as_str(), date.as_str())),
        (None, Some(from), Some(to)) => Some((from.as_str(), to.as_str())),
        (None, _, _) => None,
    };
    let mode = match (arguments.watch, arguments.pace.keep_going) {
        (true, _) => Mode::Watch,
        (false, true) => Mode::KeepGoing,
        (false, false) => Mode::UntilFailure,
    };
    let aim = Aim { mode, range, pace: &arguments.pace };
    if arguments.is_dry { plan::foresee(project, &aim, Output::Table) } else { fill(project, &aim) }
}

/// What a run is to do.
pub(crate) struct Aim<'a> {
    pub(crate) mode: Mode,
    /// Only these partitions, both included.
    pub(crate) range: Option<(&'a str, &'a str)>,
    pub(crate) pace: &'a Pace,
}

/// Fills what is missing. Pipelines that are wrong are told of; the others run all the same.
pub(crate) fn fill(mut project: Project, aim: &Aim<'_>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::new)?;
    let _inside = runtime.enter();
    loop {
        let ending = fill_once(&mut project, aim, &runtime)?;
        if ending != Some(Ending::ManifestsChanged) {
            return Ok(exit_code(project, ending));
        }
        project.load();
    }
}

/// One round, on the manifests as they are; none if there is nothing to run.
fn fill_once(project: &mut Project, aim: &Aim<'_>, runtime: &Runtime) -> Result<Option<Ending>, Failure> {
    let sources = Sources::new(project.files());
    if aim.mode == Mode::Watch {
        // Read again after that look: what was edited in between shows as edited.
        project.load();
    }
    let machine = machine(project).map_err(Failure::new)?;
    let plans = project.plans(Some(machine));
    tell(&project.problems);
    let stores = project.stores(&plans).map_err(Failure::new)?;
    if plans.is_empty() && aim.mode != Mode::Watch {
        return Ok(None);
    }
    let state = project.state();
    let mut pipelines = pipelines(plans, &state, aim)?;
    if stores.values().any(|store| store.directory().is_none()) {
        // Others, with states of their own, may write to the same bucket, and launches of one name to one place.
        let mark = state.mark();
        for pipeline in &mut pipelines {
            pipeline.work.id = format!("{}@{mark}", pipeline.work.name());
        }
    }
    let names = pipelines.iter().map(|it| it.work.name().to_owned());
    let lock = state.lock(names.collect()).map_err(Failure::new)?;
    let (sender, events) = mpsc::unbounded_channel();
    let mut desk = Desk {
        catalogue: Catalogue::new(stores.values().cloned()),
        executor: LocalExecutor::new(&state.marker(), args::inherited(), sender),
        stores: Arc::new(stores),
        state,
        capacity: capacity(project, aim.pace, machine),
        changes: Vec::new(),
        progress: Progress::new(),
    };
    let mut run = Run {
        desk: &mut desk,
        pipelines: &mut pipelines,
        mode: aim.mode,
        senses: Senses::new(events).map_err(Failure::new)?,
        sources,
        is_outdated: false,
        admission: Admission::default(),
        postponed: Postponed::default(),
    };
    let ending = runtime.block_on(work(&mut run, &lock));
    run.note_since();
    desk.progress.finish();
    // After an error the lock stays marked: the next run looks for what this one left.
    let ending = ending.map_err(Failure::new)?;
    lock.release().map_err(Failure::new)?;
    crate::commands::summary::print(&desk, &pipelines);
    Ok(Some(ending))
}

async fn work(run: &mut Run<'_>, lock: &Lock) -> Result<Ending, RunError> {
    run.recover(lock)?;
    if run.mode == Mode::Watch {
        // Watching begins before the first look, so that nothing falls between them.
        if let Err(error) = run.senses.watch(&run.desk.catalogue) {
            run.desk.progress.shout(&format!("changes are noticed only by looking: {error}"));
        }
    }
    let ending = run.work().await;
    if ending.is_err() {
        run.desk.executor.shutdown(GRACE).await;
    }
    // What can't be removed now is swept when the next run ends.
    ending.inspect(|_| drop(run.sweep()))
}

fn exit_code(mut project: Project, ending: Option<Ending>) -> ExitCode {
    let code = match ending {
        Some(Ending::Interrupted | Ending::ManifestsChanged) => EXIT_INTERRUPTED,
        None => EXIT_WRONG,
        Some(Ending::Came(_)) if !project.problems.is_empty() => EXIT_WRONG,
        Some(Ending::Came(Standing::Complete)) => EXIT_COMPLETE,
        Some(Ending::Came(Standing::Failed)) => EXIT_FAILED,
        Some(Ending::Came(Standing::Waiting | Standing::UnderWay)) => EXIT_WAITING,
    };
    // The temporary roots of a run that did not come to its end stay, so that a person can look at them.
    if code != EXIT_COMPLETE
        && let Some(folder) = project.temporary.take()
    {
        eprintln!("kept for you to look at: {}", folder.keep().display());
    }
    ExitCode::from(code)
}

/// The pipelines of a run, as nobody has looked at them yet.
pub(crate) fn pipelines(
    plans: Vec<Planned>,
    state: &crate::state::State,
    aim: &Aim<'_>,
) -> Result<Vec<LocalPipeline>, Failure> {
    let (mut pipelines, mut left_out) = (Vec::new(), Vec::new());
    for Planned { folder, mut plan } in plans {
        let request = match aim.range.map(|range| own_request(&plan, range)).transpose() {
            Ok(request) => request,
            Err(why) => {
                left_out.push(format!("{}: {why}", plan.parts().name));
                continue;
            }
        };
        let attempts = aim.pace.attempts.or_else(|| (aim.mode != Mode::Watch).then_some(1));
        if let Some(most) = attempts {
            plan.limit_attempts(most);
        }
        if request.is_some() {
            plan.close_window();
        }
        let records = Journal::new(state.records(plan.parts().name.as_str()));
        let mut pipeline = LocalPipeline::new(folder, plan, records);
        pipeline.work.facts.forgive_before = (aim.mode != Mode::Watch).then(clock::now);
        pipeline.own_requests.extend(request);
        pipelines.push(pipeline);
    }
    // A date may be meant for one of several pipelines, but not for none.
    if pipelines.is_empty() && !left_out.is_empty() {
        return Err(Failure::new(left_out.join("; ")));
    }
    for why in &left_out {
        eprintln!("left out: {why}");
    }
    Ok(pipelines)
}

/// The request of `--date` and `--from --to`, or why the pipeline has no such partitions.
fn own_request(plan: &Pipeline, (first, last): (&str, &str)) -> Result<Request, String> {
    let parts = plan.parts();
    let key = |text: &str| parts.calendar.parse_key(text).map_err(|fault| fault.to_string());
    let (from, to) = (key(first)?, key(last)?);
    if from > to {
        return Err(format!("{last} lies before {first}: swap the two"));
    }
    if !(from.0..=to.0).any(|it| window::exists(parts, Partition(it))) {
        return Err(format!("its `start` and `end` leave no partition from {first} to {last}"));
    }
    Ok(Request { name: String::new(), from, to, steps: BTreeSet::new(), rerun: false, suspended: false })
}

/// What there is to share.
fn capacity(project: &Project, pace: &Pace, machine: Resources) -> Capacity {
    let cores = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    let named = project.environment.pools.iter();
    let pools: BTreeMap<Name, u32> =
        named.filter_map(|(name, size)| Some((name.parse().ok()?, *size))).collect();
    Capacity { slots: Some(pace.jobs.unwrap_or(cores)), resources: Some(machine), pools }
}

/// What this machine has for launches.
pub(crate) fn machine(project: &Project) -> std::io::Result<Resources> {
    let executor::Capacity { cpu_millis, memory_bytes, disk_bytes } =
        executor::Capacity::measure(&project.root)?;
    Ok(Resources { cpu_millis, memory_bytes, disk_bytes })
}
