//! Steps that fail.

use serde_json::json;
use tests::Sandbox;

use crate::world::{caught_up, flow, says, step};

#[test]
fn a_step_that_fails_uses_its_attempts_and_shows_the_end_of_its_log() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let ok = sandbox.path("data/ok");
    let program = format!(
        r#"note start make; echo no luck; [ -e {} ] || exit 3; cp "$1" "$2"; note end make"#,
        ok.display()
    );
    let mut spec = flow(&sandbox, 1, &program);
    spec["steps"][0]["retries"] = json!({"maxAttempts": 2, "backoff": "1s"});
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Failed", "exit code 3; its log ends: no luck");
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 2);
    assert_eq!(sandbox.ledger().started().len(), 2);
    for attempt in 1..=2 {
        assert_eq!(sandbox.archived(&format!("2026-01-01/make.{attempt}.1.log")), "no luck\n");
    }
    let described = sandbox.kubectl(&["describe", "partitions"]);
    assert!(described.contains("its log ends: no luck"), "{described}");

    sandbox.write("ok", "");
    let again =
        json!({"pipelineRef": {"name": "flow"}, "from": "2026-01-01", "to": "2026-01-01", "rerun": true});
    let metadata = json!({"name": "again"});
    let (version, kind) = ("daybreak.dev/v1alpha1", "Backfill");
    sandbox.apply(&json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": again}));
    caught_up(&sandbox);
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 3);
    assert_eq!(sandbox.read("out_2026-01-01"), "day 1\n");
}

#[test]
fn a_step_that_takes_too_much_memory_is_told_so() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 1, "tail /dev/zero");
    spec["steps"][0]["resources"] = json!({"limits": {"memory": "16Mi"}});
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Failed", "it took more memory than its limit of 16Mi");
}

#[test]
fn a_step_that_takes_too_long_is_ended_at_its_timeout() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 1, "sleep 600");
    spec["steps"][0]["timeout"] = json!("3s");
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Failed", "it ran longer than its timeout of 3s");
    sandbox.eventually("no pod runs", || {
        sandbox.list("pods").iter().all(|pod| pod["status"]["phase"] != "Running")
    });
}

#[test]
fn a_step_that_makes_nothing_is_told_what_is_missing() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.pipeline(&flow(&sandbox, 1, "true").to_string());
    says(&sandbox, "Failed", "out_2026-01-01");
}

#[test]
fn a_command_that_is_not_in_the_image_is_told_so() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 1, "true");
    spec["steps"][0]["command"] = json!(["nothing-of-that-name"]);
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Failed", "nothing-of-that-name");
}
