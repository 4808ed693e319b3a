//! The scheduler and the kubelet: a pod finds its node, its image and its end.

use std::time::Duration;

use serde_json::{Value, json};

use super::jobs::put_condition;
use super::{Ended, Fate, Happening, LaunchKey, Node, Process};
use crate::apiserver::cluster::{Author, Change, Verb};
use crate::apiserver::delete::{Deletion, Propagation};
use crate::apiserver::object::Object;
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::server::Log;
use crate::apiserver::write::Part;
use crate::clock::stamp;

const SECOND: Duration = Duration::from_secs(1);

/// How long a node may be silent before its pods are taken off.
const NODE_GRACE: Duration = Duration::from_mins(5);

impl Node {
    pub(super) fn notice_pod(&mut self, change: &Change) {
        let pod = &change.after;
        let (id, uid) = (change.id.clone(), pod.meta("uid").to_owned());
        let is_over = |object: &Object| is_over(object);
        match change.verb {
            Verb::Added => {
                let wait = self.time((&id.name, "bind"), SECOND / 10, 2 * SECOND);
                self.agenda.add(wait, Happening::Bind(id, uid));
                return;
            }
            Verb::Deleted => {
                self.kill(&uid, Ended::Disrupted);
                return;
            }
            Verb::Modified => {}
        }
        let before = change.before.as_ref();
        if is_over(pod) && !before.is_some_and(|it| is_over(it)) {
            let wait = self.time((&id.name, "count"), SECOND / 5, SECOND);
            self.agenda.add(wait, Happening::Count(id.clone(), uid.clone()));
        }
        if pod.is_going() && !before.is_some_and(|it| it.is_going()) {
            // A node that is not heard of does not hear either.
            let wait = self.time((&id.name, "end"), SECOND, 5 * SECOND);
            let back = self.fate(pod).silence().filter(|_| pod.condition("Ready") == "False");
            self.agenda.add(back.unwrap_or(wait), Happening::End(id, uid));
        }
    }

    pub(super) fn bind(&mut self, id: &Id, uid: &str) {
        if self.waiting(id, uid).is_none() {
            return;
        }
        self.edit((id, Part::Main), |pod| pod["spec"]["nodeName"] = "node-1".into());
        self.edit_pod(id, &[("PodScheduled", "True", "")], |_| {});
        let pull = self.time((&id.name, "pull"), SECOND / 5, 3 * SECOND);
        self.agenda.add(pull, Happening::Pull(id.clone(), uid.to_owned()));
    }

    pub(super) fn pull(&mut self, id: &Id, uid: &str) {
        let Some(pod) = self.waiting(id, uid) else { return };
        let is_first = pod.value["status"].get("containerStatuses").is_none();
        if let (Fate::NoImage(time), true) = (self.fate(&pod), is_first) {
            let state =
                json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}});
            let statuses = containers(&pod, &state);
            self.edit_pod(id, &[], |status| status["containerStatuses"] = statuses);
            self.agenda.add(time, Happening::Pull(id.clone(), uid.to_owned()));
            return;
        }
        self.agenda.add(SECOND / 5, Happening::Start(id.clone(), uid.to_owned()));
    }

    pub(super) fn start(&mut self, id: &Id, uid: &str) {
        let Some(pod) = self.waiting(id, uid) else { return };
        let now = stamp(self.server.cluster().clock.now());
        let process = Process::start(&pod);
        self.judge(|referee| referee.begins(&process.key));
        self.processes.insert(uid.to_owned(), process);
        self.server.say(&id.name, Log { text: format!("{} begins\n", LaunchKey::of(&pod)), is_over: false });
        let statuses = containers(&pod, &json!({"running": {"startedAt": now}}));
        self.edit_pod(id, &[("Ready", "True", ""), ("ContainersReady", "True", "")], |status| {
            status["phase"] = "Running".into();
            status["startTime"] = now.into();
            status["containerStatuses"] = statuses;
        });
        let time = self.run_time(&pod);
        self.agenda.add(time, Happening::Exit(id.clone(), uid.to_owned()));
        let has_own = |fate| matches!(fate, Fate::Succeeds | Fate::Fails(_) | Fate::Hangs | Fate::NoImage(_));
        if !has_own(self.fate(&pod)) {
            self.agenda.add(time / 2, Happening::Befall(id.clone(), uid.to_owned()));
        }
    }

    pub(super) fn befall(&mut self, id: &Id, uid: &str) {
        let Some(pod) = self.same(id, uid).filter(|pod| !is_over(pod)) else { return };
        let job = Id::new(Resource::Jobs, &id.namespace, pod.label("job-name"));
        let job_uid = pod.label("controller-uid").to_owned();
        match self.fate(&pod) {
            Fate::Evicted => self.evict(id, "EvictionByEvictionAPI"),
            Fate::Pressed => {
                self.kill(uid, Ended::Disrupted);
                self.over(id, ("Failed", "Evicted"), &terminated(137, "Error"));
                self.edit_pod(id, &[("DisruptionTarget", "True", "TerminationByKubelet")], |_| {});
            }
            Fate::JobDeleted if self.same(&job, &job_uid).is_some() => {
                let how = Deletion { propagation: Some(Propagation::Background), ..Deletion::default() };
                let _ = self.server.with(|cluster| cluster.delete(&job, &how, &Author::process("person")));
            }
            Fate::Preempted(pause) => self.preempt(&job, &job_uid, pause),
            Fate::NodeLost(_) if pod.condition("Ready") == "True" => {
                self.edit_pod(id, &[("Ready", "False", "NodeNotReady")], |_| {});
                self.agenda.add(NODE_GRACE, Happening::Befall(id.clone(), uid.to_owned()));
            }
            Fate::NodeLost(_) => self.evict(id, "DeletionByTaintManager"),
            Fate::JobDeleted
            | Fate::Succeeds
            | Fate::Fails(_)
            | Fate::WritesNothing
            | Fate::OutOfMemory
            | Fate::Hangs
            | Fate::NoImage(_) => {}
        }
    }

    fn evict(&self, id: &Id, reason: &str) {
        self.edit_pod(id, &[("DisruptionTarget", "True", reason)], |_| {});
        self.delete(id, &Deletion::default());
    }

    pub(super) fn exit(&mut self, id: &Id, uid: &str) {
        let Some(process) = self.processes.get(uid).cloned() else { return };
        let Some(pod) = self.same(id, uid) else { return };
        let fate = self.fate(&pod);
        // What a silent node does is done, and nobody hears of it before the pod is given up.
        if matches!(fate, Fate::NodeLost(_)) && pod.condition("Ready") == "False" {
            let _ = process.write();
            return;
        }
        let wrote = if fate.writes() { process.write() } else { Ok(()) };
        let (code, reason) = match (fate, &wrote) {
            (Fate::Fails(code), _) => (code, "Error"),
            (Fate::OutOfMemory, _) => (137, "OOMKilled"),
            (Fate::Hangs, _) => (137, "Error"),
            (_, Err(_)) => (2, "Error"),
            (_, Ok(())) => (0, "Completed"),
        };
        let is_well = code == 0 && fate != Fate::WritesNothing;
        self.kill(uid, if is_well { Ended::Well } else { Ended::Badly });
        if let Err(why) = wrote {
            self.judge(|referee| referee.misses_input(&process.key, &why));
        }
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        let pod_reason = if fate == Fate::Hangs { "DeadlineExceeded" } else { "" };
        self.over(id, (phase, pod_reason), &terminated(code, reason));
    }

    /// The kubelet has ended a pod that was to go, if it did not end by itself before.
    pub(super) fn end(&mut self, id: &Id, uid: &str) {
        let Some(pod) = self.same(id, uid) else { return };
        self.kill(uid, Ended::Disrupted);
        if !is_over(&pod) {
            self.over(id, ("Failed", ""), &terminated(143, "Error"));
        }
        let how = Deletion { grace_seconds: Some(0), ..Deletion::default() };
        self.delete(id, &how);
    }

    fn over(&self, id: &Id, (phase, reason): (&str, &str), state: &Value) {
        let Ok(pod) = self.server.cluster().get(id) else { return };
        let statuses = containers(&pod, state);
        self.edit_pod(id, &[("Ready", "False", ""), ("ContainersReady", "False", "")], |status| {
            status["phase"] = phase.into();
            status["containerStatuses"] = statuses;
            if !reason.is_empty() {
                status["reason"] = reason.into();
            }
        });
    }

    /// A process is no more.
    pub(super) fn kill(&mut self, pod_uid: &str, how: Ended) {
        let Some(process) = self.processes.remove(pod_uid) else { return };
        self.judge(|referee| referee.ends(&process.key, how));
        let text = format!("{} begins\n{} ends\n", process.key, process.key);
        self.server.say(&process.pod, Log { text, is_over: true });
    }

    /// The pod, as long as its container has not started and may start.
    fn waiting(&self, id: &Id, uid: &str) -> Option<std::sync::Arc<Object>> {
        let is_waiting = |pod: &Object| !pod.is_going() && pod.value["status"]["phase"] == "Pending";
        self.same(id, uid).filter(|pod| is_waiting(pod))
    }

    fn edit_pod(&self, id: &Id, conditions: &[(&str, &str, &str)], edit: impl FnOnce(&mut Value)) {
        let now = stamp(self.server.cluster().clock.now());
        self.edit_status(id, |status| {
            for (kind, value, reason) in conditions {
                let reason = Some(*reason).filter(|it| !it.is_empty());
                put_condition(
                    status,
                    json!({"type": kind, "status": value, "reason": reason, "lastTransitionTime": now}),
                );
            }
            edit(status);
        });
    }

    fn judge(&self, tell: impl FnOnce(&mut crate::promises::Referee)) {
        tell(&mut self.referee.lock().expect("nobody panics while holding the referee"));
    }
}

fn is_over(pod: &Object) -> bool {
    matches!(pod.value["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

fn containers(pod: &Object, state: &Value) -> Value {
    let is_ready = state.get("running").is_some();
    let container = &pod.value["spec"]["containers"][0];
    json!([{
        "name": container["name"], "image": container["image"], "imageID": "", "ready": is_ready,
        "restartCount": 0, "started": is_ready, "state": state,
    }])
}

fn terminated(code: i32, reason: &str) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason}})
}
