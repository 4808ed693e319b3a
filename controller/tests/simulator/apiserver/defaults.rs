//! What the real server adds to objects of the built-in kinds, and what it lets nobody change.

use serde_json::{Map, Value, json};

use crate::apiserver::refusal::Refusal;
use crate::apiserver::resource::{Id, Resource};

/// The label by which a Job goes through a queue.
const QUEUE: &str = "kueue.x-k8s.io/queue-name";

/// Fills in what the author of a new object left out.
pub(crate) fn fill(id: &Id, value: &mut Value, uid: &str) {
    if id.resource == Resource::Jobs {
        fill_job(value, (&id.name, uid));
    } else if id.resource == Resource::Pods {
        value["status"] = json!({"phase": "Pending", "qosClass": "Burstable"});
    } else if id.resource == Resource::Namespaces {
        value["status"] = json!({"phase": "Active"});
    }
}

fn fill_job(value: &mut Value, (name, uid): (&str, &str)) {
    let has_queue = value["metadata"]["labels"].get(QUEUE).is_some();
    let template = &mut value["spec"]["template"];
    let labels = template["metadata"]["labels"].take();
    let mut labels = labels.as_object().cloned().unwrap_or_default();
    for (label, of) in [
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
        ("controller-uid", uid),
        ("job-name", name),
    ] {
        labels.insert(label.to_owned(), of.into());
    }
    template["metadata"]["labels"] = labels.into();
    let spec = &mut value["spec"];
    spec["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    for (field, default) in [
        ("parallelism", json!(1)),
        ("completions", json!(1)),
        ("backoffLimit", json!(6)),
        ("completionMode", json!("NonIndexed")),
        ("manualSelector", json!(false)),
        ("podReplacementPolicy", json!("TerminatingOrFailed")),
        ("suspend", json!(false)),
    ] {
        if spec.get(field).is_none() {
            spec[field] = default;
        }
    }
    // The queue's webhook holds a Job back until there is room for it.
    if has_queue {
        spec["suspend"] = true.into();
    }
    value["status"] = Map::new().into();
}

/// A Job's template stays as it is.
pub(crate) fn check_change(id: &Id, before: &Value, after: &Value) -> Result<(), Refusal> {
    if id.resource == Resource::Jobs && before["spec"]["template"] != after["spec"]["template"] {
        return Err(Refusal::invalid(id, "spec.template: Invalid value: field is immutable"));
    }
    Ok(())
}
