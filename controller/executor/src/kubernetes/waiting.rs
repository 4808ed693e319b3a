//! Why a launch has not started yet, in a sentence.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerStateWaiting, Pod};

use super::job::CONTAINER;
use super::status;

/// The label by which Kueue knows the queue of a Job.
const QUEUE: &str = "kueue.x-k8s.io/queue-name";

/// The Job is suspended and never ran.
pub(super) fn for_quota(job: &Job) -> String {
    match job.metadata.labels.as_ref().and_then(|labels| labels.get(QUEUE)) {
        Some(queue) => format!("it waits for quota in the queue {queue}"),
        None => "its Job is suspended by someone; it starts when the Job's `suspend` is false".to_owned(),
    }
}

/// The Job has no pod yet.
pub(super) fn for_a_pod(refusal: Option<&str>) -> String {
    match refusal {
        Some(words) => format!("the cluster makes no pod for it: {}", without_name(words)),
        None => "its pod is being made".to_owned(),
    }
}

/// Each try has another name for the pod, which would make each time a new sentence: `Error creating: pods "NAME" is
/// forbidden: WORDS`.
fn without_name(words: &str) -> &str {
    words.split_once(" is forbidden: ").map_or(words, |(_, words)| words)
}

/// The pod's container has not started yet.
pub(super) fn for_a_start(pod: &Pod) -> String {
    if pod.metadata.deletion_timestamp.is_some() {
        return "its pod is being deleted before it started".to_owned();
    }
    let Some(node) = status::node(pod) else { return for_a_node(pod) };
    let state = status::container(pod);
    match state.and_then(|state| state.waiting.as_ref()) {
        Some(waiting) => for_the_container(pod, waiting, node),
        None if state.is_some_and(|state| state.terminated.is_some()) => {
            format!("its container did not start on node {node}")
        }
        None => format!("node {node} has yet to take it on"),
    }
}

fn for_a_node(pod: &Pod) -> String {
    let unscheduled = status::condition(pod, "PodScheduled", "False");
    let reason = unscheduled.and_then(|condition| condition.reason.as_deref()).unwrap_or_default();
    let words = unscheduled.and_then(|condition| condition.message.as_deref()).unwrap_or_default();
    match reason {
        "Unschedulable" => format!("no node can take it: {words}"),
        "SchedulingGated" => format!("its scheduling is held back: {words}"),
        _ => "it is about to be given a node".to_owned(),
    }
}

/// What the kubelet says, without what changes from try to try: a sentence that flickers would be written anew
/// each time.
fn for_the_container(pod: &Pod, waiting: &ContainerStateWaiting, node: &str) -> String {
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let words = waiting.message.as_deref().unwrap_or_default().trim();
    match reason {
        "ErrImagePull" | "ImagePullBackOff" => {
            let image = image(pod);
            let words = pull_error(words);
            format!("node {node} can't pull the image {image}{words}")
        }
        "InvalidImageName" => format!("the image {} has no valid name: {words}", image(pod)),
        "ErrImageNeverPull" => format!("the image {} is not on node {node}, and it may not pull", image(pod)),
        "CreateContainerConfigError" => format!("its container can't be made as it is configured: {words}"),
        "" | "ContainerCreating" | "PodInitializing" => format!("its container is being made on node {node}"),
        _ => format!("its container can't start on node {node}: {reason}: {words}"),
    }
}

fn image(pod: &Pod) -> &str {
    let containers = pod.spec.as_ref().map(|spec| spec.containers.as_slice()).unwrap_or_default();
    let step = containers.iter().find(|container| container.name == CONTAINER);
    step.and_then(|container| container.image.as_deref()).unwrap_or("of the step")
}

/// The registry's words, which the kubelet gives alone at a try, and between tries as
/// `Back-off pulling image "IMAGE": ErrImagePull: WORDS`; before Kubernetes 1.32 without the words.
fn pull_error(words: &str) -> String {
    let words = match words.strip_prefix("Back-off pulling image ") {
        Some(between) => between
            .split_once(": ")
            .and_then(|(_, rest)| rest.split_once(": "))
            .map_or("", |(_, words)| words),
        None => words,
    };
    if words.is_empty() {
        "; the name may be wrong, or the registry out of reach".to_owned()
    } else {
        format!(": {words}")
    }
}
