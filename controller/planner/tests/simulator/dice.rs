//! Dice: all chance of a seed comes from here, so that the seed replays it.

use std::time::Duration;

/// A source of chance.
#[derive(Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.0.u32(0..100) < percent
    }

    /// True so many times in a thousand.
    pub(crate) fn permille(&mut self, permille: u32) -> bool {
        permille > 0 && self.0.u32(0..1000) < permille
    }

    /// A number from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        self.0.i64(from..=to.max(from))
    }

    /// A count from `from` to `to`, both included.
    pub(crate) fn count(&mut self, from: u32, to: u32) -> u32 {
        self.0.u32(from..=to.max(from))
    }

    /// One of several; there is at least one.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.0.usize(0..all.len())]
    }

    /// A time up to `longest` seconds, more often short than long.
    pub(crate) fn seconds(&mut self, longest: i64) -> i64 {
        let bound = if self.percent(50) { longest / 20 } else { longest };
        self.between(1, bound.max(1))
    }

    /// A whole number of seconds between two.
    pub(crate) fn duration(&mut self, from: i64, to: i64) -> Duration {
        Duration::from_secs(self.between(from, to).unsigned_abs())
    }
}
