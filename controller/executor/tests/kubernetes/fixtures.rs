//! Objects as an API server returns them.

use std::time::{Duration, SystemTime};

use executor::Observation;
use executor::kubernetes::{Seen, observe};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

/// Some seconds after 2026-11-24T10:00:00Z.
pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(TEN + seconds)
}

/// 2026-11-24T10:00:00Z.
const TEN: u64 = 1_795_514_400;

/// A Job as it was created at 10:00, changed by `patch`.
pub(crate) fn job(patch: Value) -> Job {
    let mut job = json!({
        "metadata": {
            "name": "impressions-2026-11-24t09-join-0123456789abcdef0123",
            "namespace": "ads",
            "uid": "6a1f0c8e-5f0e-4c5d-9d5c-0b8f2f6f7a10",
            "generation": 1,
            "creationTimestamp": "2026-11-24T10:00:00Z",
            "labels": {"daybreak.dev/pipeline": "impressions", "daybreak.dev/step": "join"}
        },
        "spec": {"backoffLimit": 0, "suspend": false, "template": {}},
        "status": {"active": 1, "ready": 0, "startTime": "2026-11-24T10:00:00Z"}
    });
    merge(&mut job, patch);
    serde_json::from_value(job).unwrap()
}

/// A Job that failed, as the Job controller says it.
pub(crate) fn failed_job(reason: &str, message: &str) -> Job {
    let conditions = json!([
        {"type": "FailureTarget", "status": "True", "reason": reason, "message": message},
        {"type": "Failed", "status": "True", "reason": reason, "message": message}
    ]);
    job(json!({"status": {"active": null, "failed": 1, "conditions": conditions}}))
}

/// A pod that was created at 10:00 and has no node yet, changed by `patch`.
pub(crate) fn pod(patch: Value) -> Pod {
    let mut pod = json!({
        "metadata": {
            "name": "impressions-2026-11-24t09-join-0123456789abcdef0123-x7k2p",
            "namespace": "ads",
            "creationTimestamp": "2026-11-24T10:00:00Z",
            "finalizers": ["batch.kubernetes.io/job-tracking"]
        },
        "spec": {"containers": [{
            "name": "step",
            "image": "registry.example/impressions:1",
            "resources": {"limits": {"memory": "64Mi"}}
        }]},
        "status": {"phase": "Pending"}
    });
    merge(&mut pod, patch);
    serde_json::from_value(pod).unwrap()
}

/// A pod on node `n1`, with its container in this state.
pub(crate) fn placed(phase: &str, state: &Value, patch: Value) -> Pod {
    let ready = state.get("running").is_some();
    let mut placed = json!({
        "spec": {"nodeName": "n1"},
        "status": {
            "phase": phase,
            "startTime": "2026-11-24T10:00:02Z",
            "containerStatuses": [{
                "name": "step", "image": "registry.example/impressions:1", "imageID": "", "restartCount": 0,
                "ready": ready, "state": state
            }]
        }
    });
    merge(&mut placed, patch);
    pod(placed)
}

/// A pod that runs since five seconds after ten.
pub(crate) fn running(patch: Value) -> Pod {
    placed("Running", &json!({"running": {"startedAt": "2026-11-24T10:00:05Z"}}), patch)
}

/// A pod whose container ended with this code and reason after it ran for a minute.
pub(crate) fn ended((code, reason): (i32, &str), patch: Value) -> Pod {
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    let state = json!({"terminated": {
        "exitCode": code, "reason": reason,
        "startedAt": "2026-11-24T10:00:05Z", "finishedAt": "2026-11-24T10:01:05Z"
    }});
    placed(phase, &state, patch)
}

/// What is observed of these at `now`.
pub(crate) fn seen_at(now: SystemTime, job: Option<&Job>, pods: &[&Pod]) -> Observation {
    observe(&Seen { job, pods, refusal: None, now })
}

/// Puts `patch` over `value`, as a JSON merge patch does.
pub(crate) fn merge(value: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *value = patch;
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let Some(object) = value.as_object_mut() else { return };
    for (key, patch) in patch {
        if patch.is_null() {
            object.remove(&key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), patch);
        }
    }
}
