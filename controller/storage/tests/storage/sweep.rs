//! What dead launches left in staging, and how it goes.

use std::fs;
use std::time::Duration;

use storage::{Staging, Store, sweep, sweep_old};

use crate::world::{World, noon};

fn begin(store: &Store, launch: &str, outputs: &[&str]) -> Staging {
    Staging::begin(store, launch, outputs).expect("it begins")
}

#[test]
fn a_sweep_removes_and_counts_what_dead_launches_left() {
    let world = World::new();
    assert_eq!(sweep(&world.store, &|_| false).expect("there is nothing"), 0);
    for launch in ["alive", "dead", "gone"] {
        let staging = begin(&world.store, launch, &["a.txt"]);
        fs::write(&staging.paths()[0], launch).expect("the step writes");
    }
    begin(&world.store, "spare", &["a.txt"]).discard().expect("it is discarded");
    assert_eq!(sweep(&world.store, &|launch| launch == "alive").expect("it sweeps"), 2);
    assert_eq!(world.names(".daybreak/staging"), ["alive"]);
    let next = begin(&world.store, "next", &["b.txt"]);
    next.discard().expect("it is discarded");
    assert_eq!(sweep(&world.store, &|_| false).expect("it sweeps"), 1);
    assert!(world.names("").is_empty());
}

#[test]
fn an_old_leftover_goes_and_what_is_kept_or_young_stays() {
    let world = World::new();
    let before = noon() - Duration::from_hours(1);
    assert_eq!(sweep_old(&world.store, before, &|_| false).expect("there is nothing"), 0);
    for launch in ["kept", "old", "young", "grown"] {
        world.write(&format!(".daybreak/staging/{launch}/a/part"), launch);
        world.date(&format!(".daybreak/staging/{launch}/a/part"), noon() - Duration::from_hours(2));
    }
    world.date(".daybreak/staging/young/a/part", noon());
    world.make(".daybreak/staging/empty");
    world.date_directory(".daybreak/staging/grown/a", noon());
    for directory in ["kept/a", "kept", "old/a", "old", "young/a", "young", "grown", "empty"] {
        world.date_directory(&format!(".daybreak/staging/{directory}"), noon() - Duration::from_hours(2));
    }
    assert_eq!(sweep_old(&world.store, before, &|launch| launch == "kept").expect("it sweeps"), 1);
    assert_eq!(world.names(".daybreak/staging"), ["grown", "kept", "young"]);
}

#[test]
fn a_spare_that_was_swept_is_made_anew() {
    let world = World::new();
    begin(&world.store, "one", &["a.txt"]).discard().expect("it is discarded");
    world.date_directory(".daybreak/staging/one", noon() - Duration::from_hours(2));
    assert_eq!(sweep_old(&world.store, noon(), &|_| false).expect("it sweeps"), 0);
    let next = begin(&world.store, "two", &["a.txt"]);
    fs::write(&next.paths()[0], "x").expect("the step writes");
    assert_eq!(world.names(".daybreak/staging"), ["two"]);
}
