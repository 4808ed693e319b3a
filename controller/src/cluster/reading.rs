//! A reading: what thinking lacks and only services can tell, records and what paths look like. It is made without the mind,
//! and then the same is thought again.

use std::sync::Arc;

use futures::{StreamExt as _, stream};
use planner::calendar::Partition;
use planner::pipeline::Pipeline;
use tokio::task::spawn_blocking;

use crate::cluster::limits::CLOSE_LOOKS;
use crate::cluster::mind::Kept;
use crate::cluster::shelf::Shelf;
use crate::work::closely::{self, Print, Spot};
use crate::work::errand::Stores;
use crate::work::records::{Record, RecordsError};

/// What is to be read for a pipeline.
#[derive(Debug)]
pub(crate) struct Reading {
    plan: Arc<Pipeline>,
    shelf: Shelf,
    stores: Stores,
    partitions: Vec<Partition>,
    /// By dataset.
    spots: Vec<Vec<Spot>>,
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Found {
    plan: Arc<Pipeline>,
    records: Vec<(Partition, Vec<Record>)>,
    prints: Vec<(Spot, Print)>,
}

impl Reading {
    /// What thinking about a pipeline lacks, if it lacks anything.
    pub(crate) fn of(kept: &Kept, stores: &Stores) -> Option<Self> {
        let (partitions, spots): (Vec<_>, Vec<_>) =
            (kept.archive.inbox().lacking().collect(), kept.asked.open());
        let (plan, shelf) = (Arc::clone(&kept.work.plan), kept.archive.shelf().clone());
        let is_empty = partitions.is_empty() && spots.is_empty();
        Some(Self { plan, shelf, stores: Arc::clone(stores), partitions, spots }).filter(|_| !is_empty)
    }

    /// Asks the services.
    pub(crate) async fn make(self) -> Result<Found, RecordsError> {
        let Self { plan, shelf, stores, partitions, spots } = self;
        let keys: Vec<_> = partitions.iter().map(|it| plan.parts().calendar.key(*it)).collect();
        let place = shelf.address();
        let read =
            spawn_blocking(move || if keys.is_empty() { Ok(Vec::new()) } else { shelf.read_many(&keys) });
        let looks = stream::iter(spots).map(|group| {
            let stores = Arc::clone(&stores);
            spawn_blocking(move || closely::ask(&stores, group))
        });
        // Of what panicked nothing is known, and it is asked again.
        let prints = looks.buffer_unordered(CLOSE_LOOKS).filter_map(|look| async { look.ok() });
        let (read, prints) = futures::join!(read, prints.collect::<Vec<_>>());
        let read = read.map_err(|error| RecordsError::new("read", &place, error))??;
        Ok(Found { plan, records: partitions.into_iter().zip(read).collect(), prints: prints.concat() })
    }
}

impl Found {
    /// Takes in what was read, unless it was read for another plan.
    pub(crate) fn take_in(self, kept: &mut Kept) {
        if !Arc::ptr_eq(&self.plan, &kept.work.plan) {
            return;
        }
        for (partition, records) in self.records {
            kept.archive.inbox_mut().bring(partition, records);
        }
        for (spot, print) in self.prints {
            kept.asked.take_in(spot, print);
        }
        kept.work.is_stale = true;
    }
}
