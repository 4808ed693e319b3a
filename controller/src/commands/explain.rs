//! `daybreak explain`: what holds up each step of a partition, since when, what will change it, and what was tried.

use std::fmt::Write as _;
use std::process::ExitCode;

use crds::partition::StepStatus;
use planner::facts::{Ended, History, Outcome, Running};
use planner::report::{PartitionReport, StepReport};
use planner::window;
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{self, Output};
use crate::commands::print::{self, Language, moment};
use crate::commands::view::{Seen, Since, View};
use crate::commands::{EXIT_COMPLETE, Failure};
use crate::logs;
use crate::work::objects;

/// Where the values stand beside their labels.
const LABEL_WIDTH: usize = 10;

/// A step with all that is known of it, in the words of the API and beyond them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained {
    #[serde(flatten)]
    status: StepStatus,
    /// What will change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    wake: Option<String>,
    /// Its launches, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    launches: Vec<Try>,
    #[serde(skip)]
    since: Since,
}

/// One launch of one attempt, and how it went.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Try {
    attempt: u32,
    launch: u32,
    outcome: &'static str,
    /// When it ended; of one that runs, when it started.
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// Explains a partition, or one step of it.
pub(crate) fn explain(arguments: &args::Explain) -> Result<ExitCode, Failure> {
    let (view, seen) = &View::one(&arguments.named, &arguments.pipeline)?;
    let partition = seen.partition(&arguments.key)?;
    let mut report = view.report(seen, partition);
    if let Some(name) = &arguments.step {
        let step = seen.step(name)?;
        report.steps.retain(|it| it.step == step);
    }
    let steps = explained(view, seen, &report);
    match arguments.output {
        Output::Wide => print::text(&text(seen, &report, &steps))?,
        Output::Json => print::object(Language::Json, &object(seen, &report, &steps)?)?,
        Output::Yaml => print::object(Language::Yaml, &object(seen, &report, &steps)?)?,
    }
    Ok(ExitCode::from(EXIT_COMPLETE))
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
            since,
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

/// The Partition as the API has it, its steps with what is known beyond that.
fn object(seen: &Seen, report: &PartitionReport, steps: &[Explained]) -> Result<Value, Failure> {
    let plan = &seen.pipeline.work.plan;
    let due = window::due_at(plan.parts(), report.partition);
    let at = steps.iter().filter_map(|step| step.since.known()).max().unwrap_or(due);
    let object = objects::partition(plan, report, (Vec::new(), at));
    let mut object = serde_json::to_value(object).map_err(Failure::new)?;
    object["status"]["due"] = json!(moment(due));
    object["status"]["steps"] = serde_json::to_value(steps).map_err(Failure::new)?;
    Ok(object)
}

fn text(seen: &Seen, report: &PartitionReport, steps: &[Explained]) -> String {
    let due = window::due_at(seen.pipeline.work.plan.parts(), report.partition);
    let mut text = format!("{} {}\n", seen.pipeline.work.name(), seen.key(report.partition));
    label(&mut text, "Complete", Some(completeness(report)));
    label(&mut text, "Due", Some(&moment(due)));
    label(&mut text, "Late", report.is_late.then_some("True"));
    for step in steps {
        add_step(&mut text, step);
    }
    text
}

fn completeness(report: &PartitionReport) -> &'static str {
    match (report.is_complete, objects::is_watched(report)) {
        (true, _) => "True",
        (false, true) => "False",
        (false, false) => "Unknown",
    }
}

fn add_step(text: &mut String, step: &Explained) {
    let StepStatus { name, reason, message, log, .. } = &step.status;
    let _ = writeln!(text, "\n{name}");
    label(text, "Reason", Some(&format!("{reason:?}")));
    label(text, "Why", message.as_deref());
    label(text, "Since", since(step.since).as_deref());
    label(text, "Woken by", step.wake.as_deref());
    for (place, tried) in step.launches.iter().enumerate() {
        label(text, if place == 0 { "Tries" } else { "" }, Some(&line(tried)));
    }
    label(text, "Log", log.as_deref());
}

fn since(since: Since) -> Option<String> {
    match since {
        Since::Known(since) => Some(moment(since)),
        Since::Due(due) => Some(format!("{} at the earliest, when the partition became due", moment(due))),
        Since::Unknown => None,
    }
}

fn line(tried: &Try) -> String {
    let Try { attempt, launch, outcome, at, message, .. } = tried;
    let line = format!("{attempt}.{launch}  {outcome:<9}  {at}  {message}");
    line.trim_end().to_owned()
}

fn label(text: &mut String, label: &str, value: Option<&str>) {
    let label = if label.is_empty() { String::new() } else { format!("{label}:") };
    if let Some(value) = value {
        let _ = writeln!(text, "  {label:<LABEL_WIDTH$} {value}");
    }
}
