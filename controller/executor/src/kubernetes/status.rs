//! What the status of a launch's pod says, read in one place.

use std::time::SystemTime;

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::job::CONTAINER;

/// Whether something of it may run now or later: all but `Succeeded` and `Failed`, after which a pod never runs.
pub(super) fn may_run(pod: &Pod) -> bool {
    !matches!(phase(pod), "Succeeded" | "Failed")
}

pub(super) fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// The reason and the message that the kubelet gives for the pod as a whole; either may be empty.
pub(super) fn reason(pod: &Pod) -> (&str, &str) {
    let status = pod.status.as_ref();
    let reason = status.and_then(|status| status.reason.as_deref()).unwrap_or_default();
    let message = status.and_then(|status| status.message.as_deref()).unwrap_or_default();
    (reason, message.trim())
}

/// The condition of that type, if it holds or does not as `status` says.
pub(super) fn condition<'a>(pod: &'a Pod, type_: &str, status: &str) -> Option<&'a PodCondition> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == type_ && condition.status == status)
}

pub(super) fn node(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref().filter(|name| !name.is_empty())
}

/// The state of the step's container; others may have been put beside it.
pub(super) fn container(pod: &Pod) -> Option<&ContainerState> {
    container_status(pod)?.state.as_ref()
}

fn container_status(pod: &Pod) -> Option<&ContainerStatus> {
    let containers = pod.status.as_ref()?.container_statuses.as_ref()?;
    containers.iter().find(|container| container.name == CONTAINER)
}

/// When the step's container started, if it did: one that could not start is said to have started in 1970.
pub(super) fn started(pod: &Pod) -> Option<SystemTime> {
    let state = container(pod)?;
    let running = state.running.as_ref().and_then(|running| running.started_at.as_ref());
    let ended = || state.terminated.as_ref().and_then(|ended| ended.started_at.as_ref());
    running.or_else(ended).map(system_time).filter(|started| *started > SystemTime::UNIX_EPOCH)
}

/// When the step's container started, or else the pod.
pub(super) fn since(pod: &Pod) -> SystemTime {
    let acknowledged = pod.status.as_ref().and_then(|status| status.start_time.as_ref());
    let of_pod = || acknowledged.or(pod.metadata.creation_timestamp.as_ref()).map(system_time);
    started(pod).or_else(of_pod).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Since when the node does not answer. The node controller then takes `Ready` from pods whose containers were
/// ready when last heard of, and the kubelet, which is silent, can't put that right; a kubelet that itself takes
/// `Ready` from a pod says for what reason. `NodeLost` and the phase `Unknown` say the same in older clusters.
pub(super) fn silent_since(pod: &Pod) -> Option<SystemTime> {
    let unready = condition(pod, "Ready", "False")
        .filter(|condition| condition.reason.as_deref().unwrap_or_default().is_empty());
    let contradicted = unready.is_some() && container_status(pod).is_some_and(|container| container.ready);
    let told = reason(pod).0 == "NodeLost" || phase(pod) == "Unknown";
    let changed = unready.and_then(|condition| condition.last_transition_time.as_ref()).map(system_time);
    (contradicted || told).then(|| changed.unwrap_or_else(|| since(pod)))
}

pub(super) fn system_time(time: &Time) -> SystemTime {
    time.0.into()
}
