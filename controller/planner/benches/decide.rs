//! How long a decision takes: a window of 1,500 partitions of 10 steps, in three states of the world.

#[path = "../tests/common/mod.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod common;

use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

use planner::admission::{Bidder, Capacity, admit};
use planner::calendar::{Instant, Partition};
use planner::decide::{World, decide};
use planner::facts::{Facts, Fingerprints, Leftovers, Outcome, Presence};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline};
use planner::window;

use crate::common::notation;
use crate::common::shelf::Shelf;

/// A chain of ten steps, where each but the first also reads what its predecessor made yesterday.
const PIPELINE: &str = "pipeline window=1500 parallelism=1000000
    step s0: raw -> d0
    step s1: d0 yesterday:d0@-1? -> d1
    step s2: d1 yesterday:d1@-1? -> d2
    step s3: d2 yesterday:d2@-1? -> d3
    step s4: d3 yesterday:d3@-1? -> d4
    step s5: d4 yesterday:d4@-1? -> d5
    step s6: d5 yesterday:d5@-1? -> d6
    step s7: d6 yesterday:d6@-1? -> d7
    step s8: d7 yesterday:d7@-1? -> d8
    step s9: d8 yesterday:d8@-1? -> d9";
const NOW: &str = "2026-01-05T07:30:00Z";
const ROUNDS: usize = 51;

fn main() {
    let pipeline =
        Pipeline::new(notation::parse(PIPELINE).expect("the notation is right")).expect("it is sound");
    let now = notation::read(NOW).expect("it is a time");
    report("all complete", &pipeline, (&complete(&pipeline, now), now));
    report("only inputs", &pipeline, (&only_inputs(&pipeline, now), now));
    report("half failing", &pipeline, (&half_failing(&pipeline, now), now));
}

fn report(what: &str, pipeline: &Pipeline, (facts, now): (&Facts, Instant)) {
    let world = World { pipeline, facts, now };
    let previous = decide(world, None);
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Clock::now();
            let _ = black_box(decide(black_box(world), Some(&previous)));
            start.elapsed()
        })
        .collect();
    times.sort();
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let (best, median) = (times[0], times[ROUNDS / 2]);
    println!("decide 1500 x 10, {what:<12}  best {:6.2} ms  median {:6.2} ms", millis(best), millis(median));
}

fn fill(pipeline: &Pipeline, now: Instant, mut is_there: impl FnMut(DatasetId, Partition) -> bool) -> Facts {
    let mut shelf = Shelf::default();
    let window = window::window(pipeline.parts(), now);
    for partition in (window.start - 1..window.end).map(Partition) {
        for dataset in pipeline.dataset_ids().filter(|it| is_there(*it, partition)) {
            shelf.put(dataset, partition, Presence::Complete);
        }
    }
    Facts { holdings: shelf.holdings(pipeline, &window), ..Facts::default() }
}

fn complete(pipeline: &Pipeline, now: Instant) -> Facts {
    let mut facts = fill(pipeline, now, |_, _| true);
    let pattern = ready(pipeline, &only_inputs(pipeline, now), now).swap_remove(0);
    for partition in window::window(pipeline.parts(), now).map(Partition) {
        for step in pipeline.step_ids() {
            end(&mut facts, &Launch { partition, step, ..pattern.clone() }, (Outcome::Succeeded, now));
        }
    }
    facts
}

fn only_inputs(pipeline: &Pipeline, now: Instant) -> Facts {
    fill(pipeline, now, |dataset, _| pipeline.producer(dataset).is_none())
}

/// Every second partition failed once at its first step.
fn half_failing(pipeline: &Pipeline, now: Instant) -> Facts {
    let mut facts = only_inputs(pipeline, now);
    for launch in ready(pipeline, &facts, now).iter().filter(|launch| launch.partition.0 % 2 == 0) {
        let outcome = Outcome::Failed { exit_code: Some(1), why: "exit code 1".to_owned() };
        end(&mut facts, launch, (outcome, now));
    }
    facts
}

/// All that could start now.
fn ready(pipeline: &Pipeline, facts: &Facts, now: Instant) -> Vec<Launch> {
    let world = World { pipeline, facts, now };
    let decision = decide(world, None);
    let bidder = Bidder { world, decision: &decision, weight: 1 };
    let admission = admit(&[bidder], &Capacity::default());
    admission.launches.into_iter().map(|(_, launch)| launch).collect()
}

fn end(facts: &mut Facts, launch: &Launch, (outcome, now): (Outcome, Instant)) {
    let steps = facts.history.entry(launch.partition).or_default();
    let history = steps.entry(launch.step).or_default();
    history.start(launch, Fingerprints::new(), now);
    history.end(outcome, Leftovers::new(), now);
}
