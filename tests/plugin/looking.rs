//! `status` and `explain`.

use serde_json::{Value, json};
use tests::Outcome;

use crate::golden::expect;
use crate::shop::{Shop, condition};

#[test]
fn pipelines_are_a_table() {
    let shop = Shop::at_work();
    let outcome = shop.daybreak(&["status"]).expect_code(0);
    expect(
        &outcome.stdout,
        "
NAME   EVERY   WINDOW                   COMPLETE   RUNNING   FAILED   WAITING   THROUGH      NEXT-DUE
shop   1d      2026-01-01..2026-01-04   1/4        1         1        1         2026-01-01   -
",
    );
    let wide = shop.daybreak(&["status", "-o", "wide"]).expect_code(0);
    wide.expect_text(&["NEXT-DUE   READY   CAUGHT-UP   LATE\n", "-          True    False       -\n"]);
}

#[test]
fn with_all_namespaces_each_pipeline_says_its_own() {
    let (shop, other) = (Shop::at_work(), Shop::new());
    let outcome = shop.ask(&["status", "-A"]);
    outcome.clone().expect_text(&["NAMESPACE", "ads"]);
    let mine = |line: &&str| line.contains(other.sandbox.namespace()) && line.contains(" shop ");
    assert_eq!(outcome.stdout.lines().filter(mine).count(), 1, "{}", outcome.stdout);
}

#[test]
fn a_namespace_without_pipelines_is_told_and_prints_no_table() {
    let shop = Shop::new();
    shop.sandbox.kubectl(&["delete", "pipeline", "shop"]);
    let outcome = shop.daybreak(&["status"]).expect_code(0);
    assert_eq!(outcome.text(), "no pipelines in the namespace ads\n");
}

#[test]
fn what_is_open_of_one_pipeline_stands_between_ranges_of_what_is_complete() {
    let shop = Shop::at_work();
    let outcome = shop.daybreak(&["status", "shop"]).expect_code(0);
    expect(
        &outcome.stdout,
        "
KEY          COMPLETE   CLEAN              SUM
2026-01-04   False      OutputsExist       Running
2026-01-03   False      Failed             WaitingForInputs
2026-01-02   False      WaitingForInputs   WaitingForInputs
2026-01-01   True
2025-12-24   True

2026-01-03 clean: Failed: attempt 5 failed (try 5 of 5): it ended with exit code 3
2026-01-02 clean: WaitingForInputs: raw is not there: file:///data/raw_2026-01-02
",
    );
}

#[test]
fn as_json_it_is_what_the_server_has_without_its_bookkeeping() {
    let shop = Shop::at_work();
    let outcome = shop.daybreak(&["status", "shop", "-o", "json"]).expect_code(0);
    let list: Value = serde_json::from_str(&outcome.stdout).expect("it is JSON");
    let kinds: Vec<_> =
        list["items"].as_array().expect("it is a list").iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["Pipeline", "Partition", "Partition", "Partition"]);
    assert_eq!(list["items"][0]["metadata"]["namespace"], "ads");
    assert_eq!(list["items"][1]["spec"]["key"], "2026-01-04");
    assert!(!outcome.stdout.contains("managedFields"));
    shop.daybreak(&["status", "shop", "-o", "yaml"]).expect_code(0).expect_text(&["kind: Pipeline\n"]);
}

#[test]
fn a_spec_with_faults_is_told_beside_what_was_seen_before_and_by_the_exit_code() {
    let shop = Shop::new();
    let conditions = ["Ready", "Stalled"].map(|kind| {
        let status = if kind == "Ready" { "False" } else { "True" };
        condition(kind, status, ("InvalidSpec", "spec.datasets[0].store: there is no store `data`"))
    });
    shop.report("pipeline", "shop", &json!({"conditions": conditions}));
    let sentence = "shop: InvalidSpec: spec.datasets[0].store: there is no store `data`\n";
    shop.daybreak(&["status"]).expect_code(2).expect_text(&[sentence]);
    let first = |outcome: Outcome| assert!(outcome.stdout.starts_with(sentence), "{}", outcome.stdout);
    first(shop.daybreak(&["status", "shop"]).expect_code(2));
    first(shop.daybreak(&["explain", "shop", "2026-01-01"]).expect_code(0));
}

/// The pipeline in the middle of its work when its store stops answering.
fn halted() -> Shop {
    let shop = Shop::at_work();
    let why =
        ("StoreUnavailable", "the store data gives no reliable answer about raw_2026-01-02: AccessDenied");
    shop.report("pipeline", "shop", &json!({"conditions": [condition("Ready", "False", why)]}));
    shop
}

/// What is said of it, with a name or without.
const HALT: &str =
    "shop: StoreUnavailable: the store data gives no reliable answer about raw_2026-01-02: AccessDenied\n";

#[test]
fn that_a_pipeline_is_not_ready_is_told_before_its_partitions() {
    let shop = halted();
    let status = |arguments: &[&str]| shop.daybreak(arguments).expect_code(0).stdout;
    assert!(status(&["status"]).ends_with(&format!("\n\n{HALT}")));
    for wide in [&[][..], &["-o", "wide"]] {
        let printed = status(&[&["status", "shop"], wide].concat());
        assert!(printed.starts_with(&format!("{HALT}\nKEY ")), "{printed}");
    }
}

#[test]
fn that_a_pipeline_is_not_ready_is_told_before_a_partition_is_explained() {
    let shop = halted();
    // The one has an object, and the other has none.
    for key in ["2026-01-03", "2026-01-01"] {
        let printed = shop.daybreak(&["explain", "shop", key]).expect_code(0).stdout;
        assert!(printed.starts_with(&format!("{HALT}\nshop {key}\n  Complete: ")), "{printed}");
    }
}

#[test]
fn a_partition_is_explained_from_its_object() {
    let shop = Shop::at_work();
    let outcome = shop.daybreak(&["explain", "shop", "2026-01-03"]).expect_code(0);
    expect(
        &outcome.stdout,
        "
shop 2026-01-03
  Complete:  False
  Due:       2026-01-04T00:00:00Z

clean
  Reason:    Failed
  Why:       attempt 5 failed (try 5 of 5): it ended with exit code 3
  Since:     2026-01-05T06:07:08Z
  Woken by:  a change of the step or its inputs, or kubectl daybreak rerun shop 2026-01-03 clean
  Attempts:  5
  Log:       /data/.daybreak/archive/ads/shop/2026-01-03/clean.5.1.log

sum
  Reason:    WaitingForInputs
  Why:       clean is not there: file:///data/clean_2026-01-03, which the step clean of 2026-01-03 makes; that is Failed
  Since:     2026-01-05T06:07:08Z
  Woken by:  its arrival, which the controller watches for
",
    );
    let step = shop.daybreak(&["explain", "shop", "2026-01-03", "clean", "-o", "json"]).expect_code(0);
    let partition: Value = serde_json::from_str(&step.stdout).expect("it is JSON");
    assert_eq!(partition["status"]["due"], "2026-01-04T00:00:00Z");
    assert_eq!(partition["status"]["steps"].as_array().map(Vec::len), Some(1));
    assert_eq!(partition["status"]["steps"][0]["attempts"], 5);
}

#[test]
fn a_partition_without_an_object_is_explained_from_the_ranges_and_the_window() {
    let shop = Shop::at_work();
    let explain = |key: &str| shop.daybreak(&["explain", "shop", key]).expect_code(0).stdout;
    expect(
        &explain("2026-01-01"),
        "
shop 2026-01-01
  Complete:  True
  Due:       2026-01-02T00:00:00Z
  Why:       everything is there
",
    );
    expect(
        &explain("2025-12-24"),
        "
shop 2025-12-24
  Complete:  True
  Due:       2025-12-25T00:00:00Z
  Why:       everything was there when it was last seen
",
    );
    expect(
        &explain("2025-12-25"),
        "
shop 2025-12-25
  Complete:  Unknown
  Due:       2025-12-26T00:00:00Z
  Why:       outside the window 2026-01-01..2026-01-04: backfill it
  Woken by:  kubectl daybreak backfill shop --from 2025-12-25 --to 2025-12-25
",
    );
}

#[test]
fn names_and_keys_that_are_wrong_are_told_with_what_would_be_right() {
    let shop = Shop::new();
    let wrong = |arguments: &[&str]| shop.daybreak(arguments).expect_code(2).stderr;
    assert_eq!(
        wrong(&["explain", "shpo", "2026-01-01"]),
        "daybreak: there is no pipeline shpo in the namespace ads: there is shop\n"
    );
    assert_eq!(
        wrong(&["explain", "shop", "2026-02-01"]),
        "daybreak: shop has no partition 2026-02-01: it lies outside its start and end\n"
    );
    assert_eq!(
        wrong(&["explain", "shop", "2026-01-01", "claen"]),
        "daybreak: shop has no step claen: there is clean, sum\n"
    );
}
