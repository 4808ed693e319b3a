//! The ledger: what is known of a pipeline's orders while they are carried out and after.

use std::collections::{BTreeMap, BTreeSet};

use planner::calendar::Instant;
use storage::ChangedPath;

/// What is known of the orders of one pipeline. Launches are named as they are among all that may share a store.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The launches of which an order is being carried out.
    pub(crate) under_way: BTreeSet<String>,
    /// The launches for which this process made a place to write.
    pub(crate) placed: BTreeSet<String>,
    /// The launches of which a store gave no answer, and when they are ordered about again.
    pub(crate) paused: BTreeMap<String, Instant>,
    /// The paths that launches have written, or may have, and that nobody has looked at since.
    pub(crate) doubtful: Vec<ChangedPath>,
}

impl Ledger {
    /// Whether nothing can be ordered about a launch now: something is, or its store was away a moment ago.
    pub(crate) fn is_busy(&self, launch: &str, now: Instant) -> bool {
        self.under_way.contains(launch) || self.paused.get(launch).is_some_and(|until| now < *until)
    }

    /// When the first of the launches that wait may be ordered about again.
    pub(crate) fn wake_at(&self, now: Instant) -> Option<Instant> {
        // One whose pause is over is being ordered about, or is no more.
        self.paused.values().copied().filter(|until| *until > now).min()
    }

    /// Forgets a launch that is over.
    pub(crate) fn forget(&mut self, launch: &str) {
        self.placed.remove(launch);
        self.paused.remove(launch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_is_over_wakes_nobody() {
        let (now, mut ledger) = (Instant::UNIX_EPOCH, Ledger::default());
        ledger.paused.insert("shop.1".to_owned(), now);
        assert_eq!((ledger.wake_at(now), ledger.is_busy("shop.1", now)), (None, false));
        let later = now + std::time::Duration::from_secs(5);
        ledger.paused.insert("shop.2".to_owned(), later);
        assert_eq!((ledger.wake_at(now), ledger.is_busy("shop.2", now)), (Some(later), true));
    }
}
