//! What a kubelet says of a pod.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use super::clock;
use crate::clock::stamp;

/// How far a pod has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Phase {
    /// Its image can't be had yet.
    Unpulled,
    Running,
    /// It is to go, for this reason.
    Disrupted(&'static str),
    Succeeded,
    /// It exited with this code, for this reason.
    Failed(i32, &'static str),
    /// The node was short of something.
    Pressed,
}

/// The status of a pod that has come so far.
pub(super) fn of(pod: &Pod, phase: Phase) -> Value {
    let now = stamp(clock::now());
    match phase {
        Phase::Unpulled => {
            let why = json!({"reason": "ImagePullBackOff", "message": "Back-off pulling image"});
            json!({"containerStatuses": containers(pod, &json!({"waiting": why}))})
        }
        Phase::Running => json!({
            "phase": "Running", "startTime": now, "conditions": readiness("True"),
            "containerStatuses": containers(pod, &json!({"running": {"startedAt": now}})),
        }),
        Phase::Disrupted(reason) => json!({
            "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason, "lastTransitionTime": now}],
        }),
        Phase::Succeeded => over(pod, "Succeeded", (0, "Completed")),
        Phase::Failed(code, reason) => over(pod, "Failed", (code, reason)),
        Phase::Pressed => {
            let mut status = over(pod, "Failed", (137, "Error"));
            status["reason"] = "Evicted".into();
            status
        }
    }
}

fn over(pod: &Pod, phase: &str, (code, reason): (i32, &str)) -> Value {
    let now = stamp(clock::now());
    let state = json!({"exitCode": code, "reason": reason, "startedAt": now, "finishedAt": now});
    json!({
        "phase": phase, "conditions": readiness("False"),
        "containerStatuses": containers(pod, &json!({"terminated": state})),
    })
}

fn readiness(status: &str) -> Value {
    let now = stamp(clock::now());
    let condition = |kind: &str| {
        // Without a reason it would be the node controller that says so.
        let reason = if status == "False" { Some("PodCompleted") } else { None };
        json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": now})
    };
    json!([condition("Ready"), condition("ContainersReady")])
}

fn containers(pod: &Pod, state: &Value) -> Value {
    let is_ready = state.get("running").is_some();
    let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
    json!([{
        "name": container.map(|it| &it.name), "image": container.and_then(|it| it.image.as_ref()), "imageID": "",
        "ready": is_ready, "restartCount": 0, "started": is_ready, "state": state,
    }])
}

/// Says it. Of a pod that is gone there is nothing to be said any more.
pub(super) async fn patch(pods: &Api<Pod>, name: &str, status: Value) {
    let told = pods.patch_status(name, &PatchParams::default(), &Patch::Strategic(status)).await;
    match told {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
        Err(error) => eprintln!("the kubelet can't tell of pod {name}: {error}"),
    }
}
