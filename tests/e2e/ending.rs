//! Ends: of pipelines, of namespaces, of controllers.

use std::time::{Duration, Instant};

use tests::Sandbox;

use crate::world::{flow, pods, when_told};

#[test]
fn a_deleted_pipeline_leaves_its_data_and_nothing_else() {
    let sandbox = Sandbox::node();
    let _controller = sandbox.controller();
    sandbox.write("out_2026-01-01", "made before\n");
    sandbox.pipeline(&flow(&sandbox, 3, &when_told(&sandbox)).to_string());
    sandbox.eventually("both run", || sandbox.ledger().started().len() == 2);
    sandbox.kubectl(&["delete", "pipeline", "flow", "--timeout=30s"]);
    sandbox.eventually("nothing is left of it", || {
        ["partitions", "jobs", "pods"].iter().all(|kind| sandbox.list(kind).is_empty())
    });
    assert_eq!(sandbox.read("out_2026-01-01"), "made before\n");
}

#[test]
fn a_namespace_is_deleted_while_steps_run() {
    let sandbox = Sandbox::node();
    let mut controller = sandbox.controller();
    sandbox.pipeline(&flow(&sandbox, 2, &when_told(&sandbox)).to_string());
    sandbox.eventually("both run", || sandbox.ledger().started().len() == 2);
    sandbox.cluster().kubectl(&["delete", "namespace", sandbox.namespace(), "--timeout=60s"]);
    assert!(!controller.has_ended(), "{}", controller.text());
    assert_eq!(sandbox.read("in_2026-01-01"), "day 1\n");
}

#[test]
fn a_controller_that_is_told_to_end_ends_and_the_next_takes_over() {
    let sandbox = Sandbox::node();
    let controller = sandbox.controller();
    sandbox.pipeline(&flow(&sandbox, 1, &when_told(&sandbox)).to_string());
    sandbox.eventually("it runs", || sandbox.ledger().started().len() == 1);
    let began = Instant::now();
    controller.terminate();
    controller.wait().expect_code(0);
    assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
    let lease = sandbox.get("leases", "daybreak").unwrap_or_default();
    assert_eq!(lease["spec"]["holderIdentity"].as_str().unwrap_or_default(), "", "{lease}");
    assert_eq!(pods(&sandbox).len(), 1);
    sandbox.write("go", "");
    let _next = sandbox.controller();
    crate::world::caught_up(&sandbox);
    assert_eq!(sandbox.ledger().started().len(), 1);
}
