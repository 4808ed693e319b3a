//! Deletion: at once, after a grace, or once nothing holds the object any more.

use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::cluster::{Author, Cluster};
use crate::apiserver::object::Object;
use crate::apiserver::refusal::Refusal;
use crate::apiserver::resource::{Id, Resource};
use crate::clock::stamp;

/// The finalizer of what goes after its dependents.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

/// What becomes of the objects that the deleted one owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Propagation {
    Orphan,
    Background,
    Foreground,
}

/// How an object is to be deleted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    pub(crate) propagation: Option<Propagation>,
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) grace_seconds: Option<i64>,
}

impl Deletion {
    /// What the body of the call and its query ask for.
    pub(crate) fn parse(body: &Value, propagation: Option<&str>) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let propagation = match body["propagationPolicy"].as_str().or(propagation) {
            Some("Orphan") => Some(Propagation::Orphan),
            Some("Background") => Some(Propagation::Background),
            Some("Foreground") => Some(Propagation::Foreground),
            _ => None,
        };
        Self {
            propagation,
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
            grace_seconds: body["gracePeriodSeconds"].as_i64(),
        }
    }
}

/// What a deletion came to.
#[derive(Debug)]
pub(crate) enum Deleted {
    Gone(Arc<Object>),
    /// Something still holds it.
    Going(Arc<Object>),
}

impl Cluster {
    pub(crate) fn delete(&mut self, id: &Id, how: &Deletion, author: &Author) -> Result<Deleted, Refusal> {
        let object = self.get(id)?;
        let is_other = |wanted: &Option<String>, field: &str| {
            wanted.as_ref().is_some_and(|wanted| wanted != object.meta(field))
        };
        if is_other(&how.uid, "uid") || is_other(&how.version, "resourceVersion") {
            return Err(Refusal::conflict(id, "the precondition in the delete options does not hold"));
        }
        // A real server leaves what a Job owned behind unless it is told otherwise.
        let default =
            if id.resource == Resource::Jobs { Propagation::Orphan } else { Propagation::Background };
        let propagation = how.propagation.unwrap_or(default);
        if propagation == Propagation::Orphan {
            self.orphan(object.meta("uid"), author);
        }
        let grace_seconds = grace_seconds(id, &object, how);
        let is_held = object.has_finalizers()
            || propagation == Propagation::Foreground
            || grace_seconds > 0
            || id.resource == Resource::Namespaces;
        if !is_held {
            self.forget(id, author);
            return Ok(Deleted::Gone(object));
        }
        Ok(Deleted::Going(self.mark(id, (propagation, grace_seconds), author)?))
    }

    fn mark(
        &mut self,
        id: &Id,
        (propagation, grace_seconds): (Propagation, i64),
        author: &Author,
    ) -> Result<Arc<Object>, Refusal> {
        let kept = self.kept(id)?.clone();
        let mut value = kept.object.value.clone();
        let meta = &mut value["metadata"];
        if !kept.object.is_going() {
            let at = self.clock.now() + chrono::TimeDelta::seconds(grace_seconds);
            meta["deletionTimestamp"] = stamp(at).into();
            if id.resource.traits().has_generation {
                meta["generation"] = (kept.object.generation() + 1).into();
            }
        }
        if id.resource == Resource::Pods || grace_seconds > 0 {
            meta["deletionGracePeriodSeconds"] = grace_seconds.into();
        } else if meta.get("deletionGracePeriodSeconds").is_none() {
            meta["deletionGracePeriodSeconds"] = 0.into();
        }
        let mut finalizers = meta["finalizers"].as_array().cloned().unwrap_or_default();
        if propagation == Propagation::Foreground && !finalizers.contains(&FOREGROUND.into()) {
            finalizers.push(FOREGROUND.into());
        }
        if !finalizers.is_empty() {
            meta["finalizers"] = finalizers.into();
        }
        if id.resource == Resource::Namespaces {
            value["status"]["phase"] = "Terminating".into();
        }
        if value == kept.object.value {
            return Ok(kept.object);
        }
        Ok(self.keep(id, (value, kept.ownership), author))
    }

    /// Takes the owner out of all that it owns.
    fn orphan(&mut self, uid: &str, author: &Author) {
        let is_owned = |object: &Object| object.owners().any(|owner| owner["uid"] == uid);
        let owned: Vec<_> =
            self.all().filter(|(_, object)| is_owned(object)).map(|(id, _)| id.clone()).collect();
        for id in owned {
            let Ok(kept) = self.kept(&id).cloned() else { continue };
            let mut value = kept.object.value.clone();
            if let Some(owners) = value["metadata"]["ownerReferences"].as_array_mut() {
                owners.retain(|owner| owner["uid"] != uid);
            }
            self.keep(&id, (value, kept.ownership), author);
        }
    }
}

/// How long the node may take to end a pod; nothing else has such a time.
fn grace_seconds(id: &Id, object: &Object, how: &Deletion) -> i64 {
    let is_over = matches!(object.value["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let is_on_node = object.value["spec"].get("nodeName").is_some();
    if id.resource != Resource::Pods || is_over || !is_on_node {
        return 0;
    }
    let own = object.value["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    how.grace_seconds.unwrap_or(own)
}
