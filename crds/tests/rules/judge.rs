//! Judges a manifest by a definition, as an API server does: types and bounds, doubled keys of lists, then the rules.

use jsonschema::error::ValidationErrorKind;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::core::cel;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A fault that was found.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    /// The path of the field.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
}

/// Judges manifests of one kind.
pub(crate) struct Judge {
    /// The kind.
    pub(crate) kind: String,
    schema: Value,
    types: jsonschema::Validator,
    rules: cel::CompiledSchema,
}

impl Judge {
    /// The judge of a kind.
    pub(crate) fn new(definition: &CustomResourceDefinition) -> Self {
        let schema = schema(definition);
        let types = jsonschema::draft7::new(&with_types(schema.clone())).expect("the schema is one");
        let rules = cel::compile_schema(&schema);
        Self { kind: definition.spec.names.kind.clone(), schema, types, rules }
    }

    /// The faults of a manifest, which updates another one or is new.
    pub(crate) fn faults(&self, manifest: &Value, before: Option<&Value>) -> Vec<Fault> {
        let mut faults: Vec<Fault> =
            self.types.iter_errors(manifest).map(|error| structural(&error)).collect();
        doubles(&self.schema, manifest, "", &mut faults);
        if !faults.is_empty() {
            return faults;
        }
        let broken = cel::validate_compiled(&self.rules, manifest, before).err();
        broken.into_iter().flat_map(cel::ValidationErrors::into_vec).map(|error| of_rule(&error)).collect()
    }
}

/// The messages of all rules of a definition.
pub(crate) fn messages(definition: &CustomResourceDefinition) -> Vec<String> {
    let mut messages = Vec::new();
    collect(&schema(definition), &mut messages);
    messages
}

/// The schema of a definition.
fn schema(definition: &CustomResourceDefinition) -> Value {
    let validation = definition.spec.versions[0].schema.as_ref();
    let schema = validation.and_then(|validation| validation.open_api_v3_schema.as_ref());
    serde_json::to_value(schema.expect("a definition has a schema")).expect("a schema is JSON")
}

/// Says in JSON schema's own words what Kubernetes calls an integer or a text.
fn with_types(mut schema: Value) -> Value {
    if schema.get("x-kubernetes-int-or-string").is_some() {
        schema["type"] = json!(["integer", "string"]);
    }
    match schema {
        Value::Object(fields) => fields.into_iter().map(|(name, field)| (name, with_types(field))).collect(),
        Value::Array(list) => list.into_iter().map(with_types).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

fn collect(schema: &Value, messages: &mut Vec<String>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        messages.push(rule["message"].as_str().expect("a rule has a message").to_owned());
    }
    let inner = [&schema["items"], &schema["additionalProperties"]].into_iter();
    let properties = schema["properties"].as_object().into_iter().flat_map(|properties| properties.values());
    inner.filter(|schema| schema.is_object()).chain(properties).for_each(|schema| collect(schema, messages));
}

fn structural(error: &jsonschema::ValidationError<'_>) -> Fault {
    let mut path = String::new();
    for segment in error.instance_path().as_str().split('/').skip(1) {
        path = join(&path, &segment.replace("~1", "/"));
    }
    if let ValidationErrorKind::Required { property } = error.kind() {
        path = join(&path, property.as_str().expect("a field's name is text"));
    }
    Fault { path, message: error.to_string() }
}

/// The API server sees no field of the metadata, so that the one rule about them stands at the root.
fn of_rule(error: &cel::ValidationError) -> Fault {
    let path = if error.field_path.is_empty() { "metadata.name" } else { error.field_path.as_str() };
    Fault { path: path.to_owned(), message: error.message.clone() }
}

/// Elements of keyed lists and of sets that stand there twice.
fn doubles(schema: &Value, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let mut seen = BTreeSet::new();
    for (index, element) in value.as_array().into_iter().flatten().enumerate() {
        let path = format!("{path}[{index}]");
        if key(schema, element).is_some_and(|key| !seen.insert(key)) {
            faults.push(Fault { path: path.clone(), message: "stands there twice".to_owned() });
        }
        doubles(&schema["items"], element, &path, faults);
    }
    for (name, property) in value.as_object().into_iter().flatten() {
        doubles(&schema["properties"][name], property, &join(path, name), faults);
    }
}

/// What tells an element of a list from the others.
fn key(schema: &Value, element: &Value) -> Option<String> {
    match schema["x-kubernetes-list-type"].as_str()? {
        "set" => Some(element.to_string()),
        "map" => Some(element[schema["x-kubernetes-list-map-keys"][0].as_str()?].to_string()),
        _ => None,
    }
}

/// The path of a field or of an element below another path.
fn join(path: &str, segment: &str) -> String {
    match segment.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) if path.is_empty() => segment.to_owned(),
        Err(_) => format!("{path}.{segment}"),
    }
}
