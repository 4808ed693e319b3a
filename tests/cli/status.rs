//! `daybreak status`.

use serde_json::Value;
use tests::{Project, eventually};

use crate::golden::expect;
use crate::shop;

/// A pipeline of one step without inputs, for a whole year.
const YEAR: &str = r#"
every: 1d
start: "2025-01-01"
end: "2026-01-01"
window: 365
store: data
datasets:
  - {name: made, path: "made_%Y-%m-%d"}
steps:
  - {name: make, outputs: [made], command: [touch, "{{ outputs.made }}"]}
"#;

#[test]
fn all_pipelines_are_a_table_by_name() {
    let project = shop::with_a_gap();
    project.pipeline("archive", &YEAR.replace("made_", "archive/made_"));
    let outcome = project.daybreak(&["status"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
NAME      EVERY   WINDOW                   COMPLETE   RUNNING   FAILED   WAITING   THROUGH      NEXT-DUE
archive   1d      2025-01-01..2025-12-31   0/365      0         0        365       -            -
shop      1d      2026-01-01..2026-01-03   2/3        0         0        1         2026-01-01   -
",
    );
}

#[test]
fn the_next_due_moment_is_told_while_there_is_one() {
    let project = Project::new();
    project.pipeline("shop", &shop::SPEC.replace("end: \"2026-01-04\"\n", "due: Start\n"));
    let outcome = project.daybreak(&["status"]).expect_code(0);
    let last = outcome.stdout.split_whitespace().last();
    assert!(last.is_some_and(|word| word.ends_with("T00:00:00Z")), "{}", outcome.stdout);
}

#[test]
fn what_is_open_of_one_pipeline_stands_between_ranges_of_what_is_complete() {
    let project = shop::with_a_gap();
    let outcome = project.daybreak(&["status", "shop"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
KEY          COMPLETE   CLEAN              SUM
2026-01-03   True
2026-01-02   False      WaitingForInputs   WaitingForInputs
2026-01-01   True

2026-01-02 clean: WaitingForInputs: raw is not there: PROJECT/data/raw_2026-01-02
",
    );
}

#[test]
fn a_complete_year_is_one_line() {
    let project = Project::new();
    project.pipeline("year", YEAR);
    project.run(&["--from", "2025-01-01", "--to", "2025-12-31", "--jobs", "8"]).expect_code(0);
    let outcome = project.daybreak(&["status", "year"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
KEY                      COMPLETE   MAKE
2025-01-01..2025-12-31   True
",
    );
}

#[test]
fn a_step_that_failed_is_failed_when_its_run_is_over() {
    let project = shop::project_with("echo no disk; exit 3");
    project.run(&["--keep-going"]).expect_code(1);
    let outcome = project.daybreak(&["status", "shop"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
KEY          COMPLETE   CLEAN    SUM
2026-01-03   False      Failed   WaitingForInputs
2026-01-02   False      Failed   WaitingForInputs
2026-01-01   False      Failed   WaitingForInputs

2026-01-03 clean: Failed: attempt 1 failed (try 1 of 1): it ended with exit code 3; its log ends: no disk
2026-01-02 clean: Failed: attempt 1 failed (try 1 of 1): it ended with exit code 3; its log ends: no disk
2026-01-01 clean: Failed: attempt 1 failed (try 1 of 1): it ended with exit code 3; its log ends: no disk
",
    );
    let outcome = project.daybreak(&["status"]).expect_code(0);
    outcome.expect_text(&["0/3        0         3        0"]);
}

#[test]
fn many_steps_are_counted_by_their_reasons() {
    let project = Project::new();
    let lines = |line: fn(u8) -> String| (0..12).map(line).collect::<Vec<_>>().join("\n");
    let datasets = lines(|it| format!("  - {{name: s{it}, path: \"s{it}_%Y-%m-%d\"}}"));
    let steps = lines(|it| {
        format!("  - {{name: s{it}, outputs: [s{it}], command: [touch, \"{{{{ outputs.s{it} }}}}\"]}}")
    });
    let head = "every: 1d\nstart: \"2026-01-01\"\nend: \"2026-01-02\"\nstore: data\n";
    project.pipeline("wide", &format!("{head}datasets:\n{datasets}\nsteps:\n{steps}\n"));
    project.write("data/s3_2026-01-01", "");
    let outcome = project.daybreak(&["status", "wide"]).expect_code(0);
    outcome.expect_text(&[
        "KEY          COMPLETE   STEPS\n2026-01-01   False      11 WaitingForSlot, 1 OutputsExist\n",
        "and 1 more: daybreak explain wide KEY\n",
    ]);
}

#[test]
fn as_json_it_has_the_words_of_the_api() {
    let project = shop::with_a_gap();
    let outcome = project.daybreak(&["status", "shop", "-o", "json"]).expect_code(0);
    let list: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    assert_eq!(list["kind"], "List");
    let [pipeline, partition] = [&list["items"][0], &list["items"][1]];
    assert_eq!(pipeline["kind"], "Pipeline");
    assert_eq!(pipeline["metadata"]["name"], "shop");
    assert_eq!(pipeline["spec"]["every"], "1d");
    assert_eq!(pipeline["status"]["partitions"]["complete"], 2);
    assert_eq!(pipeline["status"]["completeThrough"], "2026-01-01");
    assert_eq!(pipeline["status"]["completeRanges"][1]["from"], "2026-01-03");
    assert_eq!(partition["kind"], "Partition");
    assert_eq!(partition["metadata"]["name"], "shop.2026-01-02");
    assert_eq!(partition["spec"]["pipelineRef"]["name"], "shop");
    assert_eq!(partition["status"]["conditions"][0]["type"], "Complete");
    assert_eq!(partition["status"]["conditions"][0]["status"], "False");
    assert_eq!(partition["status"]["steps"][0]["reason"], "WaitingForInputs");
    assert_eq!(partition["status"]["steps"][0]["state"], "Waiting");
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "complete partitions are ranges");
}

#[test]
fn as_yaml_a_key_stays_a_text() {
    let project = shop::with_a_gap();
    let outcome = project.daybreak(&["status", "shop", "-o", "yaml"]).expect_code(0);
    outcome.expect_text(&["kind: List\n", "completeThrough: \"2026-01-01\"\n", "reason: WaitingForInputs\n"]);
}

#[test]
fn a_step_runs_while_its_run_works_and_is_ready_again_when_that_was_killed() {
    let project = shop::project_with(&format!("note start clean; {}", shop::WAIT));
    project.pipeline("shop", &shop::SPEC.replace("window: 3", "window: 3\nparallelism: 1"));
    let run = project.start(&["run", "flow"]);
    eventually("a step runs", || !project.ledger().started().is_empty());
    let running = project.daybreak(&["status", "shop"]).expect_code(0);
    running.expect_text(&[
        "2026-01-01   False      Running          WaitingForInputs\n",
        "2026-01-02 clean: WaitingForSlot: the pipeline runs 1 launches at once (parallelism)\n",
    ]);
    run.signal(rustix::process::Signal::KILL);
    run.wait();
    let killed = project.daybreak(&["status", "shop"]).expect_code(0);
    killed.expect_text(&["2026-01-01   False      WaitingForSlot   WaitingForInputs\n", "ready to start"]);
}

#[test]
fn a_broken_manifest_does_not_hide_the_others() {
    let project = shop::with_a_gap();
    project.pipeline("broken", "every: 7m");
    let outcome = project.daybreak(&["status"]).expect_code(2);
    assert!(
        outcome.stdout.contains("shop      1d") || outcome.stdout.contains("shop   1d"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stderr.contains("flow/broken.yaml:"), "{}", outcome.stderr);
}
