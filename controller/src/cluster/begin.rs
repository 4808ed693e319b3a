//! Begin: what was granted begins, unless what it reads or writes has changed since it was decided.

use std::collections::BTreeSet;
use std::time::Duration;

use planner::calendar::Instant;
use planner::launch::Launch;
use storage::ChangedPath;

use crate::cluster::desk::Desk;
use crate::cluster::launch::job_name;
use crate::cluster::limits::CREATE_WITHIN;
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::order::{Order, What};
use crate::cluster::overlay::Sent;
use crate::cluster::reconcile::Fetched;
use crate::cluster::settle::{is_current, is_of_an_elder};
use crate::work::errand::{Errand, Stores};
use crate::work::launch::reserve;
use crate::work::look;

/// Has what was granted begin, unless what it reads or writes has changed since it was decided.
pub(crate) fn begin(
    mind: &mut Mind,
    desk: &Desk,
    (Fetched { id, now, .. }, looked_at): (&Fetched, &[Launch]),
    changed: &BTreeSet<ChangedPath>,
) -> Vec<Order> {
    let Some((kept, stores, catalogue)) = mind.at(id) else { return Vec::new() };
    let mut orders = Vec::new();
    // Others were granted room since, or it was taken from these: whoever did it has this pipeline woken.
    for launch in std::mem::take(&mut kept.granted).into_iter().filter(|it| looked_at.contains(it)) {
        let order = order(kept, (id, stores), (&launch, What::Begin, *now));
        let is_busy = kept.ledger.is_busy(&order.errand.name, *now);
        if is_busy || look::has_changed(&mut kept.work, catalogue, (&launch, *now), changed) {
            // What was decided on is no longer so: decide again first.
            kept.work.is_stale = true;
            desk.wake(id);
            continue;
        }
        let ready = kept.work.decision.cell(launch.partition, launch.step).map_or(*now, |cell| cell.since);
        reserve(&mut kept.work, &launch, *now);
        // A launch of this name may have been before its records were pruned.
        let name = job_name(&kept.work.plan, &launch);
        kept.overlay.jobs.remove(&name);
        kept.ledger.under_way.insert(order.errand.name.clone());
        desk.metrics.launched(&id.labels(), (*now - ready).to_std().unwrap_or_default());
        orders.push(order);
    }
    orders
}

/// Has a place to write made for what is recorded, has no Job yet, and has none: a process died in between, or a store was
/// away.
pub(crate) fn place(mind: &mut Mind, Fetched { id, now, .. }: &Fetched) -> Vec<Order> {
    let Some((kept, stores, _)) = mind.at(id) else { return Vec::new() };
    let mut orders = Vec::new();
    for launch in without_job(kept, *now) {
        let order = order(kept, (id, stores), (&launch, What::Place, *now));
        let name = &order.errand.name;
        if !kept.ledger.placed.contains(name) && !kept.ledger.is_busy(name, *now) {
            kept.ledger.under_way.insert(name.clone());
            orders.push(order);
        }
    }
    orders
}

/// The launches that are recorded and of which a Job is to be created, as long as nobody else may have given up on that.
pub(crate) fn without_job(kept: &Kept, now: Instant) -> Vec<Launch> {
    let is_meant = |launch: &&Launch| {
        let since = kept.work.facts.history(launch.partition, launch.step).and_then(|it| it.running.as_ref());
        let age = since.map_or(Duration::MAX, |it| (now - it.since).to_std().unwrap_or_default());
        let is_recorded = !kept.ledger.under_way.contains(&kept.work.launch_name(launch));
        let may_create = match kept.overlay.jobs.get(&job_name(&kept.work.plan, launch)) {
            None | Some(Sent::Absent) => age < CREATE_WITHIN,
            // This process knows that there is none.
            Some(Sent::Refused(_)) => true,
            Some(Sent::Created | Sent::Seen | Sent::Gone) => false,
        };
        is_recorded && may_create && !is_of_an_elder(kept, launch) && is_current(kept, launch)
    };
    kept.work.running.values().filter(is_meant).cloned().collect()
}

/// An order about a launch of a pipeline.
pub(crate) fn order(
    kept: &Kept,
    (id, stores): (&Id, &Stores),
    (launch, what, now): (&Launch, What, Instant),
) -> Order {
    let errand = Errand::of(&kept.work, stores, launch);
    Order { id: id.clone(), errand, shelf: kept.archive.shelf().clone(), what, now }
}
