//! What a launch that has not ended waits for, or that it runs.

use executor::Observation;
use executor::kubernetes::{Seen, observe};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use crate::fixtures::{at, ended, job, placed, pod, running, seen_at};

fn waits(pod: &Pod) -> String {
    let seen = seen_at(at(10), Some(&job(json!({}))), &[pod]);
    let Observation::Waiting { why } = seen else { panic!("it does not wait: {seen:?}") };
    why
}

fn container_waits(reason: &str, message: &str) -> String {
    let waiting = json!({"waiting": {"reason": reason, "message": message}});
    waits(&placed("Pending", &waiting, json!({})))
}

fn suspended(generation: i64, labels: &Value) -> Observation {
    let patch = json!({
        "metadata": {"generation": generation, "labels": labels},
        "spec": {"suspend": true},
        "status": {"active": null, "startTime": null, "conditions": [
            {"type": "Suspended", "status": "True", "reason": "JobSuspended", "message": "Job suspended"}
        ]}
    });
    seen_at(at(10), Some(&job(patch)), &[])
}

#[test]
fn a_launch_without_job_and_pod_is_gone() {
    assert_eq!(seen_at(at(0), None, &[]), Observation::Gone);
}

#[test]
fn a_job_without_a_pod_says_what_the_cluster_says() {
    let job = job(json!({"status": {"active": null}}));
    let waiting = |why: &str| Observation::Waiting { why: why.to_owned() };
    assert_eq!(seen_at(at(0), Some(&job), &[]), waiting("its pod is being made"));
    for (refusal, why) in [
        (
            "Error creating: pods \"join-x7k2p\" is forbidden: exceeded quota: small, requested: cpu=1",
            "the cluster makes no pod for it: exceeded quota: small, requested: cpu=1",
        ),
        (
            "Error creating: the server said no",
            "the cluster makes no pod for it: Error creating: the server said no",
        ),
    ] {
        let seen = Seen { job: Some(&job), pods: &[], refusal: Some(refusal), now: at(0) };
        assert_eq!(observe(&seen), waiting(why));
    }
}

#[test]
fn a_pod_without_a_node_says_what_the_scheduler_says() {
    let unscheduled = |reason: &str, message: &str| {
        let condition =
            json!({"type": "PodScheduled", "status": "False", "reason": reason, "message": message});
        waits(&pod(json!({"status": {"conditions": [condition]}})))
    };
    assert_eq!(waits(&pod(json!({}))), "it is about to be given a node");
    assert_eq!(
        unscheduled("Unschedulable", "0/3 nodes are available: 3 Insufficient cpu."),
        "no node can take it: 0/3 nodes are available: 3 Insufficient cpu."
    );
    assert_eq!(
        unscheduled("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates"),
        "its scheduling is held back: Scheduling is blocked due to non-empty scheduling gates"
    );
}

#[test]
fn a_container_that_does_not_start_says_what_the_kubelet_says() {
    let no_status = pod(json!({"spec": {"nodeName": "n1"}}));
    assert_eq!(waits(&no_status), "node n1 has yet to take it on");
    let failed = json!({"terminated": {
        "exitCode": 128, "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z", "finishedAt": "2026-11-24T10:00:05Z"
    }});
    assert_eq!(waits(&placed("Pending", &failed, json!({}))), "its container did not start on node n1");
    assert_eq!(container_waits("ContainerCreating", ""), "its container is being made on node n1");
    assert_eq!(
        container_waits("CreateContainerConfigError", "secret \"warehouse\" not found"),
        "its container can't be made as it is configured: secret \"warehouse\" not found"
    );
    assert_eq!(
        container_waits("InvalidImageName", "couldn't parse image name \"a b\""),
        "the image registry.example/impressions:1 has no valid name: couldn't parse image name \"a b\""
    );
    assert_eq!(
        container_waits("ErrImageNeverPull", "Container image is not present with pull policy of Never"),
        "the image registry.example/impressions:1 is not on node n1, and it may not pull"
    );
    assert_eq!(
        container_waits("CreateContainerError", "context deadline exceeded"),
        "its container can't start on node n1: CreateContainerError: context deadline exceeded"
    );
}

#[test]
fn an_image_that_can_not_be_pulled_is_told_in_one_sentence_in_and_between_tries() {
    let words = "failed to pull and unpack image \"registry.example/impressions:1\": not found";
    let told = "node n1 can't pull the image registry.example/impressions:1";
    let between = "Back-off pulling image \"registry.example/impressions:1\"";
    assert_eq!(container_waits("ErrImagePull", words), format!("{told}: {words}"));
    let with_words = format!("{between}: ErrImagePull: {words}");
    assert_eq!(container_waits("ImagePullBackOff", &with_words), format!("{told}: {words}"));
    let without = format!("{told}; the name may be wrong, or the registry out of reach");
    assert_eq!(container_waits("ImagePullBackOff", between), without);
}

#[test]
fn a_suspended_job_that_never_ran_waits_for_its_queue() {
    let waiting = |why: &str| Observation::Waiting { why: why.to_owned() };
    let queue = json!({"kueue.x-k8s.io/queue-name": "batch"});
    assert_eq!(suspended(1, &queue), waiting("it waits for quota in the queue batch"));
    assert_eq!(
        suspended(1, &json!({})),
        waiting("its Job is suspended by someone; it starts when the Job's `suspend` is false")
    );
}

#[test]
fn a_job_that_was_suspended_after_it_had_started_is_interrupted() {
    let why = "its Job was suspended after it had started".to_owned();
    let queue = json!({"kueue.x-k8s.io/queue-name": "batch"});
    assert_eq!(suspended(3, &queue), Observation::Interrupted { why: why.clone() });
    assert_eq!(suspended(2, &json!({})), Observation::Interrupted { why });
}

#[test]
fn a_job_that_was_suspended_and_started_once_more_is_interrupted() {
    let resumed = json!([{"type": "Suspended", "status": "False", "reason": "JobResumed"}]);
    let seen = |generation: i64, conditions: &Value, pods: &[&Pod]| {
        let patch = json!({"metadata": {"generation": generation}, "status": {"conditions": conditions}});
        seen_at(at(60), Some(&job(patch)), pods)
    };
    let running = running(json!({}));
    let why = "its Job was suspended after it had started, and started once more".to_owned();
    assert_eq!(seen(5, &resumed, &[]), Observation::Interrupted { why: why.clone() });
    assert_eq!(seen(5, &resumed, &[&running]), Observation::Interrupted { why });
    let runs = Observation::Running { since: at(5) };
    assert_eq!(seen(2, &resumed, &[&running]), runs);
    // Something else was changed.
    assert_eq!(seen(5, &json!([]), &[&running]), runs);
}

#[test]
fn a_job_that_expires_has_ended_however_often_it_was_changed() {
    let ended = json!([{"type": "Suspended", "status": "False"}, {"type": "Complete", "status": "True"}]);
    let metadata = json!({"generation": 5});
    let expiring = job(json!({
        "metadata": metadata, "spec": {"ttlSecondsAfterFinished": 600}, "status": {"conditions": ended},
    }));
    assert_eq!(seen_at(at(60), Some(&expiring), &[]), Observation::Succeeded);
}

#[test]
fn a_job_that_ran_twice_before_anyone_looked_is_no_try() {
    for end in ["Complete", "Failed"] {
        let ended = json!([{"type": "Suspended", "status": "False"}, {"type": end, "status": "True"}]);
        let job = job(json!({"metadata": {"generation": 4}, "status": {"conditions": ended}}));
        assert!(matches!(seen_at(at(60), Some(&job), &[]), Observation::Disrupted { .. }), "{end}");
    }
}

#[test]
fn a_suspended_job_whose_pod_is_still_ending_runs() {
    let job = job(json!({"metadata": {"generation": 3}, "spec": {"suspend": true}}));
    let ending = running(json!({"metadata": {"deletionTimestamp": "2026-11-24T10:01:00Z"}}));
    assert_eq!(seen_at(at(65), Some(&job), &[&ending]), Observation::Running { since: at(5) });
}

#[test]
fn it_runs_since_its_container_started() {
    let seen = seen_at(at(60), Some(&job(json!({}))), &[&running(json!({}))]);
    assert_eq!(seen, Observation::Running { since: at(5) });
}

#[test]
fn an_end_that_is_only_announced_is_none() {
    for (target, pod) in [
        ("SuccessCriteriaMet", ended((0, "Completed"), json!({}))),
        ("FailureTarget", ended((1, "Error"), json!({}))),
    ] {
        let condition = json!({"type": target, "status": "True", "reason": "BackoffLimitExceeded"});
        let job = job(json!({"status": {"conditions": [condition]}}));
        assert_eq!(seen_at(at(66), Some(&job), &[&pod]), Observation::Running { since: at(5) }, "{target}");
    }
}

#[test]
fn a_job_whose_pod_is_gone_is_about_to_say_how_it_ended() {
    for status in [
        json!({"active": null, "uncountedTerminatedPods": {"failed": ["0c8e6a1f"]}}),
        json!({"active": null, "failed": 1}),
    ] {
        let seen = seen_at(at(66), Some(&job(json!({"status": status}))), &[]);
        assert_eq!(seen, Observation::Running { since: at(0) });
    }
}

#[test]
fn a_pod_that_may_run_counts_more_than_its_job() {
    let running = running(json!({}));
    let still = Observation::Running { since: at(5) };
    let complete = json!([{"type": "Complete", "status": "True"}]);
    let complete = job(json!({"status": {"conditions": complete}}));
    assert_eq!(seen_at(at(60), Some(&complete), &[&running]), still);
    let going = job(json!({"metadata": {"deletionTimestamp": "2026-11-24T10:00:50Z"}}));
    assert_eq!(seen_at(at(60), Some(&going), &[&running]), still);
    assert_eq!(seen_at(at(60), None, &[&running]), still);
    let earlier = ended((1, "Error"), json!({}));
    assert_eq!(seen_at(at(60), Some(&job(json!({}))), &[&earlier, &running]), still);
}

#[test]
fn a_job_on_its_way_out_runs_until_it_is_gone() {
    let job = job(json!({"metadata": {"deletionTimestamp": "2026-11-24T10:00:50Z"}}));
    assert_eq!(seen_at(at(60), Some(&job), &[]), Observation::Running { since: at(0) });
    assert_eq!(seen_at(at(60), None, &[&ended((143, "Error"), json!({}))]), Observation::Gone);
}

#[test]
fn a_pod_whose_node_is_silent_is_lost() {
    let taken = json!([{"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-24T10:01:00Z"}]);
    let unready = running(json!({"status": {"conditions": taken}}));
    let lost = |why: &str, since| Observation::Lost { why: why.to_owned(), since };
    let silent = "node n1 does not answer; the step may still run there";
    assert_eq!(seen_at(at(70), Some(&job(json!({}))), &[&unready]), lost(silent, at(60)));
    let unknown = running(json!({"status": {"phase": "Unknown", "reason": "NodeLost"}}));
    assert_eq!(seen_at(at(70), Some(&job(json!({}))), &[&unknown]), lost(silent, at(5)));
}

#[test]
fn a_pod_that_its_kubelet_calls_unready_is_not_lost() {
    // As it is while the kubelet ends it for its deadline.
    let ready = json!([{
        "type": "Ready", "status": "False", "reason": "PodFailed", "lastTransitionTime": "2026-11-24T10:01:00Z"
    }]);
    let ending = running(json!({"status": {"conditions": ready}}));
    assert_eq!(seen_at(at(70), Some(&job(json!({}))), &[&ending]), Observation::Running { since: at(5) });
}

#[test]
fn a_pod_that_does_not_end_in_time_is_lost_also_without_its_job() {
    let ending = running(json!({"metadata": {"deletionTimestamp": "2026-11-24T10:01:00Z"}}));
    let in_time = Observation::Running { since: at(5) };
    assert_eq!(seen_at(at(120), None, &[&ending]), in_time);
    let why =
        "its pod was told to end, and node n1 does not say that it did; it may still run there".to_owned();
    assert_eq!(seen_at(at(121), None, &[&ending]), Observation::Lost { why, since: at(60) });
}
