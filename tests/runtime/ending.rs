//! Two runs on one state, and the ways in which a person ends a run.

use std::fs;

use rustix::process::Signal;
use tests::{are_gone, eventually};

use crate::flow;

/// Runs until the file `go` is there; what it starts in the background does, too.
const UNTIL_GO: &str = r#"
note start make
sleep 1000 &
echo "child make $DAYBREAK_PARTITION $DAYBREAK_ATTEMPT $!" >> ../ledger
while [ ! -e ../go ]; do sleep 0.01; done
echo new > "$1"
kill $!
note end make
"#;

fn begun(project: &tests::Project) -> Vec<u32> {
    eventually("the step runs", || !project.ledger().that("child").is_empty());
    project.ledger().entries.iter().map(|entry| entry.pid).collect()
}

#[test]
fn a_second_run_on_the_same_state_refuses_and_names_the_first() {
    let project = flow::maker(UNTIL_GO);
    let first = project.start(&["run", "flow"]);
    begun(&project);
    project.run(&[]).expect_code(2).expect_text(&[&format!("pid {}", first.pid())]);
    project.write("go", "");
    first.wait().expect_code(0);
    assert_eq!(project.ledger().started(), ["make 2026-01-01"]);
}

#[test]
fn interrupting_ends_what_runs_and_the_next_run_goes_on_with_the_same_attempt() {
    for signal in [Signal::INT, Signal::TERM] {
        let project = flow::maker(UNTIL_GO);
        let running = project.start(&["run", "flow"]);
        let processes = begun(&project);
        running.signal(signal);
        running.wait().expect_code(130);
        assert!(are_gone(&processes), "{processes:?}");
        assert!(!project.exists("data/out_2026-01-01"));
        assert!(!project.exists("data/.daybreak"), "{:?}", project.files("data"));
        project.write("go", "");
        project.run(&[]).expect_code(0);
        let starts = project.ledger().entries.into_iter().filter(|entry| entry.what == "start");
        assert_eq!(starts.map(|entry| entry.attempt).collect::<Vec<_>>(), ["1", "1"]);
    }
}

#[test]
fn a_step_that_ignores_the_signal_is_killed_all_the_same() {
    let project = flow::maker(&format!("trap '' TERM\n{UNTIL_GO}"));
    let running = project.start(&["run", "flow"]);
    let processes = begun(&project);
    running.signal(Signal::INT);
    running.wait().expect_code(130);
    assert!(are_gone(&processes), "{processes:?}");
}

#[test]
fn after_a_kill_the_next_run_ends_what_still_runs_before_it_starts_anything() {
    let project = flow::maker(UNTIL_GO);
    let running = project.start(&["run", "flow"]);
    let orphans = begun(&project);
    running.signal(Signal::KILL);
    running.wait();
    let second = project.start(&["run", "flow"]);
    eventually("the step runs again", || project.ledger().started().len() == 2);
    assert!(are_gone(&orphans), "{orphans:?}");
    project.write("go", "");
    second.wait().expect_code(0);
}

#[test]
fn what_a_step_leaves_in_the_background_ends_with_it() {
    let project =
        flow::maker("note start make; sleep 1000 & echo \"child make x 1 $!\" >> ../ledger; echo 1 > \"$1\"");
    project.run(&[]).expect_code(0);
    let processes: Vec<_> = project.ledger().entries.iter().map(|entry| entry.pid).collect();
    assert_eq!(processes.len(), 2);
    assert!(are_gone(&processes));
}

#[test]
fn whoever_stops_reading_does_not_stop_the_run() {
    let project = flow::project();
    project.start_unread(&["run", "flow"]).wait().expect_code(0);
    assert!(project.exists("data/sum_2026-01-03"));
}

#[test]
fn what_a_killed_run_left_is_brought_to_an_end_although_another_folder_ran_meanwhile() {
    let project = flow::maker(UNTIL_GO);
    project.write(
        "other/other.yaml",
        &project.read("flow/flow.yaml").replace("flow", "other").replace("out_", "other_"),
    );
    fs::copy(project.path("flow/make"), project.path("other/make")).expect("both are ours");
    let running = project.start(&["run", "flow"]);
    let orphans = begun(&project);
    running.signal(Signal::KILL);
    running.wait();
    project.write("go", "");
    project.daybreak(&["run", "other"]).expect_code(0);
    assert!(are_gone(&orphans), "{orphans:?}");
    project.run(&[]).expect_code(0);
    assert_eq!(project.files("data"), ["other_2026-01-01", "out_2026-01-01"]);
    assert!(!project.exists("data/.daybreak"));
    project.run(&[]).expect_code(0).expect_text(&["nothing had to run"]);
}

#[test]
fn two_projects_may_share_a_store() {
    let (one, two) = (flow::maker(UNTIL_GO), flow::project());
    let first = one.start(&["run", "flow"]);
    begun(&one);
    two.pipeline("flow", &flow::spec().replace("_%Y", "-of-two_%Y").replace("raw-of-two", "raw"));
    two.remove("data");
    std::os::unix::fs::symlink(one.path("data"), two.path("data")).expect("the folder is writable");
    for day in 1..=3 {
        two.write(&format!("data/raw_2026-01-{day:02}"), "1\n");
    }
    fs::rename(two.path("flow/flow.yaml"), two.path("flow/two.yaml")).expect("both are ours");
    two.write("flow/two.yaml", &two.read("flow/two.yaml").replace("name: flow", "name: two"));
    let second = two.start(&["run", "flow"]);
    second.signal(Signal::KILL);
    second.wait();
    two.run(&[]).expect_code(0);
    one.write("go", "");
    first.wait().expect_code(0);
    assert_eq!(one.read("data/out_2026-01-01"), "new\n");
}
