//! Carry: orders are carried out, many at once, and what came of them is taken in.

use std::sync::{Arc, PoisonError};

use planner::launch::Launch;
use tokio::task::JoinSet;

use crate::cluster::desk::Desk;
use crate::cluster::launch::job_name;
use crate::cluster::limits::{ASK_PAUSE, ORDER_PATIENCE};
use crate::cluster::mind::{Id, Kept, Mind, key};
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
            if let Err(error) = hear(&desk, &id, carried).await {
                tracing::warn!("{}: {}", id.name, launch::chain(&error));
            }
            desk.wake(&id);
        }
    });
}

/// Takes in what came of orders outside of a pass. Whoever does that has their pipeline woken.
pub(crate) async fn hear(desk: &Arc<Desk>, id: &Id, carried: Vec<Carried>) -> Result<(), ReconcileError> {
    desk.think((id.clone(), carried), |mind, desk, (id, carried)| {
        take_in(mind, desk, (id, std::mem::take(carried))).map_err(ReconcileError::Records)
    })
    .await
}

/// Takes in what came of orders. What launches have written is doubtful until the next pass has looked.
pub(crate) fn take_in(
    mind: &mut Mind,
    desk: &Desk,
    (id, carried): (&Id, Vec<Carried>),
) -> Result<(), RecordsError> {
    let Some(kept) = mind.pipelines.get_mut(id) else { return Ok(()) };
    for Carried { order, .. } in &carried {
        kept.ledger.under_way.remove(&order.errand.name);
    }
    let all: Vec<_> = carried.into_iter().map(|one| take_in_one(kept, desk, one)).collect();
    all.into_iter().collect()
}

fn take_in_one(kept: &mut Kept, desk: &Desk, Carried { order, done }: Carried) -> Result<(), RecordsError> {
    let (name, launch) = (order.errand.name.as_str(), order.launch());
    kept.archive.outdate(launch.partition);
    match done {
        Done::Begun(begun, place) => {
            kept.ledger.placed.extend((place == Place::Made).then(|| name.to_owned()));
            with_work(kept, &order, |work, launch| launch::note_begun(work, launch, begun));
        }
        Done::Placed => drop(kept.ledger.placed.insert(name.to_owned())),
        Done::Forestalled if order.what == What::Begin => never_began(kept, &order),
        Done::Unrecorded(error) => {
            if order.what == What::Begin {
                never_began(kept, &order);
            }
            return Err(error);
        }
        Done::Open(why, stage) => {
            tracing::warn!("{name} is not settled yet: {why}");
            kept.ledger.paused.insert(name.to_owned(), desk.now() + ASK_PAUSE);
            with_work(kept, &order, |work, launch| launch::note_stage(work, launch, stage));
        }
        Done::Ended(outcome, left) => {
            desk.metrics.ended(&order.id.labels(), &outcome);
            over(kept, &order);
            let end = (outcome, left, order.now);
            with_work(kept, &order, |work, launch| launch::note_ended(work, launch, end));
            if is_elders(kept, &order) {
                kept.recall(launch.partition);
            }
        }
        Done::Forestalled => {
            over(kept, &order);
            with_work(kept, &order, |work, launch| {
                work.running.remove(&(launch.partition, launch.step));
            });
            kept.recall(launch.partition);
        }
    }
    Ok(())
}

/// Another has the launch, or the archive did not take it: what was reserved is free again, and its records are read anew.
fn never_began(kept: &mut Kept, order: &Order) {
    with_work(kept, order, launch::give_up);
    kept.archive.read_anew(order.launch().partition);
    kept.work.is_stale = true;
}

/// What was known of a launch that is over is of no use any more, and what it wrote is to be looked at.
fn over(kept: &mut Kept, order: &Order) {
    let job = job_name(&order.errand.plan, order.launch());
    kept.overlay.disruptions.remove(&job);
    kept.overlay.interruptions.remove(&job);
    kept.ledger.forget(&order.errand.name);
    kept.ledger.doubtful.extend(launch::written(order.launch()));
}

/// Whether the spec has changed since an order was given.
fn is_elders(kept: &Kept, order: &Order) -> bool {
    !Arc::ptr_eq(&kept.work.plan, &order.errand.plan)
}

/// Does something to the pipeline at work that gave an order, if the launch still runs there: that of before its spec
/// changed, if it was that. A step has its number by that plan alone.
fn with_work(kept: &mut Kept, order: &Order, act: impl FnOnce(&mut Work, &Launch)) {
    let launch = order.launch();
    let mut works = kept.elders.iter_mut().chain([&mut kept.work]);
    let work = works.find(|work| Arc::ptr_eq(&work.plan, &order.errand.plan));
    let runs = |work: &&mut Work| {
        let running = work.running.get(&(launch.partition, launch.step));
        running.is_some_and(|running| key(running) == key(launch))
    };
    if let Some(work) = work.filter(runs) {
        act(work, launch);
    }
}
