//! Answers: every call but watches and logs, carried out at once on the cluster's state.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use serde_json::{Value, json};

use crate::apiserver::cluster::{Author, Cluster};
use crate::apiserver::delete::{Deleted, Deletion};
use crate::apiserver::object::Object;
use crate::apiserver::ownership::{Operation, Writer};
use crate::apiserver::refusal::Refusal;
use crate::apiserver::request::{Action, Call, PatchKind};
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::write::Part;

/// A status code with a body.
pub(crate) type Answer = (u16, Bytes);

impl Cluster {
    /// Carries out a call of a process.
    pub(crate) fn answer(&mut self, call: &Call, body: &[u8], process: &Arc<str>) -> Result<Answer, Refusal> {
        let author = author(call, process);
        match call.action {
            Action::Get => {
                let object = self.get(&call.id())?;
                Ok((200, if call.is_partial { object.metadata_text() } else { object.text.clone() }))
            }
            Action::List => self.answer_list(call),
            Action::Create => {
                let value = read(body)?;
                let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                let id = Id { name, ..call.id() };
                Ok((201, self.create(&id, value, &author)?.text.clone()))
            }
            Action::Replace => Ok((200, self.replace(call, read(body)?, &author)?.text.clone())),
            Action::Patch(kind) => self.answer_patch(call, (kind, body), &author),
            Action::Delete => self.answer_delete(&call.id(), call, (body, &author)),
            Action::DeleteAll => self.answer_delete_all(call, (body, &author)),
            Action::Watch => Err(Refusal::bad_request("a watch is not answered here")),
        }
    }

    fn answer_list(&self, call: &Call) -> Result<Answer, Refusal> {
        let selector = call.selector();
        let limit: usize = call.asked("limit").and_then(|it| it.parse().ok()).unwrap_or(usize::MAX);
        let (mut version, mut after) = (self.version, None);
        if let Some(token) = call.asked("continue") {
            let (of, name) = token.split_once('|').ok_or_else(|| Refusal::bad_request("no such token"))?;
            version = of.parse().map_err(|_| Refusal::bad_request("no such token"))?;
            self.changes_after(version).ok_or_else(Refusal::expired)?;
            after = name.split_once('/');
        }
        let is_after = |id: &Id| after.is_none_or(|it| (id.namespace.as_str(), id.name.as_str()) > it);
        let found = self.list(call.resource, call.namespace.as_deref());
        let mut found = found.filter(|(id, object)| is_after(id) && selector.selects(object)).peekable();
        let mut items = BytesMut::new();
        let mut token = String::new();
        for (count, (id, object)) in found.by_ref().enumerate() {
            if count > 0 {
                items.put_u8(b',');
            }
            items.put(if call.is_partial { object.metadata_text() } else { object.text.clone() });
            if count + 1 == limit {
                token = format!("{version}|{}/{}", id.namespace, id.name);
                break;
            }
        }
        if found.peek().is_none() {
            token.clear();
        }
        let traits = call.resource.traits();
        let (kind, api) = if call.is_partial {
            ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned())
        } else {
            (traits.kind, call.resource.api_version())
        };
        let meta = json!({"resourceVersion": version.to_string(), "continue": token});
        let mut text = BytesMut::from(
            format!(r#"{{"kind":"{kind}List","apiVersion":"{api}","metadata":{meta},"items":["#).as_bytes(),
        );
        text.put(items);
        text.put_slice(b"]}");
        Ok((200, text.freeze()))
    }

    fn replace(&mut self, call: &Call, value: Value, author: &Author) -> Result<Arc<Object>, Refusal> {
        let id = call.id();
        if value["metadata"]["name"] != id.name.as_str() {
            return Err(Refusal::bad_request("the name of the object does not match the name on the URL"));
        }
        self.get(&id)?;
        let must_name_it = id.resource.is_custom() || id.resource == Resource::Leases;
        let has_version = value["metadata"]["resourceVersion"].as_str().is_some_and(|it| !it.is_empty());
        if must_name_it && !has_version {
            return Err(Refusal::invalid(
                &id,
                "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
            ));
        }
        self.update(&id, (part(call)?, value), author)
    }

    fn answer_patch(
        &mut self,
        call: &Call,
        (kind, body): (PatchKind, &[u8]),
        author: &Author,
    ) -> Result<Answer, Refusal> {
        let (id, part) = (call.id(), part(call)?);
        let known = self.get(&id);
        let object = match kind {
            PatchKind::Apply => {
                let force = call.asked("force") == Some("true");
                self.apply(&id, (part, read(body)?, force), author)?
            }
            PatchKind::Merge => {
                let mut value = known.clone()?.value.clone();
                // Without a version of its own a patch is about whatever stands there.
                let patch = read(body)?;
                json_patch::merge(&mut value, &patch);
                self.update(&id, (part, value), author)?
            }
            PatchKind::Json => {
                let mut value = known.clone()?.value.clone();
                let patch: json_patch::Patch =
                    serde_json::from_slice(body).map_err(|it| Refusal::bad_request(it.to_string()))?;
                json_patch::patch(&mut value, &patch).map_err(|it| Refusal::invalid(&id, &it.to_string()))?;
                self.update(&id, (part, value), author)?
            }
        };
        let code = if known.is_ok() { 200 } else { 201 };
        Ok((code, if call.is_partial { object.metadata_text() } else { object.text.clone() }))
    }

    fn answer_delete(
        &mut self,
        id: &Id,
        call: &Call,
        (body, author): (&[u8], &Author),
    ) -> Result<Answer, Refusal> {
        let body = if body.is_empty() { Value::Null } else { read(body)? };
        let how = Deletion::parse(&body, call.asked("propagationPolicy"));
        match self.delete(id, &how, author)? {
            Deleted::Going(object) => Ok((200, object.text.clone())),
            Deleted::Gone(object) => {
                let traits = id.resource.traits();
                let status = json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                    "details": {
                        "name": id.name, "group": traits.group, "kind": traits.plural, "uid": object.meta("uid"),
                    },
                });
                Ok((200, status.to_string().into()))
            }
        }
    }

    fn answer_delete_all(
        &mut self,
        call: &Call,
        (body, author): (&[u8], &Author),
    ) -> Result<Answer, Refusal> {
        let selector = call.selector();
        let found = self.list(call.resource, call.namespace.as_deref());
        let ids: Vec<_> =
            found.filter(|(_, object)| selector.selects(object)).map(|(id, _)| id.clone()).collect();
        let listed = self.answer_list(call)?;
        for id in ids {
            self.answer_delete(&id, call, (body, author))?;
        }
        Ok(listed)
    }
}

fn author(call: &Call, process: &Arc<str>) -> Author {
    let is_apply = call.action == Action::Patch(PatchKind::Apply);
    let writer = Writer {
        manager: call.asked("fieldManager").unwrap_or("unknown").to_owned(),
        operation: if is_apply { Operation::Apply } else { Operation::Update },
        subresource: call.subresource.clone(),
    };
    Author { process: process.clone(), writer }
}

fn part(call: &Call) -> Result<Part, Refusal> {
    match call.subresource.as_str() {
        "" => Ok(Part::Main),
        "status" if call.resource.traits().has_status => Ok(Part::Status),
        _ => Err(Refusal::no_such_path()),
    }
}

fn read(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::bad_request(error.to_string()))
}
