//! Pieces of schema that the derives cannot say.

use crate::limits;
use k8s_openapi::api::core::v1::Affinity;
use kube::core::Rule;
use schemars::transform::transform_subschemas;
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

/// A text with a bound and a pattern, for fields too deep for the budget of rules: the pattern is all that one is told.
pub(crate) fn matching(max: usize, pattern: &str) -> Schema {
    json_schema!({"type": "string", "maxLength": max, "pattern": pattern})
}

/// A count of partitions or a duration.
pub(crate) fn count_or_duration(_: &mut SchemaGenerator) -> Schema {
    let most = limits::WINDOW_PARTITIONS;
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": limits::DURATION,
        "x-kubernetes-validations": [{
            // Only a text equals its text.
            "rule": format!(
                "self == string(self) ? string(self).matches('^[0-9]*[1-9][0-9]*[smhdw]$') \
                 : int(self) >= 1 && int(self) <= {most}"
            ),
            "message": format!(
                "a window is a count from 1 to {most}, or a duration: write one such as 7, 5h or 30d"
            ),
        }],
    })
}

/// An amount of a resource, as Kubernetes writes it.
pub(crate) fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": limits::QUANTITY,
        "x-kubernetes-validations": [{
            "rule": "isQuantity(string(self)) && !quantity(string(self)).isLessThan(quantity('0'))",
            "message": "an amount is a number of 0 or more, with a unit where there is one: write one such \
                as 500m for half a core, 64Mi or 1Gi",
        }],
    })
}

/// Amounts of several resources.
pub(crate) fn quantities(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": limits::RESOURCES,
        "additionalProperties": quantity(generator),
        "x-kubernetes-validations": [{
            "rule": "self.all(name, size(name) <= 317)",
            "message": "the name of a resource is too long: write one such as cpu, memory or nvidia.com/gpu",
        }],
    })
}

/// A moment, to the second.
pub(crate) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}

/// The affinity of a pod: Kubernetes' own type, with bounds.
pub(crate) fn affinity(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = generator.subschema_for::<Affinity>();
    bound(&mut schema);
    schema
}

/// The conditions of a pipeline or a backfill, which may have to list all faults of a spec.
pub(crate) fn conditions(_: &mut SchemaGenerator) -> Schema {
    conditions_of(limits::CONDITION_MESSAGE)
}

/// The conditions of a partition, of which there are many.
pub(crate) fn short_conditions(_: &mut SchemaGenerator) -> Schema {
    conditions_of(limits::STEP_MESSAGE)
}

/// The conditions of an object: metav1's own type, with bounds, keyed by type.
fn conditions_of(message: usize) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": limits::CONDITIONS,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
        "items": {
            "type": "object",
            "description": "One claim about the object.",
            "required": ["type", "status", "reason", "message", "lastTransitionTime"],
            "properties": {
                "type": {"type": "string", "maxLength": limits::NAME, "description": "What is claimed."},
                "status": {
                    "type": "string",
                    "enum": ["True", "False", "Unknown"],
                    "description": "Whether it holds: `True`, `False` or `Unknown`.",
                },
                "reason": {"type": "string", "maxLength": limits::NAME, "description": "Why, in one word."},
                "message": {
                    "type": "string",
                    "maxLength": message,
                    "description": "Why, in a sentence with the particulars.",
                },
                "lastTransitionTime": {
                    "type": "string",
                    "format": "date-time",
                    "description": "Since when it holds or does not.",
                },
                "observedGeneration": {
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0,
                    "description": "The generation of the spec that the claim is about.",
                },
            },
        },
    })
}

/// Bounds every text, list and map of a type that has none.
fn bound(schema: &mut Schema) {
    transform_subschemas(&mut bound, schema);
    let is = |name: &str| schema.get("type").is_some_and(|it| it == name);
    let (is_text, is_list) = (is("string"), is("array"));
    if is_text {
        schema.insert("maxLength".to_owned(), limits::QUALIFIED_NAME.into());
    }
    if is_list {
        schema.insert("maxItems".to_owned(), limits::POD_LIST.into());
    }
    if schema.get("additionalProperties").is_some() {
        schema.insert("maxProperties".to_owned(), limits::LABELS.into());
    }
}
