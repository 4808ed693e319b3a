//! Sweep: what launches left in staging that nobody comes back to.
//!
//! A launch gives its staging back when it ends. What stays is of one whose pipeline was deleted while it ran, that was
//! written off with its node, or that ended with its controller. Several may write to one store: laptops, and
//! controllers of other clusters and namespaces. So what has no record in the archive is another's, whatever its name is.

use std::time::SystemTime;

use kube::runtime::reflector::ObjectRef;
use storage::{Drawer, StorageError};

use crate::cluster::archive;
use crate::cluster::desk::Desk;
use crate::cluster::limits::STAGING_AGE;
use crate::cluster::mind::Id;
use crate::cluster::tidy::Reach;
use crate::work::launch::chain;

/// Where the records of a launch lie, and whose it is.
#[derive(Debug)]
struct Trace {
    id: Id,
    /// The record of its beginning, without what tells the records of one launch from each other.
    record: String,
}

/// Sweeps the stores within reach.
pub(crate) fn sweep(desk: &Desk, reach: Reach) {
    let (stores, archive) = {
        let mind = desk.mind();
        (mind.stores.clone(), archive::drawer(&mind.archive))
    };
    let before = SystemTime::from(desk.now()) - STAGING_AGE - desk.configuration.steps.lost_after;
    for (name, store) in stores.iter().filter(|(_, store)| reach.has(store)) {
        // Of what no answer says that it is left it is not.
        let keep = |launch: &str| !is_left(desk, &archive, (launch, before)).unwrap_or(false);
        match storage::sweep_old(store, before, &keep) {
            Ok(count) => desk.metrics.swept(name, count),
            Err(error) => tracing::warn!("the staging of {name} is not swept: {}", chain(&error)),
        }
    }
}

/// Whether a launch of ours began before that and nobody comes back to it.
fn is_left(
    desk: &Desk,
    archive: &Drawer,
    (launch, before): (&str, SystemTime),
) -> Result<bool, StorageError> {
    let Some(Trace { id, record }) = trace(launch) else { return Ok(false) };
    if desk.configuration.namespace.as_ref().is_some_and(|only| *only != id.namespace) {
        return Ok(false);
    }
    let began = archive.look(&format!("{record}.launched.json"))?.and_then(|it| it.changed);
    if began.is_none_or(|began| began >= before) {
        return Ok(false);
    }
    // What was being published may hold old data that had to make room.
    let is_half_published = archive.exists(&format!("{record}.publishing.json"))?
        && !archive.exists(&format!("{record}.ended.json"))?;
    Ok(!is_half_published && !may_run(desk, &id, launch))
}

/// Whether a launch may still run, or it is not known yet what runs of its pipeline.
fn may_run(desk: &Desk, id: &Id, launch: &str) -> bool {
    let pipeline = ObjectRef::new(&id.name).within(&id.namespace);
    if desk.caches.pipelines.get(&pipeline).is_none() {
        return false;
    }
    let mind = desk.mind();
    mind.pipelines.get(id).is_none_or(|kept| {
        let mut works = kept.elders.iter().chain([&kept.work]);
        !kept.may_start() || works.any(|work| work.running_named(launch).is_some())
    })
}

/// What the name of a launch says: `NAMESPACE.PIPELINE.KEY.STEP.ATTEMPT.LAUNCH`, none of which has a dot.
fn trace(launch: &str) -> Option<Trace> {
    let parts: Vec<_> = launch.split('.').collect();
    let &[namespace, pipeline, key, step, attempt, launch] = parts.as_slice() else { return None };
    let id = Id::new(namespace, pipeline);
    // Keys have no letters but `T` and `W`; names of launches have them in lower case.
    let key = key.to_uppercase();
    Some(Trace { id, record: format!("{namespace}/{pipeline}/{key}/{step}.{attempt}.{launch}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_launch_leads_to_its_records() {
        let Trace { id, record } = trace("ads.shop.2026-01-05t07.sell.2.1").unwrap();
        assert_eq!(id, Id::new("ads", "shop"));
        assert_eq!(record, "ads/shop/2026-01-05T07/sell.2.1");
        assert!(trace("shop.2026-01-05.sell.2.1").is_none(), "a laptop's has no namespace");
    }
}
