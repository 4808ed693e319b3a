//! Rounds: each store that answers over a network is asked again and again, seldom where nobody waits, and now where its
//! bucket tells of a change. One look at a time, and none with the mind: a store that hangs holds up nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future;
use storage::{ChangedPath, Extent, Look};
use tokio::time::{Instant, sleep_until};

use crate::cluster::desk::Desk;
use crate::cluster::limits::{DOUBT_POLL_MAX, OPEN_POLL, OPEN_POLL_MAX};
use crate::cluster::mind::{Id, Mind};
use crate::cluster::notifications::{Inbox, Slot};
use crate::cluster::reconcile::ReconcileError;
use crate::work::launch::chain;

/// What a store is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    /// All of it: what was deleted is found.
    All,
    /// What was not there.
    Open,
    /// What its bucket told of.
    Told(Vec<ChangedPath>),
}

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Something changed.
    News,
    /// Nothing did.
    Nothing,
    /// The store did not answer, or not about everything.
    Doubt,
}

/// When a store is asked next.
#[derive(Debug)]
struct Timetable {
    open: Instant,
    all: Instant,
    /// The pause before everything is asked about again.
    refresh: Duration,
    /// The pause before what is open is asked about again.
    pause: Duration,
    /// The shortest such pause.
    pause_min: Duration,
}

/// Goes round each store that answers over a network, until the controller ends; `inbox` brings what buckets tell.
pub(crate) async fn go_rounds(desk: &Arc<Desk>, inbox: Option<Inbox>) {
    let (mut slots, mut rounds) = (BTreeMap::new(), Vec::new());
    for name in desk.services.iter().map(|store| store.name().to_owned()) {
        let (slot, told) = Inbox::new();
        slots.insert(name.clone(), slot);
        rounds.push(go_round(Arc::clone(desk), name, told));
    }
    future::join(future::join_all(rounds), deliver(inbox, slots)).await;
}

/// Hands each store what was told of it: one that hangs holds up no words of others.
async fn deliver(inbox: Option<Inbox>, slots: BTreeMap<String, Slot>) {
    let Some(mut inbox) = inbox else { return };
    loop {
        let mut by_store: BTreeMap<String, BTreeSet<ChangedPath>> = BTreeMap::new();
        for path in inbox.next().await {
            by_store.entry(path.store.clone()).or_default().insert(path);
        }
        for (store, paths) in by_store {
            // What finds no room is found by the next look at everything.
            let _ = slots.get(&store).map(|slot| slot.put(paths));
        }
    }
}

/// Asks one store until the controller ends.
async fn go_round(desk: Arc<Desk>, store: String, mut told: Inbox) {
    let Some(binding) = desk.configuration.stores.get(&store) else { return };
    let refresh = binding.refresh_interval;
    // What is told of need not be asked about before all else is.
    let open = if binding.is_told() { refresh } else { OPEN_POLL.min(refresh) };
    let mut timetable = Timetable::new(refresh, open);
    let mut is_usable = check(&desk, &store).await;
    loop {
        let asked = timetable.next(&mut told).await;
        let found = match ask(&desk, &store, &asked).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!("{store} could not be looked at: {}", chain(&error));
                Found::Doubt
            }
        };
        timetable.note(&asked, found);
        if !is_usable || found == Found::Doubt {
            is_usable = check(&desk, &store).await;
        }
    }
}

/// Tries whether a store is there, can be listed and written, and has its pipelines tell if not.
async fn check(desk: &Arc<Desk>, store: &str) -> bool {
    let Some(checked) = desk.services.iter().find(|it| it.name() == store).cloned() else { return true };
    let fault = tokio::task::spawn_blocking(move || checked.preflight().err().map(|error| chain(&error)));
    // One that panicked is tried again with the next round.
    let Ok(fault) = fault.await else { return false };
    let is_usable = fault.is_none();
    if let Some(fault) = &fault {
        tracing::warn!("{fault}");
    }
    let about = (store.to_owned(), fault);
    let noted = desk.think(about, |mind, _, (store, fault)| Ok(mind.note_store(store, fault.take())));
    for id in noted.await.unwrap_or_default() {
        desk.wake(&id);
    }
    is_usable
}

impl Timetable {
    /// The pauses before everything is asked about, and before what is open is.
    fn new(refresh: Duration, pause_min: Duration) -> Self {
        let now = Instant::now();
        let is_rare = pause_min >= refresh;
        let open = now + jittered(pause_min) + if is_rare { refresh } else { Duration::ZERO };
        let all = now + jittered(refresh);
        Self { open, all, refresh, pause: pause_min, pause_min }
    }

    async fn next(&self, told: &mut Inbox) -> Asked {
        tokio::select! {
            // All that was told meanwhile is asked about together: one listing may answer for many.
            paths = told.next() => Asked::Told(paths.into_iter().collect()),
            () = sleep_until(self.all) => Asked::All,
            () = sleep_until(self.open) => Asked::Open,
        }
    }

    fn note(&mut self, asked: &Asked, found: Found) {
        let now = Instant::now();
        self.pause = match found {
            Found::News => self.pause_min,
            Found::Nothing => (self.pause * 5 / 4).min(OPEN_POLL_MAX.min(self.refresh).max(self.pause_min)),
            Found::Doubt => (self.pause * 2).min(DOUBT_POLL_MAX),
        };
        match asked {
            Asked::All => {
                (self.all, self.open) = (now + jittered(self.refresh), now + jittered(self.pause));
                // Whoever asks about everything asks about what is open, too.
                let is_rare = self.pause >= self.refresh;
                self.open += if is_rare { self.refresh } else { Duration::ZERO };
            }
            Asked::Open => self.open = now + jittered(self.pause),
            // Where one thing lands, others may follow of which no word comes.
            Asked::Told(_) => self.open = self.open.min(now + jittered(self.pause)),
        }
    }
}

/// A pause that differs by up to a fifth, so that stores and controllers don't ask at the same moment.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

async fn ask(desk: &Arc<Desk>, store: &str, asked: &Asked) -> Result<Found, ReconcileError> {
    let look = prepare(desk, store, asked).await?;
    let began = Instant::now();
    let look = look.make().await;
    desk.metrics.asked_storage(store, "look", began.elapsed());
    desk.count_requests();
    let about = (look, store.to_owned(), asked.clone());
    let taken_in = desk.think(about, |mind, desk, (look, store, asked)| {
        Ok(take_in(mind, desk, (std::mem::take(look), store, asked)))
    });
    let (found, concerned) = taken_in.await?;
    for id in &concerned {
        desk.wake(id);
    }
    Ok(found)
}

/// A look at what is asked about, prepared.
async fn prepare(desk: &Arc<Desk>, store: &str, asked: &Asked) -> Result<Look, ReconcileError> {
    let about = (store.to_owned(), asked.clone());
    desk.think(about, |mind, _, (store, asked)| {
        let extent = match asked {
            Asked::All => Extent::All,
            Asked::Open => Extent::Open,
            Asked::Told(paths) => Extent::Around(paths),
        };
        Ok(mind.catalogue.prepare_in(store, extent))
    })
    .await
}

/// Takes in what a look gave; what it comes to, and the pipelines that are concerned.
fn take_in(mind: &mut Mind, desk: &Desk, (look, store, asked): (Look, &str, &Asked)) -> (Found, Vec<Id>) {
    let is_whole = look.is_whole();
    let mut changes = mind.catalogue.take_in(look);
    let found = match (is_whole, changes.is_empty()) {
        (false, _) => Found::Doubt,
        (true, false) => Found::News,
        (true, true) => Found::Nothing,
    };
    let mut concerned = Vec::new();
    match asked {
        Asked::All if is_whole => {
            desk.metrics.listed(store, desk.now());
            // Of what is there a listing does not say that it changed.
            concerned.extend(mind.look_closer());
        }
        Asked::All | Asked::Open => {}
        // What was told of may have changed without becoming more or less complete.
        Asked::Told(paths) => changes.extend(paths.iter().cloned()),
    }
    concerned.extend(mind.note(&changes, desk.now()));
    (found, concerned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::limits::REPAIR_POLL;

    #[tokio::test(start_paused = true)]
    async fn a_store_is_asked_the_less_often_the_longer_nothing_comes() {
        let mut timetable = Timetable::new(REPAIR_POLL, OPEN_POLL);
        for _ in 0..50 {
            timetable.note(&Asked::Open, Found::Nothing);
        }
        assert_eq!(timetable.pause, OPEN_POLL_MAX);
        timetable.note(&Asked::Open, Found::News);
        assert_eq!(timetable.pause, OPEN_POLL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_answer_is_left_alone_for_longer_and_longer() {
        let mut timetable = Timetable::new(REPAIR_POLL, OPEN_POLL);
        for _ in 0..50 {
            timetable.note(&Asked::Open, Found::Doubt);
        }
        assert_eq!(timetable.pause, DOUBT_POLL_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn words_of_a_bucket_that_come_together_are_asked_about_together() {
        let timetable = Timetable::new(REPAIR_POLL, REPAIR_POLL);
        let (slot, mut told) = Inbox::new();
        let path = |path: &str| ChangedPath { store: "sales".to_owned(), path: path.to_owned() };
        for name in ["b", "a", "b"] {
            slot.put([path(name)].into()).unwrap();
        }
        let asked = timetable.next(&mut told).await;
        assert_eq!(asked, Asked::Told(vec![path("a"), path("b")]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_its_bucket_does_not_tell_is_found_by_asking() {
        let timetable = Timetable::new(REPAIR_POLL, REPAIR_POLL);
        let (slot, mut told) = Inbox::new();
        drop(slot);
        let began = Instant::now();
        assert_ne!(timetable.next(&mut told).await, Asked::Told(Vec::new()));
        assert!(began.elapsed() >= REPAIR_POLL / 2);
    }
}
