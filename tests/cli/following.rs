//! `daybreak logs --follow`: it goes on while the attempt runs, and not longer.

use rustix::process::Signal;
use tests::{Project, Running, eventually};

use crate::shop;

#[test]
fn it_prints_until_the_attempt_has_ended_and_the_run_goes_on() {
    let (project, run, follower) = following();
    project.write("go", "");
    let outcome = follower.wait().expect_code(0);
    assert_eq!(outcome.stdout, "first\nlast\n");
    run.wait().expect_code(0);
}

#[test]
fn it_ends_with_a_run_that_is_killed() {
    let (_project, run, follower) = following();
    run.signal(Signal::KILL);
    run.wait();
    assert_eq!(follower.wait().expect_code(0).stdout, "first\n");
}

#[test]
fn an_attempt_that_has_ended_is_printed_once() {
    let project = shop::project();
    project.run(&[]).expect_code(0);
    let outcome = project.daybreak(&["logs", "shop", "2026-01-01", "clean", "-f"]).expect_code(0);
    assert_eq!(outcome.stdout, "cleaning 2026-01-01\n");
}

/// A run whose step waits for `go`, and a follower that has printed what it said so far.
fn following() -> (Project, Running, Running) {
    let project = shop::project_with(&format!("echo first; {}; echo last; cp \"$1\" \"$2\"", shop::WAIT));
    let run = project.start(&["run", "flow", "--date", "2026-01-01"]);
    let log = ".daybreak/laptop/logs/shop/2026-01-01/clean.1.1.log";
    eventually("the step speaks", || project.exists(log) && project.read(log) == "first\n");
    let follower = project.start(&["logs", "shop", "2026-01-01", "-f"]);
    eventually("it is printed", || follower.text() == "first\n");
    (project, run, follower)
}
