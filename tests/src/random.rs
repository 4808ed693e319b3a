//! Chance that can be had again: a seed, and the numbers that follow from it.

use std::time::SystemTime;

/// Numbers that follow from a seed (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers that follow from the variable `DAYBREAK_SEED`, or from a new seed.
    pub fn new() -> (Self, u64) {
        let seed = number("DAYBREAK_SEED").unwrap_or_else(new_seed);
        (Self(seed), seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

/// The number that a variable of the environment holds.
#[expect(clippy::disallowed_methods, reason = "a person asks a test for more, or for the same again")]
pub fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "the clock serves as chance")]
fn new_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos())
}
