//! Pods that go for no fault of their own: no attempt is lost.

use serde_json::json;
use tests::{Cluster, Sandbox};

use crate::world::{caught_up, flow, pods, says, step, when_told};

/// Lets a step run, disrupts its pod, and checks that the same attempt is launched again.
fn is_launched_again(disrupt: impl Fn(&Sandbox, &str)) {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.pipeline(&flow(&sandbox, 1, &when_told(&sandbox)).to_string());
    sandbox.eventually("it runs", || sandbox.ledger().started().len() == 1);
    disrupt(&sandbox, &pods(&sandbox)[0]);
    sandbox.eventually("it runs again", || sandbox.ledger().started().len() == 2);
    sandbox.write("go", "");
    caught_up(&sandbox);
    assert_eq!(step(&sandbox, "2026-01-01", "make")["attempts"], 1);
    assert!(sandbox.archived("2026-01-01/make.1.1.ended.json").contains("Disrupted"));
    assert!(sandbox.archived("2026-01-01/make.1.2.ended.json").contains("Succeeded"));
}

#[test]
fn a_pod_that_someone_deletes_is_launched_again() {
    is_launched_again(|sandbox, pod| {
        sandbox.kubectl(&["delete", "pod", pod, "--wait=false"]);
    });
}

#[test]
fn a_pod_that_is_evicted_is_launched_again() {
    is_launched_again(|sandbox, pod| {
        let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}});
        std::fs::write(sandbox.path("eviction.json"), eviction.to_string()).expect("the folder is ours");
        let path = format!("/api/v1/namespaces/{}/pods/{pod}/eviction", sandbox.namespace());
        let file = sandbox.path("eviction.json");
        sandbox.kubectl(&["create", "--raw", &path, "--filename", &file.to_string_lossy()]);
    });
}

#[test]
fn a_job_that_someone_deletes_is_launched_again() {
    is_launched_again(|sandbox, _| {
        sandbox.kubectl(&["delete", "jobs", "--all", "--wait=false"]);
    });
}

#[test]
fn a_node_that_does_not_answer_is_told_and_waited_for() {
    let sandbox = Sandbox::on_node(Cluster::node_of("lost"));
    let _controller = sandbox.controller();
    sandbox.pipeline(&flow(&sandbox, 1, &when_told(&sandbox)).to_string());
    sandbox.eventually("it runs", || sandbox.ledger().started().len() == 1);
    sandbox.eventually("the node has told so", || sandbox.list("pods")[0]["status"]["phase"] == "Running");
    sandbox.cluster().signal("kubelet", "STOP");
    says(&sandbox, "Running", "node testbed does not answer; the step may still run there");
    sandbox.cluster().signal("kubelet", "CONT");
    sandbox.write("go", "");
    caught_up(&sandbox);
    assert_eq!(sandbox.ledger().started().len(), 1);
}
