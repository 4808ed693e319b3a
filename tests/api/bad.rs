//! What people do wrong is told where they look, and costs nobody anything.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Controller, Sandbox};

use crate::flow::{FLOW, complete, write};
use crate::objects::{get, list, message, outcome, step, text, writes};

/// How long nobody may be in a hurry, and how many writes are none.
const WATCHED: Duration = Duration::from_secs(20);
const FEW: f64 = 8.0;

/// Checks that a controller does not write again and again. There is nothing to wait for: this is about what does not
/// happen.
#[track_caller]
fn check_calm(controller: &mut Controller) {
    let before = writes(controller);
    thread::sleep(WATCHED);
    let more = writes(controller) - before;
    assert!(more <= FEW, "{more} writes in {WATCHED:?}");
    assert!(!controller.has_ended(), "{}", controller.text());
}

/// A controller that is told something else.
#[track_caller]
fn controller_with(sandbox: &Sandbox, pointer: &str, value: Value) -> Controller {
    let mut configuration = sandbox.configuration();
    let (parent, name) = pointer.rsplit_once('/').expect("it is a pointer");
    configuration.pointer_mut(parent).expect("the parent is there")[name] = value;
    sandbox.controller_with(&configuration)
}

/// The pipeline `flow` once it is Stalled; what it says.
#[track_caller]
fn stalled(sandbox: &Sandbox, reason: &str) -> String {
    let expected = format!("Stalled=True {reason}");
    sandbox.eventually(&expected, || outcome(&get(sandbox, "pipelines", "flow"), "Stalled") == expected);
    let pipeline = get(sandbox, "pipelines", "flow");
    assert_eq!(outcome(&pipeline, "Ready"), format!("Ready=False {reason}"));
    assert_eq!(message(&pipeline, "Ready"), message(&pipeline, "Stalled"));
    message(&pipeline, "Stalled").to_owned()
}

/// The step of the second day once it says this.
#[track_caller]
fn says(sandbox: &Sandbox, reason: &str, phrases: &[&str]) {
    sandbox.eventually(&format!("{reason}: {phrases:?}"), || {
        let step = step(sandbox, "2026-01-06");
        step["reason"] == reason && phrases.iter().all(|phrase| text(&step, "/message").contains(phrase))
    });
}

#[test]
fn kubectl_apply_refuses_a_bad_manifest_with_the_path_of_its_field() {
    let sandbox = Sandbox::control_plane();
    let spec: Value = serde_saphyr::from_str(FLOW).expect("the spec is YAML");
    for (pointer, value, said) in [
        (
            "/every",
            json!("7m"),
            "spec.every: Invalid value: \"string\": a partition lasts a time that divides a day",
        ),
        ("/datasets/0/path", json!("../in"), "spec.datasets[0].path: Invalid value"),
        ("/steps/0/comand", json!([]), "unknown field \"spec.steps[0].comand\""),
        ("/steps/0/retries", json!({"maxAttempts": 0}), "spec.steps[0].retries.maxAttempts"),
    ] {
        let mut bad = spec.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("it is a pointer");
        bad.pointer_mut(parent).expect("the parent is there")[name] = value;
        let applied = sandbox.try_apply(&json!({
            "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "flow"}, "spec": bad,
        }));
        let refused = applied.expect_err("it is refused");
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn all_that_the_server_can_not_see_is_told_at_once_a_line_each() {
    let sandbox = Sandbox::control_plane();
    write(&sandbox, &["in_20260106.txt"]);
    let mut controller = sandbox.controller();
    sandbox.pipeline(
        &FLOW
            .replace("store: data", "store: nowhere")
            .replace("inputs: [{dataset: in}]", "inputs: [{dataset: inn}]"),
    );
    let told = stalled(&sandbox, "InvalidSpec");
    let lines: Vec<_> = told.lines().collect();
    for path in ["spec.store: ", "spec.steps[0].inputs[0].dataset: "] {
        assert_eq!(lines.iter().filter(|line| line.starts_with(path)).count(), 1, "{told}");
    }
    assert_eq!(sandbox.list("jobs"), [Value::Null; 0]);
    check_calm(&mut controller);
}

#[test]
fn a_store_that_is_not_for_this_namespace_is_unknown_here() {
    let sandbox = Sandbox::control_plane();
    let _controller = controller_with(&sandbox, "/stores/data/namespaces", json!(["elsewhere"]));
    sandbox.pipeline(FLOW);
    let told = stalled(&sandbox, "InvalidSpec");
    assert!(told.starts_with("spec.store: ") && told.contains("data"), "{told}");
}

#[test]
fn an_image_that_is_not_allowed_is_told_with_what_is() {
    let sandbox = Sandbox::control_plane();
    let steps = json!({"image": "busybox:1", "allowedImages": ["busybox:*", "registry.example.com/*"]});
    let _controller = controller_with(&sandbox, "/steps", steps);
    sandbox.pipeline(&FLOW.replace("  - name: copy", "  - name: copy\n    image: evil:1"));
    let told = stalled(&sandbox, "InvalidSpec");
    assert!(told.starts_with("spec.steps[0].image: the image evil:1 is not allowed here"), "{told}");
    assert!(told.contains("busybox:*, registry.example.com/*"), "{told}");
}

#[test]
fn a_service_account_that_is_not_allowed_is_told() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(&FLOW.replace("  - name: copy", "  - name: copy\n    serviceAccountName: root"));
    let told = stalled(&sandbox, "InvalidSpec");
    assert!(
        told.starts_with("spec.steps[0].serviceAccountName: the service account root is not allowed"),
        "{told}"
    );
}

#[test]
fn a_service_account_that_is_not_there_is_what_the_step_waits_for() {
    let sandbox = Sandbox::control_plane();
    write(&sandbox, &["in_20260106.txt"]);
    let mut controller = controller_with(&sandbox, "/steps/serviceAccountName", json!("nobody"));
    sandbox.pipeline(FLOW);
    says(&sandbox, "Running", &["serviceaccount \"nobody\" not found"]);
    check_calm(&mut controller);
}

#[test]
fn a_full_quota_of_jobs_is_a_wait_that_names_it() {
    let sandbox = Sandbox::control_plane();
    quota(&sandbox, &json!({"count/jobs.batch": "0"}));
    write(&sandbox, &["in_20260106.txt"]);
    let mut controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    says(&sandbox, "Running", &["exceeded quota: full"]);
    check_calm(&mut controller);
    sandbox.kubectl(&["delete", "resourcequota", "full"]);
    sandbox.eventually("with room it starts", || sandbox.list("jobs").len() == 1);
}

#[test]
fn a_full_quota_of_pods_is_a_wait_that_names_it() {
    let sandbox = Sandbox::control_plane();
    quota(&sandbox, &json!({"pods": "0"}));
    write(&sandbox, &["in_20260106.txt"]);
    let mut controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    says(&sandbox, "Running", &["exceeded quota: full"]);
    check_calm(&mut controller);
}

fn quota(sandbox: &Sandbox, hard: &Value) {
    let (version, metadata) = ("v1", json!({"name": "full"}));
    sandbox.apply(&json!({"apiVersion": version, "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}}));
    sandbox
        .eventually("the quota holds", || get(sandbox, "resourcequotas", "full")["status"]["hard"] == *hard);
}

#[test]
fn a_namespace_that_is_being_deleted_is_left_in_peace() {
    let sandbox = Sandbox::control_plane();
    write(&sandbox, &["in_20260106.txt"]);
    let mut controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    sandbox.eventually("a step runs", || sandbox.list("jobs").len() == 1);
    // Somebody's finalizer keeps the pipeline, and with it the namespace.
    let keep = json!({"metadata": {"finalizers": ["example.com/keep"]}});
    let (code, said) = sandbox.send("PATCH", ("pipelines", "flow"), &keep);
    assert_eq!(code, 200, "{said}");
    sandbox.kubectl(&["delete", "namespace", sandbox.namespace(), "--wait=false"]);
    sandbox.eventually("its objects go", || {
        sandbox.list("jobs").is_empty() && sandbox.list("partitions").is_empty()
    });
    check_calm(&mut controller);
    assert_eq!(sandbox.list("partitions"), [Value::Null; 0]);
    let (code, said) =
        sandbox.send("PATCH", ("pipelines", "flow"), &json!({"metadata": {"finalizers": null}}));
    assert_eq!(code, 200, "{said}");
    sandbox.eventually("the pipeline goes", || sandbox.get("pipelines", "flow").is_none());
}

#[test]
fn of_two_pipelines_that_write_one_path_the_younger_is_not_ready() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    let mut controller = sandbox.controller();
    let spec: Value = serde_saphyr::from_str(FLOW).expect("the spec is YAML");
    let named = |name: &str| json!({"apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": name}, "spec": spec});
    sandbox.apply(&named("older"));
    sandbox.eventually("the older is ready", || {
        outcome(&get(&sandbox, "pipelines", "older"), "Ready") == "Ready=True Accepted"
    });
    // Equal ages are told apart by name, and this one comes first.
    let born = |name: &str| text(&get(&sandbox, "pipelines", name), "/metadata/creationTimestamp").to_owned();
    let birthday = born("older");
    sandbox.eventually("a second has passed", || {
        let (_, made) = sandbox.send("POST", ("pipelines", "?dryRun=All"), &named("clock"));
        text(&made, "/metadata/creationTimestamp") > birthday.as_str()
    });
    sandbox.apply(&named("flow"));
    let told = stalled(&sandbox, "PathTaken");
    assert!(told.starts_with("spec.datasets[1].path: the older pipeline older of namespace"), "{told}");
    assert_eq!(outcome(&get(&sandbox, "pipelines", "older"), "Ready"), "Ready=True Accepted");
    check_calm(&mut controller);
    sandbox.kubectl(&["delete", "pipeline", "older"]);
    sandbox.eventually("the younger takes over", || {
        outcome(&get(&sandbox, "pipelines", "flow"), "Ready") == "Ready=True Accepted"
    });
}

#[test]
fn a_backfill_with_a_bad_key_says_which() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    let mut controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    sandbox.apply(&json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Backfill", "metadata": {"name": "odd"},
        "spec": {"pipelineRef": {"name": "flow"}, "from": "2026-01-05T07", "to": "2026-01-05T09", "steps": ["copi"]},
    }));
    sandbox.eventually("it is told", || {
        outcome(&get(&sandbox, "backfills", "odd"), "Stalled") == "Stalled=True InvalidSpec"
    });
    let backfill = get(&sandbox, "backfills", "odd");
    let told = message(&backfill, "Stalled");
    for path in ["spec.from: ", "spec.to: ", "spec.steps[0]: "] {
        assert_eq!(told.lines().filter(|line| line.starts_with(path)).count(), 1, "{told}");
    }
    assert_eq!(list(&backfill, "/status/conditions").len(), 1);
    check_calm(&mut controller);
}

#[test]
fn partitions_made_by_hand_disturb_nobody() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    let mut controller = sandbox.controller();
    for (name, of, key) in [
        ("flow.2026-01-05", "river", "2026-01-05"),
        ("mine", "flow", "2026-01-06"),
        ("odd", "flow", "2026-01-06T07"),
        ("old", "flow", "2020-01-01"),
        ("lost", "river", "2026-01-06"),
    ] {
        sandbox.apply(&json!({
            "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition", "metadata": {"name": name},
            "spec": {"pipelineRef": {"name": of}, "key": key},
        }));
    }
    sandbox.pipeline(FLOW);
    sandbox.eventually("the pipeline is caught up", || {
        outcome(&get(&sandbox, "pipelines", "flow"), "CaughtUp") == "CaughtUp=True AllComplete"
    });
    check_calm(&mut controller);
    for name in ["flow.2026-01-05", "mine", "odd", "old", "lost"] {
        let partition = get(&sandbox, "partitions", name);
        assert_eq!(partition["metadata"]["generation"], 1, "{partition}");
        assert_eq!(partition["status"], Value::Null, "{partition}");
    }
}
