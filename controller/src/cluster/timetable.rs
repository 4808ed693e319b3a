//! The timetable of a store that answers over a network: when it is asked next, and about what.

use std::time::Duration;

use storage::ChangedPath;
use tokio::time::{Instant, sleep_until};

use crate::cluster::limits::{DOUBT_POLL_MAX, OPEN_POLL_MAX};
use crate::cluster::notifications::Inbox;

/// What a store is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it: what was deleted is found.
    All,
    /// What was not there.
    Open,
    /// What its bucket told of.
    Told(Vec<ChangedPath>),
}

/// What a look has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Something changed.
    News,
    /// Nothing did.
    Nothing,
    /// The store did not answer, or not about everything.
    Doubt,
}

/// When a store is asked next.
#[derive(Debug)]
pub(crate) struct Timetable {
    open: Instant,
    all: Instant,
    /// The pause before everything is asked about again.
    refresh: Duration,
    /// The pause before what is open is asked about again.
    pause: Duration,
    /// The shortest such pause.
    pause_min: Duration,
}

impl Timetable {
    /// The pauses before everything is asked about, and before what is open is.
    pub(crate) fn new(refresh: Duration, pause_min: Duration) -> Self {
        let now = Instant::now();
        let mut timetable = Self { open: now, all: now, refresh, pause: pause_min, pause_min };
        timetable.put_off();
        timetable
    }

    /// After all was asked about. That includes what is open, which need not be asked about before the next time if it
    /// would be as seldom.
    fn put_off(&mut self) {
        let now = Instant::now();
        (self.all, self.open) = (now + jittered(self.refresh), now + jittered(self.pause));
        if self.pause >= self.refresh {
            self.open += self.refresh;
        }
    }

    pub(crate) async fn next(&self, told: &mut Inbox) -> Asked {
        tokio::select! {
            // All that was told meanwhile is asked about together: one listing may answer for many.
            paths = told.next() => Asked::Told(paths.into_iter().collect()),
            () = sleep_until(self.all) => Asked::All,
            () = sleep_until(self.open) => Asked::Open,
        }
    }

    pub(crate) fn note(&mut self, asked: &Asked, found: Found) {
        let now = Instant::now();
        self.pause = match found {
            Found::News => self.pause_min,
            Found::Nothing => (self.pause * 5 / 4).min(OPEN_POLL_MAX.min(self.refresh).max(self.pause_min)),
            Found::Doubt => (self.pause * 2).min(DOUBT_POLL_MAX),
        };
        match asked {
            Asked::All => self.put_off(),
            Asked::Open => self.open = now + jittered(self.pause),
            // Where one thing lands, others may follow of which no word comes.
            Asked::Told(_) => self.open = self.open.min(now + jittered(self.pause)),
        }
    }
}

/// A pause that differs by up to a fifth, so that stores and controllers don't ask at the same moment.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::limits::{OPEN_POLL, REPAIR_POLL};

    #[tokio::test(start_paused = true)]
    async fn a_store_is_asked_the_less_often_the_longer_nothing_comes() {
        let mut timetable = Timetable::new(REPAIR_POLL, OPEN_POLL);
        for _ in 0..50 {
            timetable.note(&Asked::Open, Found::Nothing);
        }
        assert_eq!(timetable.pause, OPEN_POLL_MAX);
        timetable.note(&Asked::Open, Found::News);
        assert_eq!(timetable.pause, OPEN_POLL);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_answer_is_left_alone_for_longer_and_longer() {
        let mut timetable = Timetable::new(REPAIR_POLL, OPEN_POLL);
        for _ in 0..50 {
            timetable.note(&Asked::Open, Found::Doubt);
        }
        assert_eq!(timetable.pause, DOUBT_POLL_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn words_of_a_bucket_that_come_together_are_asked_about_together() {
        let timetable = Timetable::new(REPAIR_POLL, REPAIR_POLL);
        let (slot, mut told) = Inbox::new();
        let path = |path: &str| ChangedPath { store: "sales".to_owned(), path: path.to_owned() };
        for name in ["b", "a", "b"] {
            slot.put([path(name)].into()).unwrap();
        }
        let asked = timetable.next(&mut told).await;
        assert_eq!(asked, Asked::Told(vec![path("a"), path("b")]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_its_bucket_does_not_tell_is_found_by_asking() {
        let timetable = Timetable::new(REPAIR_POLL, REPAIR_POLL);
        let (slot, mut told) = Inbox::new();
        drop(slot);
        let began = Instant::now();
        assert_ne!(timetable.next(&mut told).await, Asked::Told(Vec::new()));
        assert!(began.elapsed() >= REPAIR_POLL / 2);
    }
}
