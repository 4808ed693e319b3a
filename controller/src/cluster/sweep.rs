//! Sweep: what launches left in staging that nobody comes back to.
//!
//! A launch gives its staging back when it ends. What stays is of one whose pipeline was deleted while it ran, that was
//! written off with its node, or that ended with its controller. Several may write to one store: laptops, and
//! controllers of other clusters and namespaces. So what has no record in the archive is another's, whatever its name is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use kube::runtime::reflector::ObjectRef;

use crate::cluster::archive;
use crate::cluster::desk::Desk;
use crate::cluster::limits::STAGING_AGE;
use crate::cluster::mind::Id;
use crate::work::launch::chain;

/// Where the records of a launch lie, and whose it is.
#[derive(Debug)]
struct Trace {
    id: Id,
    /// The record of its beginning, without what tells the records of one launch from each other.
    record: PathBuf,
}

/// Sweeps every store.
pub(crate) fn sweep(desk: &Desk) {
    let (stores, archive) = {
        let mind = desk.mind();
        (mind.stores.clone(), mind.archive.clone())
    };
    let before = SystemTime::from(desk.now()) - STAGING_AGE - desk.configuration.steps.lost_after;
    for (name, store) in stores.iter() {
        let keep = |launch: &str| !is_left(desk, &archive::folder(&archive), (launch, before));
        match storage::sweep_old(store, before, &keep) {
            Ok(count) => desk.metrics.swept(name, count),
            Err(error) => tracing::warn!("the staging of {name} is not swept: {}", chain(&error)),
        }
    }
}

/// Whether a launch of ours began before that and nobody comes back to it.
fn is_left(desk: &Desk, archive: &Path, (launch, before): (&str, SystemTime)) -> bool {
    let Some(Trace { id, record }) = trace(archive, launch) else { return false };
    let is_ours = desk.configuration.namespace.as_ref().is_none_or(|only| *only == id.namespace);
    let began = fs::metadata(record.with_added_extension("launched.json")).and_then(|it| it.modified());
    // What was being published may hold old data that had to make room.
    let is_half_published = record.with_added_extension("publishing.json").exists()
        && !record.with_added_extension("ended.json").exists();
    is_ours && began.is_ok_and(|began| began < before) && !is_half_published && !may_run(desk, &id, launch)
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
fn trace(archive: &Path, launch: &str) -> Option<Trace> {
    let parts: Vec<_> = launch.split('.').collect();
    let &[namespace, pipeline, key, step, attempt, launch] = parts.as_slice() else { return None };
    let id = Id::new(namespace, pipeline);
    // Keys have no letters but `T` and `W`; names of launches have them in lower case.
    let folder = archive.join(namespace).join(pipeline).join(key.to_uppercase());
    Some(Trace { id, record: folder.join(format!("{step}.{attempt}.{launch}")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_launch_leads_to_its_records() {
        let Trace { id, record } = trace(Path::new("/a"), "ads.shop.2026-01-05t07.sell.2.1").unwrap();
        assert_eq!(id, Id::new("ads", "shop"));
        assert_eq!(record, Path::new("/a/ads/shop/2026-01-05T07/sell.2.1"));
        assert!(trace(Path::new("/a"), "shop.2026-01-05.sell.2.1").is_none(), "a laptop's has no namespace");
    }
}
