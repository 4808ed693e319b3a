//! The definitions of the kinds, as a cluster and an editor take them.

use crate::{Backfill, Partition, Pipeline};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

/// The definitions of all kinds in YAML, generated from [`all`]: each name with its text.
pub const YAML: [(&str, &str); 3] = [
    ("pipelines.daybreak.dev", include_str!("../generated/pipelines.daybreak.dev.yaml")),
    ("partitions.daybreak.dev", include_str!("../generated/partitions.daybreak.dev.yaml")),
    ("backfills.daybreak.dev", include_str!("../generated/backfills.daybreak.dev.yaml")),
];

/// A JSON schema of Pipeline manifests for editors; it knows the short forms of lists too.
pub const EDITOR_SCHEMA: &str = include_str!("../generated/pipeline.schema.json");

/// The definitions of all kinds.
pub fn all() -> Vec<CustomResourceDefinition> {
    let mut definitions = vec![Pipeline::crd(), Partition::crd(), Backfill::crd()];
    for version in definitions.iter_mut().flat_map(|definition| &mut definition.spec.versions) {
        let schema = version.schema.as_mut().and_then(|validation| validation.open_api_v3_schema.as_mut());
        schema.into_iter().for_each(straighten);
    }
    definitions
}

/// Takes out what only the Rust types mean: that an absent field may be null, and that a number has no sign.
///
/// A null would satisfy `has(...)` in a rule, and Kubernetes knows no format `uint32`.
fn straighten(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    if schema.format.as_deref().is_some_and(|format| format.starts_with("uint")) {
        schema.format = Some("int64".to_owned());
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        straighten(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        straighten(values);
    }
    schema.properties.iter_mut().flat_map(|properties| properties.values_mut()).for_each(straighten);
}
