//! Publishing creates, refuses to replace, and can be taken up again.

use std::fs;
use std::sync::Barrier;
use std::thread;

use storage::{Existing, Presence, Published, Staging, StagingError};

use crate::world::{World, file, flag};

/// A launch that wrote its outputs, each holding the launch's name; a directory gets a flag.
pub(crate) fn written(world: &World, launch: &str, outputs: &[&str]) -> Staging {
    let staging = Staging::begin(&world.store, launch, outputs).expect("it begins");
    for (path, output) in staging.paths().iter().zip(outputs) {
        if output.ends_with('/') {
            fs::create_dir(path).expect("the step writes");
            fs::write(format!("{path}/part-0"), launch).expect("the step writes");
            fs::write(format!("{path}/_SUCCESS"), "").expect("the step writes");
        } else {
            fs::write(path, launch).expect("the step writes");
        }
    }
    staging
}

pub(crate) fn publish(staging: &Staging, existing: Existing) -> Vec<Published> {
    staging.publish(existing, &[]).expect("it publishes")
}

#[test]
fn outputs_get_to_their_final_paths_and_all_directories_are_made() {
    let world = World::new();
    let staging = written(&world, "one", &["2026/01/05/a.txt", "2026/01/dt=1/", "b.txt"]);
    assert_eq!(publish(&staging, Existing::Keep), [Published::Published; 3]);
    assert_eq!(world.look("2026/01/05/a.txt", &file()), Presence::Complete);
    assert_eq!(world.look("2026/01/dt=1/", &flag()), Presence::Complete);
    assert_eq!(world.read("b.txt"), "one");
    assert!(world.names(".daybreak/staging/one").is_empty());
}

#[test]
fn data_that_is_there_stays_and_only_the_missing_output_is_published() {
    let world = World::new();
    world.write("a.txt", "old");
    world.write("dt=1/_SUCCESS", "old");
    let staging = written(&world, "one", &["a.txt", "dt=1/", "b.txt"]);
    let expected = [Published::AlreadyThere, Published::AlreadyThere, Published::Published];
    assert_eq!(publish(&staging, Existing::Keep), expected);
    assert_eq!((world.read("a.txt"), world.read("dt=1/_SUCCESS")), ("old".to_owned(), "old".to_owned()));
    assert_eq!(world.read("b.txt"), "one");
    staging.discard().expect("ours is discarded");
    assert!(world.names(".daybreak/staging").is_empty());
}

#[test]
fn whatever_stands_at_a_final_path_is_never_replaced() {
    let world = World::new();
    world.make("a.txt");
    world.write("dt=1", "a file");
    world.write("dt=2/foreign", "part");
    std::os::unix::fs::symlink("nowhere", world.place("b.txt")).expect("links can be made");
    let staging = written(&world, "one", &["a.txt", "dt=1/", "dt=2/", "b.txt"]);
    assert_eq!(publish(&staging, Existing::Keep), [Published::AlreadyThere; 4]);
    assert_eq!(world.read("dt=1"), "a file");
    assert_eq!(world.names("dt=2"), ["foreign"]);
}

#[test]
fn an_empty_directory_is_no_data_and_gives_way() {
    let world = World::new();
    world.make("dt=1");
    let staging = written(&world, "one", &["dt=1/"]);
    assert_eq!(publish(&staging, Existing::Keep), [Published::Published]);
    assert_eq!(world.read("dt=1/part-0"), "one");
}

#[test]
fn of_two_publishers_at_once_exactly_one_wins() {
    let world = World::new();
    for round in 0..50 {
        let (path, directory) = (format!("{round}/a.txt"), format!("{round}/dt=1/"));
        let launches: Vec<Staging> = (0..2)
            .map(|number| written(&world, &format!("{round}.{number}"), &[&path, &directory]))
            .collect();
        let start = Barrier::new(2);
        let race = |staging: &Staging| {
            start.wait();
            publish(staging, Existing::Keep)
        };
        let race = &race;
        let results: Vec<Vec<Published>> = thread::scope(|scope| {
            let runners: Vec<_> = launches.iter().map(|launch| scope.spawn(move || race(launch))).collect();
            runners.into_iter().map(|runner| runner.join().expect("it does not panic")).collect()
        });
        for (output, name) in [(0, path), (1, format!("{directory}part-0"))] {
            let wins = |result: &&Vec<Published>| result[output] == Published::Published;
            assert_eq!(results.iter().filter(wins).count(), 1, "{results:?}");
            let winner = usize::from(results[1][output] == Published::Published);
            assert_eq!(world.read(&name), format!("{round}.{winner}"));
        }
    }
}

#[test]
fn publishing_can_be_taken_up_after_any_of_its_moves() {
    let outputs = ["x/a.txt", "x/dt=1/", "y/b.txt"];
    for moved in 0..=outputs.len() {
        let world = World::new();
        written(&world, "one", &outputs);
        let done = Staging::resume(&world.store, "one", &outputs[..moved]).expect("the names are lawful");
        publish(&done, Existing::Keep);
        let again = Staging::resume(&world.store, "one", &outputs).expect("the names are lawful");
        assert_eq!(publish(&again, Existing::Keep), [Published::Published; 3]);
        assert_eq!(publish(&again, Existing::Keep), [Published::Published; 3]);
        assert_eq!((world.read("x/a.txt"), world.read("y/b.txt")), ("one".to_owned(), "one".to_owned()));
        again.discard().expect("it is discarded");
    }
}

#[test]
fn a_hard_link_whose_first_name_is_left_is_finished() {
    let world = World::new();
    let staging = written(&world, "one", &["a.txt"]);
    fs::hard_link(&staging.paths()[0], world.place("a.txt")).expect("links can be made");
    assert_eq!(publish(&staging, Existing::Keep), [Published::Published]);
    assert!(world.names(".daybreak/staging/one").is_empty());
    assert_eq!(world.read("a.txt"), "one");
}

#[test]
fn outputs_that_are_nowhere_are_not_called_published() {
    let world = World::new();
    let staging = written(&world, "one", &["a.txt"]);
    fs::remove_file(&staging.paths()[0]).expect("it was written");
    let error = staging.publish(Existing::Keep, &[]).expect_err("there is nothing to publish");
    assert!(matches!(error, StagingError::Vanished { .. }), "{error}");
}
