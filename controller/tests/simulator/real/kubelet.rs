//! The kubelet of the node that only pretends: it runs pods by the fates of their workloads, and carries out what their
//! processes would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::json;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::node::NODE;
use super::status::{self, Phase};
use crate::apiserver::object::Object;
use crate::node::{Fate, Fates, LaunchKey, Process};

/// How long a process runs: long enough for people to see that it does.
const RUN: Duration = Duration::from_millis(600);

/// Speaks for a node; whoever holds a clone speaks for the same one.
#[derive(Clone)]
pub(crate) struct Kubelet {
    client: Client,
    state: Arc<Mutex<State>>,
    /// Which containers have ended, by namespace and pod.
    pub(super) ended: Arc<tokio::sync::watch::Sender<BTreeSet<(String, String)>>>,
}

#[derive(Default)]
struct State {
    /// The fates of each namespace.
    fates: BTreeMap<String, Fates>,
    /// The lives of pods, by their uid.
    lives: BTreeMap<String, AbortHandle>,
    /// The pods that are told to end.
    going: BTreeSet<String>,
    /// What runs, by namespace and pod.
    running: BTreeMap<(String, String), LaunchKey>,
    /// What was seen to be wrong, by namespace.
    wrong: BTreeMap<String, Vec<String>>,
}

impl Kubelet {
    /// Is at work until the runtime ends.
    pub(crate) fn start(client: &Client) -> Self {
        let kubelet = Self { client: client.clone(), state: Arc::default(), ended: Arc::default() };
        tokio::spawn(kubelet.clone().follow());
        kubelet
    }

    /// Lets the pods of a namespace have these fates.
    pub(crate) fn take_on(&self, namespace: &str, fates: Fates) {
        self.state().fates.insert(namespace.to_owned(), fates);
    }

    /// Whether a process of this step runs.
    pub(crate) fn runs(&self, namespace: &str, step: &str) -> bool {
        self.state().running.iter().any(|((there, _), key)| there == namespace && key.step == step)
    }

    /// What was seen to be wrong in a namespace.
    pub(crate) fn wrong(&self, namespace: &str) -> Vec<String> {
        self.state().wrong.get(namespace).cloned().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the kubelet")
    }

    async fn follow(self) {
        let ours = watcher::Config::default().fields(&format!("spec.nodeName={NODE}"));
        let mut events = watcher(Api::<Pod>::all(self.client.clone()), ours).default_backoff().boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(watcher::Event::Apply(pod) | watcher::Event::InitApply(pod)) => self.notice(pod),
                Ok(watcher::Event::Delete(pod)) => self.kill(&pod),
                // A watch that broke off begins anew.
                Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => {}
            }
        }
    }

    fn notice(&self, pod: Pod) {
        let uid = pod.uid().unwrap_or_default();
        let mut state = self.state();
        if pod.metadata.deletion_timestamp.is_some() {
            if state.going.insert(uid) {
                drop(state);
                self.kill(&pod);
                tokio::spawn(self.clone().end(pod));
            }
        } else {
            state.lives.entry(uid).or_insert_with(|| tokio::spawn(self.clone().live(pod)).abort_handle());
        }
    }

    /// The life of a pod, if nobody ends it.
    async fn live(self, pod: Pod) {
        let place = place(&pod);
        let object = Object::new(serde_json::to_value(&pod).expect("a pod can be written"));
        let key = LaunchKey::of(&object);
        let fate = self.state().fates.get(&place.0).map_or(Fate::Succeeds, |fates| fates.of(&key));
        if let Fate::NoImage(time) = fate {
            self.tell(&pod, Phase::Unpulled).await;
            sleep(time).await;
        }
        let process = Process::start(&object);
        self.begin(&place, &key);
        self.tell(&pod, Phase::Running).await;
        sleep(RUN).await;
        self.befall(&pod, fate).await;
        self.exit(&pod, (&process, fate)).await;
    }

    /// S1: of one step of one partition only one process runs.
    fn begin(&self, place: &(String, String), key: &LaunchKey) {
        let mut state = self.state();
        let mut others = state.running.iter().filter(|((namespace, _), _)| *namespace == place.0);
        if let Some((_, other)) = others.find(|(_, other)| other.is_same_step(key)) {
            let what = format!("S1: {key} starts while {other} runs");
            state.wrong.entry(place.0.clone()).or_default().push(what);
        }
        state.running.insert(place.clone(), key.clone());
    }

    /// What is to befall a pod in its life befalls it; those that others end never come back from here.
    async fn befall(&self, pod: &Pod, fate: Fate) {
        let pods = self.pods(pod);
        match fate {
            Fate::Evicted => {
                self.tell(pod, Phase::Disrupted("EvictionByEvictionAPI")).await;
                // What is gone by now needs no deletion.
                let _ = pods.delete(&pod.name_any(), &DeleteParams::default()).await;
            }
            Fate::Pressed => {
                self.tell(pod, Phase::Disrupted("TerminationByKubelet")).await;
                self.over(pod, Phase::Pressed).await;
            }
            Fate::JobDeleted => {
                let jobs = Api::<Job>::namespaced(self.client.clone(), &place(pod).0);
                let job = pod.labels().get("job-name").cloned().unwrap_or_default();
                let _ = jobs.delete(&job, &DeleteParams::background()).await;
            }
            Fate::Succeeds | Fate::Fails(_) | Fate::WritesNothing | Fate::OutOfMemory | Fate::NoImage(_) => {
                return;
            }
            // No workload that is run here has these two.
            Fate::NodeLost(_) | Fate::Preempted(_) | Fate::Hangs => {}
        }
        std::future::pending::<()>().await;
    }

    async fn exit(&self, pod: &Pod, (process, fate): (&Process, Fate)) {
        let wrote = if fate.writes() { process.write() } else { Ok(()) };
        let phase = match (fate, &wrote) {
            (Fate::Fails(code), _) => Phase::Failed(code, "Error"),
            (Fate::OutOfMemory, _) => Phase::Failed(137, "OOMKilled"),
            (_, Err(_)) => Phase::Failed(2, "Error"),
            (_, Ok(())) => Phase::Succeeded,
        };
        if let Err(why) = wrote {
            let what = format!("S7: {} can't work: {why}", process.key);
            self.state().wrong.entry(place(pod).0).or_default().push(what);
        }
        self.over(pod, phase).await;
    }

    async fn over(&self, pod: &Pod, phase: Phase) {
        self.state().running.remove(&place(pod));
        self.ended.send_modify(|ended| {
            ended.insert(place(pod));
        });
        self.tell(pod, phase).await;
    }

    /// Its process is no more, whatever it was about to do.
    fn kill(&self, pod: &Pod) {
        if let Some(life) = self.state().lives.get(&pod.uid().unwrap_or_default()) {
            life.abort();
        }
        self.state().running.remove(&place(pod));
        self.ended.send_modify(|ended| {
            ended.insert(place(pod));
        });
    }

    /// A pod that was told to end has ended.
    async fn end(self, pod: Pod) {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        if !matches!(phase, Some("Succeeded" | "Failed")) {
            self.tell(&pod, Phase::Failed(143, "Error")).await;
        }
        let _ = self.pods(&pod).delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await;
    }

    async fn tell(&self, pod: &Pod, phase: Phase) {
        let status = json!({"metadata": {"uid": pod.uid()}, "status": status::of(pod, phase)});
        status::patch(&self.pods(pod), &pod.name_any(), status).await;
    }

    fn pods(&self, pod: &Pod) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &place(pod).0)
    }
}

/// The namespace of a pod, and its name.
fn place(pod: &Pod) -> (String, String) {
    (pod.namespace().unwrap_or_default(), pod.name_any())
}
