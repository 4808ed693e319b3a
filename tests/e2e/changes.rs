//! Specs that change while steps run.

use serde_json::json;
use tests::Sandbox;

use crate::world::{COPY, caught_up, condition, flow, step, when_told};

/// Waits until the one step runs, as its pod says, too: one that has not begun follows its spec.
fn runs(sandbox: &Sandbox) {
    sandbox.eventually("it runs", || sandbox.ledger().started().len() == 1);
    let says_so = |pod: &serde_json::Value| pod["status"]["phase"] == "Running";
    sandbox.eventually("its pod says so", || sandbox.list("pods").iter().any(says_so));
}

#[test]
fn what_runs_finishes_by_the_spec_that_it_began_with() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 2, &when_told(&sandbox));
    spec["parallelism"] = json!(1);
    sandbox.pipeline(&spec.to_string());
    runs(&sandbox);
    let changed = flow(&sandbox, 2, r#"note start make; echo changed > "$2"; note end make"#);
    spec["steps"] = changed["steps"].clone();
    sandbox.pipeline(&spec.to_string());
    sandbox.eventually("the new generation is seen", || {
        sandbox.get("pipelines", "flow").unwrap_or_default()["status"]["observedGeneration"] == 2
    });
    sandbox.write("go", "");
    caught_up(&sandbox);
    assert_eq!(sandbox.read("out_2026-01-01"), "day 1\n");
    assert_eq!(sandbox.read("out_2026-01-02"), "changed\n");
    assert_eq!(sandbox.ledger().started().len(), 2);
}

#[test]
fn an_invalid_spec_starts_nothing_and_a_valid_one_goes_on() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 2, &when_told(&sandbox));
    spec["parallelism"] = json!(1);
    sandbox.pipeline(&spec.to_string());
    runs(&sandbox);
    spec["store"] = json!("nowhere");
    sandbox.pipeline(&spec.to_string());
    let pipeline = || sandbox.get("pipelines", "flow").unwrap_or_default();
    sandbox.eventually("the fault is told", || {
        let stalled = condition(&pipeline(), "Stalled");
        stalled["status"] == "True" && stalled["message"].as_str().is_some_and(|it| it.contains("nowhere"))
    });
    assert_eq!(pipeline()["status"]["observedGeneration"], 2);
    sandbox.write("go", "");
    sandbox.eventually("what runs finishes", || sandbox.exists("out_2026-01-01"));
    sandbox.eventually("its end is recorded", || {
        sandbox.archived("2026-01-01/make.1.1.ended.json").contains("Succeeded")
    });
    assert_eq!(sandbox.ledger().started().len(), 1);
    spec["store"] = json!("data");
    sandbox.pipeline(&spec.to_string());
    caught_up(&sandbox);
    assert_eq!(condition(&pipeline(), "Stalled")["status"], json!(null));
    assert_eq!(condition(&pipeline(), "Ready")["status"], "True");
    assert_eq!(sandbox.ledger().started().len(), 2);
}

#[test]
fn a_suspended_pipeline_starts_nothing_until_it_is_resumed() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 2, COPY);
    spec["suspend"] = json!(true);
    sandbox.pipeline(&spec.to_string());
    sandbox.eventually("it is told", || step(&sandbox, "2026-01-01", "make")["reason"] == "Suspended");
    assert_eq!(sandbox.list("jobs").len(), 0);
    spec["suspend"] = json!(false);
    sandbox.pipeline(&spec.to_string());
    caught_up(&sandbox);
    assert_eq!(sandbox.ledger().started().len(), 2);
}
