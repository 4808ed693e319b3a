//! Writes: create, update, apply, and what of an object each of them may touch.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::apiserver::cluster::{Author, Cluster, Kept};
use crate::apiserver::defaults;
use crate::apiserver::object::{Object, tidy};
use crate::apiserver::ownership::Ownership;
use crate::apiserver::refusal::Refusal;
use crate::apiserver::resource::{Id, Resource};
use crate::clock::stamp;

/// Which part of an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All but the status, where the status is written apart.
    Main,
    Status,
}

/// The metadata that only the server writes.
const OF_THE_SERVER: [&str; 8] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

impl Cluster {
    pub(crate) fn create(
        &mut self,
        id: &Id,
        mut value: Value,
        author: &Author,
    ) -> Result<Arc<Object>, Refusal> {
        tidy(&mut value, id.resource);
        self.check_new(id, &value)?;
        self.begin(id, &mut value);
        let mut ownership = Ownership::default();
        ownership.note(&json!({}), &without_server_fields(&value), &author.writer);
        Ok(self.keep(id, (value, ownership), author))
    }

    fn check_new(&self, id: &Id, value: &Value) -> Result<(), Refusal> {
        if id.name.is_empty() {
            return Err(Refusal::invalid(
                id,
                "metadata.name: Required value: name or generateName is required",
            ));
        }
        check_names(id, value)?;
        if id.resource != Resource::Namespaces {
            let namespace = self.get(&Id::new(Resource::Namespaces, "", &id.namespace))?;
            if namespace.is_going() {
                let why = format!(
                    "unable to create new content in namespace {} because it is being terminated",
                    id.namespace
                );
                return Err(Refusal::forbidden(id, &why));
            }
        }
        if self.get(id).is_ok() { Err(Refusal::exists(id)) } else { Ok(()) }
    }

    /// What the server writes into a new object.
    fn begin(&mut self, id: &Id, value: &mut Value) {
        let uid = self.new_uid();
        let now = stamp(self.clock.now());
        if id.resource.traits().has_status
            && let Some(fields) = value.as_object_mut()
        {
            fields.remove("status");
        }
        let meta = &mut value["metadata"];
        for field in OF_THE_SERVER {
            meta.as_object_mut().map(|it| it.remove(field));
        }
        meta["name"] = id.name.clone().into();
        if !id.namespace.is_empty() {
            meta["namespace"] = id.namespace.clone().into();
        }
        meta["uid"] = uid.clone().into();
        meta["creationTimestamp"] = now.into();
        if id.resource.traits().has_generation {
            meta["generation"] = 1.into();
        }
        defaults::fill(id, value, &uid);
    }

    /// Replaces a part of an object.
    pub(crate) fn update(
        &mut self,
        id: &Id,
        (part, mut value): (Part, Value),
        author: &Author,
    ) -> Result<Arc<Object>, Refusal> {
        tidy(&mut value, id.resource);
        let kept = self.kept(id)?.clone();
        if is_other("uid", &kept.object, &value) {
            return Err(Refusal::invalid(id, "metadata.uid: Invalid value: field is immutable"));
        }
        check_version(id, &kept.object, &value)?;
        let next = shape(&kept.object.value, value, (part, id.resource));
        check_names(id, &next)?;
        let mut ownership = kept.ownership.clone();
        if next != kept.object.value {
            ownership.note(&kept.object.value, &next, &author.writer);
        }
        self.commit((id, kept), (next, ownership), author)
    }

    /// Edits a part of an object in place, as the cluster's own controllers do.
    pub(crate) fn edit(
        &mut self,
        (id, part): (&Id, Part),
        author: &Author,
        edit: impl FnOnce(&mut Value),
    ) -> Result<Arc<Object>, Refusal> {
        let mut value = self.kept(id)?.object.value.clone();
        edit(&mut value);
        self.update(id, (part, value), author)
    }

    /// Applies a part of an object; with `Part::Main` it may be new.
    pub(crate) fn apply(
        &mut self,
        id: &Id,
        (part, mut value, force): (Part, Value, bool),
        author: &Author,
    ) -> Result<Arc<Object>, Refusal> {
        tidy(&mut value, id.resource);
        let Ok(kept) = self.kept(id).cloned() else {
            let may_be_new = part == Part::Main && value["metadata"].get("uid").is_none();
            return if may_be_new {
                self.create_applied(id, value, author)
            } else {
                Err(Refusal::not_found(id))
            };
        };
        if is_other("uid", &kept.object, &value) {
            return Err(Refusal::conflict(id, "Precondition failed: UID in precondition does not match"));
        }
        check_version(id, &kept.object, &value)?;
        let applied = applied_part(value, (part, id.resource));
        let mut ownership = kept.ownership.clone();
        let next = ownership.apply(&kept.object.value, &applied, (&author.writer, force)).map_err(|it| {
            Refusal::conflict(id, &format!("Apply failed with a conflict: conflict with {:?}", it.manager))
        })?;
        let next = shape(&kept.object.value, next, (part, id.resource));
        check_names(id, &next)?;
        self.commit((id, kept), (next, ownership), author)
    }

    fn create_applied(&mut self, id: &Id, value: Value, author: &Author) -> Result<Arc<Object>, Refusal> {
        let applied = applied_part(value.clone(), (Part::Main, id.resource));
        self.check_new(id, &value)?;
        let mut value = value;
        self.begin(id, &mut value);
        let mut ownership = Ownership::default();
        // On an empty object there is nothing to contest.
        if ownership.apply(&json!({}), &applied, (&author.writer, true)).is_err() {
            return Err(Refusal::outdated(id));
        }
        Ok(self.keep(id, (value, ownership), author))
    }

    /// Keeps what a write came to, if it changed anything; what was to go and is held no longer goes.
    fn commit(
        &mut self,
        (id, kept): (&Id, Kept),
        (mut next, ownership): (Value, Ownership),
        author: &Author,
    ) -> Result<Arc<Object>, Refusal> {
        if next == kept.object.value && ownership == kept.ownership {
            return Ok(kept.object);
        }
        defaults::check_change(id, &kept.object.value, &next)?;
        if id.resource.traits().has_generation && is_other_spec(&kept.object.value, &next) {
            next["metadata"]["generation"] = (kept.object.generation() + 1).into();
        }
        let object = self.keep(id, (next, ownership), author);
        let waits_for_node = object.value["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0;
        if object.is_going()
            && !object.has_finalizers()
            && !waits_for_node
            && id.resource != Resource::Namespaces
        {
            self.forget(id, author);
        }
        Ok(object)
    }
}

/// Whoever names a version means that one.
fn check_version(id: &Id, live: &Object, value: &Value) -> Result<(), Refusal> {
    if is_other("resourceVersion", live, value) { Err(Refusal::outdated(id)) } else { Ok(()) }
}

fn is_other(field: &str, live: &Object, value: &Value) -> bool {
    value["metadata"][field].as_str().is_some_and(|it| !it.is_empty() && it != live.meta(field))
}

fn check_names(id: &Id, value: &Value) -> Result<(), Refusal> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name = id.name.len() <= 253
        && id.name.bytes().all(|byte| is_plain(byte) || byte == b'-' || byte == b'.')
        && id.name.bytes().next().is_some_and(is_plain)
        && id.name.bytes().last().is_some_and(is_plain);
    let is_short = id.resource != Resource::Jobs || id.name.len() <= 63;
    if !is_name || !is_short {
        return Err(Refusal::invalid(id, &format!("metadata.name: Invalid value: {:?}", id.name)));
    }
    let labels = value["metadata"]["labels"].as_object().into_iter().flatten();
    for (name, label) in labels {
        if !is_label(label.as_str().unwrap_or_default()) {
            return Err(Refusal::invalid(id, &format!("metadata.labels: Invalid value: {name}: {label}")));
        }
    }
    Ok(())
}

fn is_label(text: &str) -> bool {
    let is_edge = |byte: u8| byte.is_ascii_alphanumeric();
    let is_inner = |byte: u8| is_edge(byte) || byte == b'-' || byte == b'_' || byte == b'.';
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|byte| is_inner(*byte))
        && bytes.first().is_none_or(|byte| is_edge(*byte))
        && bytes.last().is_none_or(|byte| is_edge(*byte))
}

/// The next state: what a write of this part may touch is new, the rest stays.
fn shape(live: &Value, mut written: Value, (part, resource): (Part, Resource)) -> Value {
    if part == Part::Status {
        let mut next = live.clone();
        put(&mut next, "status", written.get_mut("status").map(Value::take));
        return next;
    }
    if resource.traits().has_status {
        put(&mut written, "status", live.get("status").cloned());
    }
    for field in OF_THE_SERVER {
        put(&mut written["metadata"], field, live["metadata"].get(field).cloned());
    }
    written
}

/// What of an applied object is about this part.
fn applied_part(mut value: Value, (part, resource): (Part, Resource)) -> Value {
    match part {
        Part::Status => {
            let status = value.get_mut("status").map(Value::take);
            let mut only = json!({});
            put(&mut only, "status", status);
            only
        }
        Part::Main => {
            if resource.traits().has_status {
                put(&mut value, "status", None);
            }
            without_server_fields(&value)
        }
    }
}

fn without_server_fields(value: &Value) -> Value {
    let mut value = value.clone();
    put(&mut value, "apiVersion", None);
    put(&mut value, "kind", None);
    for field in OF_THE_SERVER {
        put(&mut value["metadata"], field, None);
    }
    if value["metadata"].as_object().is_some_and(Map::is_empty) {
        put(&mut value, "metadata", None);
    }
    value
}

fn put(value: &mut Value, field: &str, new: Option<Value>) {
    let Some(fields) = value.as_object_mut() else { return };
    match new {
        Some(new) => drop(fields.insert(field.to_owned(), new)),
        None => drop(fields.remove(field)),
    }
}

/// Whether anything but metadata and status differs.
fn is_other_spec(before: &Value, after: &Value) -> bool {
    let spec = |value: &Value| {
        let fields = value.as_object().into_iter().flatten();
        let is_spec = |name: &str| !matches!(name, "metadata" | "status" | "apiVersion" | "kind");
        fields
            .filter(|(name, _)| is_spec(name))
            .map(|(name, it)| (name.clone(), it.clone()))
            .collect::<Map<_, _>>()
    };
    spec(before) != spec(after)
}
