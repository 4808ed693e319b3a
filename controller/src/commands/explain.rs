//! `daybreak explain`: what holds up each step of a partition, since when, what will change it, and what was tried.

use std::process::ExitCode;

use planner::facts::{Ended, History, Outcome, Running};
use planner::report::{PartitionReport, StepReport};
use planner::window;

use crate::args;
use crate::commands::print::{self, moment};
use crate::commands::show::explanation::{Explained, Explanation, Try};
use crate::commands::view::{Seen, Since, View};
use crate::commands::{EXIT_COMPLETE, Failure};
use crate::logs;
use crate::work::objects;

/// Explains a partition, or one step of it.
pub(crate) fn explain(arguments: &args::Explain) -> Result<ExitCode, Failure> {
    let (view, seen) = &View::one(&arguments.named, &arguments.pipeline)?;
    let partition = seen.partition(&arguments.key)?;
    let mut report = view.report(seen, partition);
    if let Some(name) = &arguments.step {
        let step = seen.step(name)?;
        report.steps.retain(|it| it.step == step);
    }
    let explanation = explanation(view, seen, &report);
    match arguments.output.language() {
        None => print::text(&explanation.text())?,
        Some(language) => print::object(language, &explanation.object()?)?,
    }
    Ok(ExitCode::from(EXIT_COMPLETE))
}

fn explanation(view: &View, seen: &Seen, report: &PartitionReport) -> Explanation {
    let plan = &seen.pipeline.work.plan;
    let due = window::due_at(plan.parts(), report.partition);
    let sinces = report.steps.iter().filter_map(|step| view.since(seen, (report.partition, step)).known());
    let at = sinces.max().unwrap_or(due);
    let object = objects::partition(plan, report, (Vec::new(), at));
    Explanation { object, halt: None, due, wake: None, steps: explained(view, seen, report) }
}

fn explained(view: &View, seen: &Seen, report: &PartitionReport) -> Vec<Explained> {
    let plan = &seen.pipeline.work.plan;
    let logs = logs::list(&view.state.logs(seen.pipeline.work.name(), &seen.key(report.partition)));
    let explained = |step: &StepReport| {
        let since = view.since(seen, (report.partition, step));
        let log = logs::last(&logs, plan.step(step.step).name.as_str());
        let log = log.map(|log| log.path.to_string_lossy().into_owned());
        let history = seen.pipeline.work.facts.history(report.partition, step.step);
        Explained {
            status: objects::step_status(plan, step, (since.known(), log)),
            wake: step.wake.clone(),
            launches: history.map(tries).unwrap_or_default(),
            since: text(since),
        }
    };
    report.steps.iter().map(explained).collect()
}

fn tries(history: &History) -> Vec<Try> {
    let running = history.running.iter().map(under_way);
    history.ended.iter().map(ended).chain(running).collect()
}

fn ended(ended: &Ended) -> Try {
    let (outcome, exit_code, message) = match &ended.outcome {
        Outcome::Succeeded => ("Succeeded", None, ""),
        Outcome::Discarded => ("Discarded", None, "the outputs were there already"),
        Outcome::Failed { exit_code, why } => ("Failed", *exit_code, why.as_str()),
        Outcome::Disrupted(why) => ("Disrupted", None, why.as_str()),
    };
    let (attempt, launch, at) = (ended.attempt, ended.launch, moment(ended.at));
    Try { attempt, launch, outcome, at, exit_code, message: message.to_owned() }
}

fn under_way(running: &Running) -> Try {
    let (attempt, launch, at) = (running.attempt, running.launch, moment(running.since));
    Try { attempt, launch, outcome: "Running", at, exit_code: None, message: String::new() }
}

fn text(since: Since) -> Option<String> {
    match since {
        Since::Known(since) => Some(moment(since)),
        Since::Due(due) => Some(format!("{} at the earliest, when the partition became due", moment(due))),
        Since::Unknown => None,
    }
}
