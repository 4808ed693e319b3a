//! Begin: what was granted begins, unless what it reads or writes has changed since it was decided.

use std::collections::BTreeSet;

use planner::calendar::Instant;
use planner::launch::Launch;
use storage::ChangedPath;

use crate::cluster::desk::Desk;
use crate::cluster::launch::job_name;
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::order::{Order, What};
use crate::cluster::reconcile::Fetched;
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

/// An order about a launch of a pipeline.
pub(crate) fn order(
    kept: &Kept,
    (id, stores): (&Id, &Stores),
    (launch, what, now): (&Launch, What, Instant),
) -> Order {
    let errand = Errand::of(&kept.work, stores, launch);
    Order { id: id.clone(), errand, shelf: kept.archive.shelf().clone(), what, now }
}
