//! What a step may say of its pod, in the words of Kubernetes' own types.
//!
//! Each type is taken apart by name, so that a field added to the API can't be forgotten here.

use std::collections::{BTreeMap, BTreeSet};

use crds::environment::{self, KeySelector};
use crds::pod::{Pod, TaintEffect, TolerationOperator};
use crds::volume::{self, KeyToPath};
use k8s_openapi::api::core::v1::{
    ConfigMapKeySelector, ConfigMapVolumeSource, EmptyDirVolumeSource, EnvVarSource, LocalObjectReference,
    PersistentVolumeClaimVolumeSource, SecretKeySelector, SecretVolumeSource, Toleration, Volume,
    VolumeMount,
};

use super::StoreMount;

/// An empty list is left out, as Kubernetes does.
pub(super) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

pub(super) fn node_selector(pod: &Pod) -> Option<BTreeMap<String, String>> {
    let labels: BTreeMap<_, _> =
        pod.node_selector.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    (!labels.is_empty()).then_some(labels)
}

pub(super) fn tolerations(pod: &Pod) -> Vec<Toleration> {
    pod.tolerations.iter().cloned().map(toleration).collect()
}

fn toleration(toleration: crds::pod::Toleration) -> Toleration {
    let crds::pod::Toleration { key, operator, value, effect, toleration_seconds } = toleration;
    let operator = operator.map(|operator| match operator {
        TolerationOperator::Exists => "Exists",
        TolerationOperator::Equal => "Equal",
    });
    let effect = effect.map(|effect| match effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::PreferNoSchedule => "PreferNoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    });
    Toleration {
        key: key.map(|key| key.0),
        operator: operator.map(str::to_owned),
        value: value.map(|value| value.0),
        effect: effect.map(str::to_owned),
        toleration_seconds,
    }
}

pub(super) fn image_pull_secrets(pod: &Pod) -> Vec<LocalObjectReference> {
    pod.image_pull_secrets
        .iter()
        .map(|secret| LocalObjectReference { name: secret.name.to_string() })
        .collect()
}

/// The step's volumes, then one for each claim of a store. A store's is never read-only as a whole: two mounts of
/// one claim may differ.
pub(super) fn volumes(pod: &Pod, stores: &[StoreMount]) -> Vec<Volume> {
    let claims = store_volumes(pod, stores).into_iter().map(|(claim, name)| Volume {
        name,
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim.to_owned(),
            read_only: None,
        }),
        ..Volume::default()
    });
    pod.volumes.iter().cloned().map(step_volume).chain(claims).collect()
}

pub(super) fn volume_mounts(pod: &Pod, stores: &[StoreMount]) -> Vec<VolumeMount> {
    let names = store_volumes(pod, stores);
    let of_stores = stores.iter().filter_map(|store| {
        Some(VolumeMount {
            name: names.get(store.claim.as_str())?.clone(),
            mount_path: store.mount_path.clone(),
            read_only: store.read_only.then_some(true),
            ..VolumeMount::default()
        })
    });
    pod.volume_mounts.iter().cloned().map(step_mount).chain(of_stores).collect()
}

/// The name of each claim's volume: `store-0` and so on, but none that the step uses.
fn store_volumes<'a>(pod: &Pod, stores: &'a [StoreMount]) -> BTreeMap<&'a str, String> {
    let taken: BTreeSet<&str> = pod.volumes.iter().map(|volume| volume.name.as_str()).collect();
    let claims: BTreeSet<&str> = stores.iter().map(|store| store.claim.as_str()).collect();
    let free = (0..).map(|number| format!("store-{number}")).filter(|name| !taken.contains(name.as_str()));
    claims.into_iter().zip(free).collect()
}

fn step_volume(volume: volume::Volume) -> Volume {
    let volume::Volume { name, config_map, secret, persistent_volume_claim, empty_dir } = volume;
    Volume {
        name: name.0,
        config_map: config_map.map(|source| {
            let volume::ConfigMapVolume { name, items, default_mode, optional } = source;
            ConfigMapVolumeSource { name: name.0, items: some(keys(items)), default_mode, optional }
        }),
        secret: secret.map(|source| {
            let volume::SecretVolume { secret_name, items, default_mode, optional } = source;
            let secret_name = Some(secret_name.0);
            SecretVolumeSource { secret_name, items: some(keys(items)), default_mode, optional }
        }),
        persistent_volume_claim: persistent_volume_claim.map(|source| {
            let volume::ClaimVolume { claim_name, read_only } = source;
            PersistentVolumeClaimVolumeSource { claim_name: claim_name.0, read_only }
        }),
        empty_dir: empty_dir.map(|source| {
            let volume::EmptyDirVolume { medium, size_limit } = source;
            let medium = medium.map(|volume::Medium::Memory| "Memory".to_owned());
            EmptyDirVolumeSource { medium, size_limit }
        }),
        ..Volume::default()
    }
}

fn keys(items: Vec<KeyToPath>) -> Vec<k8s_openapi::api::core::v1::KeyToPath> {
    let key = |KeyToPath { key, path, mode }| k8s_openapi::api::core::v1::KeyToPath {
        key: key.0,
        path: path.0,
        mode,
    };
    items.into_iter().map(key).collect()
}

fn step_mount(mount: volume::VolumeMount) -> VolumeMount {
    let volume::VolumeMount { name, mount_path, sub_path, read_only } = mount;
    VolumeMount {
        name: name.0,
        mount_path: mount_path.0,
        sub_path: sub_path.map(|path| path.0),
        read_only,
        ..VolumeMount::default()
    }
}

pub(super) fn variable_source(source: &environment::EnvVarSource) -> EnvVarSource {
    let environment::EnvVarSource { config_map_key_ref, secret_key_ref } = source.clone();
    EnvVarSource {
        config_map_key_ref: config_map_key_ref.map(|KeySelector { name, key, optional }| {
            ConfigMapKeySelector { name: name.0, key: key.0, optional }
        }),
        secret_key_ref: secret_key_ref.map(|KeySelector { name, key, optional }| SecretKeySelector {
            name: name.0,
            key: key.0,
            optional,
        }),
        ..EnvVarSource::default()
    }
}
