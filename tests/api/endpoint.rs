//! The Service of notifications leads to the controller that is at work, and to no other.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};
use tests::{Controller, Sandbox};

use crate::accounts::{install, refused};

/// The Service, which the chart names so.
const SERVICE: &str = "daybreak-notifications";

/// Starts a controller that listens to buckets, and says at which port.
#[track_caller]
fn start(sandbox: &Sandbox) -> (Controller, Value) {
    let token = sandbox.path("token");
    fs::write(&token, "a-token-of-this-test").expect("the folder is ours");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("there are free ports");
    let mut configuration = sandbox.configuration();
    configuration["notifications"] =
        json!({"listen": free.to_string(), "tokenFile": token, "service": SERVICE});
    (sandbox.controller_with(&configuration), free.port().into())
}

/// The port that the Service leads to; null if it leads nowhere.
fn led_to(sandbox: &Sandbox) -> Value {
    let said = sandbox.try_kubectl(&["get", "endpointslice", SERVICE, "--output", "json"]);
    let slice: Value = said.ok().and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default();
    let is_found = slice["metadata"]["labels"]["kubernetes.io/service-name"] == SERVICE
        && slice["endpoints"] == json!([{"addresses": ["192.0.2.1"], "conditions": {"ready": true}}]);
    if is_found { slice["ports"][0]["port"].clone() } else { Value::Null }
}

#[test]
fn the_service_of_notifications_leads_to_whoever_is_at_work() {
    let sandbox = Sandbox::control_plane();
    install(&sandbox);
    let (first, port) = start(&sandbox);
    sandbox.eventually("it leads to the first", || led_to(&sandbox) == port);
    let (second, next) = start(&sandbox);
    sandbox.eventually("the second waits", || second.text().contains("Following"));
    assert_eq!(led_to(&sandbox), port);
    first.terminate();
    first.wait().expect_code(0);
    sandbox.eventually("it leads to the second", || led_to(&sandbox) == next);
    sandbox.kubectl(&["delete", "endpointslice", SERVICE]);
    sandbox.eventually("it leads there again", || led_to(&sandbox) == next);
    assert!(refused(&second, &[]) < 0.5, "{}", second.text());
}
