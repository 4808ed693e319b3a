//! Volumes of a step's pod: of four kinds that need no rights on the node.

use crate::limits;
use crate::rules;
use crate::text::{DataKey, MountPath, Name, ObjectName, SubPath};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A volume: a name, and exactly one source.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::VOLUME_HAS_ONE_SOURCE,
)]
pub struct Volume {
    /// The name by which mounts refer to the volume.
    pub name: Name,

    /// The files of a `ConfigMap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapVolume>,

    /// The files of a `Secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretVolume>,

    /// A claimed volume that outlives the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_volume_claim: Option<ClaimVolume>,

    /// Space that is empty at first and goes with the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty_dir: Option<EmptyDirVolume>,
}

/// The files of a `ConfigMap` in the pipeline's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapVolume {
    /// The name of the `ConfigMap`.
    pub name: ObjectName,

    /// Which keys become files. Default: all, each under its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::VOLUMES))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub items: Vec<KeyToPath>,

    /// The mode of the files, as a decimal number. Default: `420`, which is 0644.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 0o777))]
    pub default_mode: Option<i32>,

    /// Whether the `ConfigMap` may be absent. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// The files of a `Secret` in the pipeline's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretVolume {
    /// The name of the `Secret`.
    pub secret_name: ObjectName,

    /// Which keys become files. Default: all, each under its own name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::VOLUMES))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub items: Vec<KeyToPath>,

    /// The mode of the files, as a decimal number. Default: `420`, which is 0644.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 0o777))]
    pub default_mode: Option<i32>,

    /// Whether the `Secret` may be absent. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// One key that becomes a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyToPath {
    /// The key.
    pub key: DataKey,

    /// The path of the file below the mount.
    pub path: SubPath,

    /// The mode of the file, as a decimal number. Default: the volume's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 0o777))]
    pub mode: Option<i32>,
}

/// A claimed volume in the pipeline's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimVolume {
    /// The name of the `PersistentVolumeClaim`.
    pub claim_name: ObjectName,

    /// Whether it can only be read. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}

/// Space that is empty at first and goes with the pod.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmptyDirVolume {
    /// Where the space is: `Memory`, or the node's disk. Default: the node's disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,

    /// The most that may be written. Default: the node's limit. Example: `10Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::quantity")]
    pub size_limit: Option<Quantity>,
}

/// Where the space of an empty directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum Medium {
    /// In memory, which counts as the container's.
    Memory,
}

/// Where a volume appears in the container.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// The name of the volume.
    pub name: Name,

    /// The path in the container. Example: `/models`.
    pub mount_path: MountPath,

    /// A path within the volume. Default: its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<SubPath>,

    /// Whether it can only be read. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
}
