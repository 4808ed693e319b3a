//! Carry: orders are carried out, many at once, and what came of them is taken in.

use std::sync::{Arc, PoisonError};

use planner::launch::Launch;
use storage::ChangedPath;
use tokio::task::JoinSet;

use crate::cluster::desk::Desk;
use crate::cluster::launch::job_name;
use crate::cluster::limits::{ASK_PAUSE, ORDER_PATIENCE};
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::order::{Carried, Done, Order, Place, What};
use crate::cluster::reconcile::ReconcileError;
use crate::work::launch;
use crate::work::pipeline::Work;
use crate::work::records::RecordsError;

/// Orders that are being carried out.
type Orders = JoinSet<Carried>;

/// Carries orders out. Of those that take longer, whoever ordered them hears later: their pipeline is woken then.
pub(crate) async fn carry(desk: &Arc<Desk>, id: &Id, orders: Vec<Order>) -> Vec<Carried> {
    let mut at_work = Orders::new();
    for order in orders {
        let permits = Arc::clone(&desk.orders);
        at_work.spawn(async move {
            // A store takes so many at once, and whoever waits holds no thread.
            let _permit = permits.acquire_owned().await;
            let given = order.clone();
            let carried = tokio::task::spawn_blocking(move || order.carry_out()).await;
            carried.unwrap_or_else(|error| given.broken_off(error))
        });
    }
    let mut carried = Vec::new();
    let all = async {
        while let Some(order) = at_work.join_next().await {
            carried.extend(order.ok());
        }
    };
    if tokio::time::timeout(ORDER_PATIENCE, all).await.is_err() {
        take_in_later(desk, id.clone(), at_work);
    }
    carried
}

fn take_in_later(desk: &Arc<Desk>, id: Id, mut at_work: Orders) {
    // The desk holds its tasks, so none of them holds the desk.
    let weak = Arc::downgrade(desk);
    let mut tasks = desk.late.lock().unwrap_or_else(PoisonError::into_inner);
    while tasks.try_join_next().is_some() {}
    tasks.spawn(async move {
        while let Some(order) = at_work.join_next().await {
            let Some(desk) = weak.upgrade() else { return };
            let carried: Vec<_> = order.into_iter().collect();
            if let Err(error) = desk.think((id.clone(), carried), take_in_and_note).await {
                tracing::warn!("{}: {}", id.name, launch::chain(&error));
            }
            desk.wake(&id);
        }
    });
}

/// Takes in what came of orders, and has those look who read what was written.
pub(crate) fn take_in_and_note(
    mind: &mut Mind,
    desk: &Desk,
    (id, carried): &mut (Id, Vec<Carried>),
) -> Result<(), ReconcileError> {
    let changes = take_in(mind, desk, (id, std::mem::take(carried)));
    let changes = changes.map_err(ReconcileError::Records)?;
    // Of services the next pass of this pipeline looks, since it has paths that are doubtful.
    mind.catalogue.look_again_in_directories(&changes);
    mind.note(&changes, desk.now());
    if let Some(kept) = mind.pipelines.get_mut(id) {
        kept.ledger.doubtful.extend(changes);
    }
    Ok(())
}

/// Takes in what came of orders; the paths that may have changed.
pub(crate) fn take_in(
    mind: &mut Mind,
    desk: &Desk,
    (id, carried): (&Id, Vec<Carried>),
) -> Result<Vec<ChangedPath>, RecordsError> {
    let Some(kept) = mind.pipelines.get_mut(id) else { return Ok(Vec::new()) };
    for Carried { order, .. } in &carried {
        kept.ledger.under_way.remove(&order.errand.name);
    }
    let (mut changes, mut trouble) = (Vec::new(), None);
    for one in carried {
        match take_in_one(kept, desk, one) {
            Ok(written) => changes.extend(written),
            Err(error) => trouble = Some(error),
        }
    }
    trouble.map_or(Ok(changes), Err)
}

fn take_in_one(
    kept: &mut Kept,
    desk: &Desk,
    Carried { order, done }: Carried,
) -> Result<Vec<ChangedPath>, RecordsError> {
    let (name, launch) = (order.errand.name.as_str(), order.launch());
    match done {
        Done::Begun(begun, place) => {
            kept.ledger.placed.extend((place == Place::Made).then(|| name.to_owned()));
            with_work(kept, name, |work, launch| launch::note_begun(work, launch, begun));
            Ok(Vec::new())
        }
        Done::Forestalled if order.what == What::Begin => {
            never_began(kept, &order);
            Ok(Vec::new())
        }
        Done::Unrecorded(error) if order.what == What::Begin => {
            never_began(kept, &order);
            Err(error)
        }
        Done::Unrecorded(error) => Err(error),
        Done::Open(why, stage) => {
            tracing::warn!("{name} is not settled yet: {why}");
            kept.ledger.paused.insert(name.to_owned(), desk.now() + ASK_PAUSE);
            with_work(kept, name, |work, launch| launch::note_stage(work, launch, stage));
            Ok(Vec::new())
        }
        Done::Ended(outcome, left) => {
            desk.metrics.ended(&order.id.labels(), &outcome);
            over(kept, &order);
            let is_elders = is_elders(kept, name);
            let end = (outcome, left, order.now);
            with_work(kept, name, |work, launch| launch::note_ended(work, launch, end));
            if is_elders {
                kept.recall(launch.partition)?;
            }
            Ok(launch::written(launch))
        }
        Done::Forestalled => {
            over(kept, &order);
            with_work(kept, name, |work, launch| {
                work.running.remove(&(launch.partition, launch.step));
            });
            kept.recall(launch.partition)?;
            Ok(launch::written(launch))
        }
    }
}

/// Another has the launch, or the archive did not take it: what was reserved is free again, and its records are read anew.
fn never_began(kept: &mut Kept, order: &Order) {
    with_work(kept, &order.errand.name, launch::give_up);
    kept.archive.reload(order.launch().partition);
    kept.work.is_stale = true;
}

/// What was known of a launch that is over is of no use any more.
fn over(kept: &mut Kept, order: &Order) {
    let job = job_name(&order.errand.plan, order.launch());
    kept.overlay.disruptions.remove(&job);
    kept.overlay.interruptions.remove(&job);
    kept.ledger.forget(&order.errand.name);
}

fn is_elders(kept: &Kept, name: &str) -> bool {
    kept.elders.iter().any(|elder| elder.running_named(name).is_some())
}

/// Does something to the pipeline at work that a launch runs by: that of before its spec changed, if there is one. A
/// step has its number by that plan alone.
fn with_work(kept: &mut Kept, name: &str, act: impl FnOnce(&mut Work, &Launch)) {
    let mut works = kept.elders.iter_mut().chain([&mut kept.work]);
    if let Some((work, launch)) = works.find_map(|work| work.running_named(name).map(|it| (work, it))) {
        act(work, &launch);
    }
}
