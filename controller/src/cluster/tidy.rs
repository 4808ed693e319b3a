//! Tidy: what nobody needs any more goes, a little at a time and beside all else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use crds::labels::PARTITION;
use kube::ResourceExt as _;
use kube::runtime::reflector::ObjectRef;
use planner::calendar::Instant;
use storage::{Drawer, StorageError, Store};
use tokio::time::{MissedTickBehavior, interval_at};

use crate::cluster::archive;
use crate::cluster::caches::{Caches, of_labels, of_partition};
use crate::cluster::desk::Desk;
use crate::cluster::limits::{STAGING_AGE, TIDY_LOOKS, TIDY_MARGIN, TIDY_PAUSE, TIDY_PAUSE_OF_SERVICES};
use crate::cluster::mind::{Id, Mind};
use crate::cluster::prune::{self, Place};
use crate::cluster::sweep::sweep;
use crate::work::launch::chain;

/// Which stores a round looks through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Directories,
    All,
}

/// What holds during one round.
struct Round {
    archive: Drawer,
    before: SystemTime,
    /// Whether nothing was recorded since in any partition of a pipeline.
    at_rest: BTreeMap<Id, bool>,
}

/// Tidies until the controller ends.
pub(crate) async fn tidy(desk: Arc<Desk>) {
    let mut rounds = interval_at(tokio::time::Instant::now() + TIDY_PAUSE, TIDY_PAUSE);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut last, mut services_at) = (None, tokio::time::Instant::now());
    loop {
        let now = rounds.tick().await;
        // Without its pipeline every record is nobody's, and a cluster without any may be one that is being set up again.
        if !*desk.filled.borrow() || desk.caches.pipelines.state().is_empty() {
            continue;
        }
        let reach = if now < services_at { Reach::Directories } else { Reach::All };
        if reach == Reach::All {
            services_at = tokio::time::Instant::now() + TIDY_PAUSE_OF_SERVICES;
        }
        let (desk, before) = (Arc::clone(&desk), last.take());
        // It waits for files, and for the mind. A round that panicked is followed by one from the beginning.
        let round = tokio::task::spawn_blocking(move || round(&desk, (before.as_ref(), reach)));
        last = round.await.unwrap_or_default();
    }
}

impl Reach {
    /// Whether a store is looked through in this round.
    pub(crate) fn has(self, store: &Store) -> bool {
        self == Self::All || store.directory().is_some()
    }
}

/// One round; where the next goes on.
fn round(desk: &Desk, (last, reach): (Option<&Place>, Reach)) -> Option<Place> {
    sweep(desk, reach);
    // What was begun is gone through to its end.
    if last.is_none() && !reach.has(&desk.mind().archive) {
        return None;
    }
    prune(desk, last).unwrap_or_else(|error| {
        tracing::warn!("the archive is not pruned: {}", chain(&error));
        last.cloned()
    })
}

/// Prunes the next places of the archive; where the next round goes on.
fn prune(desk: &Desk, last: Option<&Place>) -> Result<Option<Place>, StorageError> {
    let store = desk.mind().archive.clone();
    store.check_there()?;
    let archive = archive::drawer(&store);
    // What is staged is told to be ours by its record, so the record stays longer.
    let staged = STAGING_AGE + desk.configuration.steps.lost_after + TIDY_MARGIN;
    let before = SystemTime::from(desk.now()) - desk.configuration.archive.retention.max(staged);
    let mut places = prune::places(&archive, desk.configuration.namespace.as_deref(), (last, TIDY_LOOKS))?;
    let mut round = Round { archive, before, at_rest: BTreeMap::new() };
    for place in &places {
        if let Err(error) = prune_one(desk, place, &mut round) {
            let Place { id, key } = place;
            tracing::warn!("{key} of {}/{} is not pruned: {}", id.namespace, id.name, chain(&error));
        }
    }
    Ok(if places.len() < TIDY_LOOKS { None } else { places.pop() })
}

fn prune_one(desk: &Desk, place: &Place, round: &mut Round) -> Result<(), StorageError> {
    let (folder, before) = (place.folder(), round.before);
    let times = (before, SystemTime::from(desk.now()));
    if round.archive.is_being_removed(&folder)? {
        return prune::finish(&round.archive, place, times);
    }
    let is_old = round.archive.is_older(&folder, before)?;
    // A store over a network takes its time, for which nobody may wait. What is recorded after these looks is put back.
    if is_old && !prune::tells_of_leftovers(&round.archive, &folder)? && round.may_go(desk, place)? {
        // Whoever launches thinks, so nothing is launched in between.
        let mut mind = desk.mind();
        if !is_wanted(&mind, &desk.caches, (place, desk.now())) {
            let is_aside = round.archive.set_aside(&folder, before)?;
            if let Some(kept) = mind.pipelines.get_mut(&place.id) {
                kept.forget(&place.key);
            }
            drop(mind);
            return if is_aside { prune::finish(&round.archive, place, times) } else { Ok(()) };
        }
    }
    prune::thin(&round.archive, &folder, before)
}

impl Round {
    /// Whether partitions of a pipeline may go: if nobody knows it, only once all of it is at rest.
    fn may_go(&mut self, desk: &Desk, place: &Place) -> Result<bool, StorageError> {
        if desk.mind().pipelines.contains_key(&place.id) {
            return Ok(true);
        }
        if let Some(at_rest) = self.at_rest.get(&place.id) {
            return Ok(*at_rest);
        }
        let at_rest = self.archive.is_at_rest(&place.pipeline(), self.before)?;
        self.at_rest.insert(place.id.clone(), at_rest);
        Ok(at_rest)
    }
}

/// Whether the records of a partition may still matter to somebody.
fn is_wanted(mind: &Mind, caches: &Caches, (place, now): (&Place, Instant)) -> bool {
    let pipeline = ObjectRef::new(&place.id.name).within(&place.id.namespace);
    // Of one that is deleted nothing is looked after; it may come back, so all of its archive has to be at rest.
    let is_deleted = caches.pipelines.get(&pipeline).is_none();
    // Nobody knows yet what a pipeline looks after that was not thought about.
    let may_need = || mind.pipelines.get(&place.id).is_none_or(|kept| kept.may_need(&place.key, now));
    is_shown(caches, place) || (!is_deleted && may_need())
}

/// Whether an object of the cluster tells of the partition: it may still run, or be taken for a launch without a record.
fn is_shown(caches: &Caches, Place { id, key }: &Place) -> bool {
    let label = key.to_lowercase();
    Caches::of(&caches.partitions, id, of_partition).iter().any(|it| *it.spec.key == *key)
        || Caches::of(&caches.jobs, id, of_labels).iter().any(|it| it.labels().get(PARTITION) == Some(&label))
        || Caches::of(&caches.pods, id, of_labels).iter().any(|it| it.labels().get(PARTITION) == Some(&label))
}
