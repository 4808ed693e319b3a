//! Every state of a Pipeline is read rightly by those who know nothing of Daybreak.

use std::fs;

use serde_json::{Value, json};
use tests::Sandbox;

use crate::flow::{FLOW, complete};
use crate::objects::{condition, get, message, outcome, text};
use crate::standing::{Standing, check_conventions, standing};

/// The pipeline once a condition is so, and the spec that it shows was seen.
#[track_caller]
fn when(sandbox: &Sandbox, kind: &str, expected: &str) -> Value {
    let mut pipeline = Value::Null;
    sandbox.eventually(&format!("{kind} is {expected}"), || {
        pipeline = get(sandbox, "pipelines", "flow");
        let is_seen = pipeline["status"]["observedGeneration"] == pipeline["metadata"]["generation"];
        is_seen && outcome(&pipeline, kind) == expected
    });
    check_conventions(&pipeline);
    pipeline
}

#[test]
fn the_first_status_of_a_pipeline_says_whether_it_is_ready() {
    let sandbox = Sandbox::control_plane();
    sandbox.pipeline(FLOW);
    // Nobody has looked at it, and kstatus has no way to tell.
    assert_eq!(standing(&get(&sandbox, "pipelines", "flow")), Standing::Current);
    let _controller = sandbox.controller();
    let mut first = Value::Null;
    sandbox.eventually("the pipeline has a status", || {
        first = get(&sandbox, "pipelines", "flow");
        first["status"].is_object()
    });
    check_conventions(&first);
    assert_eq!(first["status"]["observedGeneration"], 1, "{first}");
    assert!(condition(&first, "Ready").is_some(), "{first}");
}

#[test]
fn an_invalid_spec_fails_and_a_mended_one_does_not() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    let valid = when(&sandbox, "Ready", "Ready=True Accepted");
    assert_eq!(standing(&valid), Standing::Current);

    sandbox.pipeline(&FLOW.replace("store: data", "store: nowhere"));
    let invalid = when(&sandbox, "Ready", "Ready=False InvalidSpec");
    assert_eq!(standing(&invalid), Standing::Failed);
    assert_eq!(outcome(&invalid, "Stalled"), "Stalled=True InvalidSpec");

    sandbox.pipeline(FLOW);
    let mended = when(&sandbox, "Ready", "Ready=True Accepted");
    assert_eq!(standing(&mended), Standing::Current);
    assert_eq!(condition(&mended, "Stalled"), None);
    assert_eq!(mended["status"]["observedGeneration"], 3, "{mended}");
}

#[test]
fn a_pipeline_that_is_invalid_from_the_start_fails() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(&FLOW.replace("store: data", "store: nowhere"));
    let invalid = when(&sandbox, "Ready", "Ready=False InvalidSpec");
    assert_eq!(standing(&invalid), Standing::Failed);
    sandbox.pipeline(FLOW);
    assert_eq!(standing(&when(&sandbox, "Ready", "Ready=True Accepted")), Standing::Current);
}

#[test]
fn a_condition_holds_since_it_changed_and_not_since_it_was_written() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    let since = |pipeline: &Value, kind: &str| {
        condition(pipeline, kind).map(|it| text(it, "/lastTransitionTime").to_owned()).unwrap_or_default()
    };
    let before = when(&sandbox, "Ready", "Ready=True Accepted");
    // Times have seconds: what happens in a later one can be told from what happened before.
    sandbox.eventually("a second has passed", || second(&sandbox) > since(&before, "Ready"));
    sandbox.pipeline(&FLOW.replace("window: 3", "window: 2"));
    let same = when(&sandbox, "Ready", "Ready=True Accepted");
    assert_eq!(since(&same, "Ready"), since(&before, "Ready"));
    assert_eq!(since(&same, "CaughtUp"), since(&before, "CaughtUp"));

    sandbox.pipeline(&FLOW.replace("store: data", "store: nowhere"));
    let other = when(&sandbox, "Ready", "Ready=False InvalidSpec");
    assert!(since(&other, "Ready") > since(&before, "Ready"), "{other}");
    assert_eq!(since(&other, "CaughtUp"), since(&before, "CaughtUp"));
}

/// The time as the API server has it.
fn second(sandbox: &Sandbox) -> String {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "clock-"}});
    let (_, made) = sandbox.send("POST", ("configmaps", "?dryRun=All"), &object);
    text(&made, "/metadata/creationTimestamp").to_owned()
}

#[test]
fn a_suspended_pipeline_is_as_its_owner_wants_it() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(&format!("suspend: true{FLOW}"));
    let suspended = when(&sandbox, "Ready", "Ready=True Suspended");
    assert_eq!(standing(&suspended), Standing::Current);
}

#[test]
fn a_pipeline_that_waits_for_data_is_ready_and_one_that_has_all_is_caught_up() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    let waiting = when(&sandbox, "CaughtUp", "CaughtUp=False InProgress");
    assert_eq!(standing(&waiting), Standing::Current);
    assert_eq!(outcome(&waiting, "Ready"), "Ready=True Accepted");
    complete(&sandbox);
    let caught_up = when(&sandbox, "CaughtUp", "CaughtUp=True AllComplete");
    assert_eq!(standing(&caught_up), Standing::Current);
    assert_eq!(text(&caught_up, "/status/completeThrough"), "2026-01-07");
    for partition in sandbox.list("partitions") {
        check_conventions(&partition);
        assert_eq!(outcome(&partition, "Complete"), "Complete=True AllComplete");
        assert_eq!(standing(&partition), Standing::Current);
    }
}

#[test]
fn a_store_that_is_away_is_waited_for() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    let _controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    when(&sandbox, "CaughtUp", "CaughtUp=True AllComplete");
    fs::rename(sandbox.path("data"), sandbox.path("away")).expect("the folder is ours");
    let away = when(&sandbox, "Ready", "Ready=False StoreUnavailable");
    assert_eq!(standing(&away), Standing::InProgress);
    assert!(message(&away, "Ready").contains("data"), "{away}");
    assert_eq!(outcome(&away, "CaughtUp"), "CaughtUp=Unknown StorageUnknown");
    fs::rename(sandbox.path("away"), sandbox.path("data")).expect("the folder is ours");
    when(&sandbox, "CaughtUp", "CaughtUp=True AllComplete");
    assert_eq!(standing(&when(&sandbox, "Ready", "Ready=True Accepted")), Standing::Current);
}

#[test]
fn a_pipeline_that_is_being_deleted_is_terminating() {
    let sandbox = Sandbox::control_plane();
    let _controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    when(&sandbox, "Ready", "Ready=True Accepted");
    // Of whom it belongs to, somebody keeps it for a while.
    let keep = |finalizers: Value| {
        let (code, said) =
            sandbox.send("PATCH", ("pipelines", "flow"), &json!({"metadata": {"finalizers": finalizers}}));
        assert_eq!(code, 200, "{said}");
    };
    keep(json!(["example.com/keep"]));
    sandbox.kubectl(&["delete", "pipeline", "flow", "--wait=false"]);
    assert_eq!(standing(&get(&sandbox, "pipelines", "flow")), Standing::Terminating);
    keep(Value::Null);
    sandbox.eventually("its partitions go with it", || sandbox.list("partitions").is_empty());
    assert_eq!(sandbox.get("pipelines", "flow"), None);
}

#[test]
fn a_backfill_says_whether_it_is_done_or_stalled() {
    let sandbox = Sandbox::control_plane();
    complete(&sandbox);
    let _controller = sandbox.controller();
    sandbox.pipeline(FLOW);
    let ask = |name: &str, of: &str, from: &str| {
        let spec = json!({"pipelineRef": {"name": of}, "from": from, "to": "2026-01-06"});
        let (version, metadata) = ("daybreak.dev/v1alpha1", json!({"name": name}));
        sandbox
            .apply(&json!({"apiVersion": version, "kind": "Backfill", "metadata": metadata, "spec": spec}));
    };
    ask("done", "flow", "2026-01-05");
    ask("lost", "river", "2026-01-05");
    ask("odd", "flow", "2026-01-05T00");
    for (name, kind, expected, standing_expected) in [
        ("done", "Complete", "Complete=True AllComplete", Standing::Current),
        ("lost", "Stalled", "Stalled=True PipelineNotFound", Standing::Failed),
        ("odd", "Stalled", "Stalled=True InvalidSpec", Standing::Failed),
    ] {
        let mut backfill = Value::Null;
        sandbox.eventually(&format!("the backfill {name} is {expected}"), || {
            backfill = get(&sandbox, "backfills", name);
            outcome(&backfill, kind) == expected
        });
        check_conventions(&backfill);
        assert_eq!(backfill["status"]["observedGeneration"], 1);
        assert_eq!(standing(&backfill), standing_expected, "{backfill}");
    }
    // Once its pipeline is there, it is taken up.
    let river: Value =
        serde_json::from_str(&sandbox.kubectl(&["get", "pipeline", "flow", "--output", "json"]))
            .expect("kubectl prints JSON");
    let spec = river["spec"].to_string().replace("out_", "river_").replace("in_", "rain_");
    let spec: Value = serde_json::from_str(&spec).expect("it is still JSON");
    sandbox.apply(&json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": "river"}, "spec": spec,
    }));
    sandbox.eventually("the backfill is taken up", || {
        let backfill = get(&sandbox, "backfills", "lost");
        condition(&backfill, "Stalled").is_none()
            && outcome(&backfill, "Complete") == "Complete=False InProgress"
    });
}
