//! Launches that can't start yet: what they wait for is told, and they start when it is there.

use serde_json::json;
use tests::Sandbox;

use crate::world::{COPY, caught_up, flow, says, step};

#[test]
fn a_step_whose_image_is_missing_starts_once_it_is_there() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let image = format!("docker.io/library/late-{}:1", sandbox.namespace());
    let mut spec = flow(&sandbox, 1, COPY);
    spec["steps"][0]["image"] = json!(image);
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Running", &format!("can't pull the image {image}"));
    sandbox.cluster().tag("docker.io/library/busybox:1", &image);
    caught_up(&sandbox);
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 1);
}

#[test]
fn a_step_whose_image_is_missing_starts_once_the_spec_names_another() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 1, COPY);
    spec["steps"][0]["image"] = json!("busybox:2");
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Running", "can't pull the image busybox:2");
    spec["steps"][0]["image"] = json!("busybox:1");
    sandbox.pipeline(&spec.to_string());
    caught_up(&sandbox);
    assert_eq!(sandbox.ledger().started().len(), 1);
}

#[test]
fn a_step_that_no_node_can_take_starts_once_the_spec_asks_for_less() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    let mut spec = flow(&sandbox, 1, COPY);
    spec["steps"][0]["resources"] = json!({"requests": {"cpu": "200"}});
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Running", "no node can take it: 0/1 nodes are available: 1 Insufficient cpu");
    spec["steps"][0]["resources"] = json!({"requests": {"cpu": "1m"}});
    sandbox.pipeline(&spec.to_string());
    caught_up(&sandbox);
    assert_eq!(sandbox.ledger().started().len(), 1);
}

#[test]
fn a_full_quota_is_waited_for() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.kubectl(&["create", "quota", "none", "--hard=pods=0"]);
    sandbox.pipeline(&flow(&sandbox, 1, COPY).to_string());
    says(&sandbox, "Running", "exceeded quota: none");
    sandbox.kubectl(&["delete", "quota", "none"]);
    caught_up(&sandbox);
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 1);
}

#[test]
fn a_job_that_is_refused_is_sent_again_as_the_spec_is_then() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.kubectl(&["create", "quota", "none", "--hard=count/jobs.batch=0"]);
    let mut spec = flow(&sandbox, 1, "exit 1");
    sandbox.pipeline(&spec.to_string());
    says(&sandbox, "Running", "exceeded quota: none");
    spec["steps"] = flow(&sandbox, 1, COPY)["steps"].clone();
    sandbox.pipeline(&spec.to_string());
    sandbox.eventually("the first launch is over", || {
        sandbox
            .archived("2026-01-01/make.1.1.ended.json")
            .contains("its step was changed before it could start")
    });
    sandbox.kubectl(&["delete", "quota", "none"]);
    caught_up(&sandbox);
    // Another step is another attempt.
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 2);
}
