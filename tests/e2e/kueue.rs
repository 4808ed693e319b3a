//! Steps in a queue of the real Kueue: it says when they may run, and may take their place away again.

use tests::{Cluster, Sandbox};

mod preempting;
mod queue;
mod waiting;

/// A sandbox on the node of the cluster that has Kueue.
#[track_caller]
fn sandbox() -> Sandbox {
    Sandbox::on_node(Cluster::kueue())
}

/// If Kueue can't be built or installed, all tests fail with what was said about it, and this one has the name.
#[test]
fn the_real_kueue_is_built_and_installed() {
    let cluster = Cluster::kueue();
    let wait = ["wait", "deployment/kueue-controller-manager", "--for=condition=Available", "--timeout=1m"];
    cluster.kubectl(&[&["--namespace", "kueue-system"], &wait[..]].concat());
    let version = r"--output=jsonpath={.items[*].metadata.labels.app\.kubernetes\.io/version}";
    let deployments = cluster.kubectl(&["--namespace", "kueue-system", "get", "deployments", version]);
    assert_eq!(deployments, "v0.17.0");
}
