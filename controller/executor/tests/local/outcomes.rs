//! What is observed of a launch, from its start to its end.

use executor::{Failure, LaunchError, Observation, Signal};

use crate::machine::{Machine, NOW};

#[tokio::test]
async fn exit_code_0_is_success() {
    assert_eq!(Machine::new().run(&["true"]).await, Observation::Succeeded);
}

#[tokio::test]
async fn another_exit_code_is_told() {
    let end = Machine::new().run(&["sh", "-c", "exit 7"]).await;
    assert_eq!(end, Observation::Failed(Failure::ExitCode(7)));
}

#[tokio::test]
async fn a_signal_from_elsewhere_is_told_by_name() {
    let end = Machine::new().run(&["sh", "-c", "kill -SEGV $$"]).await;
    assert_eq!(end, Observation::Failed(Failure::Signal(Signal(11))));
    let end = Machine::new().run(&["sh", "-c", "kill -KILL $$"]).await;
    assert_eq!(end, Observation::Failed(Failure::Signal(Signal(9))));
}

#[tokio::test]
async fn a_launch_is_running_until_its_event_and_gone_after() {
    let mut machine = Machine::new();
    assert_eq!(machine.executor.observe("launch-1"), Observation::Gone);
    let gate = machine.pipe("gate");
    machine.launch(&["sh", "-c", "echo waits > gate"]);
    assert_eq!(machine.executor.observe("launch-1"), Observation::Running { since: NOW });
    gate.lines().await;
    assert_eq!(machine.event().await.name, "launch-1");
    assert_eq!(machine.executor.observe("launch-1"), Observation::Gone);
}

#[tokio::test]
async fn a_name_that_runs_is_not_launched_twice() {
    let mut machine = Machine::new();
    let gate = machine.pipe("gate");
    machine.launch(&["sh", "-c", "echo once >> gate"]);
    let again = machine.executor.launch(machine.spec(&["sh", "-c", "echo twice >> gate"]), NOW);
    assert!(matches!(again, Err(LaunchError::NameInUse { .. })), "{again:?}");
    assert_eq!(gate.lines().await, ["once"]);
    assert_eq!(machine.end().await, Observation::Succeeded);
}

#[tokio::test]
async fn many_launches_at_once_each_end_once() {
    let mut machine = Machine::new();
    for number in 0..100 {
        let mut spec = machine.spec(&["true"]);
        spec.name = format!("launch-{number}");
        machine.executor.launch(spec, NOW).unwrap();
    }
    let mut ended = Vec::new();
    for _ in 0..100 {
        ended.push(machine.event().await.name);
    }
    ended.sort();
    ended.dedup();
    assert_eq!(ended.len(), 100);
}
