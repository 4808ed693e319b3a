//! `kill -9` of a run at random moments, then again to the end: nothing lost, nothing doubled, nothing left.
//!
//! `DAYBREAK_KILLS` says how many moments; `DAYBREAK_SEED` gives those of an earlier run again, as far as the machine
//! lets the same moment be hit twice.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::{Project, Random, eventually, marked, number};

mod world;

/// How many moments are tried.
const KILLS: u64 = 50;

/// The most kills of one world before it is left in peace.
const IN_A_ROW: u64 = 3;

/// Asks for all of it again.
const AGAIN: [&str; 7] = ["backfill", "flow", "--rerun", "--from", "2026-01-01", "--to", "2026-01-12"];

#[test]
fn whatever_kills_a_run_the_next_one_brings_it_to_the_same_end() {
    let (mut random, seed) = Random::new();
    let undisturbed = undisturbed();
    for row in rows(&mut random, undisturbed) {
        let story = format!("kills after {row:?}; all of it again: DAYBREAK_SEED={seed}");
        let project = world::project();
        for pause in &row {
            kill_after(&project, &["run", "flow"], *pause);
        }
        let outcome = project.run(&[]);
        assert_eq!(outcome.code, Some(0), "{story}\n{}", outcome.text());
        world::check(&project, &story);
        nothing_runs(&project, &story);
    }
}

/// Whether a request was noted; one that is half written was not.
fn has_request(project: &Project) -> bool {
    let is_whole = |file: &String| Path::new(file).extension().is_some_and(|it| it == "json");
    project.files(".daybreak/laptop/requests").iter().any(is_whole)
}

#[test]
fn whatever_kills_a_rerun_all_is_made_again_once() {
    let (mut random, seed) = Random::new();
    let undisturbed = undisturbed();
    let project = world::project();
    project.run(&[]).expect_code(0);
    let mut times = 1;
    for row in rows(&mut random, undisturbed) {
        let story = format!("kills after {row:?}; all of it again: DAYBREAK_SEED={seed}");
        times += 1;
        let word = format!("day of time {times}:");
        world::deliver(&project, &word);
        let mut was_asked = false;
        for pause in &row {
            kill_after(&project, if was_asked { &["run", "flow"] } else { &AGAIN }, *pause);
            was_asked |= has_request(&project) || world::has_begun(&project, times);
        }
        // Killed before it was noted, the request is nobody's; noted, it is the next run's.
        let outcome = if was_asked { project.run(&[]) } else { project.daybreak(&AGAIN) };
        assert_eq!(outcome.code, Some(0), "{story}\n{}", outcome.text());
        world::check_made(&project, (&word, times), &story);
        nothing_runs(&project, &story);
    }
}

/// The moments of the kills, several in a row for each world.
fn rows(random: &mut Random, undisturbed: u64) -> Vec<Vec<Duration>> {
    let mut left = number("DAYBREAK_KILLS").unwrap_or(KILLS);
    let mut rows = Vec::new();
    while left > 0 {
        let length = (1 + random.below(IN_A_ROW)).min(left);
        rows.push((0..length).map(|_| Duration::from_micros(random.below(undisturbed))).collect());
        left -= length;
    }
    rows
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

fn kill_after(project: &Project, command: &[&str], pause: Duration) {
    let running = project.start(command);
    // This is not waiting for something: the moment is what is tried.
    thread::sleep(pause);
    running.signal(Signal::KILL);
    running.wait();
}

fn nothing_runs(project: &Project, story: &str) {
    let gone = || marked(&project.path("")).iter().all(|pid| tests::are_gone(&[*pid]));
    eventually(&format!("no process is left; {story}"), gone);
}
