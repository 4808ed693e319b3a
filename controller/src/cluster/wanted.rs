//! The records that are wanted of an archive in a service: those that thinking lacks, and those that were brought since.

use std::collections::{BTreeMap, BTreeSet};

use planner::calendar::Partition;

use crate::work::records::Record;

/// The records of partitions.
pub(crate) type Read = BTreeMap<Partition, Vec<Record>>;

/// What the service is to be asked for, and what it said.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    lacking: BTreeSet<Partition>,
    brought: Read,
    /// Of which partitions something was taken in this thought: nobody wants it once more.
    taken: BTreeSet<Partition>,
}

impl Wanted {
    /// Takes what was brought of these partitions. The rest is lacking from now on.
    pub(crate) fn take(&mut self, partitions: &BTreeSet<Partition>) -> Read {
        let taken: Read = partitions.iter().filter_map(|it| Some((*it, self.brought.remove(it)?))).collect();
        self.lacking.extend(partitions.iter().filter(|it| !taken.contains_key(it)));
        self.taken.extend(taken.keys());
        taken
    }

    /// The partitions whose records the service is to be asked for.
    pub(crate) fn lacking(&self) -> impl ExactSizeIterator<Item = Partition> {
        self.lacking.iter().copied()
    }

    /// Brings what the service said of a partition, unless it is out of date.
    pub(crate) fn bring(&mut self, partition: Partition, records: Vec<Record>) {
        if self.lacking.remove(&partition) {
            self.brought.insert(partition, records);
        }
    }

    /// Whether what the service says of a partition in this thought was brought.
    pub(crate) fn has(&self, partition: Partition) -> bool {
        self.brought.contains_key(&partition) || self.taken.contains(&partition)
    }

    /// A record of a partition was written: what the service said before, or is about to say, is out of date.
    pub(crate) fn outdate(&mut self, partition: Partition) {
        self.lacking.remove(&partition);
        self.brought.remove(&partition);
        self.taken.remove(&partition);
    }
}
