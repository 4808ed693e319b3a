//! Requests: what a call asks for, read from its method, path and query.

use std::collections::BTreeMap;

use http::{HeaderMap, Method, Uri, header};

use crate::apiserver::refusal::Refusal;
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::selector::Selector;

/// The ways to say what changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchKind {
    Apply,
    Merge,
    Json,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Get,
    List,
    Watch,
    Create,
    Replace,
    Patch(PatchKind),
    Delete,
    DeleteAll,
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) action: Action,
    pub(crate) resource: Resource,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Whether only the metadata is wanted.
    pub(crate) is_partial: bool,
}

impl Call {
    pub(crate) fn parse(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, Refusal> {
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let parts: Vec<_> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
        let (group, rest) = match parts.as_slice() {
            ["api", "v1", rest @ ..] => ("", rest),
            ["apis", group, _, rest @ ..] => (*group, rest),
            _ => return Err(Refusal::no_such_path()),
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, plural, rest @ ..] => (Some(*namespace), [&[*plural], rest].concat()),
            rest => (None, rest.to_vec()),
        };
        let (plural, name, subresource) = match rest.as_slice() {
            [plural] => (*plural, None, ""),
            [plural, name] => (*plural, Some((*name).to_owned()), ""),
            [plural, name, subresource] => (*plural, Some((*name).to_owned()), *subresource),
            _ => return Err(Refusal::no_such_path()),
        };
        let resource = Resource::named(group, plural).ok_or_else(Refusal::no_such_path)?;
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let is_watch = matches!(query.get("watch").map(String::as_str), Some("true" | "1"));
        let has = (is_watch, name.is_some());
        Ok(Self {
            action: action(method, has, text(header::CONTENT_TYPE))?,
            resource,
            namespace: namespace.map(str::to_owned),
            name,
            subresource: subresource.to_owned(),
            query,
            is_partial: text(header::ACCEPT).contains("as=PartialObjectMetadata"),
        })
    }

    /// The object that is meant.
    pub(crate) fn id(&self) -> Id {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        Id { resource: self.resource, namespace: text(&self.namespace), name: text(&self.name) }
    }

    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|it| !it.is_empty())
    }

    pub(crate) fn selector(&self) -> Selector {
        Selector::parse(self.asked("labelSelector"), self.asked("fieldSelector"))
    }

    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.action, Action::Get | Action::List | Action::Watch)
    }
}

fn action(method: &Method, (is_watch, has_name): (bool, bool), content: &str) -> Result<Action, Refusal> {
    Ok(match *method {
        Method::GET if is_watch => Action::Watch,
        Method::GET if has_name => Action::Get,
        Method::GET => Action::List,
        Method::POST => Action::Create,
        Method::PUT => Action::Replace,
        Method::DELETE if has_name => Action::Delete,
        Method::DELETE => Action::DeleteAll,
        Method::PATCH => Action::Patch(match content {
            "application/apply-patch+yaml" => PatchKind::Apply,
            "application/merge-patch+json" => PatchKind::Merge,
            "application/json-patch+json" => PatchKind::Json,
            other => return Err(Refusal::bad_request(format!("unsupported content type {other}"))),
        }),
        _ => return Err(Refusal::bad_request("unsupported method")),
    })
}
