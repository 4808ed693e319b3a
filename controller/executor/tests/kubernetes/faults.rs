//! How a refusal of the API server is classed, in its own JSON.

use std::time::Duration;

use executor::kubernetes::CallFault;
use kube::core::Status;
use serde_json::{Value, json};

fn class(status: Value) -> (String, bool) {
    let status: Status = serde_json::from_value(status).unwrap();
    let fault = CallFault::from(status);
    let transient = fault.is_transient();
    let class = match fault {
        CallFault::Quota(_) => "quota",
        CallFault::Forbidden(_) => "forbidden",
        CallFault::NamespaceGone(_) => "namespace gone",
        CallFault::Invalid(_) => "invalid",
        CallFault::NotFound(_) => "not found",
        CallFault::AlreadyExists(_) => "already exists",
        CallFault::Conflict(_) => "conflict",
        CallFault::Busy { .. } => "busy",
        CallFault::TimedOut(_) => "timed out",
        CallFault::Failed(_) => "failed",
        CallFault::Unreachable(_) => "unreachable",
    };
    (class.to_owned(), transient)
}

#[test]
fn each_refusal_is_classed_by_what_is_to_be_done() {
    let quota = "jobs.batch \"join\" is forbidden: exceeded quota: small, requested: count/jobs.batch=1, used: \
                 count/jobs.batch=2, limited: count/jobs.batch=2";
    let wants_a_limit = "pods \"join\" is forbidden: failed quota: small: must specify cpu for: step";
    let rights = "jobs.batch is forbidden: User \"system:serviceaccount:daybreak:daybreak\" cannot create resource \
                  \"jobs\" in API group \"batch\" in the namespace \"ads\"";
    let terminating = json!({
        "code": 403, "reason": "Forbidden",
        "message": "jobs.batch \"join\" is forbidden: unable to create new content in namespace ads because it is being terminated",
        "details": {"name": "join", "group": "batch", "kind": "jobs", "causes": [
            {"reason": "NamespaceTerminating", "message": "namespace ads is being terminated", "field": "metadata.namespace"}
        ]}
    });
    let no_namespace = json!({
        "code": 404, "reason": "NotFound", "message": "namespaces \"ads\" not found",
        "details": {"name": "ads", "kind": "namespaces"}
    });
    let simple = |code: u16, reason: &str, message: &str| json!({"status": "Failure", "code": code, "reason": reason, "message": message});
    for (status, expected, transient) in [
        (simple(403, "Forbidden", quota), "quota", false),
        (simple(403, "Forbidden", wants_a_limit), "forbidden", false),
        (simple(403, "Forbidden", rights), "forbidden", false),
        (simple(401, "Unauthorized", "Unauthorized"), "forbidden", false),
        (terminating, "namespace gone", false),
        (no_namespace, "namespace gone", false),
        (simple(404, "NotFound", "jobs.batch \"join\" not found"), "not found", false),
        (simple(409, "AlreadyExists", "jobs.batch \"join\" already exists"), "already exists", false),
        (simple(409, "Conflict", "the UID in the precondition does not match"), "conflict", true),
        (
            simple(422, "Invalid", "Job.batch \"join\" is invalid: spec.template: Required value"),
            "invalid",
            false,
        ),
        (simple(413, "RequestEntityTooLarge", "etcdserver: request is too large"), "invalid", false),
        (simple(429, "TooManyRequests", "too many requests, please try again later"), "busy", true),
        (simple(503, "ServiceUnavailable", "apiserver is shutting down"), "busy", true),
        (simple(504, "Timeout", "request did not complete within requested timeout"), "failed", true),
        (simple(500, "InternalError", "etcdserver: leader changed"), "failed", true),
    ] {
        assert_eq!(class(status.clone()), (expected.to_owned(), transient), "{status}");
    }
}

#[test]
fn a_busy_server_says_how_long_it_wants_to_be_left_alone() {
    let status = json!({
        "code": 429, "reason": "TooManyRequests", "message": "busy", "details": {"retryAfterSeconds": 3}
    });
    let status: Status = serde_json::from_value(status).unwrap();
    let CallFault::Busy { retry_after, .. } = CallFault::from(status) else { panic!("it is not busy") };
    assert_eq!(retry_after, Some(Duration::from_secs(3)));
}
