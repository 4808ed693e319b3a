//! `plan`.

use serde_json::{Value, json};

use crate::golden::expect;
use crate::shop::{Shop, step};

#[test]
fn what_runs_is_first_then_what_may_start_then_what_is_held_up() {
    let shop = Shop::at_work();
    let full = "the pipeline runs 1 launches at once (parallelism)";
    shop.partition("2026-01-01", &json!([step("clean", "WaitingForSlot", full)]));
    let outcome = shop.daybreak(&["plan", "shop"]).expect_code(0);
    expect(
        &outcome.stdout,
        "
shop: 1 running, 1 may start, 4 held up
  2026-01-04 sum: Running: attempt 1 runs since 2026-01-05T06:07:08Z
  2026-01-01 clean: WaitingForSlot: the pipeline runs 1 launches at once (parallelism)
  2026-01-02 clean: WaitingForInputs: raw is not there: file:///data/raw_2026-01-02
  2026-01-02 sum: WaitingForInputs: clean is not there: file:///data/clean_2026-01-02, which the step clean of 2026-01-02 makes; that is WaitingForInputs: raw is not there: file:///data/raw_2026-01-02
  2026-01-03 clean: Failed: attempt 5 failed (try 5 of 5): it ended with exit code 3
  2026-01-03 sum: WaitingForInputs: clean is not there: file:///data/clean_2026-01-03, which the step clean of 2026-01-03 makes; that is Failed
",
    );
    let plans = shop.daybreak(&["plan", "-o", "json"]).expect_code(0);
    let plans: Value = serde_json::from_str(&plans.stdout).expect("it is JSON");
    assert_eq!(plans[0]["steps"][0]["partition"], "2026-01-04");
    assert_eq!(plans[0]["steps"][0]["reason"], "Running");
}

#[test]
fn a_pipeline_with_nothing_open_is_one_line() {
    let shop = Shop::new();
    let outcome = shop.daybreak(&["plan"]).expect_code(0);
    assert_eq!(outcome.stdout, "shop: 0 running, 0 may start, 0 held up\n");
}
