//! How a launch ended: well, by its own fault, or disrupted.

use std::time::Duration;

use executor::kubernetes::disruption as disruption_of;
use executor::{Failure, Observation, Signal, StartFault};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::fixtures::{at, ended, failed_job, job, merge, placed, pod, running, seen_at};

const BACKOFF: (&str, &str) = ("BackoffLimitExceeded", "Job has reached the specified backoff limit");

fn end(pod: &Pod) -> Observation {
    seen_at(at(70), Some(&failed_job(BACKOFF.0, BACKOFF.1)), &[pod])
}

fn failure(pod: &Pod) -> Failure {
    let end = end(pod);
    let Observation::Failed(failure) = end else { panic!("it did not fail: {end:?}") };
    failure
}

fn disrupted(why: &str) -> Observation {
    Observation::Disrupted { why: why.to_owned() }
}

/// A pod that ended after it was marked as disrupted.
fn disruption(reason: &str, message: &str, status: &Value) -> Observation {
    let condition =
        json!({"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message});
    let mut patch = json!({"status": {"conditions": [condition]}});
    merge(&mut patch, json!({"status": status}));
    let message = "Pod ads/join-x7k2p has condition DisruptionTarget matching FailJob rule at index 0";
    let job = failed_job("PodFailurePolicy", message);
    seen_at(at(70), Some(&job), &[&ended((137, "Error"), patch)])
}

#[test]
fn it_succeeded_once_its_job_is_complete() {
    let conditions = json!([
        {"type": "SuccessCriteriaMet", "status": "True", "reason": "CompletionsReached"},
        {"type": "Complete", "status": "True", "reason": "CompletionsReached"}
    ]);
    let job = job(json!({"status": {"succeeded": 1, "conditions": conditions}}));
    assert_eq!(seen_at(at(70), Some(&job), &[&ended((0, "Completed"), json!({}))]), Observation::Succeeded);
    assert_eq!(seen_at(at(70), Some(&job), &[]), Observation::Succeeded);
}

#[test]
fn its_own_end_is_told_by_code_or_signal() {
    assert_eq!(failure(&ended((3, "Error"), json!({}))), Failure::ExitCode(3));
    assert_eq!(failure(&ended((139, "Error"), json!({}))), Failure::Signal(Signal(11)));
    assert_eq!(failure(&ended((255, "Error"), json!({}))), Failure::ExitCode(255));
    assert_eq!(Failure::Signal(Signal(11)).exit_code(), Some(139));
}

#[test]
fn too_much_memory_is_told_with_the_limit() {
    let killed = failure(&ended((137, "OOMKilled"), json!({})));
    assert_eq!(killed, Failure::MemoryLimit { limit: Some("64Mi".to_owned()) });
    assert_eq!(
        killed.to_string(),
        "it was killed because it took more memory than its limit of 64Mi; raise the limit, or make it need less"
    );
}

#[test]
fn too_much_disk_is_a_failure_though_the_kubelet_says_evicted() {
    let words = "Pod ephemeral local storage usage exceeds the total limit of containers 100Mi. ";
    let evicted = ended((137, "Error"), json!({"status": {"reason": "Evicted", "message": words}}));
    assert_eq!(failure(&evicted), Failure::StorageLimit { words: words.trim().to_owned() });
}

#[test]
fn its_deadline_is_told_from_other_failures() {
    let overdue = json!({
        "spec": {"activeDeadlineSeconds": 90},
        "status": {"reason": "DeadlineExceeded", "message": "Pod was active on the node longer than the specified deadline"}
    });
    let limit = Failure::Deadline(Duration::from_secs(90));
    assert_eq!(failure(&ended((143, "Error"), overdue.clone())), limit);
    let never_started = json!({"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}});
    let slow = Failure::CouldNotStart(StartFault::TooSlow(Duration::from_secs(90)));
    assert_eq!(failure(&placed("Failed", &never_started, overdue)), slow);
    assert_eq!(
        slow.to_string(),
        "it could not start: its container had not started within the timeout of 1m30s; its image may be large or \
         missing, or its node busy"
    );
    let mut job = failed_job("DeadlineExceeded", "Job was active longer than specified deadline");
    if let Some(spec) = job.spec.as_mut() {
        spec.active_deadline_seconds = Some(90);
    }
    assert_eq!(seen_at(at(100), Some(&job), &[]), Observation::Failed(limit));
}

#[test]
fn a_container_that_can_not_start_is_a_failure_in_the_words_of_its_runtime() {
    let words = "exec: \"jion\": executable file not found in $PATH: unknown";
    let state = json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": words}});
    let failed = failure(&placed("Failed", &state, json!({})));
    assert_eq!(failed, Failure::CouldNotStart(StartFault::Container { words: words.to_owned() }));
    assert_eq!(failed.to_string(), format!("it could not start: {words}"));
}

#[test]
fn each_disruption_is_told_apart_and_no_failure_though_the_container_failed() {
    let node_words = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi.";
    let evicted = json!({"reason": "Evicted", "message": node_words});
    let shutdown = json!({
        "reason": "Terminated", "message": "Pod was terminated in response to imminent node shutdown."
    });
    for (reason, message, status, why) in [
        (
            "PreemptionByScheduler",
            "default-scheduler: preempting to accommodate a higher priority pod",
            json!({}),
            "it had to give its place on node n1 to a pod of higher priority",
        ),
        (
            "DeletionByTaintManager",
            "Taint manager: deleting due to NoExecute taint",
            json!({}),
            "node n1 got a taint that it does not tolerate, or does not answer",
        ),
        (
            "EvictionByEvictionAPI",
            "Eviction API: evicting",
            json!({}),
            "it was evicted from node n1, as when a node is drained",
        ),
        ("DeletionByPodGC", "PodGC: node no longer exists", json!({}), "node n1 is gone"),
        ("TerminationByKubelet", node_words, evicted, &format!("node n1 ended it: {node_words}")),
        (
            "TerminationByKubelet",
            "",
            shutdown,
            "node n1 ended it: Pod was terminated in response to imminent node shutdown.",
        ),
        (
            "SomethingNew",
            "as the future has it",
            json!({}),
            "node n1 lost it: SomethingNew: as the future has it",
        ),
    ] {
        assert_eq!(disruption(reason, message, &status), disrupted(why));
    }
}

#[test]
fn a_disruption_is_told_before_the_pod_ends() {
    let condition = json!({"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"});
    let evicted = running(json!({"status": {"conditions": [condition]}}));
    assert_eq!(disruption_of(&evicted).unwrap(), "it was evicted from node n1, as when a node is drained");
    assert_eq!(disruption_of(&running(json!({}))), None);
    let seen = seen_at(at(70), Some(&job(json!({}))), &[&evicted]);
    assert_eq!(seen, Observation::Running { since: at(5) });
}

#[test]
fn a_disruption_is_known_from_the_job_when_the_pod_does_not_tell() {
    let message = "Pod ads/join-x7k2p has condition DisruptionTarget matching FailJob rule at index 0";
    let job = failed_job("PodFailurePolicy", message);
    let why = "its pod was evicted or had to give its place";
    assert_eq!(seen_at(at(70), Some(&job), &[]), disrupted(why));
    let behind = running(json!({"status": {"phase": "Failed"}}));
    assert_eq!(seen_at(at(70), Some(&job), &[&behind]), disrupted(why));
}

#[test]
fn a_job_that_someone_else_ended_is_a_disruption_in_its_own_words() {
    let job = failed_job(
        "MaxFailedIndexesExceeded",
        "Job has exceeded the specified maximal number of failed indexes",
    );
    let why = "its Job was ended: MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes";
    assert_eq!(seen_at(at(70), Some(&job), &[]), disrupted(why));
}

#[test]
fn a_deleted_pod_is_a_disruption() {
    let deleted =
        |due: &str| json!({"metadata": {"deletionTimestamp": due, "deletionGracePeriodSeconds": 30}});
    // It ended at 10:01:05; asked at 10:01:00, it ended for that.
    let why = "its pod was deleted while it ran";
    assert_eq!(end(&ended((143, "Error"), deleted("2026-11-24T10:01:30Z"))), disrupted(why));
    // Asked at 10:01:06, it had failed before.
    let after = ended((1, "Error"), deleted("2026-11-24T10:01:36Z"));
    assert_eq!(failure(&after), Failure::ExitCode(1));
    let gone = seen_at(at(70), Some(&failed_job(BACKOFF.0, BACKOFF.1)), &[]);
    assert_eq!(gone, disrupted("its pod was deleted"));
}

#[test]
fn a_pod_that_its_node_does_not_run_is_a_disruption() {
    let refused = pod(json!({
        "spec": {"nodeName": "n1"},
        "status": {
            "phase": "Failed", "reason": "OutOfcpu",
            "message": "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000, used: 3900, capacity: 4000"
        }
    }));
    let why = "node n1 refused its pod: OutOfcpu: Pod was rejected: Node didn't have enough resource: cpu, \
               requested: 1000, used: 3900, capacity: 4000";
    assert_eq!(end(&refused), disrupted(why));
    let lost = ended((137, "ContainerStatusUnknown"), json!({}));
    assert_eq!(end(&lost), disrupted("node n1 lost its container"));
}
