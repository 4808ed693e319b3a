//! A reading: what thinking lacks and only services can tell, records and what paths look like. It is made without the mind,
//! and then the same is thought again.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
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
        kept.is_lacking().then(|| Self {
            plan: Arc::clone(&kept.work.plan),
            shelf: kept.archive.shelf().clone(),
            stores: Arc::clone(stores),
            partitions: kept.archive.lacking().collect(),
            spots: kept.questions.open(),
        })
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
        let prints = looks.buffer_unordered(CLOSE_LOOKS).try_collect::<Vec<_>>();
        let (read, prints) = futures::join!(read, prints);
        let broken_off = |error| RecordsError::new("read", &place, error);
        let (read, prints) = (read.map_err(broken_off)??, prints.map_err(broken_off)?);
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
            kept.archive.bring(partition, records);
        }
        for (spot, print) in self.prints {
            kept.questions.take_in(spot, print);
        }
    }
}
