//! Ranges: many partitions in few words.

use crate::calendar::{Calendar, Partition};

/// An unbroken stretch of partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// The first partition.
    pub first: Partition,
    /// The last partition.
    pub last: Partition,
}

/// The fewest stretches that hold exactly these partitions, which come in ascending order.
pub fn compress(calendar: &Calendar, partitions: impl IntoIterator<Item = Partition>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for partition in partitions {
        match stretches.last_mut() {
            Some(stretch) if calendar.shift(stretch.last, 1) == partition => stretch.last = partition,
            _ => stretches.push(Stretch { first: partition, last: partition }),
        }
    }
    stretches
}

/// The newest `most` stretches: what is far back is known best from the archive.
pub fn newest(mut stretches: Vec<Stretch>, most: usize) -> Vec<Stretch> {
    let surplus = stretches.len().saturating_sub(most);
    stretches.split_off(surplus)
}

impl Stretch {
    /// The stretch as keys: `2026-01-05..2026-01-09`, or one key.
    pub fn keys(self, calendar: &Calendar) -> String {
        if self.first == self.last {
            return calendar.key(self.first);
        }
        format!("{}..{}", calendar.key(self.first), calendar.key(self.last))
    }
}
