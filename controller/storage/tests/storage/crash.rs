//! A publisher that is killed at any moment: nothing is lost, doubled, or half there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use storage::{Existing, Published, Staging, Store, sweep};

use crate::world::World;

/// What the launches of the child make; old data is at the first two.
const OUTPUTS: [&str; 3] = ["a.txt", "dt=1/", "deep/er/b.txt"];

/// The child's part. It runs only in a process that [`a_killed_publisher_is_taken_up`] started, whose last argument
/// is the root to publish in.
#[test]
fn child() {
    let Some(root) = std::env::args().next_back().filter(|argument| argument.starts_with('/')) else {
        return;
    };
    let store = Store::fs("warehouse", root.as_ref()).expect("the parent made it");
    for number in 0.. {
        let outputs = OUTPUTS.map(|output| format!("{number}/{output}"));
        let outputs = outputs.each_ref().map(String::as_str);
        let old = PathBuf::from(store.uri(outputs[1]));
        fs::create_dir_all(&old).expect("directories can be made");
        fs::write(old.join("part-0"), "old").expect("files can be written");
        fs::write(PathBuf::from(store.uri(outputs[0])), "old").expect("files can be written");
        let staging = Staging::begin(&store, &number.to_string(), &outputs).expect("it begins");
        let paths = staging.paths();
        fs::write(&paths[0], "new").expect("files can be written");
        fs::create_dir(&paths[1]).expect("directories can be made");
        fs::write(format!("{}/part-0", paths[1]), "new").expect("files can be written");
        fs::write(&paths[2], "new").expect("files can be written");
        // The record of a launch that is about to publish.
        println!("publish {number}");
        staging.publish(Existing::Replace, &[]).expect("it publishes");
        staging.discard().expect("it is discarded");
    }
}

#[test]
fn a_killed_publisher_is_taken_up() {
    for round in 1..=12 {
        let world = World::new();
        let last = run_and_kill(&world, round * 3);
        let outputs = OUTPUTS.map(|output| format!("{last}/{output}"));
        let outputs = outputs.each_ref().map(String::as_str);
        let taken_up = Staging::resume(&world.store, &last.to_string(), &outputs).expect("names are lawful");
        assert_eq!(
            taken_up.publish(Existing::Replace, &[]).expect("it publishes"),
            [Published::Published; 3]
        );
        taken_up.discard().expect("it is discarded");
        for number in 0..=last {
            for path in ["a.txt", "dt=1/part-0", "deep/er/b.txt"] {
                assert_eq!(world.read(&format!("{number}/{path}")), "new", "{number}/{path}");
            }
        }
        sweep(&world.store, &|_| false).expect("it sweeps");
        assert!(!world.place(".daybreak").exists());
    }
}

/// Lets a child publish, kills it as soon as it says that it publishes launch `number`, and gives the last launch
/// that it recorded.
fn run_and_kill(world: &World, number: usize) -> usize {
    let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["--nocapture", "--exact", "crash::child"])
        .arg(world.store.address())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut last = 0;
    for line in lines {
        let line = line.expect("it is text");
        let Some(recorded) = line.rsplit_once("publish ").and_then(|(_, number)| number.parse().ok()) else {
            continue;
        };
        last = recorded;
        if last == number {
            child.kill().expect("it runs");
        }
    }
    child.wait().expect("it was started");
    last
}
