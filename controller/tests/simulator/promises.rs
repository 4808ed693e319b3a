//! The promises, checked by a referee who sees every change at the moment when it is made, and every process.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crds::labels;
use planner::calendar::Partition;
use planner::pipeline::{Pipeline, StepId};
use tokio::time::Instant;

use crate::apiserver::cluster::{Change, Cluster, Verb};
use crate::apiserver::object::Object;
use crate::apiserver::resource::{Id, Resource};
use crate::node::{Ended, LaunchKey, is_finished};
use crate::oracle;

/// How long a controller may act on what was true before: what people do reaches it only after a while.
const LAG: Duration = Duration::from_mins(1);

/// A promise was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) promise: &'static str,
    pub(crate) what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.promise, self.what)
    }
}

/// The last launch of one step of one partition.
#[derive(Clone, Debug)]
struct Last {
    key: LaunchKey,
    /// How it ended, if it did.
    ended: Option<Ended>,
    /// Whether its Job was taken away before it told of the end.
    is_untold: bool,
}

/// Sees all, and forgets nothing.
#[derive(Debug)]
pub(crate) struct Referee {
    root: PathBuf,
    /// Whether only one controller is at work, so that limits hold at every instant.
    pub(crate) is_alone: bool,
    /// Since when the store can't be reached.
    pub(crate) away_since: Option<Instant>,
    /// When people took away files, by path.
    removed: BTreeMap<PathBuf, Instant>,
    /// The pipelines that were not there at the beginning.
    late: BTreeSet<Id>,
    running: Vec<LaunchKey>,
    last: BTreeMap<(String, String, String), Last>,
    /// How often each Job was made.
    pub(crate) creates: BTreeMap<String, u32>,
    pub(crate) violations: Vec<Violation>,
}

impl Referee {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            is_alone: true,
            away_since: None,
            removed: BTreeMap::new(),
            late: BTreeSet::new(),
            running: Vec::new(),
            last: BTreeMap::new(),
            creates: BTreeMap::new(),
            violations: Vec::new(),
        }
    }

    pub(crate) fn breaks(&mut self, promise: &'static str, what: impl Into<String>) {
        self.violations.push(Violation { promise, what: what.into() });
    }

    /// A person took a file away.
    pub(crate) fn removes(&mut self, path: &str) {
        self.removed.insert(self.root.join(path), Instant::now());
    }

    /// A process starts.
    pub(crate) fn begins(&mut self, key: &LaunchKey) {
        if let Some(other) = self.running.iter().find(|it| it.is_same_step(key)) {
            let what = format!("{key} starts while {other} runs");
            self.breaks("S1", what);
        }
        self.running.push(key.clone());
    }

    /// A process has ended.
    pub(crate) fn ends(&mut self, key: &LaunchKey, how: Ended) {
        self.running.retain(|it| it != key);
        self.note_end(key, how);
    }

    fn note_end(&mut self, key: &LaunchKey, how: Ended) {
        if let Some(last) = self.last.get_mut(&place(key)).filter(|last| last.key == *key) {
            last.ended.get_or_insert(how);
        }
    }

    /// A process could not read an input or write an output.
    pub(crate) fn misses_input(&mut self, key: &LaunchKey, why: &str) {
        self.breaks("S7", format!("{key} can't work: {why}"));
    }

    /// Something has changed.
    pub(crate) fn sees(&mut self, change: &Change, cluster: &Cluster) {
        let is_ours = change.author.starts_with("controller");
        if is_ours {
            self.check_author(change);
        }
        match (change.id.resource, change.verb) {
            (Resource::Jobs, Verb::Added) if is_ours => self.check_launch(change, cluster),
            // What is deleted before it ran has ended, too, and by no fault of its own.
            (Resource::Jobs, Verb::Deleted) => self.note_deleted(&change.after),
            (Resource::Partitions, Verb::Modified) if is_ours => self.check_partition(change, cluster),
            (Resource::Backfills, Verb::Modified) if is_ours => self.check_backfill(change, cluster),
            (Resource::Pipelines, Verb::Added) => {
                self.late.insert(change.id.clone());
            }
            _ => {}
        }
        if is_ours && change.id.resource.is_custom() {
            self.check_generation(change);
        }
    }

    fn note_deleted(&mut self, job: &Object) {
        let key = LaunchKey::of(job);
        if let Some(last) = self.last.get_mut(&place(&key)).filter(|last| last.key == key) {
            last.is_untold = !is_finished(job);
        }
        if !self.running.contains(&key) {
            self.note_end(&key, Ended::Disrupted);
        }
    }

    /// S6: only its own objects, and of people's only the status.
    fn check_author(&mut self, change: &Change) {
        let is_made_by_us = |object: &Object| object.label(labels::MANAGED_BY) == labels::MANAGER;
        let before = change.before.as_deref();
        let is_allowed = match change.id.resource {
            Resource::Leases | Resource::Events => true,
            Resource::Jobs | Resource::Partitions => is_made_by_us(before.unwrap_or(&change.after)),
            Resource::Pipelines | Resource::Backfills => {
                change.verb == Verb::Modified && is_only_status(change)
                    || change.verb == Verb::Deleted && before.is_some_and(Object::is_going)
            }
            Resource::Pods
            | Resource::Namespaces
            | Resource::CoreEvents
            | Resource::ConfigMaps
            | Resource::Secrets
            | Resource::ServiceAccounts
            | Resource::Claims
            | Resource::Quotas => false,
        };
        if !is_allowed {
            self.breaks("S6", format!("{} writes {} ({:?})", change.author, change.id, change.verb));
        }
    }

    /// S9: nothing is told of a spec that was not there yet.
    fn check_generation(&mut self, change: &Change) {
        let observed = change.after.value["status"]["observedGeneration"].as_i64().unwrap_or(0);
        if observed > change.after.generation() {
            self.breaks("S9", format!("{} has seen generation {observed}", change.id));
        }
    }

    fn check_launch(&mut self, change: &Change, cluster: &Cluster) {
        let job = &change.after;
        let key = LaunchKey::of(job);
        *self.creates.entry(change.id.name.clone()).or_default() += 1;
        self.check_number(&key);
        if self.away_since.is_some_and(|since| since.elapsed() > LAG) {
            self.breaks("S4", format!("{key} is launched while the store is away"));
        }
        let Some((pipeline, owner)) = oracle::pipeline(cluster, &change.id.namespace, &key.pipeline) else {
            return;
        };
        let Some((partition, step)) = oracle::place(&pipeline, &key) else { return };
        self.check_inputs(&pipeline, (partition, step), &key);
        self.check_need(&pipeline, (partition, step), (&key, cluster));
        self.check_parallelism(&pipeline, &owner, (&key, cluster));
    }

    /// S1 and S5: a launch follows one that has ended, and its numbers say how.
    fn check_number(&mut self, key: &LaunchKey) {
        let last = self.last.insert(place(key), Last { key: key.clone(), ended: None, is_untold: false });
        let expected = match last {
            None => (1, 1),
            Some(Last { key: last, ended: None, .. }) => {
                self.breaks("S1", format!("{key} is launched while {last} has not ended"));
                return;
            }
            Some(Last { key: last, ended: Some(ended), is_untold }) => {
                let counts = ended != Ended::Disrupted && !is_untold;
                if counts { (last.attempt + 1, 1) } else { (last.attempt, last.launch + 1) }
            }
        };
        // A launch that was recorded and never sent has a number, too; and a try of another spec is another try.
        let (attempt, launch) = expected;
        let is_next = key.attempt == attempt && key.launch >= launch;
        if !is_next && (self.is_alone || key.attempt < attempt) {
            self.breaks("S5", format!("{key} is launched where {attempt}.{launch} would be right"));
        }
    }

    /// S7: inputs are complete before a launch.
    fn check_inputs(&mut self, pipeline: &Pipeline, (partition, step): (Partition, StepId), key: &LaunchKey) {
        for path in oracle::inputs(pipeline, partition, step) {
            if !self.is_there(&path) {
                self.breaks("S7", format!("{key} is launched without its input {path}"));
            }
        }
    }

    /// S2: what is there is not made again, unless somebody asked for it.
    fn check_need(
        &mut self,
        pipeline: &Pipeline,
        (partition, step): (Partition, StepId),
        (key, cluster): (&LaunchKey, &Cluster),
    ) {
        let outputs = oracle::outputs(pipeline, partition, step);
        let is_complete = outputs.iter().all(|path| self.root.join(path).exists());
        if is_complete && !oracle::is_asked_for_anew(cluster, pipeline, partition) {
            self.breaks("S2", format!("{key} is launched although its outputs are there"));
        }
    }

    /// S7: no more at once than the pipeline allows.
    fn check_parallelism(
        &mut self,
        pipeline: &Pipeline,
        owner: &Object,
        (key, cluster): (&LaunchKey, &Cluster),
    ) {
        if !self.is_alone {
            return;
        }
        let is_its = |job: &Object| job.label(labels::PIPELINE) == key.pipeline && !is_finished(job);
        let jobs = cluster.list(Resource::Jobs, Some(owner.meta("namespace")));
        let open = jobs.filter(|(_, job)| is_its(job)).count();
        let allowed = usize::try_from(pipeline.parts().parallelism).unwrap_or(usize::MAX);
        if open > allowed {
            self.breaks("S7", format!("{key} is launched as number {open} of {allowed} at once"));
        }
    }

    /// S3: a partition is complete only with all its files.
    fn check_partition(&mut self, change: &Change, cluster: &Cluster) {
        let is_new = change.before.as_ref().is_none_or(|it| it.condition("Complete") != "True");
        if !is_new || change.after.condition("Complete") != "True" {
            return;
        }
        if self.away_since.is_some_and(|since| since.elapsed() > LAG) {
            self.breaks("S4", format!("{} is complete while the store is away", change.id));
        }
        let name = change.after.value["spec"]["pipelineRef"]["name"].as_str().unwrap_or_default();
        let Some((pipeline, _)) = oracle::pipeline(cluster, &change.id.namespace, name) else { return };
        let key = change.after.value["spec"]["key"].as_str().unwrap_or_default();
        let Ok(partition) = pipeline.parts().calendar.parse_key(key) else { return };
        let outputs = pipeline.step_ids().flat_map(|step| oracle::outputs(&pipeline, partition, step));
        for path in outputs.collect::<Vec<_>>() {
            if !self.is_there(&path) {
                self.breaks("S3", format!("{} is complete without {path}", change.id));
            }
        }
    }

    /// S9: nobody says that a pipeline is missing before all were heard of.
    fn check_backfill(&mut self, change: &Change, cluster: &Cluster) {
        let Change { id, after, .. } = change;
        let name = after.value["spec"]["pipelineRef"]["name"].as_str().unwrap_or_default();
        let pipeline = Id::new(Resource::Pipelines, &id.namespace, name);
        let is_there = cluster.get(&pipeline).is_ok() && !self.late.contains(&pipeline);
        let mut conditions = after.value["status"]["conditions"].as_array().into_iter().flatten();
        if is_there && conditions.any(|it| it["reason"] == "PipelineNotFound") {
            self.breaks("S9", format!("{id} is told that {pipeline} is missing"));
        }
    }

    /// Whether a file is there, or was so recently that a controller may not know better.
    fn is_there(&self, path: &str) -> bool {
        let path = self.root.join(path);
        let is_just_gone = self.removed.get(&path).is_some_and(|at| at.elapsed() < LAG);
        self.away_since.is_some() || is_just_gone || path.exists()
    }

    /// S8: nothing is left of what was deleted.
    pub(crate) fn check_orphans(&mut self, cluster: &Cluster) {
        let is_there = |object: &Object| {
            let pipeline = object.label(labels::PIPELINE);
            let id = Id::new(Resource::Pipelines, object.meta("namespace"), pipeline);
            pipeline.is_empty() || cluster.get(&id).is_ok()
        };
        let left: Vec<_> = cluster
            .all()
            .filter(|(id, object)| id.resource != Resource::Pipelines && !is_there(object))
            .map(|(id, _)| id.to_string())
            .collect();
        for id in left {
            self.breaks("S8", format!("{id} is left without its pipeline"));
        }
    }
}

fn place(key: &LaunchKey) -> (String, String, String) {
    (key.pipeline.clone(), key.partition.clone(), key.step.clone())
}

/// Whether a change left all but the status, the version and our own finalizer as it was.
fn is_only_status(change: &Change) -> bool {
    let Some(before) = &change.before else { return false };
    let essence = |object: &Object| {
        let mut value = object.value.clone();
        value["status"].take();
        let meta = &mut value["metadata"];
        meta["resourceVersion"].take();
        if let Some(finalizers) = meta["finalizers"].as_array_mut() {
            finalizers.retain(|it| it != labels::FINALIZER);
        }
        if meta["finalizers"].as_array().is_none_or(Vec::is_empty) {
            meta["finalizers"].take();
        }
        value
    };
    essence(before) == essence(&change.after)
}
