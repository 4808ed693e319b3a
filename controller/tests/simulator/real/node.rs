//! A node that only pretends: it is there, it shows signs of life, and the real scheduler gives it pods.

use std::time::Duration;

use chrono::SecondsFormat;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::time::sleep;

use super::clock;

/// Its name.
pub(super) const NODE: &str = "node-1";

/// The pause between signs of life: the testbed gives a node up after 16 s.
const SIGNS: Duration = Duration::from_secs(4);

/// Joins a cluster, and stays until the runtime ends.
pub(super) async fn join(client: &Client) {
    let nodes = Api::<Node>::all(client.clone());
    let node = json!({"metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}}});
    let node = serde_json::from_value(node).expect("this is a node");
    nodes.create(&PostParams::default(), &node).await.expect("the node is new");
    let room = json!({"cpu": "10000", "memory": "10000Gi", "pods": "100000"});
    let now = clock::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let ready = json!({
        "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "it pretends",
        "lastHeartbeatTime": now, "lastTransitionTime": now,
    });
    let status = json!({"status": {"capacity": room, "allocatable": room, "conditions": [ready]}});
    let told = nodes.patch_status(NODE, &PatchParams::default(), &Patch::Merge(status)).await;
    told.expect("the node can be said to be ready");
    tokio::spawn(live(client.clone()));
}

async fn live(client: Client) {
    let leases = Api::<Lease>::namespaced(client, "kube-node-lease");
    let params = PatchParams::apply("kubelet").force();
    loop {
        let now = clock::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NODE},
            "spec": {"holderIdentity": NODE, "leaseDurationSeconds": 40, "renewTime": now},
        });
        // A sign that does not arrive is followed by the next.
        let _ = leases.patch(NODE, &params, &Patch::Apply(lease)).await;
        sleep(SIGNS).await;
    }
}
