//! Pieces of schema that the derives cannot say.

use crate::limits;
use k8s_openapi::api::core::v1::Affinity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::core::Rule;
use schemars::{Schema, SchemaGenerator, json_schema};

/// A text with a bound and its rules.
pub(crate) fn text(max: usize, rules: &[(&str, &str)]) -> Schema {
    let mut schema = json_schema!({"type": "string", "maxLength": max});
    if !rules.is_empty() {
        let rules: Vec<Rule> = rules.iter().map(|rule| Rule::from(*rule)).collect();
        schema.insert("x-kubernetes-validations".to_owned(), serde_json::json!(rules));
    }
    schema
}

/// A count of partitions or a duration.
pub(crate) fn count_or_duration(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"x-kubernetes-int-or-string": true, "maxLength": limits::DURATION})
}

/// An amount of a resource, as Kubernetes writes it.
pub(crate) fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"x-kubernetes-int-or-string": true, "maxLength": limits::QUANTITY})
}

/// Amounts of several resources.
pub(crate) fn quantities(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": limits::RESOURCES,
        "additionalProperties": quantity(generator),
    })
}

/// The affinity of a pod: Kubernetes' own type.
pub(crate) fn affinity(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Affinity>()
}

/// The conditions of an object: metav1's own type, keyed by type.
pub(crate) fn conditions(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Vec<Condition>>()
}

/// A moment, to the second.
pub(crate) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}
