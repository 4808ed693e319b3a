//! What is old goes in the course of an hour, and nothing that still matters goes with it.

use std::time::Duration;

use planner::pipeline::StepId;
use serde_json::{Value, json};

use crate::faults::Plan;
use crate::run::{Finding, Setting, run};
use crate::workloads::{self, Workload};

/// A launch that was disrupted a year ago: what a pipeline left of it in archive and staging.
fn disrupted(manifest: &Value, (pipeline, key): (&str, &str)) -> Vec<(String, String)> {
    let object = serde_json::from_value(manifest.clone()).expect("it is a pipeline");
    let (plan, _) = authoring::convert(&object, &authoring::Setting::default()).expect("it is sound");
    let step = plan.step(StepId(0));
    let record = |event: Value| {
        let mut record = json!({
            "partition": key, "step": "make", "attempt": 1, "launch": 1, "at": "2025-01-05T12:00:00Z",
        });
        for (name, value) in event.as_object().into_iter().flatten() {
            record[name] = value.clone();
        }
        record.to_string()
    };
    let launched = json!({
        "event": "Launched", "whole": step.whole_digest.to_string(), "result": step.result_digest.to_string(),
        "inputs": {},
    });
    let ended = json!({"event": "Ended", "outcome": "Disrupted", "why": "the node went away"});
    let archived = |end: &str| format!(".daybreak/archive/data/{pipeline}/{key}/make.1.1.{end}");
    vec![
        (archived("launched.json"), record(launched)),
        (archived("ended.json"), record(ended)),
        (archived("log"), "it began".to_owned()),
        (format!(".daybreak/staging/data.{pipeline}.{key}.make.1.1/made.txt"), "half".to_owned()),
    ]
}

fn one_step(old: &[(&str, &str)]) -> Finding {
    let found = workloads::all().into_iter().find(|it| it.name == "one_step");
    let workload = found.expect("each workload has a name");
    let manifest = &workload.manifests[0];
    let mut old: Vec<_> = old.iter().flat_map(|place| disrupted(manifest, *place)).collect();
    old.push((".daybreak/staging/days.2025-01-01.make.1.1/made.txt".to_owned(), "a laptop's".to_owned()));
    run(&Setting {
        workload: &Workload { old, ..workload.clone() },
        seed: 1,
        plans: vec![Plan::default()],
        ends: &[],
        silence: Duration::from_mins(5),
        traces: false,
        pauses: false,
    })
}

#[test]
fn the_archive_keeps_what_is_looked_after_and_no_more() {
    let finding = one_step(&[("gone", "2026-01-04"), ("days", "2025-01-01"), ("days", "2026-01-04")]);
    assert_eq!(finding.violations, [], "the try goes on that was disrupted a year ago");
    let of_before = ["launched.json", "ended.json"].map(|end| format!("data/days/2026-01-04/make.1.1.{end}"));
    let of_now = ["launched.json", "publishing.json", "ended.json", "log"]
        .map(|end| format!("data/days/2026-01-04/make.1.2.{end}"));
    assert_eq!(finding.archive, of_before.into_iter().chain(of_now).collect());
}

#[test]
fn staging_is_swept_of_our_own_leftovers_alone() {
    let finding = one_step(&[("gone", "2026-01-04"), ("days", "2025-01-01")]);
    let left: Vec<_> = finding.end.staged.into_iter().collect();
    assert_eq!(left, [".daybreak/staging/days.2025-01-01.make.1.1/made.txt"], "that is a laptop's");
}
