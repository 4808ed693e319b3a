//! Once everything is as it should be, nothing is written.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::Sandbox;

use crate::flow::{FLOW, mix};
use crate::objects::{get, outcome, reconciles, step, text, writes, written};

/// The versions of all objects, by kind and name; of pipelines all that a controller could have written, since others
/// touch them here.
fn versions(sandbox: &Sandbox) -> BTreeMap<String, Value> {
    let mut versions = BTreeMap::new();
    for kind in ["partitions", "backfills", "jobs"] {
        for object in sandbox.list(kind) {
            let version = object["metadata"]["resourceVersion"].clone();
            versions.insert(format!("{kind} {}", text(&object, "/metadata/name")), version);
        }
    }
    for pipeline in sandbox.list("pipelines") {
        let entries = pipeline["metadata"]["managedFields"].as_array().into_iter().flatten();
        let ours: Vec<_> = entries.filter(|it| it["manager"] == "daybreak-status").collect();
        let name = text(&pipeline, "/metadata/name");
        versions.insert(format!("pipelines {name}"), json!([pipeline["status"], pipeline["spec"], ours]));
    }
    versions
}

/// A day that is complete, one whose pod finds no node, one that waits; a backfill that is done, one that waits, one that
/// makes no sense, one of no pipeline; a pipeline that is invalid.
#[track_caller]
fn converge(sandbox: &Sandbox) {
    mix(sandbox);
    sandbox.pipeline(FLOW);
    let spec: Value = serde_saphyr::from_str(FLOW).expect("the spec is YAML");
    let mut invalid = spec.clone();
    invalid["store"] = json!("nowhere");
    let put = |kind: &str, name: &str, spec: &Value| {
        let (version, metadata) = ("daybreak.dev/v1alpha1", json!({"name": name}));
        sandbox.apply(&json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}));
    };
    put("Pipeline", "invalid", &invalid);
    for (name, of, day) in
        [("done", "flow", "05"), ("waits", "flow", "07"), ("odd", "flow", "05T00"), ("lost", "river", "05")]
    {
        let key = format!("2026-01-{day}");
        put("Backfill", name, &json!({"pipelineRef": {"name": of}, "from": key, "to": key}));
    }
    let backfill = |name: &str, kind: &str| outcome(&get(sandbox, "backfills", name), kind);
    sandbox.eventually("everything is told", || {
        text(&step(sandbox, "2026-01-06"), "/message").contains("no node can take it")
            && backfill("done", "Complete") == "Complete=True AllComplete"
            && backfill("waits", "Complete") == "Complete=False InProgress"
            && backfill("odd", "Stalled") == "Stalled=True InvalidSpec"
            && backfill("lost", "Stalled") == "Stalled=True PipelineNotFound"
            && flow_counts(sandbox) == json!([3, 1, 1, 0, 1])
            && outcome(&get(sandbox, "pipelines", "invalid"), "Ready") == "Ready=False InvalidSpec"
    });
}

/// What the pipeline `flow` counts: due, complete, running, failed, waiting.
fn flow_counts(sandbox: &Sandbox) -> Value {
    let counts = &get(sandbox, "pipelines", "flow")["status"]["partitions"];
    ["due", "complete", "running", "failed", "waiting"].map(|it| counts[it].clone()).into_iter().collect()
}

fn touch(sandbox: &Sandbox, name: &str, number: u32) {
    let note = json!({"metadata": {"annotations": {"example.com/touched": number.to_string()}}});
    let (code, said) = sandbox.send("PATCH", ("pipelines", &format!("{name}?fieldManager=a-person")), &note);
    assert_eq!(code, 200, "{said}");
}

#[test]
fn a_hundred_reconciles_of_what_has_converged_write_nothing() {
    let sandbox = Sandbox::control_plane();
    let controller = sandbox.controller();
    converge(&sandbox);
    let before = versions(&sandbox);
    let written = writes(&controller);
    for number in 0..100 {
        let done = reconciles(&controller);
        touch(&sandbox, if number % 10 == 0 { "invalid" } else { "flow" }, number);
        sandbox.eventually("the touch is noticed", || reconciles(&controller) > done);
    }
    assert_eq!(versions(&sandbox), before);
    assert!((writes(&controller) - written).abs() < 0.5, "{} writes", writes(&controller) - written);
}

#[test]
fn a_controller_that_is_started_anew_writes_nothing() {
    let sandbox = Sandbox::control_plane();
    let controller = sandbox.controller();
    converge(&sandbox);
    controller.terminate();
    controller.wait().expect_code(0);
    let before = versions(&sandbox);
    for _ in 0..3 {
        let controller = sandbox.controller();
        // Both pipelines, and both again once storage was looked at.
        sandbox.eventually("it is at work", || reconciles(&controller) >= 2.0);
        let done = reconciles(&controller);
        for name in ["flow", "invalid"] {
            touch(&sandbox, name, 0);
            touch(&sandbox, name, 1);
        }
        sandbox.eventually("the touches are noticed", || reconciles(&controller) >= done + 2.0);
        assert_eq!(written(&controller), []);
        controller.terminate();
        controller.wait().expect_code(0);
    }
    assert_eq!(versions(&sandbox), before);
}
