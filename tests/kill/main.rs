//! `kill -9` of a run at random moments, then again to the end: nothing lost, nothing doubled, nothing left.
//!
//! `DAYBREAK_KILLS` says how many moments; `DAYBREAK_SEED` gives those of an earlier run again, as far as the machine
//! lets the same moment be hit twice.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::{Project, Random, eventually, marked, number};

mod world;

/// How many moments are tried.
const KILLS: u64 = 50;

/// The most kills of one world before it is left in peace.
const IN_A_ROW: u64 = 3;

#[test]
fn whatever_kills_a_run_the_next_one_brings_it_to_the_same_end() {
    let kills = number("DAYBREAK_KILLS").unwrap_or(KILLS);
    let (mut random, seed) = Random::new();
    let undisturbed = undisturbed();
    let mut done = 0;
    while done < kills {
        let project = world::project();
        let row = (1 + random.below(IN_A_ROW)).min(kills - done);
        let pauses: Vec<_> = (0..row).map(|_| random.below(undisturbed)).map(Duration::from_micros).collect();
        let story = format!("kills after {pauses:?}; all of it again: DAYBREAK_SEED={seed}");
        for pause in &pauses {
            kill_after(&project, *pause);
        }
        let outcome = project.run(&[]);
        assert_eq!(outcome.code, Some(0), "{story}\n{}", outcome.text());
        world::check(&project, &story);
        nothing_runs(&project, &story);
        done += row;
    }
}

/// How long a run takes that nobody kills, in microseconds.
fn undisturbed() -> u64 {
    let project = world::project();
    let began = Instant::now();
    project.run(&[]).expect_code(0);
    let took = began.elapsed();
    world::check(&project, "no kill");
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn kill_after(project: &Project, pause: Duration) {
    let running = project.start(&["run", "flow"]);
    // This is not waiting for something: the moment is what is tried.
    thread::sleep(pause);
    running.signal(Signal::KILL);
    running.wait();
}

fn nothing_runs(project: &Project, story: &str) {
    let gone = || marked(&project.path("")).iter().all(|pid| tests::are_gone(&[*pid]));
    eventually(&format!("no process is left; {story}"), gone);
}
