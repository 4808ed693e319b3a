//! The Job of a launch.

use std::collections::BTreeMap;
use std::time::Duration;

use crds::labels;
use k8s_openapi::api::batch::v1::{
    Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
};
use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::expansion::literal;
use super::{LaunchSpec, pod, security};

/// The name of the one container of a launch's pod.
pub const CONTAINER: &str = "step";

/// The Job of a launch. It never says `suspend`, which is Kueue's, nor when it may be cleaned up: that follows once
/// its end is recorded.
pub fn job(spec: &LaunchSpec) -> Job {
    Job {
        metadata: ObjectMeta {
            name: Some(spec.id.job_name()),
            namespace: Some(spec.namespace.clone()),
            labels: Some(labels_of(spec)),
            annotations: Some(annotations(spec)),
            owner_references: Some(vec![owner(spec)]),
            ..ObjectMeta::default()
        },
        spec: Some(JobSpec {
            // One Job is one launch: whether another follows is decided by whoever knows of attempts.
            backoff_limit: Some(0),
            completions: Some(1),
            parallelism: Some(1),
            pod_failure_policy: Some(disruptions_end_it()),
            // Not beside a pod that is still ending: there is one writer at a time.
            pod_replacement_policy: Some("Failed".to_owned()),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta { labels: Some(labels_of(spec)), ..ObjectMeta::default() }),
                spec: Some(pod_spec(spec)),
            },
            ..JobSpec::default()
        }),
        status: None,
    }
}

fn labels_of(spec: &LaunchSpec) -> BTreeMap<String, String> {
    let mut labels = spec.labels.clone();
    labels.extend(spec.id.labels());
    labels
}

fn annotations(spec: &LaunchSpec) -> BTreeMap<String, String> {
    let digest = Some((labels::STEP_DIGEST, spec.step_digest.clone()));
    let backfill = spec.backfill.clone().map(|name| (labels::BACKFILL, name));
    digest.into_iter().chain(backfill).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The Pipeline, so that the Job goes with it. Its deletion does not wait for the Job's: the finalizer does that.
fn owner(spec: &LaunchSpec) -> OwnerReference {
    OwnerReference {
        api_version: format!("{}/{}", crds::GROUP, crds::VERSION),
        kind: "Pipeline".to_owned(),
        name: spec.id.pipeline.clone(),
        uid: spec.pipeline_uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(false),
    }
}

/// A disrupted pod fails the Job at once and under a reason of its own, `PodFailurePolicy`, which outlives the pod.
/// `Ignore` would start another pod under the same launch.
fn disruptions_end_it() -> PodFailurePolicy {
    let disrupted = PodFailurePolicyOnPodConditionsPattern {
        type_: "DisruptionTarget".to_owned(),
        status: "True".to_owned(),
    };
    PodFailurePolicy {
        rules: vec![PodFailurePolicyRule {
            action: "FailJob".to_owned(),
            on_pod_conditions: Some(vec![disrupted]),
            ..PodFailurePolicyRule::default()
        }],
    }
}

fn pod_spec(spec: &LaunchSpec) -> PodSpec {
    let step = &spec.pod;
    PodSpec {
        containers: vec![container(spec)],
        restart_policy: Some("Never".to_owned()),
        // The pod's, and not the Job's: the kubelet counts it from when the pod came to its node, so waiting for
        // room or quota is free; and a pod past its deadline stays, with its log, where the Job would delete it.
        active_deadline_seconds: spec.timeout.map(whole_seconds),
        termination_grace_period_seconds: Some(whole_seconds(spec.grace)),
        security_context: Some(security::of_pod(spec)),
        service_account_name: spec.service_account.clone(),
        automount_service_account_token: spec.service_account.is_none().then_some(false),
        // The variables of every Service of the namespace are none that the step asked for.
        enable_service_links: Some(false),
        volumes: pod::some(pod::volumes(step, &spec.store_mounts)),
        node_selector: pod::node_selector(step),
        tolerations: pod::some(pod::tolerations(step)),
        affinity: step.affinity.clone(),
        priority_class_name: step.priority_class_name.as_ref().map(ToString::to_string),
        image_pull_secrets: pod::some(pod::image_pull_secrets(step)),
        ..PodSpec::default()
    }
}

fn container(spec: &LaunchSpec) -> Container {
    Container {
        name: CONTAINER.to_owned(),
        image: Some(spec.image.clone()),
        command: Some(spec.argv.iter().map(|argument| literal(argument)).collect()),
        env: pod::some(variables(spec)),
        working_dir: spec.working_dir.clone(),
        resources: Some(resources(spec)),
        volume_mounts: pod::some(pod::volume_mounts(&spec.pod, &spec.store_mounts)),
        security_context: Some(security::of_container()),
        // `kubectl describe` then shows the last lines of a failed step.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        ..Container::default()
    }
}

fn variables(spec: &LaunchSpec) -> Vec<EnvVar> {
    let taken = spec.env_from.iter().filter(|(name, _)| !spec.env.contains_key(*name));
    let taken = taken.map(|(name, source)| EnvVar {
        name: name.clone(),
        value: None,
        value_from: Some(pod::variable_source(source)),
    });
    let given = spec.env.iter().map(|(name, value)| EnvVar {
        name: name.clone(),
        value: Some(literal(value)),
        value_from: None,
    });
    given.chain(taken).collect()
}

fn resources(spec: &LaunchSpec) -> ResourceRequirements {
    let crds::step::Resources { requests, limits } = spec.resources.clone();
    ResourceRequirements {
        requests: (!requests.is_empty()).then_some(requests),
        limits: (!limits.is_empty()).then_some(limits),
        claims: None,
    }
}

/// Rounded up: a limit below a second is not none.
fn whole_seconds(duration: Duration) -> i64 {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
