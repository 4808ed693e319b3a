//! The memory of many looks.

use std::fs;

use storage::{ChangedPath, Presence, Store, Want};

use crate::world::{World, file, flag, is_unknown, noon, want};

fn paths(changed: &[ChangedPath]) -> Vec<&str> {
    changed.iter().map(|changed| changed.path.as_str()).collect()
}

#[test]
fn it_answers_from_memory_until_it_looks_again() {
    let world = World::new();
    let rule = file();
    let mut catalogue = world.catalogue();
    catalogue.load([want("a.txt", &rule), want("b.txt", &rule)]);
    world.write("a.txt", "");
    assert_eq!(catalogue.presence(want("a.txt", &rule), noon()), Presence::Missing);
    catalogue.load([want("a.txt", &rule)]);
    assert_eq!(catalogue.presence(want("a.txt", &rule), noon()), Presence::Missing);
    assert_eq!(paths(&catalogue.look_again("warehouse", "a.txt")), ["a.txt"]);
    assert_eq!(catalogue.presence(want("a.txt", &rule), noon()), Presence::Complete);
    assert!(catalogue.look_again("warehouse", "a.txt").is_empty());
}

#[test]
fn a_refresh_tells_what_changed_in_all_stores() {
    let (one, other) = (World::new(), World::new());
    let second = Store::fs("second", other.directory.path()).expect("it is there");
    let (rule, flag) = (file(), flag());
    let mut catalogue = storage::Catalogue::new([one.store.clone(), second]);
    let elsewhere = Want { store: "second", prefix: "dt=1/", path: "dt=1/", rule: &flag };
    catalogue.load([want("a.txt", &rule), want("b.txt", &rule), elsewhere]);
    one.write("b.txt", "");
    other.write("dt=1/_SUCCESS", "");
    let told = |store: &str, path: &str| ChangedPath { store: store.to_owned(), path: path.to_owned() };
    assert_eq!(catalogue.refresh(), [told("second", "dt=1/"), told("warehouse", "b.txt")]);
    assert!(catalogue.refresh().is_empty());
}

#[test]
fn a_word_from_inside_a_wanted_directory_is_about_the_directory() {
    let world = World::new();
    let rule = flag();
    let mut catalogue = world.catalogue();
    catalogue.load([want("x/dt=1/", &rule), want("x/dt=10/", &rule)]);
    world.write("x/dt=1/_SUCCESS", "");
    assert_eq!(paths(&catalogue.look_again("warehouse", "x/dt=1/_SUCCESS")), ["x/dt=1/"]);
}

#[test]
fn a_word_about_a_directory_is_about_all_below_it() {
    let world = World::new();
    let (rule, flag) = (file(), flag());
    let mut catalogue = world.catalogue();
    let wants = ["2026/01/a.txt", "2026/01/b.txt", "2026-x/a.txt", "2026/02/a.txt", "2025/a.txt"];
    catalogue.load(wants.iter().map(|path| want(path, &rule)));
    catalogue.load([want("2026/01/dt=1/", &flag)]);
    for path in ["2026/01/b.txt", "2026-x/a.txt", "2026/02/a.txt", "2025/a.txt", "2026/01/dt=1/_SUCCESS"] {
        world.write(path, "");
    }
    let changed = catalogue.look_again("warehouse", "2026");
    assert_eq!(paths(&changed), ["2026/01/b.txt", "2026/01/dt=1/", "2026/02/a.txt"]);
    fs::remove_dir_all(world.place("2026/01")).expect("it can be removed");
    assert_eq!(paths(&catalogue.look_again("warehouse", "2026/01/")), ["2026/01/b.txt", "2026/01/dt=1/"]);
}

#[test]
fn two_rules_for_one_path_are_two_questions() {
    let world = World::new();
    let (one, other) = (crate::world::files(1), flag());
    world.write("dt=1/part-0", "");
    let mut catalogue = world.catalogue();
    catalogue.load([want("dt=1/", &one), want("dt=1/", &other), want("dt=1/", &one)]);
    assert_eq!(catalogue.presence(want("dt=1/", &one), noon()), Presence::Complete);
    assert_eq!(catalogue.presence(want("dt=1/", &other), noon()), Presence::Occupied);
}

#[test]
fn what_was_not_asked_for_is_unknown() {
    let world = World::new();
    let rule = file();
    let mut catalogue = world.catalogue();
    let elsewhere = Want { store: "nowhere", prefix: "a.txt", path: "a.txt", rule: &rule };
    catalogue.load([elsewhere]);
    assert!(is_unknown(&catalogue.presence(elsewhere, noon()), "there is no store `nowhere`"));
    assert!(is_unknown(&catalogue.presence(want("a.txt", &rule), noon()), "nobody has looked at"));
}

#[test]
fn what_is_not_kept_is_forgotten() {
    let world = World::new();
    let rule = file();
    let mut catalogue = world.catalogue();
    catalogue.load([want("1/a.txt", &rule), want("2/a.txt", &rule)]);
    catalogue.retain(|store, path| store == "warehouse" && path == "2/a.txt");
    assert!(is_unknown(&catalogue.presence(want("1/a.txt", &rule), noon()), "nobody has looked at"));
    assert_eq!(catalogue.presence(want("2/a.txt", &rule), noon()), Presence::Missing);
}

#[test]
fn a_window_of_many_partitions_is_answered_in_full() {
    let world = World::new();
    let rule = file();
    let all: Vec<String> = (0..3_600).map(|number| format!("joined_{number:05}.txt")).collect();
    for path in all.iter().step_by(2) {
        world.write(path, "");
    }
    let mut catalogue = world.catalogue();
    catalogue.load(all.iter().rev().map(|path| want(path, &rule)));
    for (number, path) in all.iter().enumerate() {
        let expected = if number % 2 == 0 { Presence::Complete } else { Presence::Missing };
        assert_eq!(catalogue.presence(want(path, &rule), noon()), expected);
    }
}

#[test]
fn one_that_waits_for_directories_only_asks_services_by_prepared_looks() {
    let (world, rule) = (World::new(), file());
    let service = Store::memory("service").expect("there is memory");
    let stores = [world.store.clone(), service];
    let mut catalogue = storage::Catalogue::new(stores).that_waits_for_directories_only();
    let elsewhere = Want { store: "service", prefix: "a", path: "a.txt", rule: &rule };
    catalogue.load([want("a.txt", &rule), elsewhere]);
    assert_eq!(catalogue.presence(want("a.txt", &rule), noon()), Presence::Missing);
    assert!(is_unknown(&catalogue.presence(elsewhere, noon()), "nobody has looked at"));
    assert!(catalogue.look_again("service", "a.txt").is_empty());
    let look = catalogue.prepare(storage::Extent::Fresh);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("threads can be made");
    let changes = catalogue.take_in(runtime.block_on(look.make()));
    assert_eq!(paths(&changes), ["a.txt"]);
    assert_eq!(catalogue.presence(elsewhere, noon()), Presence::Missing);
}
