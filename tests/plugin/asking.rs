//! `backfill` and `rerun`.

use std::thread;

use serde_json::{Value, json};
use tests::{Outcome, eventually};

use crate::shop::{Shop, condition};

fn only_backfill(shop: &Shop) -> Value {
    let mut backfills = shop.sandbox.list("backfills");
    assert_eq!(backfills.len(), 1);
    backfills.remove(0)
}

#[test]
fn a_backfill_becomes_an_object_and_its_name_is_told() {
    let shop = Shop::new();
    let asked = ["backfill", "shop", "--from", "2025-12-24", "--to", "2025-12-31", "--step", "clean"];
    let outcome = shop.daybreak(&asked).expect_code(0);
    let backfill = only_backfill(&shop);
    let name = backfill["metadata"]["name"].as_str().expect("it has a name");
    assert_eq!(outcome.stdout, format!("backfill.daybreak.dev/{name} created\n"));
    let expected = json!({
        "pipelineRef": {"name": "shop"}, "from": "2025-12-24", "to": "2025-12-31", "steps": ["clean"],
    });
    assert_eq!(backfill["spec"], expected);
    assert_eq!(backfill["metadata"]["managedFields"][0]["manager"], "daybreak-cli");
}

#[test]
fn a_rerun_is_a_backfill_of_one_and_each_is_one_of_its_own() {
    let shop = Shop::new();
    let outcome = shop.daybreak(&["rerun", "shop", "2026-01-02", "sum", "-o", "json"]).expect_code(0);
    let printed: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let expected = json!({
        "pipelineRef": {"name": "shop"}, "from": "2026-01-02", "to": "2026-01-02", "steps": ["sum"], "rerun": true,
    });
    assert_eq!(printed["spec"], expected);
    assert_eq!(only_backfill(&shop)["spec"], expected);
    shop.daybreak(&["rerun", "shop", "2026-01-02", "sum"]).expect_code(0);
    assert_eq!(shop.sandbox.list("backfills").len(), 2);
}

#[test]
fn what_is_wrong_is_told_before_anything_is_made() {
    let shop = Shop::new();
    shop.daybreak(&["backfill", "shop", "--from", "2026-01-03", "--to", "2026-01-01", "--step", "claen"])
        .expect_code(2)
        .expect_text(&["daybreak: spec.steps[0]: the pipeline has no step `claen`"]);
    assert_eq!(shop.sandbox.list("backfills"), Vec::<Value>::new());
}

/// What `--wait` comes to when the controller reports this.
fn waited(complete: &Value, counts: &Value) -> Outcome {
    let shop = Shop::new();
    thread::scope(|scope| {
        let asked =
            scope.spawn(|| shop.daybreak(&["rerun", "shop", "2026-01-02", "--wait", "--timeout", "2m"]));
        eventually("it is asked for", || !shop.sandbox.list("backfills").is_empty());
        let backfill = only_backfill(&shop);
        let name = backfill["metadata"]["name"].as_str().expect("it has a name");
        shop.report("backfill", name, &json!({"conditions": [complete], "partitions": counts}));
        asked.join().expect("it comes to an end")
    })
}

#[test]
fn waiting_ends_when_everything_is_there() {
    let counts = json!({"due": 1, "complete": 1, "running": 0, "failed": 0, "waiting": 0, "stale": 0});
    let complete = condition("Complete", "True", ("AllComplete", "everything asked for is there"));
    let outcome = waited(&complete, &counts).expect_code(0);
    assert_eq!(outcome.stderr, "everything asked for is there\n");
}

#[test]
fn waiting_ends_when_all_that_is_left_has_failed() {
    let counts = json!({"due": 1, "complete": 0, "running": 0, "failed": 1, "waiting": 0, "stale": 0});
    let failed = condition("Complete", "False", ("StepFailed", "1 of 1 partitions failed"));
    let outcome = waited(&failed, &counts).expect_code(1);
    assert_eq!(outcome.stderr, "1 of 1 partitions failed\n");
}

#[test]
fn waiting_ends_when_the_time_is_over() {
    let shop = Shop::new();
    let outcome = shop.daybreak(&["rerun", "shop", "2026-01-02", "--wait", "--timeout", "1s"]).expect_code(3);
    assert_eq!(outcome.stderr, "no controller has looked at it yet\n");
}
