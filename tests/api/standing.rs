//! How Flux and kubectl read an object: the algorithm of kstatus for objects of any kind.
//!
//! <https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/status/generic.go>

use serde_json::Value;

use crate::objects::{condition, list, text};

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is as its owner wants it, as far as whoever looks after it goes.
    Current,
    /// It is on its way.
    InProgress,
    /// It gets nowhere until somebody changes something.
    Failed,
    /// It is being deleted.
    Terminating,
}

/// Where an object stands, by kstatus.
pub(crate) fn standing(object: &Value) -> Standing {
    if object["metadata"]["deletionTimestamp"].is_string() {
        return Standing::Terminating;
    }
    let observed = &object["status"]["observedGeneration"];
    if !observed.is_null() && *observed != object["metadata"]["generation"] {
        return Standing::InProgress;
    }
    for condition in list(object, "/status/conditions") {
        match (text(condition, "/type"), text(condition, "/status")) {
            ("Reconciling", "True") => return Standing::InProgress,
            ("Stalled", "True") => return Standing::Failed,
            _ => {}
        }
    }
    // Without `Ready` an object is what it is: nobody else has a word about it.
    match condition(object, "Ready").map(|it| text(it, "/status")) {
        Some("True") | None => Standing::Current,
        Some(_) => Standing::InProgress,
    }
}

/// Checks what the API conventions ask of the conditions of any object.
#[track_caller]
pub(crate) fn check_conventions(object: &Value) {
    let conditions = list(object, "/status/conditions");
    assert!(!conditions.is_empty(), "{object}");
    for condition in conditions {
        let kind = text(condition, "/type");
        let same = conditions.iter().filter(|it| it["type"] == kind).count();
        assert_eq!(same, 1, "{kind} stands more than once in {object}");
        assert!(is_camel_case(kind) && is_camel_case(text(condition, "/reason")), "{condition}");
        assert!(["True", "False", "Unknown"].contains(&text(condition, "/status")), "{condition}");
        assert!(!text(condition, "/lastTransitionTime").is_empty(), "{condition}");
        assert_eq!(condition["observedGeneration"], object["status"]["observedGeneration"], "{condition}");
        // Abnormal-true: what reads it takes its presence for the fault.
        assert!(kind != "Stalled" || condition["status"] == "True", "{condition}");
    }
}

fn is_camel_case(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.chars().all(|it| it.is_ascii_alphanumeric())
}
