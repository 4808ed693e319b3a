//! The JSON schema for editors: that of the cluster, stricter about unknown fields, laxer about short forms.

use serde_json::{Map, Value, json};

/// Lists whose elements may be written as a name only, and the field that the name stands for.
const SHORT_FORMS: [(&str, &str); 2] = [("inputs", "dataset"), ("outputs", "dataset")];

/// The schema of a Pipeline manifest, as yaml-language-server reads it.
pub(crate) fn schema() -> Value {
    let definition = crds::all().swap_remove(0);
    let validation = definition.spec.versions[0].schema.as_ref();
    let schema = validation.and_then(|validation| validation.open_api_v3_schema.as_ref());
    let schema = serde_json::to_value(schema).expect("a schema is JSON");
    let spec = for_editors(schema["properties"]["spec"].clone());
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Daybreak pipeline",
        "description": schema["description"],
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": format!("{}/{}", crds::GROUP, crds::VERSION)},
            "kind": {"const": "Pipeline"},
            "metadata": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": name_for_editors(spec["properties"]["store"].clone())},
            },
            "spec": spec,
        },
        "additionalProperties": false,
    })
}

/// The name of a pipeline, which has the form of all names.
fn name_for_editors(mut name: Value) -> Value {
    name["description"] =
        "The name of the pipeline, at most 63 lower-case letters, digits and dashes.".into();
    name
}

/// Rewrites what only Kubernetes understands.
fn for_editors(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    if schema.remove("x-kubernetes-int-or-string").is_some() {
        schema.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if let Some(rules) = schema.remove("x-kubernetes-validations") {
        add_pattern(&mut schema, &rules);
    }
    schema.retain(|key, _| !key.starts_with("x-kubernetes-"));
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.remove(key) {
            schema.insert(key.to_owned(), for_editors(inner));
        }
    }
    if let Some(Value::Object(properties)) = schema.remove("properties") {
        let properties: Map<_, _> = properties
            .into_iter()
            .map(|(name, property)| (name.clone(), property_for_editors(&name, property)))
            .collect();
        schema.insert("properties".to_owned(), Value::Object(properties));
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(schema)
}

/// A field, with its short form if it has one.
fn property_for_editors(name: &str, schema: Value) -> Value {
    let mut schema = for_editors(schema);
    if let Some((_, field)) = SHORT_FORMS.iter().find(|(list, _)| *list == name) {
        let long = schema["items"].take();
        let short = long["properties"][field].clone();
        schema["items"] = json!({"anyOf": [short, long]});
    }
    schema
}

/// The rule that a text matches a pattern is one that editors check too.
fn add_pattern(schema: &mut Map<String, Value>, rules: &Value) {
    for rule in rules.as_array().into_iter().flatten() {
        let pattern =
            rule["rule"].as_str().and_then(|rule| rule.strip_prefix("self.matches('")?.strip_suffix("')"));
        if let Some(pattern) = pattern {
            schema.insert("pattern".to_owned(), pattern.into());
            schema.insert("patternErrorMessage".to_owned(), rule["message"].clone());
        }
    }
}
