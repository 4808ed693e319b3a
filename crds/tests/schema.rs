//! What holds of every field of the definitions.

use crds::{StepReason, limits};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

/// The schema of each kind, by its name.
fn schemas() -> Vec<(String, Value)> {
    let schema = |mut definition: CustomResourceDefinition| {
        let version = definition.spec.versions.swap_remove(0);
        let schema = version.schema.and_then(|validation| validation.open_api_v3_schema);
        serde_json::to_value(schema).expect("a schema is JSON")
    };
    crds::all()
        .into_iter()
        .map(|definition| (definition.spec.names.kind.clone(), schema(definition)))
        .collect()
}

/// Calls `look` with the path and the schema of every field below a schema.
fn walk(schema: &Value, path: &str, look: &mut dyn FnMut(&str, &Value)) {
    look(path, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        walk(field, &format!("{path}.{name}"), look);
    }
    for (key, sign) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[key].is_object() {
            walk(&schema[key], &format!("{path}{sign}"), look);
        }
    }
}

/// The fields of all kinds that are as `is_wrong` says.
fn fields(is_wrong: impl Fn(&str, &Value) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (kind, schema) in schemas() {
        walk(&schema, &kind, &mut |path, field| wrong.extend(is_wrong(path, field).then(|| path.to_owned())));
    }
    wrong
}

#[test]
fn every_text_has_a_bound() {
    let unbounded = fields(|_, field| {
        let is_text = field["type"] == "string" || field["x-kubernetes-int-or-string"] == true;
        is_text && field["maxLength"].is_null() && field["enum"].is_null() && field["format"] != "date-time"
    });
    assert_eq!(unbounded, [""; 0]);
}

#[test]
fn every_list_and_map_has_a_bound() {
    let unbounded = fields(|_, field| {
        field["type"] == "array" && field["maxItems"].is_null()
            || field["additionalProperties"].is_object() && field["maxProperties"].is_null()
    });
    assert_eq!(unbounded, [""; 0]);
}

#[test]
fn every_field_has_a_description() {
    let is_field = |path: &str| !path.ends_with("[]") && !path.ends_with("{}");
    let silent = fields(|path, field| {
        is_field(path) && field["description"].as_str().is_none_or(|text| text.trim().is_empty())
    });
    assert_eq!(silent, [""; 0]);
}

#[test]
fn every_list_of_the_status_and_spec_says_how_it_merges() {
    let silent = fields(|path, field| {
        let is_ours = !path.contains(".affinity");
        is_ours && field["type"] == "array" && field["x-kubernetes-list-type"].is_null()
    });
    assert_eq!(silent, [""; 0]);
}

#[test]
fn no_field_may_be_null_or_of_a_format_unknown_to_kubernetes() {
    let odd = fields(|_, field| {
        let format = field["format"].as_str();
        !field["nullable"].is_null()
            || format.is_some_and(|it| !["int32", "int64", "date-time"].contains(&it))
    });
    assert_eq!(odd, [""; 0]);
}

#[test]
fn every_rule_has_a_message_that_the_api_server_takes() {
    let silent = fields(|_, field| {
        let mut rules = field["x-kubernetes-validations"].as_array().into_iter().flatten();
        rules.any(|rule| rule["message"].as_str().is_none_or(|text| text.len() > 2048 || text.contains('\n')))
    });
    assert_eq!(silent, [""; 0]);
}

#[test]
fn the_numbers_in_rules_are_the_limits() {
    let rules: String = crds::YAML.iter().map(|(_, yaml)| *yaml).collect();
    for bound in [
        format!("self.to - self.from < {}", limits::INPUT_PARTITIONS),
        format!("size(name) <= {}", limits::NAME),
        format!("size(self.metadata.name) <= {}", limits::NAME),
        format!("size(key) <= {}", limits::QUALIFIED_NAME),
    ] {
        assert!(rules.contains(&bound), "{bound}");
    }
}

#[test]
fn every_reason_of_a_step_is_known() {
    let (_, schema) = schemas().swap_remove(1);
    let step = &schema["properties"]["status"]["properties"]["steps"]["items"]["properties"];
    assert_eq!(step["reason"]["enum"], json!(StepReason::ALL));
    let states: Vec<_> = step["state"]["enum"].as_array().into_iter().flatten().cloned().collect();
    assert!(StepReason::ALL.iter().all(|reason| states.contains(&json!(reason.state()))));
}

#[test]
fn the_definitions_fit_into_the_annotation_of_kubectl_apply() {
    for (name, yaml) in crds::YAML {
        assert!(yaml.len() < 200_000, "{name} has {} bytes", yaml.len());
    }
}

#[test]
fn a_partition_of_eight_steps_stays_below_its_size() {
    let (_, mut schema) = schemas().swap_remove(1);
    schema["properties"]["status"]["properties"]["steps"]["maxItems"] = 8.into();
    let size = largest(&schema);
    assert!(size <= limits::PARTITION_BYTES, "{size} bytes");
}

#[test]
fn the_status_of_a_pipeline_stays_below_its_size() {
    let (_, schema) = schemas().swap_remove(0);
    let size = largest(&schema["properties"]["status"]);
    assert!(size <= limits::PIPELINE_STATUS_BYTES, "{size} bytes");
}

/// The size in bytes of the largest value that a schema takes, as JSON in ASCII.
fn largest(schema: &Value) -> usize {
    let bound = |key: &str| schema[key].as_u64().and_then(|bound| usize::try_from(bound).ok());
    let longest = |values: &Vec<Value>| values.iter().map(|value| value.to_string().len()).max();
    match schema["type"].as_str().expect("a status has no field of several types") {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            2 + fields.map(|(name, field)| name.len() + 4 + largest(field)).sum::<usize>()
        }
        "array" => 2 + bound("maxItems").expect("a list has a bound") * (1 + largest(&schema["items"])),
        "string" => match (schema["enum"].as_array().and_then(longest), bound("maxLength")) {
            (Some(longest), _) => longest,
            (None, Some(bound)) => bound + 2,
            (None, None) => "\"2026-01-05T07:00:00Z\"".len(),
        },
        "integer" => i64::MIN.to_string().len(),
        "boolean" => "false".len(),
        other => unreachable!("no status has a field of type {other}"),
    }
}
