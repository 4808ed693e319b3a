//! From a Job and its pods to what holds for the launch. Pure: the runtime keeps both in caches.

use std::time::SystemTime;

use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::api::core::v1::Pod;

use super::status::{self, system_time};
use super::{outcome, waiting};
use crate::limits::POD_OVERDUE;
use crate::seam::Observation;

/// All that is seen of one launch at one time.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its Job, if there is one.
    pub job: Option<&'a Job>,
    /// The pods with its labels, whether or not their Job is still there.
    pub pods: &'a [&'a Pod],
    /// Why the cluster makes no pod of the Job, if that was asked: [`super::Jobs::refusals`].
    pub refusal: Option<&'a str>,
    /// The time.
    pub now: SystemTime,
}

/// What holds for a launch.
///
/// A pod that may still run comes before all that its Job says: a launch is over only when nothing of it can write
/// any more. `FailureTarget` and `SuccessCriteriaMet` announce an end and are none.
pub fn observe(seen: &Seen<'_>) -> Observation {
    if seen.job.is_some_and(runs_once_more) {
        return Observation::Interrupted {
            why: "its Job was suspended after it had started, and started once more".to_owned(),
        };
    }
    let live = seen.pods.iter().copied().filter(|pod| status::may_run(pod));
    if let Some(pod) = live.max_by_key(|pod| status::since(pod)) {
        return of_live_pod(pod, seen.now);
    }
    let Some(job) = seen.job else { return Observation::Gone };
    let last_pod = seen.pods.iter().copied().max_by_key(|pod| status::since(pod));
    if has_run_twice(job) {
        return Observation::Disrupted {
            why: "its Job was suspended after it had started, and run once more to its end".to_owned(),
        };
    }
    if holds(job, "Complete").is_some() {
        return Observation::Succeeded;
    }
    if let Some(failed) = holds(job, "Failed") {
        return outcome::of_failed_job(job, failed, last_pod);
    }
    of_open_job(job, last_pod, seen.refusal)
}

/// A Job that has not ended, and no pod that may run is seen.
fn of_open_job(job: &Job, last_pod: Option<&Pod>, refusal: Option<&str>) -> Observation {
    if job.metadata.deletion_timestamp.is_some() {
        // It is over when the Job is gone: until then a pod may be on its way that the cache does not have yet.
        return Observation::Running { since: begun(job) };
    }
    if job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true) {
        return of_suspended(job);
    }
    match last_pod {
        // Its pod has ended, and the Job is about to say how.
        Some(pod) => Observation::Running { since: status::since(pod) },
        // An evicted pod is gone before the Job says so.
        None if has_had_a_pod(job) => Observation::Running { since: begun(job) },
        None => Observation::Waiting { why: waiting::for_a_pod(refusal) },
    }
}

/// Whether the Job has counted a pod that ended, or is about to.
fn has_had_a_pod(job: &Job) -> bool {
    let Some(status) = &job.status else { return false };
    let counted = status.failed.or(status.succeeded).unwrap_or_default() > 0;
    counted
        || status
            .uncounted_terminated_pods
            .as_ref()
            .is_some_and(|pods| pods.failed.is_some() || pods.succeeded.is_some())
}

fn of_live_pod(pod: &Pod, now: SystemTime) -> Observation {
    if let Some((why, since)) = lost(pod, now) {
        return Observation::Lost { why, since };
    }
    match status::started(pod) {
        Some(since) => Observation::Running { since },
        None => Observation::Waiting { why: waiting::for_a_start(pod) },
    }
}

/// Whether and since when the node of a pod does not answer.
fn lost(pod: &Pod, now: SystemTime) -> Option<(String, SystemTime)> {
    // Without a node there is nobody who could be silent.
    let node = status::node(pod)?;
    if let Some(since) = status::silent_since(pod) {
        return Some((format!("node {node} does not answer; the step may still run there"), since));
    }
    let due = system_time(pod.metadata.deletion_timestamp.as_ref()?);
    let overdue = now.duration_since(due).is_ok_and(|late| late > POD_OVERDUE);
    let why = || {
        format!("its pod was told to end, and node {node} does not say that it did; it may still run there")
    };
    overdue.then(|| (why(), due))
}

/// Whether a queue has started a Job a second time before anyone saw that it had been suspended: what the first run left
/// lies where the second one writes. By then its generation is at least 3; see [`of_suspended`]. That alone says nothing
/// of a Job that nobody ever suspended.
fn runs_once_more(job: &Job) -> bool {
    let is_suspended = job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true);
    !is_suspended && !has_ended(job) && was_started_again(job)
}

/// Whether that second run has even ended: what both left lies mixed in one place, and is neither success nor failure.
fn has_run_twice(job: &Job) -> bool {
    // Once its end is recorded it expires, and what is told of it then matters no more.
    let expires = job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_some());
    has_ended(job) && !expires && was_started_again(job)
}

/// Going and expiring change the generation, too.
fn was_started_again(job: &Job) -> bool {
    let changes = job.metadata.generation.unwrap_or_default();
    job.metadata.deletion_timestamp.is_none() && was_suspended(job) && changes > 2
}

fn has_ended(job: &Job) -> bool {
    ["Complete", "Failed"].into_iter().any(|end| holds(job, end).is_some())
}

fn was_suspended(job: &Job) -> bool {
    let conditions = job.status.as_ref().and_then(|status| status.conditions.as_ref());
    conditions.is_some_and(|conditions| conditions.iter().any(|condition| condition.type_ == "Suspended"))
}

/// A suspended Job that never started waits for quota. One that was started and suspended again would run a second
/// time into the same place. Its generation tells them apart: it is 1 as created, and each change of `suspend` is
/// one more.
fn of_suspended(job: &Job) -> Observation {
    if job.metadata.generation.is_none_or(|generation| generation <= 1) {
        return Observation::Waiting { why: waiting::for_quota(job) };
    }
    Observation::Interrupted { why: "its Job was suspended after it had started".to_owned() }
}

fn begun(job: &Job) -> SystemTime {
    let started = job.status.as_ref().and_then(|status| status.start_time.as_ref());
    started.or(job.metadata.creation_timestamp.as_ref()).map_or(SystemTime::UNIX_EPOCH, system_time)
}

fn holds<'a>(job: &'a Job, type_: &str) -> Option<&'a JobCondition> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    conditions.iter().find(|condition| condition.type_ == type_ && condition.status == "True")
}
