//! The seeded simulator: random pipelines in a random world, under a runtime that is killed at any point.
//!
//! After every step a referee checks the promises S1 to S5 and S7 against the world's own truth, and L1 once faults stop.
//! `DAYBREAK_SEED=7` replays one seed and prints its trace; `DAYBREAK_SEEDS=1000000` sets how many are run.

#[path = "simulator/actors.rs"]
mod actors;
#[path = "simulator/bent.rs"]
mod bent;
#[path = "simulator/blueprint.rs"]
mod blueprint;
#[path = "simulator/bugs.rs"]
mod bugs;
#[path = "simulator/coverage.rs"]
mod coverage;
#[path = "simulator/desired.rs"]
mod desired;
#[path = "simulator/dice.rs"]
mod dice;
#[path = "simulator/features.rs"]
mod features;
#[path = "simulator/journal.rs"]
mod journal;
#[path = "simulator/ledger.rs"]
mod ledger;
#[path = "simulator/oracle.rs"]
mod oracle;
#[path = "simulator/order.rs"]
mod order;
#[path = "simulator/process.rs"]
mod process;
#[path = "simulator/referee.rs"]
mod referee;
#[path = "simulator/runtime.rs"]
mod runtime;
#[path = "simulator/seed.rs"]
mod seed;
#[path = "simulator/settle.rs"]
mod settle;
#[path = "simulator/spec.rs"]
mod spec;
#[path = "simulator/store.rs"]
mod store;
#[path = "simulator/world.rs"]
mod world;

use std::{panic, thread};

use crate::bugs::Bug;
use crate::coverage::{Coverage, EXPECTED};
use crate::referee::Violation;

/// How many seeds the normal test command runs.
const SEEDS: u64 = 10_000;

/// How many seeds a seeded bug has to survive undetected before the simulator counts as blind to it.
const SEEDS_FOR_A_BUG: u64 = 600;

/// How many threads share the seeds.
const THREADS: u64 = 2;

#[expect(
    clippy::disallowed_methods,
    reason = "the seed to replay and the number of seeds come from the command line"
)]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs every seed of one share; the first that breaks a promise ends it.
fn run_share(share: u64, seeds: u64) -> Result<Coverage, String> {
    let mut coverage = Coverage::default();
    for seed in (share..seeds).step_by(usize::try_from(THREADS).unwrap_or(1)) {
        let replay = || {
            format!(
                "replay it: DAYBREAK_SEED={seed} cargo test -p planner --test simulator one_seed -- --nocapture"
            )
        };
        let finding = panic::catch_unwind(|| seed::run(seed, None, None))
            .map_err(|_| format!("seed {seed} panics\n{}", replay()))?;
        if let Some(Violation { promise, what }) = finding.violation {
            return Err(format!("seed {seed} breaks a promise: {promise}: {what}\n{}", replay()));
        }
        coverage.add(&finding.coverage);
    }
    Ok(coverage)
}

#[test]
fn every_seed_keeps_every_promise() {
    let seeds = number("DAYBREAK_SEEDS").unwrap_or(SEEDS);
    let shares: Vec<_> = (0..THREADS).map(|share| thread::spawn(move || run_share(share, seeds))).collect();
    let mut coverage = Coverage::default();
    let mut broken = Vec::new();
    for share in shares {
        match share.join().expect("the simulator does not panic") {
            Ok(seen) => coverage.add(&seen),
            Err(violation) => broken.push(violation),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    for (what, count) in &coverage.0 {
        println!("{count:>10} {what}");
    }
    if seeds >= SEEDS {
        let absent: Vec<_> = EXPECTED.into_iter().filter(|what| !coverage.0.contains_key(what)).collect();
        assert!(absent.is_empty(), "{seeds} seeds never saw: {absent:?}");
    }
}

#[test]
fn one_seed() {
    let Some(seed) = number("DAYBREAK_SEED") else { return };
    let finding = seed::run(seed, None, Some(Vec::new()));
    for line in &finding.trace {
        println!("{line}");
    }
    assert!(finding.violation.is_none(), "seed {seed}: {:?}", finding.violation);
}

#[test]
fn the_simulator_catches_each_seeded_bug() {
    let mut blind: Vec<Bug> = Vec::new();
    for bug in bugs::ALL {
        let found =
            (0..SEEDS_FOR_A_BUG).find_map(|seed| Some((seed, seed::run(seed, Some(bug), None).violation?)));
        match found {
            Some((seed, violation)) => println!("{bug:?}: seed {seed}: {}", violation.promise),
            None => blind.push(bug),
        }
    }
    assert!(blind.is_empty(), "not caught within {SEEDS_FOR_A_BUG} seeds: {blind:?}");
}
