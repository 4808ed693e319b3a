//! `daybreak plan`.

use serde_json::Value;

use crate::golden::expect;
use crate::shop;

#[test]
fn it_names_what_would_run_in_its_order() {
    let project = shop::project();
    project.remove("data/raw_2026-01-02");
    let outcome = project.daybreak(&["plan", "flow"]).expect_code(0);
    expect(
        &project,
        &outcome.stdout,
        "
shop: 4 steps would run
  2026-01-01 clean
  2026-01-03 clean
  2026-01-01 sum
  2026-01-03 sum
",
    );
}

#[test]
fn it_is_empty_when_all_is_there() {
    let project = shop::project();
    project.run(&[]).expect_code(0);
    let outcome = project.daybreak(&["plan", "flow"]).expect_code(0);
    assert_eq!(outcome.stdout, "shop: 0 steps would run\n");
}

#[test]
fn a_failed_step_would_be_tried_again() {
    let project = shop::project_with("exit 1");
    project.run(&["--date", "2026-01-01"]).expect_code(1);
    let outcome = project.daybreak(&["plan", "flow", "-o", "json"]).expect_code(0);
    let plans: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let launch = &plans[0]["launches"][0];
    assert_eq!((&launch["partition"], &launch["step"]), (&"2026-01-01".into(), &"clean".into()));
    assert_eq!(launch["attempt"], 2);
    let output = launch["outputs"][0].as_str().unwrap_or_default();
    assert!(output.ends_with("/data/clean_2026-01-01"), "{output}");
}

#[test]
fn a_dry_run_of_a_date_plans_that_date_alone() {
    let project = shop::project();
    let outcome = project.run(&["--dry-run", "--date", "2026-01-02"]).expect_code(0);
    assert_eq!(outcome.stdout, "shop: 2 steps would run\n  2026-01-02 clean\n  2026-01-02 sum\n");
}
