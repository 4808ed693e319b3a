//! The manifests of the workloads.

use serde_json::{Value, json};

/// A daily pipeline from one day of January 2026 up to and without another.
pub(super) fn pipeline((first, end): (u32, u32), datasets: &[&str], steps: &[Value]) -> Value {
    let dataset = |name: &&str| json!({"name": name, "path": format!("{name}_%Y%m%d.txt")});
    json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "days"},
        "spec": {
            "every": "1d", "store": "warehouse",
            "start": format!("2026-01-{:02}", first), "end": format!("2026-01-{:02}", end),
            "datasets": datasets.iter().map(dataset).collect::<Vec<_>>(),
            "steps": steps,
        },
    })
}

/// A step that reads some datasets and writes one.
pub(super) fn step(name: &str, inputs: &[&str], output: &str) -> Value {
    json!({
        "name": name, "image": "example.com/tool:1", "command": [name],
        "inputs": inputs.iter().map(|name| json!({"dataset": name})).collect::<Vec<_>>(),
        "outputs": [{"dataset": output}],
        "retries": {"maxAttempts": 3, "backoff": "5s", "maxBackoff": "10s"},
    })
}

/// A value with one of its parts changed.
pub(super) fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let parent = value.pointer_mut(parent).expect("the part is there");
    parent[field] = new;
    value
}

/// A request to make one day again.
pub(crate) fn rerun(day: &str) -> Value {
    json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Backfill", "metadata": {"name": "again"},
        "spec": {"pipelineRef": {"name": "days"}, "from": day, "to": day, "rerun": true},
    })
}
