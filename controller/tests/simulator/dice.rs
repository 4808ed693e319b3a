//! Dice: all chance of a run comes from its seed, so that the seed replays it.

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::time::Duration;

/// A source of chance.
#[derive(Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Chance that belongs to one thing: it does not depend on what else happened before.
    pub(crate) fn of(seed: u64, thing: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (seed, thing).hash(&mut hasher);
        Self::new(hasher.finish())
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.u64(0..bound)
    }

    /// A time between two.
    pub(crate) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let span = u64::try_from(to.saturating_sub(from).as_millis()).unwrap_or(u64::MAX);
        from + Duration::from_millis(self.0.u64(0..=span))
    }
}
