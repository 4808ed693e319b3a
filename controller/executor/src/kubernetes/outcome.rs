//! How a failed Job's launch ended: by a fault of its own, which counts as a try, or disrupted, which does not.

use std::time::{Duration, SystemTime};

use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod, PodCondition};

use super::job::CONTAINER;
use super::status::{self, system_time};
use crate::failure::{Failure, SIGNAL_BASE, Signal, StartFault};
use crate::seam::Observation;

pub(super) fn of_failed_job(job: &Job, failed: &JobCondition, pod: Option<&Pod>) -> Observation {
    let reason = failed.reason.as_deref().unwrap_or_default();
    let words = failed.message.as_deref().unwrap_or_default();
    match (reason, pod) {
        ("DeadlineExceeded", _) => {
            let limit = job.spec.as_ref().and_then(|spec| spec.active_deadline_seconds);
            Observation::Failed(Failure::Deadline(seconds(limit)))
        }
        // Our one rule of that policy is about disruptions, whether or not the pod that is seen says so yet.
        ("PodFailurePolicy", pod) => disrupted(
            pod.and_then(disruption)
                .unwrap_or_else(|| "its pod was evicted or had to give its place".to_owned()),
        ),
        (_, Some(pod)) => of_failed_pod(pod),
        // The pod of a failed Job stays as long as the Job, unless it was deleted.
        ("BackoffLimitExceeded", None) => disrupted("its pod was deleted".to_owned()),
        (_, None) => disrupted(format!("its Job was ended: {reason}: {words}")),
    }
}

/// By what a pod is disrupted, from when that is decided, some time before it ends. An evicted or preempted pod is gone
/// within a moment of its end, and its Job does not tell one from the other: who wants to say, keeps this.
pub fn disruption(pod: &Pod) -> Option<String> {
    let condition = status::condition(pod, "DisruptionTarget", "True")?;
    Some(disruption_words(pod, condition))
}

fn of_failed_pod(pod: &Pod) -> Observation {
    if let Some(why) = disruption(pod) {
        return disrupted(why);
    }
    let (reason, words) = status::reason(pod);
    match reason {
        "DeadlineExceeded" => return Observation::Failed(of_deadline(pod)),
        // The kubelet marks as disrupted whom it evicts for others' sake, and not who broke a limit of its own.
        "Evicted" => return Observation::Failed(Failure::StorageLimit { words: words.to_owned() }),
        _ => {}
    }
    match status::container(pod).and_then(|state| state.terminated.as_ref()) {
        Some(ended) if ended_by_deletion(pod, ended) => {
            disrupted("its pod was deleted while it ran".to_owned())
        }
        Some(ended) => of_ended_container(pod, ended),
        None => disrupted(format!("{} refused its pod: {reason}: {words}", on_node(pod))),
    }
}

/// The pulling of the image counts: the kubelet begins to count when it takes the pod on.
fn of_deadline(pod: &Pod) -> Failure {
    let limit = seconds(pod.spec.as_ref().and_then(|spec| spec.active_deadline_seconds));
    match status::started(pod) {
        Some(_) => Failure::Deadline(limit),
        None => Failure::CouldNotStart(StartFault::TooSlow(limit)),
    }
}

fn of_ended_container(pod: &Pod, ended: &ContainerStateTerminated) -> Observation {
    let words = || ended.message.as_deref().unwrap_or_default().trim().to_owned();
    let failure = match (ended.reason.as_deref().unwrap_or_default(), ended.exit_code) {
        ("OOMKilled", _) => Failure::MemoryLimit { limit: memory_limit(pod) },
        ("StartError" | "ContainerCannotRun", _) => {
            Failure::CouldNotStart(StartFault::Container { words: words() })
        }
        ("ContainerStatusUnknown", _) => return disrupted(format!("{} lost its container", on_node(pod))),
        (_, code) => match Signal::known(code - SIGNAL_BASE) {
            Some(signal) => Failure::Signal(signal),
            None => Failure::ExitCode(code),
        },
    };
    Observation::Failed(failure)
}

/// Whether the pod was deleted first, and its container ended because of that.
fn ended_by_deletion(pod: &Pod, ended: &ContainerStateTerminated) -> bool {
    let Some(due) = pod.metadata.deletion_timestamp.as_ref().map(system_time) else { return false };
    let grace = pod.metadata.deletion_grace_period_seconds.and_then(|grace| u64::try_from(grace).ok());
    let asked =
        due.checked_sub(Duration::from_secs(grace.unwrap_or_default())).unwrap_or(SystemTime::UNIX_EPOCH);
    ended.finished_at.as_ref().is_none_or(|finished| system_time(finished) >= asked)
}

fn disruption_words(pod: &Pod, disruption: &PodCondition) -> String {
    let node = on_node(pod);
    let words = disruption.message.as_deref().unwrap_or_default().trim();
    match disruption.reason.as_deref().unwrap_or_default() {
        "PreemptionByScheduler" => format!("it had to give its place on {node} to a pod of higher priority"),
        "DeletionByTaintManager" => {
            format!("{node} got a taint that it does not tolerate, or does not answer")
        }
        "EvictionByEvictionAPI" => format!("it was evicted from {node}, as when a node is drained"),
        "DeletionByPodGC" => format!("{node} is gone"),
        "TerminationByKubelet" => format!("{node} ended it: {}", kubelet_words(pod, words)),
        reason => format!("{node} lost it: {reason}: {words}"),
    }
}

/// The kubelet says more in the pod's own message than in the condition's.
fn kubelet_words<'a>(pod: &'a Pod, of_condition: &'a str) -> &'a str {
    let (_, of_pod) = status::reason(pod);
    if of_pod.is_empty() { of_condition } else { of_pod }
}

fn memory_limit(pod: &Pod) -> Option<String> {
    let containers = pod.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let step = containers.iter().find(|container| container.name == CONTAINER)?;
    let limits = step.resources.as_ref()?.limits.as_ref()?;
    limits.get("memory").map(|limit| limit.0.clone())
}

fn on_node(pod: &Pod) -> String {
    status::node(pod).map_or_else(|| "its node".to_owned(), |node| format!("node {node}"))
}

fn seconds(limit: Option<i64>) -> Duration {
    Duration::from_secs(limit.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default())
}

fn disrupted(why: String) -> Observation {
    Observation::Disrupted { why }
}
