//! Pipelines at a glance: a line each, and below it those that do not do what they are for.

use crds::condition::{ConditionType, Reason};
use crds::pipeline_status::{PartitionCounts, PipelineStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use planner::calendar::{Instant, Partition};
use planner::pipeline::Parts;
use planner::ranges::Stretch;
use planner::window;

use crate::commands::print::{self, NOTHING};
use crate::commands::show::{Detail, condition, time};

/// A pipeline with what follows from its spec and the time.
#[derive(Debug)]
pub(crate) struct Glance {
    /// The object.
    pub(crate) object: crds::Pipeline,
    /// The first and the last key of the window, if it is known and not empty.
    pub(crate) window: Option<String>,
}

/// From how many namespaces pipelines are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breadth {
    /// From one, which need not be named.
    OneNamespace,
    /// From all.
    AllNamespaces,
}

/// The window as keys, unless it is empty.
pub(crate) fn window_keys(parts: &Parts, now: Instant) -> Option<String> {
    let window = window::window(parts, now);
    let stretch = Stretch { first: Partition(window.start), last: Partition(window.end - 1) };
    (!window.is_empty()).then(|| stretch.keys(&parts.calendar))
}

/// The table, and below it what keeps pipelines from being worked on.
pub(crate) fn table(glances: &[Glance], breadth: Breadth, detail: Detail) -> String {
    let mut head = match breadth {
        Breadth::OneNamespace => vec![],
        Breadth::AllNamespaces => vec!["NAMESPACE"],
    };
    head.extend([
        "NAME", "EVERY", "WINDOW", "COMPLETE", "RUNNING", "FAILED", "WAITING", "THROUGH", "NEXT-DUE",
    ]);
    match detail {
        Detail::Brief => {}
        Detail::Wide => head.extend(["READY", "CAUGHT-UP", "LATE"]),
    }
    let head = head.into_iter().map(str::to_owned).collect();
    let rows = glances.iter().map(|glance| row(glance, breadth, detail));
    let table = print::table(&[head].into_iter().chain(rows).collect::<Vec<_>>());
    let sentences: String = glances.iter().filter_map(|glance| sentence(&glance.object, breadth)).collect();
    if sentences.is_empty() { table } else { format!("{table}\n{sentences}") }
}

/// What is to be said of a pipeline that is not worked on.
pub(crate) fn sentence(object: &crds::Pipeline, breadth: Breadth) -> Option<String> {
    let ready = condition(conditions(object), ConditionType::Ready)?;
    if ready.status == "True" && ready.reason != Reason::Suspended.to_string() {
        return None;
    }
    let namespace = match breadth {
        Breadth::OneNamespace => String::new(),
        Breadth::AllNamespaces => format!("{}/", object.metadata.namespace.as_deref().unwrap_or_default()),
    };
    let message = if ready.message.is_empty() { String::new() } else { format!(": {}", ready.message) };
    Some(format!("{namespace}{}: {}{message}\n", name(object), ready.reason))
}

fn row(glance: &Glance, breadth: Breadth, detail: Detail) -> Vec<String> {
    let Glance { object, window } = glance;
    let status = object.status.as_ref();
    let counts = status.and_then(|status| status.partitions);
    let count = |of: fn(PartitionCounts) -> String| counts.map_or_else(nothing, of);
    let through = status.and_then(|status| status.complete_through.as_ref()).map(ToString::to_string);
    let mut row = match breadth {
        Breadth::OneNamespace => vec![],
        Breadth::AllNamespaces => vec![object.metadata.namespace.clone().unwrap_or_else(nothing)],
    };
    row.extend([
        name(object).to_owned(),
        object.spec.every.to_string(),
        window.clone().unwrap_or_else(nothing),
        count(|counts| format!("{}/{}", counts.complete, counts.due)),
        count(|counts| counts.running.to_string()),
        count(|counts| counts.failed.to_string()),
        count(|counts| counts.waiting.to_string()),
        through.unwrap_or_else(nothing),
        status.and_then(|status| status.next_due.as_ref()).map_or_else(nothing, time),
    ]);
    match detail {
        Detail::Brief => {}
        Detail::Wide => row
            .extend([ConditionType::Ready, ConditionType::CaughtUp, ConditionType::Late].map(|kind| {
                condition(conditions(object), kind).map_or_else(nothing, |it| it.status.clone())
            })),
    }
    row
}

/// The conditions of a pipeline.
pub(crate) fn conditions(pipeline: &crds::Pipeline) -> &[Condition] {
    pipeline.status.as_ref().map_or(&[], |PipelineStatus { conditions, .. }| conditions)
}

/// The name of a pipeline.
pub(crate) fn name(pipeline: &crds::Pipeline) -> &str {
    pipeline.metadata.name.as_deref().unwrap_or_default()
}

fn nothing() -> String {
    NOTHING.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn glance(name: &str, status: &Value) -> Glance {
        let object = json!({
            "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline",
            "metadata": {"name": name, "namespace": "ads"},
            "spec": {"every": "1d", "datasets": [], "steps": []}, "status": status,
        });
        Glance { object: serde_json::from_value(object).unwrap(), window: None }
    }

    fn ready(status: &str, reason: &str, message: &str) -> Value {
        let at = "2026-01-05T06:07:08Z";
        json!({"conditions": [
            {"type": "Ready", "status": status, "reason": reason, "message": message, "lastTransitionTime": at},
        ]})
    }

    #[test]
    fn what_is_not_worked_on_is_told_below_the_table() {
        let glances = [
            glance("good", &ready("True", "Accepted", "")),
            glance("resting", &ready("True", "Suspended", "")),
            glance("wrong", &ready("False", "InvalidSpec", "spec.every: write 1d")),
        ];
        let text = table(&glances, Breadth::AllNamespaces, Detail::Brief);
        let (_, sentences) = text.split_once("\n\n").unwrap();
        assert_eq!(sentences, "ads/resting: Suspended\nads/wrong: InvalidSpec: spec.every: write 1d\n");
    }

    #[test]
    fn a_pipeline_without_a_status_has_no_numbers() {
        let text = table(&[glance("new", &json!({}))], Breadth::OneNamespace, Detail::Wide);
        let row: Vec<_> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["new", "1d", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]);
    }
}
