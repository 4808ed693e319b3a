//! The Service of notifications leads to the controller that is at work, and to no other.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};
use tests::{Controller, Sandbox};

use crate::accounts::{install, refused};
use crate::objects::{get, text};

/// The Service, which the chart names so.
const SERVICE: &str = "daybreak-notifications";

/// A pod, the controller that runs in it as far as anyone can tell, and the port at which that listens to buckets.
struct Seat {
    pod: Value,
    controller: Controller,
    port: u16,
}

/// Starts a controller.
#[track_caller]
fn start(sandbox: &Sandbox, number: u32) -> Seat {
    let token = sandbox.path("token");
    fs::write(&token, "a-token-of-this-test").expect("the folder is ours");
    let pod = format!("controller-{number}");
    sandbox.apply(&json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod},
        "spec": {"containers": [{"name": "controller", "image": "busybox:1"}]},
    }));
    let pod = get(sandbox, "pods", &pod);
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("there are free ports");
    let mut configuration = sandbox.configuration();
    configuration["notifications"] =
        json!({"listen": free.to_string(), "tokenFile": token, "service": SERVICE});
    let more = ["--pod-uid", text(&pod, "/metadata/uid"), "--node", "a-node"];
    Seat { controller: sandbox.controller_told(&configuration, &more), port: free.port(), pod }
}

/// Whether the Service leads to this controller, and to no other.
fn leads_to(sandbox: &Sandbox, Seat { pod, port, .. }: &Seat) -> bool {
    let said = sandbox.try_kubectl(&["get", "endpointslice", SERVICE, "--output", "json"]);
    let slice: Value = said.ok().and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default();
    let (name, uid) = (&pod["metadata"]["name"], &pod["metadata"]["uid"]);
    slice["metadata"]["labels"]["kubernetes.io/service-name"] == SERVICE
        && slice["metadata"]["ownerReferences"]
            == json!([{"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}])
        && slice["ports"] == json!([{"name": "notifications", "port": port, "protocol": "TCP"}])
        && slice["endpoints"]
            == json!([{
                "addresses": ["192.0.2.1"], "conditions": {"ready": true}, "nodeName": "a-node",
                "targetRef": {"kind": "Pod", "namespace": sandbox.namespace(), "name": name, "uid": uid},
            }])
}

#[test]
fn the_service_of_notifications_leads_to_whoever_is_at_work() {
    let sandbox = Sandbox::control_plane();
    install(&sandbox);
    let first = start(&sandbox, 0);
    sandbox.eventually("it leads to the first", || leads_to(&sandbox, &first));
    let second = start(&sandbox, 1);
    sandbox.eventually("the second waits", || second.controller.text().contains("Following"));
    assert!(leads_to(&sandbox, &first));
    first.controller.terminate();
    first.controller.wait().expect_code(0);
    sandbox.eventually("it leads to the second", || leads_to(&sandbox, &second));
    sandbox.kubectl(&["delete", "pod", "controller-0", "--force"]);
    let patch = json!([{"op": "replace", "path": "/endpoints/0/conditions/ready", "value": false}]);
    sandbox.kubectl(&["patch", "endpointslice", SERVICE, "--type", "json", "--patch", &patch.to_string()]);
    sandbox.eventually("what a person did to it is mended", || leads_to(&sandbox, &second));
    sandbox.kubectl(&["delete", "endpointslice", SERVICE]);
    sandbox.eventually("it leads there again", || leads_to(&sandbox, &second));
    assert!(refused(&second.controller, &[]) < 0.5, "{}", second.controller.text());
    second.controller.terminate();
    second.controller.wait().expect_code(0);
    sandbox.kubectl(&["delete", "pod", "controller-1", "--force"]);
    let is_gone = || sandbox.try_kubectl(&["get", "endpointslice", SERVICE]).is_err();
    sandbox.eventually("it goes with its pod", is_gone);
}
