//! Environment variables of a step.

use crate::rules;
use crate::text::{DataKey, ObjectName, Value, VariableName};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// An environment variable: with a value, or with a place to take it from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::VARIABLE_HAS_ONE_VALUE,
)]
pub struct EnvVar {
    /// The name of the variable. Example: `LOG_LEVEL`.
    pub name: VariableName,

    /// Its value, taken as it stands. Either this or `valueFrom`. Default: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,

    /// Where the value comes from, instead of `value`; on Kubernetes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<EnvVarSource>,
}

/// Where a variable's value comes from: exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::VALUE_HAS_ONE_PLACE,
)]
pub struct EnvVarSource {
    /// A key of a `ConfigMap` in the pipeline's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeySelector>,

    /// A key of a `Secret` in the pipeline's namespace. The kubelet reads it; the controller never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeySelector>,
}

/// A key of a `ConfigMap` or a `Secret`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeySelector {
    /// The name of the object.
    pub name: ObjectName,

    /// The key in it.
    pub key: DataKey,

    /// Whether the object or its key may be absent, so that the variable is not set. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}
