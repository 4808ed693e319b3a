//! Reading objects and metrics.

use serde_json::Value;
use tests::{Controller, Sandbox};

/// The text at a path of a JSON value; empty if there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What stands in a list; nothing if there is none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A condition of an object.
pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "/status/conditions").iter().find(|it| it["type"] == kind)
}

/// A condition in short: `Ready=True Accepted`; empty if the object has none.
pub(crate) fn outcome(object: &Value, kind: &str) -> String {
    let said = |it: &Value| format!("{kind}={} {}", text(it, "/status"), text(it, "/reason"));
    condition(object, kind).map(said).unwrap_or_default()
}

/// What a condition says.
pub(crate) fn message<'a>(object: &'a Value, kind: &str) -> &'a str {
    condition(object, kind).map(|it| text(it, "/message")).unwrap_or_default()
}

/// The object, which must be there.
#[track_caller]
pub(crate) fn get(sandbox: &Sandbox, kind: &str, name: &str) -> Value {
    sandbox.get(kind, name).unwrap_or_default()
}

/// The one step of a partition of the pipeline `flow`.
pub(crate) fn step(sandbox: &Sandbox, key: &str) -> Value {
    get(sandbox, "partitions", &format!("flow.{key}"))["status"]["steps"][0].clone()
}

/// The sum of a metric's samples whose labels hold all of these.
pub(crate) fn metric(controller: &Controller, name: &str, labels: &[&str]) -> f64 {
    let samples = samples(controller, name).into_iter();
    samples
        .filter(|(found, _)| labels.iter().all(|label| found.contains(label)))
        .map(|(_, value)| value)
        .sum()
}

/// The samples of a metric, each with its labels.
pub(crate) fn samples(controller: &Controller, name: &str) -> Vec<(String, f64)> {
    let answer = controller.get("/metrics").unwrap_or_default();
    let sample = |line: &str| {
        let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
        let is_of_this = labels.is_empty() || labels.starts_with('{');
        is_of_this.then(|| Some((labels.to_owned(), value.parse().ok()?)))?
    };
    answer.lines().filter_map(sample).collect()
}

/// How often pipelines were reconciled.
pub(crate) fn reconciles(controller: &Controller) -> f64 {
    metric(controller, "daybreak_reconcile_duration_seconds_count", &[])
}

/// How often a controller has asked the API server to change something; its lease does not count.
pub(crate) fn writes(controller: &Controller) -> f64 {
    written(controller).into_iter().map(|(_, value)| value).sum()
}

/// What a controller has asked the API server to change, each with how often.
pub(crate) fn written(controller: &Controller) -> Vec<(String, f64)> {
    let samples = samples(controller, "daybreak_api_request_duration_seconds_count").into_iter();
    let is_write = |labels: &str| {
        let reads = ["get", "list", "watch"].map(|verb| format!("verb=\"{verb}\""));
        !labels.contains("resource=\"leases\"") && !reads.iter().any(|read| labels.contains(read))
    };
    samples.filter(|(labels, _)| is_write(labels)).collect()
}
