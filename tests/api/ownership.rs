//! Each field has one writer: what people apply stays theirs, and what is not ours is left alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::Sandbox;

use crate::flow::{FLOW, mix, write};
use crate::objects::{get, list, message, outcome, step, text};

/// The managers of an object's fields, each with the parts of the object that it manages.
fn managers(object: &Value) -> Vec<(String, BTreeSet<String>)> {
    let entries = list(object, "/metadata/managedFields").iter();
    let parts =
        |entry: &Value| entry["fieldsV1"].as_object().into_iter().flatten().map(|it| it.0.clone()).collect();
    entries.map(|entry| (text(entry, "/manager").to_owned(), parts(entry))).collect()
}

/// The parts of an object that a manager manages.
fn managed(object: &Value, manager: &str) -> BTreeSet<String> {
    managers(object).into_iter().filter(|(name, _)| name == manager).flat_map(|(_, parts)| parts).collect()
}

fn parts(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

/// A controller that has worked a while: one day is complete, one runs, one waits.
#[track_caller]
fn at_work(sandbox: &Sandbox) -> tests::Controller {
    mix(sandbox);
    sandbox.pipeline(FLOW);
    let controller = sandbox.controller();
    sandbox.eventually("one day is complete, one runs, one waits", || {
        let reasons =
            ["05", "06", "07"].map(|day| step(sandbox, &format!("2026-01-{day}"))["reason"].clone());
        reasons == ["OutputsExist", "Running", "WaitingForInputs"] && sandbox.list("jobs").len() == 1
    });
    controller
}

#[test]
fn of_a_pipeline_the_controller_manages_the_status_and_nothing_else() {
    let sandbox = Sandbox::control_plane();
    let _controller = at_work(&sandbox);
    let pipeline = get(&sandbox, "pipelines", "flow");
    assert_eq!(managed(&pipeline, "daybreak-status"), parts(&["f:status"]));
    let names: BTreeSet<_> = managers(&pipeline).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, parts(&["daybreak-status", "kubectl-client-side-apply"]));
    assert_eq!(pipeline["metadata"]["finalizers"], Value::Null);
    assert_eq!(pipeline["metadata"]["generation"], 1);
}

#[test]
fn what_a_pipeline_carries_for_others_is_not_copied_to_its_children() {
    let sandbox = Sandbox::control_plane();
    sandbox.apply(&json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline",
        "metadata": {
            "name": "flow",
            "labels": {"app.kubernetes.io/instance": "argo", "kustomize.toolkit.fluxcd.io/name": "flux"},
            "annotations": {"argocd.argoproj.io/tracking-id": "argo"},
        },
        "spec": serde_saphyr::from_str::<Value>(FLOW).expect("the spec is YAML"),
    }));
    let _controller = at_work(&sandbox);
    for child in sandbox.list("partitions").iter().chain(&sandbox.list("jobs")) {
        let metadata = child["metadata"].to_string();
        assert!(!metadata.contains("argo") && !metadata.contains("flux"), "{metadata}");
        assert_eq!(child["metadata"]["labels"]["app.kubernetes.io/managed-by"], "daybreak");
    }
}

#[test]
fn a_partition_is_written_once_and_what_others_put_on_it_stays() {
    let sandbox = Sandbox::control_plane();
    let _controller = at_work(&sandbox);
    let name = "flow.2026-01-07";
    let foreign =
        json!({"metadata": {"labels": {"team": "ads"}, "annotations": {"example.com/note": "mine"}}});
    let (code, said) =
        sandbox.send("PATCH", ("partitions", &format!("{name}?fieldManager=a-person")), &foreign);
    assert_eq!(code, 200, "{said}");
    write(&sandbox, &["out_20260107.txt"]);
    sandbox.eventually("its day is complete", || {
        outcome(&get(&sandbox, "partitions", name), "Complete") == "Complete=True AllComplete"
    });
    let partition = get(&sandbox, "partitions", name);
    assert_eq!(partition["metadata"]["labels"]["team"], "ads");
    assert_eq!(partition["metadata"]["annotations"]["example.com/note"], "mine");
    assert_eq!(managed(&partition, "daybreak"), parts(&["f:metadata", "f:spec"]));
    assert_eq!(managed(&partition, "daybreak-status"), parts(&["f:status"]));
    assert_eq!(partition["metadata"]["generation"], 1, "{partition}");
    let made = list(&partition, "/metadata/managedFields").iter().find(|it| it["manager"] == "daybreak");
    assert_eq!(made.map(|it| text(it, "/time")), Some(text(&partition, "/metadata/creationTimestamp")));
}

#[test]
fn the_request_of_a_person_on_a_partition_is_heard_and_left_to_them() {
    let sandbox = Sandbox::control_plane();
    let _controller = at_work(&sandbox);
    let suspend = |suspend: bool| {
        let named = ("partitions", "flow.2026-01-07?fieldManager=a-person");
        let (code, said) = sandbox.send("PATCH", named, &json!({"spec": {"suspend": suspend}}));
        assert_eq!(code, 200, "{said}");
    };
    suspend(true);
    sandbox.eventually("the day rests", || step(&sandbox, "2026-01-07")["reason"] == "Suspended");
    let partition = get(&sandbox, "partitions", "flow.2026-01-07");
    assert_eq!(partition["spec"]["suspend"], true);
    assert_eq!(partition["status"]["observedGeneration"], 2);
    assert_eq!(managed(&partition, "a-person"), parts(&["f:spec"]));
    suspend(false);
    sandbox.eventually("the day waits", || step(&sandbox, "2026-01-07")["reason"] == "WaitingForInputs");
}

#[test]
fn a_job_of_our_name_that_is_not_ours_is_left_alone_and_told_of() {
    // The name says which launch it is, and so is the same in each namespace.
    let elsewhere = Sandbox::control_plane();
    let controller = at_work(&elsewhere);
    let ours = elsewhere.list("jobs").swap_remove(0);
    drop((controller, elsewhere));

    let sandbox = Sandbox::control_plane();
    let name = text(&ours, "/metadata/name");
    sandbox.apply(&json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {"suspend": true, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "theirs", "image": "busybox:1"}],
        }}},
    }));
    let before = get(&sandbox, "jobs", name);
    write(&sandbox, &["in_20260106.txt"]);
    sandbox.pipeline(FLOW);
    let _controller = sandbox.controller();
    sandbox.eventually("the step says who is in its way", || {
        let step = step(&sandbox, "2026-01-06");
        text(&step, "/message").contains(&format!("the job {name} belongs to someone else"))
    });
    let after = get(&sandbox, "jobs", name);
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["spec"], before["spec"]);
    assert_eq!(after["metadata"]["labels"], before["metadata"]["labels"]);

    sandbox.kubectl(&["delete", "job", name]);
    sandbox.eventually("our own takes its place", || {
        get(&sandbox, "jobs", name)["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "daybreak"
    });
}

#[test]
fn a_partition_of_our_name_that_is_not_ours_is_left_alone_and_told_of() {
    let sandbox = Sandbox::control_plane();
    for (name, key) in [("flow.2026-01-06", "2026-01-06"), ("a-day", "2026-01-07")] {
        sandbox.apply(&json!({
            "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition", "metadata": {"name": name},
            "spec": {"pipelineRef": {"name": "flow"}, "key": key},
        }));
    }
    let before = get(&sandbox, "partitions", "flow.2026-01-06");
    crate::flow::complete(&sandbox);
    sandbox.pipeline(FLOW);
    let _controller = sandbox.controller();
    sandbox.eventually("the pipeline is caught up all the same", || {
        outcome(&get(&sandbox, "pipelines", "flow"), "CaughtUp") == "CaughtUp=True AllComplete"
    });
    let pipeline = get(&sandbox, "pipelines", "flow");
    assert_eq!(
        message(&pipeline, "Ready"),
        "not made by the controller, and left alone: a-day, flow.2026-01-06; delete them to have its own there"
    );
    let outcomes = ["05", "07"]
        .map(|day| outcome(&get(&sandbox, "partitions", &format!("flow.2026-01-{day}")), "Complete"));
    assert_eq!(outcomes, ["Complete=True AllComplete"; 2]);
    let after = get(&sandbox, "partitions", "flow.2026-01-06");
    assert_eq!(after, before);
}
