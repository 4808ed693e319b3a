//! Rounds: each store that answers over a network is asked again and again, seldom where nobody waits, and now where its
//! bucket tells of a change. One look at a time, and none with the mind: a store that hangs holds up nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future;
use storage::{ChangedPath, Extent, Look};
use tokio::time::Instant;

use crate::cluster::desk::Desk;
use crate::cluster::limits::OPEN_POLL;
use crate::cluster::mind::{Id, Mind};
use crate::cluster::notifications::{Inbox, Slot};
use crate::cluster::reconcile::ReconcileError;
use crate::cluster::timetable::{Asked, Found, Timetable};
use crate::work::launch::chain;

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
            concerned.extend(mind.look_closer(|it| it.name() == store));
        }
        Asked::All | Asked::Open => {}
        // What was told of may have changed without becoming more or less complete.
        Asked::Told(paths) => changes.extend(paths.iter().cloned()),
    }
    concerned.extend(mind.note(&changes, desk.now()));
    (found, concerned)
}
