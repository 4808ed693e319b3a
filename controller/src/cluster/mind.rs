//! The mind: what a controller knows of all its pipelines, in one place behind one lock.
//!
//! Whoever thinks holds the lock: it looks at storage and decides, but waits for no server. What follows is done without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use planner::admission::{Admission, Bidder, Capacity, admit};
use planner::calendar::{Instant, Partition};
use planner::fault::Fault;
use planner::launch::Launch;
use planner::pipeline::StepId;
use storage::{Catalogue, ChangedPath, Store};

use crate::cluster::archive::Archive;
use crate::cluster::ledger::Ledger;
use crate::cluster::overlay::Overlay;
use crate::seat::metrics::PipelineId;
use crate::work::closely::{Closely, Questions};
use crate::work::errand::Stores;
use crate::work::look::Sight;
use crate::work::observe;
use crate::work::pipeline::Work;

/// A pipeline among all of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// A launch among all of its pipeline.
pub(crate) type LaunchKey = (Partition, StepId, u32, u32);

/// What a controller knows.
#[derive(Debug)]
pub(crate) struct Mind {
    /// The stores by name.
    pub(crate) stores: Stores,
    /// What storage said.
    pub(crate) catalogue: Catalogue,
    /// The pipelines.
    pub(crate) pipelines: BTreeMap<Id, Kept>,
    /// What there is to share.
    pub(crate) capacity: Capacity,
    /// Where the archive lies.
    pub(crate) archive: Store,
    /// The stores that can't be used, and why: what a person has to grant or to correct.
    pub(crate) unusable: BTreeMap<String, String>,
    /// How often a pipeline looked where nobody looked before.
    pub(crate) looks: usize,
}

/// A pipeline that is looked after.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The object that its plan was made of.
    pub(crate) object: Arc<crds::Pipeline>,
    /// The pipeline at work.
    pub(crate) work: Work,
    /// What was launched, published and ended.
    pub(crate) archive: Archive,
    /// The pipeline as it was before its spec changed, as long as launches of then run: each ends as it began.
    pub(crate) elders: Vec<Work>,
    /// The faults of a newer spec, on which nothing new starts.
    pub(crate) faults: Vec<Fault>,
    /// What was sent to the cluster and is not seen in the caches yet.
    pub(crate) overlay: Overlay,
    /// Why a store that it uses can't be used.
    pub(crate) unusable: Option<String>,
    /// What is being done in storage for its launches.
    pub(crate) ledger: Ledger,
    /// What its inputs in services look like, as far as it matters.
    pub(crate) questions: Questions,
    /// Whether it was decided about since this process began to look after it, or since its plan changed.
    pub(crate) decided: bool,
    /// The launches that the last admission granted.
    pub(crate) granted: Vec<Launch>,
    /// What its steps wait for that are ready.
    pub(crate) obstacles: planner::admission::Obstacles,
}

impl Id {
    /// The pipeline that an object of a namespace belongs to.
    pub(crate) fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The labels of its metrics.
    pub(crate) fn labels(&self) -> PipelineId {
        PipelineId { namespace: self.namespace.clone(), pipeline: self.name.clone() }
    }
}

/// The key of a launch.
pub(crate) fn key(launch: &Launch) -> LaunchKey {
    (launch.partition, launch.step, launch.attempt, launch.launch)
}

impl Mind {
    /// Why a store that a pipeline uses can't be used, if one can't.
    pub(crate) fn unusable_for(&self, id: &Id) -> Option<String> {
        self.pipelines.get(id)?.stores().find_map(|store| self.unusable.get(store)).cloned()
    }

    /// Notes whether a store can be used; the pipelines that use it, if that is news.
    pub(crate) fn note_store(&mut self, store: &str, fault: Option<String>) -> Vec<Id> {
        if self.unusable.get(store) == fault.as_ref() {
            return Vec::new();
        }
        self.unusable.remove(store);
        self.unusable.extend(fault.map(|fault| (store.to_owned(), fault)));
        self.pipelines.keys().cloned().collect()
    }

    /// A pipeline with what a look at it is taken at.
    pub(crate) fn at(&mut self, id: &Id) -> Option<(&mut Kept, &Stores, &mut Catalogue)> {
        Some((self.pipelines.get_mut(id)?, &self.stores, &mut self.catalogue))
    }

    /// Looks anew at these paths, as far as they lie in directories; the pipelines that are concerned.
    pub(crate) fn look_at(&mut self, paths: &[ChangedPath], now: Instant) -> Vec<Id> {
        let mut changes = self.catalogue.look_again_in_directories(paths);
        changes.extend_from_slice(paths);
        self.note(&changes, now)
    }

    /// Looks anew at everything in directories; the pipelines that are concerned.
    pub(crate) fn look_at_directories(&mut self, now: Instant) -> Vec<Id> {
        let changes = self.catalogue.refresh_directories();
        let mut concerned = self.note(&changes, now);
        concerned.extend(self.look_closer(|store| store.directory().is_some()));
        concerned
    }

    /// Has inputs looked at anew whose changes matter, of pipelines that use such a store; the pipelines.
    pub(crate) fn look_closer(&mut self, is_meant: impl Fn(&Store) -> bool) -> Vec<Id> {
        let mut concerned = Vec::new();
        for (id, kept) in &mut self.pipelines {
            let is_concerned = kept.stores().any(|store| self.stores.get(store).is_some_and(&is_meant));
            if is_concerned && !kept.work.decision.curious.is_empty() {
                kept.work.facts.inputs.clear();
                kept.work.is_stale = true;
                concerned.push(id.clone());
            }
        }
        concerned
    }

    /// What one pipeline wrote, others may read; those that are concerned.
    pub(crate) fn note(&mut self, changes: &[ChangedPath], now: Instant) -> Vec<Id> {
        let mut concerned = Vec::new();
        for (id, kept) in &mut self.pipelines {
            kept.questions.outdate(changes);
            if observe::note_changes(&mut kept.work, &self.catalogue, (changes, now)) {
                kept.work.is_stale = true;
                concerned.push(id.clone());
            }
        }
        concerned
    }

    /// Grants room, across all pipelines; those but this one that got some.
    pub(crate) fn admit(&mut self, id: &Id, now: Instant) -> Vec<Id> {
        let able: Vec<_> = self.pipelines.iter().filter(|(_, kept)| kept.may_start()).collect();
        let bidders: Vec<_> = able.iter().map(|(_, kept)| kept.bidder(now)).collect();
        let Admission { launches, obstacles } = admit(&bidders, &self.capacity);
        let ids: Vec<_> = able.iter().map(|(id, _)| (*id).clone()).collect();
        self.pipelines.values_mut().for_each(|kept| kept.granted.clear());
        for (place, obstacles) in obstacles.into_iter().enumerate() {
            if let Some(kept) = self.pipelines.get_mut(&ids[place]) {
                kept.obstacles = obstacles;
            }
        }
        let mut others = Vec::new();
        for (place, launch) in launches {
            let granted = &ids[place];
            if let Some(kept) = self.pipelines.get_mut(granted) {
                kept.granted.push(launch);
            }
            if granted != id && others.last() != Some(granted) {
                others.push(granted.clone());
            }
        }
        others
    }
}

impl Kept {
    /// The stores of its datasets.
    fn stores(&self) -> impl Iterator<Item = &str> {
        let plan = &self.work.plan;
        plan.dataset_ids().map(|id| plan.dataset(id).store.as_str())
    }

    /// Whether anything of it may start.
    pub(crate) fn may_start(&self) -> bool {
        self.faults.is_empty() && self.decided
    }

    /// Whether the records of a partition may still matter to it.
    pub(crate) fn may_need(&self, key: &str, now: Instant) -> bool {
        // While it is not known what the spec of now looks after, or what runs by an older one, all of it may.
        let is_known = self.may_start() && self.elders.is_empty();
        let partition = self.work.plan.parts().calendar.parse_key(key);
        !is_known || partition.is_ok_and(|partition| self.work.may_look_at(partition, now))
    }

    /// Has the records of a partition read anew: others wrote some.
    pub(crate) fn recall(&mut self, partition: Partition) {
        self.elders.retain(|elder| !elder.running.is_empty());
        self.archive.read_anew(partition);
        self.work.is_stale = true;
    }

    /// Whether services are to be asked before anything comes of what is thought.
    pub(crate) fn is_lacking(&self) -> bool {
        self.archive.lacking().len() > 0 || self.questions.is_open()
    }

    /// Forgets what services said for an earlier thought.
    pub(crate) fn put_back(&mut self) {
        self.archive.put_back();
        self.questions = Questions::default();
    }

    /// Forgets the records of a partition, since there are none any more.
    pub(crate) fn forget(&mut self, key: &str) {
        if let Ok(partition) = self.work.plan.parts().calendar.parse_key(key) {
            self.archive.forget(partition);
            self.work.facts.history.remove(&partition);
        }
    }

    /// The pipeline at work with what a look at it is taken at.
    pub(crate) fn sight<'a>(
        &'a mut self,
        stores: &'a BTreeMap<String, Store>,
        catalogue: &'a mut Catalogue,
    ) -> (&'a mut Work, Sight<'a>) {
        let Self { work, archive, questions, .. } = self;
        (work, Sight { closely: Closely::as_asked(stores, questions), catalogue, records: archive })
    }

    fn bidder(&self, now: Instant) -> Bidder<'_> {
        Bidder { world: self.work.world(now), decision: &self.work.decision, weight: 1 }
    }
}
