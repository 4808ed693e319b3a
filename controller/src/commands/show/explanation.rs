//! An explanation: what holds up each step of a partition, since when, what will change it, and what was tried.

use std::fmt::Write as _;

use crds::Partition;
use crds::condition::ConditionType;
use crds::partition::StepStatus;
use planner::calendar::Instant;
use serde::Serialize;
use serde_json::{Value, json};

use crate::commands::Failure;
use crate::commands::print::moment;
use crate::commands::show::partitions::conditions;
use crate::commands::show::{condition, holds};

/// Where the values stand beside their labels.
const LABEL_WIDTH: usize = 10;

/// A partition with all that is known of it, in the words of the API and beyond them.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// The object. What it says of steps is not looked at.
    pub(crate) object: Partition,
    /// What keeps its pipeline from being worked on, if anything does.
    pub(crate) halt: Option<String>,
    /// When it is due.
    pub(crate) due: Instant,
    /// What will change it, where no step is known that could tell.
    pub(crate) wake: Option<String>,
    /// The steps that are explained.
    pub(crate) steps: Vec<Explained>,
}

/// A step with all that is known of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explained {
    /// Its status.
    #[serde(flatten)]
    pub(crate) status: StepStatus,
    /// What will change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wake: Option<String>,
    /// Its launches, oldest first; none where they are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) launches: Vec<Try>,
    /// Since when it is where it is, for people.
    #[serde(skip)]
    pub(crate) since: Option<String>,
}

/// One launch of one attempt, and how it went.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Try {
    pub(crate) attempt: u32,
    pub(crate) launch: u32,
    pub(crate) outcome: &'static str,
    /// When it ended; of one that runs, when it started.
    pub(crate) at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exit_code: Option<i32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) message: String,
}

impl Explanation {
    /// The Partition as the API has it, its steps with what is known beyond that.
    pub(crate) fn object(&self) -> Result<Value, Failure> {
        let mut object = serde_json::to_value(&self.object).map_err(Failure::new)?;
        object["status"]["due"] = json!(moment(self.due));
        object["status"]["steps"] = serde_json::to_value(&self.steps).map_err(Failure::new)?;
        Ok(object)
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let Partition { spec, .. } = &self.object;
        let conditions = conditions(&self.object);
        let complete = condition(conditions, ConditionType::Complete);
        let mut text = self.halt.as_ref().map(|sentence| format!("{sentence}\n")).unwrap_or_default();
        let _ = writeln!(text, "{} {}", spec.pipeline_ref.name, spec.key);
        label(&mut text, "Complete", Some(complete.map_or("Unknown", |complete| &complete.status)));
        label(&mut text, "Due", Some(&moment(self.due)));
        label(&mut text, "Late", holds(conditions, ConditionType::Late).then_some("True"));
        if self.steps.is_empty() {
            label(&mut text, "Why", complete.map(|complete| complete.message.as_str()));
            label(&mut text, "Woken by", self.wake.as_deref());
        }
        for step in &self.steps {
            add_step(&mut text, step);
        }
        text
    }
}

fn add_step(text: &mut String, step: &Explained) {
    let StepStatus { name, reason, message, attempts, log, .. } = &step.status;
    let _ = writeln!(text, "\n{name}");
    label(text, "Reason", Some(&format!("{reason:?}")));
    label(text, "Why", message.as_deref());
    label(text, "Since", step.since.as_deref());
    label(text, "Woken by", step.wake.as_deref());
    if step.launches.is_empty() {
        label(text, "Attempts", attempts.map(|attempts| attempts.to_string()).as_deref());
    }
    for (place, tried) in step.launches.iter().enumerate() {
        label(text, if place == 0 { "Tries" } else { "" }, Some(&line(tried)));
    }
    label(text, "Log", log.as_deref());
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
