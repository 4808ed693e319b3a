//! Processes that outlive a run which was killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use executor::{Observation, end_orphans};
use tempfile::TempDir;

use crate::machine::{Held, Machine, Pipe};

/// A run of its own process, as `examples/launch.rs` makes it.
fn start_run(marker: &str, folder: &Path, script: &str) -> Child {
    let tests = std::env::current_exe().unwrap();
    let launch = tests.parent().and_then(Path::parent).map(|built| built.join("examples/launch")).unwrap();
    let arguments: [PathBuf; 3] = [marker.into(), folder.into(), script.into()];
    Command::new(launch).args(arguments).spawn().unwrap()
}

/// Starts a run whose launch writes process ids to `told`, and kills it the hard way.
async fn killed_run(marker: &str, script: &str) -> Vec<Held> {
    let folder = TempDir::new().unwrap();
    let told = Pipe::new(&folder.path().join("told"));
    let mut run = start_run(marker, folder.path(), script);
    let processes = told.processes().await;
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(!processes.iter().any(Held::has_ended), "kill -9 of the run leaves its launch alive");
    processes
}

fn ids(processes: &[Held]) -> Vec<i32> {
    let mut ids: Vec<_> = processes.iter().map(|process| process.pid).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn the_processes_of_a_killed_run_are_found_and_ended() {
    let script = "sleep 1000 & echo \"$$\n$!\" > told; wait";
    let processes = killed_run("state-plain", script).await;
    let orphans = end_orphans("state-plain", Duration::from_mins(1)).unwrap();
    assert!(processes.iter().all(Held::has_ended));
    assert_eq!(orphans.iter().map(|orphan| orphan.pid).collect::<Vec<_>>(), ids(&processes));
    assert!(orphans.iter().all(|orphan| orphan.launch.as_deref() == Some("the-launch")), "{orphans:?}");
    assert!(orphans.iter().all(|orphan| orphan.command.contains("sleep 1000")), "{orphans:?}");
}

#[tokio::test]
async fn those_that_ignore_sigterm_are_killed() {
    let script = "trap '' TERM; sleep 1000 & echo \"$$\n$!\" > told; wait";
    let processes = killed_run("state-deaf", script).await;
    end_orphans("state-deaf", Duration::from_millis(50)).unwrap();
    assert!(processes.iter().all(Held::has_ended));
}

#[tokio::test]
async fn those_that_left_the_group_and_those_that_wiped_their_variables_are_found() {
    let script = "setsid sleep 1000 & left=$!; env -i sleep 1000 & echo \"$$\n$left\n$!\" > told; wait";
    let processes = killed_run("state-astray", script).await;
    end_orphans("state-astray", Duration::from_mins(1)).unwrap();
    assert!(processes.iter().all(Held::has_ended));
}

#[tokio::test]
async fn another_states_processes_are_left_alone() {
    let mut machine = Machine::with_marker("state-1");
    let gate = machine.pipe("gate");
    machine.launch(&["sh", "-c", "echo waits > gate"]);
    let processes = killed_run("state-10", "echo $$ > told; sleep 1000").await;
    for marker in ["state-10", "state", "state-", ""] {
        end_orphans(marker, Duration::ZERO).unwrap();
    }
    assert!(processes.iter().all(Held::has_ended));
    gate.lines().await;
    assert_eq!(machine.end().await, Observation::Succeeded);
}

#[tokio::test]
async fn a_state_without_orphans_has_none() {
    assert_eq!(end_orphans("state-unheard-of", Duration::ZERO).unwrap(), []);
}
