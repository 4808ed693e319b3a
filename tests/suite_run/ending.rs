//! Two runs on one state, and the ways in which a person ends a run.

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
        let session = project.start(&["run", "flow"]);
        let processes = begun(&project);
        session.signal(signal);
        session.wait().expect_code(130);
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
    let session = project.start(&["run", "flow"]);
    let processes = begun(&project);
    session.signal(Signal::INT);
    session.wait().expect_code(130);
    assert!(are_gone(&processes), "{processes:?}");
}

#[test]
fn after_a_kill_the_next_run_ends_what_still_runs_before_it_starts_anything() {
    let project = flow::maker(UNTIL_GO);
    let session = project.start(&["run", "flow"]);
    let orphans = begun(&project);
    session.signal(Signal::KILL);
    session.wait();
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
