//! The agenda: what happens when.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// What happens when, in the order in which it was entered where the time is the same.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    entries: BTreeMap<(Instant, u64), T>,
    entered: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), entered: 0 }
    }
}

impl<T> Agenda<T> {
    pub(crate) fn add(&mut self, after: Duration, what: T) {
        self.entered += 1;
        self.entries.insert((Instant::now() + after, self.entered), what);
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<T> {
        let entry = self.entries.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.entries.values()
    }
}
