//! An object as it is kept: read once, written out once, shared by all who are told of it.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::apiserver::resource::Resource;

/// An object at one version.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) value: Value,
    /// The same as text.
    pub(crate) text: Bytes,
}

impl Object {
    pub(crate) fn new(value: Value) -> Self {
        let text = serde_json::to_vec(&value).expect("a JSON value can be written").into();
        Self { value, text }
    }

    pub(crate) fn meta(&self, field: &str) -> &str {
        self.value["metadata"][field].as_str().unwrap_or_default()
    }

    pub(crate) fn label(&self, name: &str) -> &str {
        self.value["metadata"]["labels"][name].as_str().unwrap_or_default()
    }

    pub(crate) fn labels(&self) -> Option<&Map<String, Value>> {
        self.value["metadata"]["labels"].as_object()
    }

    pub(crate) fn generation(&self) -> i64 {
        self.value["metadata"]["generation"].as_i64().unwrap_or_default()
    }

    pub(crate) fn is_going(&self) -> bool {
        self.value["metadata"].get("deletionTimestamp").is_some()
    }

    pub(crate) fn has_finalizers(&self) -> bool {
        self.value["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty())
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = &Value> {
        self.value["metadata"]["ownerReferences"].as_array().into_iter().flatten()
    }

    /// The status of a condition: `True`, `False`, `Unknown`, or nothing.
    pub(crate) fn condition(&self, kind: &str) -> &str {
        let all = self.value["status"]["conditions"].as_array().into_iter().flatten();
        all.filter(|it| it["type"] == kind).find_map(|it| it["status"].as_str()).unwrap_or_default()
    }

    /// The metadata alone, for those who ask for no more.
    pub(crate) fn metadata_text(&self) -> Bytes {
        let partial = serde_json::json!({
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": self.value["metadata"],
        });
        partial.to_string().into()
    }
}

/// What a client may not set, or what nobody wrote: left out before anything else looks at it.
pub(crate) fn tidy(value: &mut Value, resource: Resource) {
    drop_nulls(value);
    if let Some(object) = value.as_object_mut() {
        object.insert("apiVersion".to_owned(), resource.api_version().into());
        object.insert("kind".to_owned(), resource.traits().kind.into());
        let meta = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if let Some(meta) = meta.as_object_mut() {
            meta.remove("managedFields");
        }
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
