//! `daybreak plan` and `run --dry-run`: what would run, if every step succeeded.

use std::path::PathBuf;
use std::process::ExitCode;

use planner::admission::{Bidder, Capacity, admit};
use planner::calendar::Instant;
use planner::decide::{World, decide};
use planner::facts::{Facts, Leftovers, Outcome, Presence};
use planner::launch::Launch;
use serde::Serialize;

use crate::args::{self, Output, Pace};
use crate::commands::Failure;
use crate::commands::print;
use crate::commands::run::Aim;
use crate::commands::view::{Seen, View};
use crate::local::pipeline::LocalPipeline;
use crate::local::run::Mode;
use crate::project::Project;

/// What would run of one pipeline.
#[derive(Debug, Serialize)]
struct Plan {
    pipeline: String,
    launches: Vec<PlannedLaunch>,
}

/// A launch that would start.
#[derive(Debug, Serialize)]
struct PlannedLaunch {
    partition: String,
    step: String,
    attempt: u32,
    /// Where what it writes would be.
    outputs: Vec<String>,
}

/// Says what a run would do.
pub(crate) fn plan(arguments: &args::Plan) -> Result<ExitCode, Failure> {
    let folder = arguments.subject.as_ref().map(PathBuf::from);
    let folder =
        folder.ok_or_else(|| Failure::new("name the folder of the manifests, or a cluster by -n"))?;
    let project = Project::open(&[folder], &arguments.place).map_err(Failure::new)?;
    let pace = Pace { jobs: None, keep_going: true, attempts: None };
    foresee(project, &Aim { mode: Mode::KeepGoing, range: None, pace: &pace }, arguments.output)
}

/// Prints what a run with this aim would launch, in the order in which it could.
pub(crate) fn foresee(project: Project, aim: &Aim<'_>, output: Output) -> Result<ExitCode, Failure> {
    let view = View::before(project, aim)?;
    let plans: Vec<_> = view.pipelines.iter().map(|seen| foreseen(&view, seen)).collect();
    match output.language() {
        None => print::text(&plans.iter().map(text).collect::<String>())?,
        Some(language) => print::object(language, &plans)?,
    }
    Ok(view.exit_code())
}

fn text(plan: &Plan) -> String {
    let steps = if plan.launches.len() == 1 { "step" } else { "steps" };
    let head = format!("{}: {} {steps} would run\n", plan.pipeline, plan.launches.len());
    let lines = plan.launches.iter().map(|it| format!("  {} {}\n", it.partition, it.step));
    std::iter::once(head).chain(lines).collect()
}

fn foreseen(view: &View, seen: &Seen) -> Plan {
    let plan = &seen.pipeline.work.plan;
    let planned = |launch: Launch| PlannedLaunch {
        partition: seen.key(launch.partition),
        step: plan.step(launch.step).name.to_string(),
        attempt: launch.attempt,
        outputs: launch.outputs.iter().map(|id| view.uri(plan, *id, launch.partition)).collect(),
    };
    let launches = launches(&seen.pipeline, view.now).into_iter().map(planned).collect();
    Plan { pipeline: seen.pipeline.work.name().to_owned(), launches }
}

/// What would run, in the order of admission: each launch's outputs are the next one's inputs.
///
/// A rebuild that would follow from an input which such a launch changes is not foreseen: whether it changes is not known.
fn launches(pipeline: &LocalPipeline, now: Instant) -> Vec<Launch> {
    let mut plan = pipeline.work.plan.as_ref().clone();
    plan.lift_parallelism();
    let mut facts = pipeline.work.facts.clone();
    let mut launches = Vec::new();
    loop {
        let world = World { pipeline: &plan, facts: &facts, now };
        let decision = decide(world, None);
        let bidder = Bidder { world, decision: &decision, weight: 1 };
        let admitted = admit(&[bidder], &Capacity::default()).launches;
        if admitted.is_empty() {
            return launches;
        }
        for (_, launch) in admitted {
            suppose_done(&mut facts, &launch, now);
            launches.push(launch);
        }
    }
}

fn suppose_done(facts: &mut Facts, launch: &Launch, now: Instant) {
    for output in &launch.outputs {
        facts.holdings[usize::from(output.0)].note(launch.partition, Presence::Complete);
    }
    let inputs = facts.inputs.get(&(launch.partition, launch.step)).cloned().unwrap_or_default();
    let history = facts.history.entry(launch.partition).or_default().entry(launch.step).or_default();
    history.start(launch, inputs, now);
    history.end(Outcome::Succeeded, Leftovers::new(), now);
}
