//! The fields of a step's pod that a pipeline may set: an allow-list, so that a pipeline cannot widen what it may do.

use crate::limits;
use crate::rules;
use crate::text::{LabelValue, ObjectName, QualifiedName};
use crate::volume::{Volume, VolumeMount};
use k8s_openapi::api::core::v1::Affinity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where and with what a step's pod runs, on Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::MOUNTS_HAVE_VOLUMES)]
pub struct Pod {
    /// Labels that a node must have. Example: `{disktype: ssd}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = limits::LABELS))]
    #[x_kube(validation = rules::LABELS_HAVE_SHORT_KEYS)]
    pub node_selector: BTreeMap<QualifiedName, LabelValue>,

    /// Taints of nodes that the pod puts up with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::POD_LIST))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub tolerations: Vec<Toleration>,

    /// Near which nodes and pods the pod runs, as in a pod's own `affinity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::affinity")]
    pub affinity: Option<Affinity>,

    /// The priority class of the pod. Default: the cluster's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<ObjectName>,

    /// Secrets with which the image is pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::POD_LIST))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub image_pull_secrets: Vec<SecretRef>,

    /// The user id of the process. Default: the image's. Example: `1000`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = i64::from(i32::MAX)))]
    pub run_as_user: Option<i64>,

    /// Volumes, besides those of the stores.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::VOLUMES))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub volumes: Vec<Volume>,

    /// Where the volumes appear in the container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::VOLUMES))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["mountPath".into()]))]
    pub volume_mounts: Vec<VolumeMount>,
}

/// A secret in the pipeline's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// The name of the secret.
    pub name: ObjectName,
}

/// A taint that a pod puts up with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::TOLERATION_NAMES_A_TAINT,
    validation = rules::ANY_VALUE_IS_NO_VALUE,
    validation = rules::ONLY_EVICTION_TAKES_TIME,
)]
pub struct Toleration {
    /// The key of the taint. Default: every key, with the operator `Exists`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<QualifiedName>,

    /// How the taint's value is compared: `Equal`, or `Exists` for any value. Default: `Equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<TolerationOperator>,

    /// The value of the taint, for `Equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<LabelValue>,

    /// The effect of the taint: `NoSchedule`, `PreferNoSchedule` or `NoExecute`. Default: every effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<TaintEffect>,

    /// For how many seconds a `NoExecute` taint is put up with. Default: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}

/// How a taint's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum TolerationOperator {
    /// Any value.
    Exists,
    /// The same value.
    Equal,
}

/// What a taint does to pods that do not put up with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum TaintEffect {
    /// They are not scheduled there.
    NoSchedule,
    /// They are scheduled elsewhere if possible.
    PreferNoSchedule,
    /// They are evicted.
    NoExecute,
}
