//! The job controller, the queue and the clock of expiry, as a cluster of version 1.34 writes what they do.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Fate, Happening, Node};
use crate::apiserver::cluster::{Change, Verb};
use crate::apiserver::delete::{Deletion, Propagation};
use crate::apiserver::object::Object;
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::write::Part;
use crate::clock::stamp;

/// The finalizer by which the job controller counts each pod once.
pub(super) const TRACKING: &str = "batch.kubernetes.io/job-tracking";

const SECOND: Duration = Duration::from_secs(1);

impl Node {
    pub(super) fn notice_job(&mut self, change: &Change) {
        let job = &change.after;
        let (id, uid) = (change.id.clone(), job.meta("uid").to_owned());
        let is_suspended = |object: &Object| object.value["spec"]["suspend"] == true;
        let was_suspended = change.before.as_ref().is_none_or(|before| is_suspended(before));
        if change.verb == Verb::Deleted {
            return;
        }
        if change.verb == Verb::Added && is_suspended(job) {
            let wait = self.time((&id.name, "queue"), 2 * SECOND, 20 * SECOND);
            self.agenda.add(wait, Happening::Admit(id, uid));
            self.say_suspended(&change.id);
        } else if was_suspended && !is_suspended(job) {
            let wait = self.time((&id.name, "pod"), SECOND / 10, SECOND);
            self.agenda.add(wait, Happening::MakePod(id, uid));
        } else if !was_suspended && is_suspended(job) {
            self.end_pods(&change.id);
            self.say_suspended(&change.id);
        }
        self.notice_expiry(change);
    }

    fn notice_expiry(&mut self, change: &Change) {
        let ttl = |object: &Object| object.value["spec"]["ttlSecondsAfterFinished"].as_u64();
        let asks = |object: &Object| ttl(object).filter(|_| is_finished(object));
        let Some(seconds) = asks(&change.after) else { return };
        if change.before.as_ref().and_then(|before| asks(before)) != Some(seconds) {
            let (id, uid) = (change.id.clone(), change.after.meta("uid").to_owned());
            self.agenda.add(Duration::from_secs(seconds), Happening::Expire(id, uid));
        }
    }

    fn say_suspended(&self, id: &Id) {
        let now = stamp(self.server.cluster().clock.now());
        let condition = json!({"type": "Suspended", "status": "True", "reason": "JobSuspended", "message": "Job suspended",
            "lastProbeTime": now, "lastTransitionTime": now});
        self.edit_status(id, |status| {
            put_condition(status, condition);
            status.as_object_mut().map(|it| it.remove("startTime"));
        });
    }

    pub(super) fn admit(&mut self, id: &Id, uid: &str) {
        if self.same(id, uid).is_none() {
            return;
        }
        self.edit((id, Part::Main), |job| job["spec"]["suspend"] = false.into());
        let now = stamp(self.server.cluster().clock.now());
        let condition = json!({"type": "Suspended", "status": "False", "reason": "JobResumed", "message": "Job resumed",
            "lastProbeTime": now, "lastTransitionTime": now});
        self.edit_status(id, |status| put_condition(status, condition));
    }

    pub(super) fn make_pod(&mut self, id: &Id, uid: &str) {
        let Some(job) = self.same(id, uid) else { return };
        let is_wanted = !job.is_going() && !is_finished(&job) && job.value["spec"]["suspend"] != true;
        if !is_wanted || self.pods_of(uid).next().is_some() {
            return;
        }
        let template = &job.value["spec"]["template"];
        let suffix =
            format!("{:05x}", self.time((&id.name, "suffix"), Duration::ZERO, 1_000 * SECOND).as_millis());
        let name = format!("{}-{}", id.name, &suffix[suffix.len() - 5..]);
        let pod = json!({
            "metadata": {
                "labels": template["metadata"]["labels"], "annotations": template["metadata"]["annotations"],
                "finalizers": [TRACKING],
                "ownerReferences": [{
                    "apiVersion": "batch/v1", "kind": "Job", "name": id.name, "uid": uid,
                    "controller": true, "blockOwnerDeletion": true,
                }],
            },
            "spec": template["spec"],
        });
        let pod_id = Id::new(Resource::Pods, &id.namespace, &name);
        let _ = self.server.with(|cluster| cluster.create(&pod_id, pod, &self.author));
        let now = stamp(self.server.cluster().clock.now());
        self.edit_status(id, |status| {
            status["startTime"] = now.into();
            status["active"] = 1.into();
            status["ready"] = 0.into();
            status["terminating"] = 0.into();
            status["uncountedTerminatedPods"] = json!({});
        });
    }

    /// A pod is over: the job controller notes it, and says to what end the Job comes.
    pub(super) fn count(&mut self, id: &Id, uid: &str) {
        let Some(pod) = self.same(id, uid) else { return };
        let owner = pod.owners().next().cloned().unwrap_or_default();
        let job_id = Id::new(Resource::Jobs, &id.namespace, owner["name"].as_str().unwrap_or_default());
        let Some(job) = self.same(&job_id, owner["uid"].as_str().unwrap_or_default()) else { return };
        let now = stamp(self.server.cluster().clock.now());
        let (kind, reason, message) = verdict(&job, &pod);
        let condition = json!({"type": kind, "status": "True", "reason": reason, "message": message,
            "lastProbeTime": now, "lastTransitionTime": now});
        let counted = if has_succeeded(&pod) { "succeeded" } else { "failed" };
        // What was to be suspended and is over counts as never started.
        if job.value["spec"]["suspend"] == true {
            self.drop_finalizer(id, TRACKING);
            return;
        }
        self.edit_status(&job_id, |status| {
            put_condition(status, condition);
            status["active"] = 0.into();
            status["uncountedTerminatedPods"] = json!({counted: [uid]});
        });
        self.drop_finalizer(id, TRACKING);
        self.agenda.add(SECOND / 2, Happening::Finish(job_id, job.meta("uid").to_owned()));
    }

    pub(super) fn finish(&mut self, id: &Id, uid: &str) {
        let Some(job) = self.same(id, uid) else { return };
        let met = job.value["status"]["conditions"].as_array().into_iter().flatten();
        let mut met = met.filter(|it| it["type"] == "SuccessCriteriaMet" || it["type"] == "FailureTarget");
        let Some(met) = met.next().cloned() else { return };
        let has_succeeded = met["type"] == "SuccessCriteriaMet";
        let now = stamp(self.server.cluster().clock.now());
        self.edit_status(id, |status| {
            let mut condition = met;
            condition["type"] = if has_succeeded { "Complete" } else { "Failed" }.into();
            condition["lastTransitionTime"] = now.clone().into();
            put_condition(status, condition);
            status["uncountedTerminatedPods"] = json!({});
            status[if has_succeeded { "succeeded" } else { "failed" }] = 1.into();
            if has_succeeded {
                status["completionTime"] = now.into();
            }
        });
    }

    pub(super) fn expire(&mut self, id: &Id, uid: &str) {
        if self.same(id, uid).is_some_and(|job| !job.is_going()) {
            let how = Deletion { propagation: Some(Propagation::Background), ..Deletion::default() };
            self.delete(id, &how);
        }
    }

    /// The queue takes a Job's place away and lets it go again later.
    pub(super) fn preempt(&mut self, job: &Id, uid: &str, pause: Duration) {
        self.edit((job, Part::Main), |job| job["spec"]["suspend"] = true.into());
        self.agenda.add(pause, Happening::Admit(job.clone(), uid.to_owned()));
    }

    /// Ends the pods of a Job that no longer is to run.
    fn end_pods(&self, job: &Id) {
        let Ok(job) = self.server.cluster().get(job) else { return };
        let pods: Vec<_> = self.pods_of(job.meta("uid")).collect();
        for pod in pods {
            self.delete(&pod, &Deletion::default());
        }
    }

    pub(super) fn pods_of(&self, job_uid: &str) -> impl Iterator<Item = Id> + use<> {
        let cluster = self.server.cluster();
        let is_its = |object: &Object| object.owners().any(|owner| owner["uid"] == job_uid);
        let pods = cluster.list(Resource::Pods, None).filter(|(_, pod)| is_its(pod));
        pods.map(|(id, _)| id.clone()).collect::<Vec<_>>().into_iter()
    }

    /// Takes a finalizer from an object.
    pub(super) fn drop_finalizer(&self, id: &Id, finalizer: &str) {
        let drop_it = |object: &mut Value| {
            if let Some(all) = object["metadata"]["finalizers"].as_array_mut() {
                all.retain(|it| it != finalizer);
            }
        };
        self.edit((id, Part::Main), drop_it);
    }

    pub(super) fn edit(&self, (id, part): (&Id, Part), edit: impl FnOnce(&mut Value)) {
        // What is gone by now needs no edit.
        let _ = self.server.with(|cluster| cluster.edit((id, part), &self.author, edit));
    }

    pub(super) fn delete(&self, id: &Id, how: &Deletion) {
        // What is gone by now needs no deletion.
        let _ = self.server.with(|cluster| cluster.delete(id, how, &self.author));
    }

    pub(super) fn edit_status(&self, id: &Id, edit: impl FnOnce(&mut Value)) {
        self.edit((id, Part::Status), |object| edit(&mut object["status"]));
    }

    /// How long a pod of this fate runs.
    pub(super) fn run_time(&self, pod: &Object) -> Duration {
        let job = pod.label("job-name");
        if self.fate(pod) == Fate::Hangs {
            let seconds = pod.value["spec"]["activeDeadlineSeconds"].as_u64();
            return Duration::from_secs(seconds.unwrap_or(86_400));
        }
        self.time((job, "run"), 5 * SECOND, 30 * SECOND)
    }
}

/// Whether a Job is over.
pub(crate) fn is_finished(job: &Object) -> bool {
    job.condition("Complete") == "True" || job.condition("Failed") == "True"
}

fn has_succeeded(pod: &Object) -> bool {
    pod.value["status"]["phase"] == "Succeeded"
}

/// Sets a condition among others.
pub(super) fn put_condition(status: &mut Value, condition: Value) {
    if !status["conditions"].is_array() {
        status["conditions"] = json!([]);
    }
    let Some(all) = status["conditions"].as_array_mut() else { return };
    all.retain(|it| it["type"] != condition["type"]);
    all.push(condition);
}

/// What a pod that is over means for its Job.
fn verdict(job: &Object, pod: &Object) -> (&'static str, &'static str, String) {
    if has_succeeded(pod) {
        let message = "Reached expected number of succeeded pods".to_owned();
        return ("SuccessCriteriaMet", "CompletionsReached", message);
    }
    let rules = job.value["spec"]["podFailurePolicy"]["rules"].as_array().into_iter().flatten();
    let is_hit = |rule: &Value| {
        let wanted = rule["onPodConditions"].as_array().into_iter().flatten();
        rule["action"] == "FailJob"
            && wanted.into_iter().any(|it| pod.condition(it["type"].as_str().unwrap_or_default()) == "True")
    };
    match rules.enumerate().find(|(_, rule)| is_hit(rule)) {
        Some((place, _)) => {
            let (namespace, name) = (pod.meta("namespace"), pod.meta("name"));
            let message = format!(
                "Pod {namespace}/{name} has condition DisruptionTarget matching FailJob rule at index {place}"
            );
            ("FailureTarget", "PodFailurePolicy", message)
        }
        None => (
            "FailureTarget",
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit".to_owned(),
        ),
    }
}
