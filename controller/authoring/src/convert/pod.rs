//! What only a pod can use: checked here, used on Kubernetes.

use super::findings::Findings;
use super::paths;
use crate::place::FieldPath;
use crate::suggest::instead;
use crds::labels::MANAGED_BY;
use crds::limits::QUALIFIED_NAME;
use crds::pod::{Pod, TaintEffect, Toleration, TolerationOperator};
use crds::step::Step;
use crds::text::QualifiedName;
use crds::volume::{KeyToPath, Volume};
use planner::quantity;
use std::collections::BTreeSet;

/// Checks what only a pod can use, and notes what plain processes do not.
pub(super) fn check(step: &Step, path: &FieldPath<'_>, findings: &mut Findings) {
    for (name, is_written) in [
        ("image", step.image.is_some()),
        ("serviceAccountName", step.service_account_name.is_some()),
        ("labels", !step.labels.is_empty()),
        ("pod", step.pod.is_some()),
    ] {
        if is_written {
            findings.note(path.field(name), "plain processes do not use it: only Kubernetes does");
        }
    }
    let labels = path.field("labels");
    check_keys(step.labels.keys(), &labels, findings);
    for key in step.labels.keys().filter(|key| key.starts_with("daybreak.dev/") || key.as_str() == MANAGED_BY)
    {
        findings.fault(
            labels.field(key),
            format!("labels of daybreak.dev and {MANAGED_BY} are Daybreak's own: choose another key"),
        );
    }
    if step.image.as_deref().is_some_and(|image| image.is_empty() || image.contains(char::is_whitespace)) {
        findings.fault(
            path.field("image"),
            "an image has a name without white space: write one such as python:3.14-slim",
        );
    }
    if let Some(pod) = &step.pod {
        check_pod(pod, &path.field("pod"), findings);
    }
}

/// The keys of a map, which the schema does not bound.
fn check_keys<'a>(
    keys: impl Iterator<Item = &'a QualifiedName>,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) {
    for key in keys.filter(|key| key.len() > QUALIFIED_NAME) {
        findings.fault(
            path.field(key),
            format!("this key has {} characters: write at most {QUALIFIED_NAME}", key.len()),
        );
    }
}

fn check_pod(pod: &Pod, path: &FieldPath<'_>, findings: &mut Findings) {
    check_keys(pod.node_selector.keys(), &path.field("nodeSelector"), findings);
    let at = path.field("tolerations");
    for (index, toleration) in pod.tolerations.iter().enumerate() {
        check_toleration(toleration, &at.element(index), findings);
    }
    let at = path.field("volumes");
    for (index, volume) in pod.volumes.iter().enumerate() {
        check_volume(volume, &at.element(index), findings);
    }
    check_unique(pod.volumes.iter().map(|volume| volume.name.as_str()), (&at, "name"), findings);
    let names: BTreeSet<&str> = pod.volumes.iter().map(|volume| volume.name.as_str()).collect();
    let at = path.field("volumeMounts");
    for (index, mount) in pod.volume_mounts.iter().enumerate() {
        let name = mount.name.as_str();
        findings.keep(at.element(index).field("mountPath"), paths::in_container(&mount.mount_path));
        if let Some(sub_path) = &mount.sub_path {
            findings.keep(at.element(index).field("subPath"), paths::below_root(sub_path));
        }
        if !names.contains(name) {
            let right = instead(name, names.iter().copied());
            findings.fault(at.element(index).field("name"), format!("there is no volume `{name}`: {right}"));
        }
    }
    check_unique(
        pod.volume_mounts.iter().map(|mount| mount.mount_path.as_str()),
        (&at, "mountPath"),
        findings,
    );
    let secrets = pod.image_pull_secrets.iter().map(|secret| secret.name.as_str());
    check_unique(secrets, (&path.field("imagePullSecrets"), "name"), findings);
}

fn check_unique<'a>(
    names: impl Iterator<Item = &'a str>,
    (path, field): (&FieldPath<'_>, &str),
    findings: &mut Findings,
) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            findings.fault(
                path.element(index).field(field),
                format!("`{name}` is written twice: keep one of the two"),
            );
        }
    }
}

fn check_toleration(toleration: &Toleration, path: &FieldPath<'_>, findings: &mut Findings) {
    let is_written = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    let takes_any = toleration.operator == Some(TolerationOperator::Exists);
    if !is_written(toleration.key.as_deref()) && !takes_any {
        findings.fault(
            path.field("operator"),
            "a toleration without a key tolerates every taint: write `operator: Exists` with it, or a key",
        );
    }
    if is_written(toleration.value.as_deref()) && takes_any {
        findings.fault(
            path.field("value"),
            "`Exists` takes any value: leave `value` out, or write `operator: Equal`",
        );
    }
    if toleration.toleration_seconds.is_some() && toleration.effect != Some(TaintEffect::NoExecute) {
        findings.fault(
            path.field("tolerationSeconds"),
            "only `NoExecute` taints are tolerated for a time: write `effect: NoExecute`, or leave `tolerationSeconds` out",
        );
    }
}

fn check_volume(volume: &Volume, path: &FieldPath<'_>, findings: &mut Findings) {
    let Volume { name: _, config_map, secret, persistent_volume_claim, empty_dir } = volume;
    let sources =
        [config_map.is_some(), secret.is_some(), persistent_volume_claim.is_some(), empty_dir.is_some()];
    if sources.iter().filter(|is_written| **is_written).count() != 1 {
        findings.fault(
            path,
            "a volume has one source: write one of `configMap`, `secret`, `persistentVolumeClaim`, `emptyDir`",
        );
    }
    if let Some(config_map) = config_map {
        check_items(&config_map.items, &path.field("configMap"), findings);
    }
    if let Some(secret) = secret {
        check_items(&secret.items, &path.field("secret"), findings);
    }
    if let Some(limit) = empty_dir.as_ref().and_then(|empty_dir| empty_dir.size_limit.as_ref()) {
        findings.keep(path.field("emptyDir").field("sizeLimit"), quantity::bytes(&limit.0));
    }
}

fn check_items(items: &[KeyToPath], path: &FieldPath<'_>, findings: &mut Findings) {
    let path = path.field("items");
    for (index, item) in items.iter().enumerate() {
        findings.keep(path.element(index).field("path"), paths::below_root(&item.path));
    }
}
