//! `daybreak explain`.

use serde_json::Value;

use crate::golden::expect;
use crate::shop;

#[test]
fn one_missing_input_is_named_at_each_step_that_it_holds_up() {
    let project = shop::with_a_gap();
    let outcome = project.daybreak(&["explain", "shop", "2026-01-02"]).expect_code(0);
    expect(&project, &outcome.stdout, "
shop 2026-01-02
  Complete:  False
  Due:       2026-01-03T00:00:00Z

clean
  Reason:    WaitingForInputs
  Why:       raw is not there: PROJECT/data/raw_2026-01-02
  Since:     NOW
  Woken by:  its arrival (the next daybreak run looks)

sum
  Reason:    WaitingForInputs
  Why:       clean is not there: PROJECT/data/clean_2026-01-02, which the step clean of 2026-01-02 makes; that is WaitingForInputs: raw is not there: PROJECT/data/raw_2026-01-02
  Since:     NOW
  Woken by:  its arrival (the next daybreak run looks)
");
}

#[test]
fn before_any_run_a_step_waits_since_its_partition_became_due_at_the_earliest() {
    let project = shop::project();
    project.remove("data/raw_2026-01-02");
    let outcome = project.daybreak(&["explain", "shop", "2026-01-02", "clean"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
shop 2026-01-02
  Complete:  False
  Due:       2026-01-03T00:00:00Z

clean
  Reason:    WaitingForInputs
  Why:       raw is not there: PROJECT/data/raw_2026-01-02
  Since:     2026-01-03T00:00:00Z at the earliest, when the partition became due
  Woken by:  its arrival (the next daybreak run looks)
",
    );
}

#[test]
fn what_is_complete_says_who_made_it_and_where_the_log_is() {
    let project = shop::with_a_gap();
    project.write("data/clean_2026-01-02", "by hand");
    project.run(&[]).expect_code(0);
    let outcome = project.daybreak(&["explain", "shop", "2026-01-02"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
shop 2026-01-02
  Complete:  True
  Due:       2026-01-03T00:00:00Z

clean
  Reason:    OutputsExist
  Why:       the outputs are there: PROJECT/data/clean_2026-01-02

sum
  Reason:    Succeeded
  Why:       attempt 1 made it at NOW
  Since:     NOW
  Tries:     1.1  Succeeded  NOW
  Log:       PROJECT/.daybreak/laptop/logs/shop/2026-01-02/sum.1.1.log
",
    );
}

#[test]
fn a_failure_is_told_with_all_tries_and_the_last_log() {
    let project = shop::project_with("echo no disk; exit 3");
    project.run(&["--date", "2026-01-02", "--attempts", "1"]).expect_code(1);
    project.run(&["--date", "2026-01-02", "--attempts", "1"]).expect_code(1);
    let outcome = project.daybreak(&["explain", "shop", "2026-01-02", "clean"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
shop 2026-01-02
  Complete:  False
  Due:       2026-01-03T00:00:00Z

clean
  Reason:    Failed
  Why:       attempt 2 failed: it ended with exit code 3; its log ends: no disk
  Since:     NOW
  Woken by:  the next daybreak run
  Tries:     1.1  Failed     NOW  it ended with exit code 3; its log ends: no disk
             2.1  Failed     NOW  it ended with exit code 3; its log ends: no disk
  Log:       PROJECT/.daybreak/laptop/logs/shop/2026-01-02/clean.2.1.log
",
    );
}

#[test]
fn as_json_it_is_a_partition_with_what_else_is_known() {
    let project = shop::with_a_gap();
    let outcome = project.daybreak(&["explain", "shop", "2026-01-01", "sum", "-o", "json"]).expect_code(0);
    let partition: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    assert_eq!(partition["kind"], "Partition");
    assert_eq!(partition["status"]["due"], "2026-01-02T00:00:00Z");
    let step = &partition["status"]["steps"][0];
    assert_eq!(step["name"], "sum");
    assert_eq!(step["reason"], "Succeeded");
    assert_eq!(step["attempts"], 1);
    assert_eq!(step["launches"][0]["outcome"], "Succeeded");
    let wakes = project.daybreak(&["explain", "shop", "2026-01-02", "-o", "json"]).expect_code(0);
    wakes.expect_text(&["\"wake\": \"its arrival (the next daybreak run looks)\""]);
}

#[test]
fn outside_the_window_it_says_how_to_ask_for_it_and_claims_nothing_of_the_data() {
    let project = shop::project();
    project.pipeline("shop", &shop::SPEC.replace("window: 3", "window: 1"));
    let outcome = project.daybreak(&["explain", "shop", "2026-01-02", "clean"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
shop 2026-01-02
  Complete:  Unknown
  Due:       2026-01-03T00:00:00Z

clean
  Reason:    OutsideWindow
  Why:       outside the window 2026-01-03..2026-01-03: backfill it
  Woken by:  daybreak backfill shop --from 2026-01-02 --to 2026-01-02
",
    );
}

#[test]
fn a_key_that_is_wrong_gets_the_words_of_the_calendar() {
    let project = shop::project();
    let explain = |key: &str| project.daybreak(&["explain", "shop", key]).expect_code(2).stderr;
    assert_eq!(explain("2026-13"), "daybreak: `2026-13` does not exist: months are 01 to 12\n");
    assert_eq!(explain("noon"), "daybreak: `noon` is no key: one looks like 2026-01-05\n");
    assert_eq!(
        explain("2025-12-31"),
        "daybreak: shop has no partition 2025-12-31: it lies outside its start and end\n"
    );
}

#[test]
fn a_name_that_is_wrong_is_told_with_the_right_ones() {
    let project = shop::project();
    project
        .daybreak(&["explain", "shop", "2026-01-02", "claen"])
        .expect_code(2)
        .expect_text(&["daybreak: shop has no step claen: there is clean, sum"]);
    project.daybreak(&["explain", "shpo", "2026-01-02"]).expect_code(2).expect_text(&["there is shop"]);
}
