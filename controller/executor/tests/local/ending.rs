//! Launches that are ended before their time, and what they leave running.

use std::time::Duration;

use executor::{Failure, LaunchError, Observation};
use tokio::time::{advance, pause, resume};

use crate::machine::{Held, Machine, NOW};

const LONG: Duration = Duration::from_hours(1);

/// Tells its own id and that of a child, and ignores SIGTERM with it.
const DEAF: &str = "trap '' TERM; sleep 1000 & echo \"$$\n$!\" > told; wait";

/// Launches with a time limit, waits until the script has told its processes, and lets the limit pass. The
/// clock stands still until then, however slow this machine may be.
async fn launch_overdue(machine: &Machine, script: &str) -> Vec<Held> {
    let told = machine.pipe("told");
    let mut spec = machine.spec(&["sh", "-c", script]);
    spec.timeout = Some(LONG);
    spec.grace = LONG;
    pause();
    machine.executor.launch(spec, NOW).unwrap();
    let processes = told.processes().await;
    advance(LONG).await;
    resume();
    processes
}

#[tokio::test]
async fn a_timeout_ends_the_whole_group() {
    let mut machine = Machine::new();
    let script = "sh -c 'sleep 1000 & echo \"$PPID\n$$\n$!\" > told; wait' & wait";
    let processes = launch_overdue(&machine, script).await;
    assert_eq!(processes.len(), 3);
    assert_eq!(machine.end().await, Observation::Failed(Failure::Deadline(LONG)));
    assert!(processes.iter().all(Held::has_ended));
}

#[tokio::test]
async fn a_group_that_ignores_sigterm_is_killed_after_the_grace() {
    let mut machine = Machine::new();
    let told = machine.pipe("told");
    machine.launch(&["sh", "-c", DEAF]);
    let processes = told.processes().await;
    assert_eq!(processes.len(), 2);
    machine.executor.kill("launch-1", Duration::from_millis(50));
    assert_eq!(machine.end().await, disrupted());
    assert!(processes.iter().all(Held::has_ended));
}

#[tokio::test]
async fn the_grace_is_for_the_group_and_not_only_for_its_leader() {
    let mut machine = Machine::new();
    let told = machine.pipe("told");
    let tidy = "(trap 'sleep 0.2; echo tidy > left; exit' TERM; echo up > told; while :; do sleep 0.02; done) & wait";
    machine.launch(&["sh", "-c", tidy]);
    told.lines().await;
    machine.executor.kill("launch-1", LONG);
    assert_eq!(machine.end().await, disrupted());
    assert_eq!(machine.read("left"), "tidy\n");
}

#[tokio::test]
async fn ending_well_after_being_told_to_end_is_not_success() {
    let mut machine = Machine::new();
    let told = machine.pipe("told");
    let script = "trap 'exit 0' TERM; echo up > told; while :; do sleep 0.02; done";
    machine.launch(&["sh", "-c", script]);
    told.lines().await;
    machine.executor.kill("launch-1", LONG);
    assert_eq!(machine.end().await, disrupted());
}

#[tokio::test]
async fn whoever_asks_again_with_less_patience_is_heard() {
    let mut machine = Machine::new();
    let told = machine.pipe("told");
    machine.launch(&["sh", "-c", DEAF]);
    told.lines().await;
    machine.executor.kill("launch-1", LONG);
    machine.executor.kill("launch-1", Duration::ZERO);
    machine.executor.kill("launch-1", LONG);
    assert_eq!(machine.end().await, disrupted());
}

#[tokio::test]
async fn an_overdue_launch_can_still_be_hurried() {
    let mut machine = Machine::new();
    let late = machine.pipe("late");
    let script = "trap 'echo late > late' TERM; echo $$ > told; while :; do sleep 0.02; done";
    launch_overdue(&machine, script).await;
    assert_eq!(late.lines().await, ["late"]);
    machine.executor.kill("launch-1", Duration::ZERO);
    assert_eq!(machine.end().await, Observation::Failed(Failure::Deadline(LONG)));
}

#[tokio::test]
async fn what_a_step_leaves_in_the_background_ends_with_it() {
    let mut machine = Machine::new();
    let (told, gate) = (machine.pipe("told"), machine.pipe("gate"));
    machine.launch(&["sh", "-c", "trap '' TERM HUP; sleep 1000 & echo $! > told; read go < gate"]);
    let processes = told.processes().await;
    gate.open().await;
    assert_eq!(machine.end().await, Observation::Succeeded);
    assert!(processes[0].has_ended());
}

#[tokio::test]
async fn killing_what_is_not_there_is_no_error() {
    Machine::new().executor.kill("nobody", Duration::ZERO);
}

#[tokio::test]
async fn a_shutdown_ends_all_and_takes_nothing_on() {
    let mut machine = Machine::new();
    let told = machine.pipe("told");
    machine.launch(&["sh", "-c", DEAF]);
    let mut second = machine.spec(&["sleep", "1000"]);
    second.name = "launch-2".to_owned();
    machine.executor.launch(second, NOW).unwrap();
    let processes = told.processes().await;
    machine.executor.shutdown(Duration::from_millis(50)).await;
    assert!(processes.iter().all(Held::has_ended));
    assert_eq!([machine.end().await, machine.end().await], [disrupted(), disrupted()]);
    let refused = machine.executor.launch(machine.spec(&["true"]), NOW);
    assert!(matches!(refused, Err(LaunchError::ShutDown)), "{refused:?}");
}

fn disrupted() -> Observation {
    Observation::Disrupted { why: "the run was told to end".to_owned() }
}
