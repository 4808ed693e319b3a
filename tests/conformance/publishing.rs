//! Publishing on every store: it creates and does not replace, unless it is asked to, and may be taken up again.

use storage::{Completeness, Existing, Presence, Published, Staging, Store, verify};

use crate::place::{Place, file, flag};

/// Where a launch is to write its only output, below the store's root.
fn staged(store: &Store, staging: &Staging) -> String {
    let path = staging.paths().remove(0);
    let root = store.address();
    path.strip_prefix(&format!("{root}/")).expect("staging lies in the store").to_owned()
}

fn begun(store: &Store, (launch, path): (&str, &str)) -> (Staging, String) {
    let staging = Staging::begin(store, launch, &[path]).expect("the launch is new");
    let place = staged(store, &staging);
    (staging, place)
}

fn published(staging: &Staging, existing: Existing, rule: &Completeness) -> Published {
    let published = staging.publish(existing, std::slice::from_ref(rule)).expect("it is published");
    assert_eq!(published.len(), 1);
    published[0]
}

#[test]
fn a_file_is_published_once_and_what_is_there_stays() {
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        let (first, path) = begun(&store, ("one", "day/out.txt"));
        assert!(first.verify(0, &file()).is_err(), "{name}: nothing is written yet");
        place.put(&path, "first");
        first.verify(0, &file()).expect(name);
        assert_eq!(published(&first, Existing::Keep, &file()), Published::Published, "{name}");
        // Whoever takes it up again comes to the same end.
        assert_eq!(published(&first, Existing::Keep, &file()), Published::Published, "{name}");
        first.discard().expect(name);
        let (second, path) = begun(&store, ("two", "day/out.txt"));
        place.put(&path, "second");
        assert_eq!(published(&second, Existing::Keep, &file()), Published::AlreadyThere, "{name}");
        assert_eq!(place.read("day/out.txt").as_deref(), Some("first"), "{name}");
        assert_eq!(published(&second, Existing::Replace, &file()), Published::Published, "{name}");
        assert_eq!(place.read("day/out.txt").as_deref(), Some("second"), "{name}");
        second.discard().expect(name);
    }
}

#[test]
fn a_directory_is_published_whole_and_what_is_there_stays() {
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        place.make("dt=1");
        let (first, path) = begun(&store, ("one", "dt=1/"));
        for (file, text) in [("a", "1"), ("deep/b", "2"), ("_SUCCESS", "")] {
            place.put(&format!("{path}/{file}"), text);
        }
        first.verify(0, &flag()).expect(name);
        assert_eq!(published(&first, Existing::Keep, &flag()), Published::Published, "{name}");
        assert_eq!(published(&first, Existing::Keep, &flag()), Published::Published, "{name}");
        first.discard().expect(name);
        assert_eq!(place.look("dt=1/", &flag()), Presence::Complete, "{name}");
        assert_eq!(place.read("dt=1/deep/b").as_deref(), Some("2"), "{name}");
        let (second, path) = begun(&store, ("two", "dt=1/"));
        place.put(&format!("{path}/c"), "3");
        place.put(&format!("{path}/_SUCCESS"), "");
        assert_eq!(published(&second, Existing::Keep, &flag()), Published::AlreadyThere, "{name}");
        assert_eq!(place.read("dt=1/c"), None, "{name}");
        assert_eq!(published(&second, Existing::Replace, &flag()), Published::Published, "{name}");
        assert_eq!((place.read("dt=1/a"), place.read("dt=1/c").as_deref()), (None, Some("3")), "{name}");
        second.discard().expect(name);
        verify(&store, "dt=1/", &flag()).expect(name);
    }
}

#[test]
fn what_a_dead_publisher_set_aside_is_in_nobodys_way() {
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        let (staging, path) = begun(&store, ("one", "day/out.txt"));
        place.put(&path, "new");
        // It died after it set a directory aside; then somebody put a file there.
        place.put(&path.replace("out.txt", ".replaces-0-old/part-0"), "older");
        place.put("day/out.txt", "old");
        assert_eq!(published(&staging, Existing::Replace, &file()), Published::Published, "{name}");
        assert_eq!(place.read("day/out.txt").as_deref(), Some("new"), "{name}");
        staging.discard().expect(name);
    }
}

#[test]
fn foreign_parts_without_a_flag_are_left_alone() {
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        place.put("dt=2/a", "theirs");
        let (launch, path) = begun(&store, ("one", "dt=2/"));
        place.put(&format!("{path}/a"), "ours  ");
        place.put(&format!("{path}/_SUCCESS"), "");
        assert_eq!(published(&launch, Existing::Keep, &flag()), Published::AlreadyThere, "{name}");
        assert_eq!(place.read("dt=2/a").as_deref(), Some("theirs"), "{name}");
        assert_eq!(place.read("dt=2/_SUCCESS"), None, "{name}");
    }
}

#[test]
fn what_a_dead_launch_left_is_swept_and_a_living_one_is_not() {
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        for launch in ["dead", "living"] {
            let (_, path) = begun(&store, (launch, "out.txt"));
            place.put(&path, launch);
        }
        assert_eq!(storage::sweep(&store, &|launch| launch == "living").expect(name), 1, "{name}");
        let left = Staging::begin(&store, "dead", &["out.txt"]);
        assert!(left.is_ok(), "{name}: its place is free");
        let taken = Staging::begin(&store, "living", &["out.txt"]);
        assert!(taken.is_err(), "{name}: its place is taken");
    }
}

#[test]
fn of_two_publishers_one_is_first() {
    for place in Place::all() {
        let store = place.store();
        let launches: Vec<_> = (0..4)
            .map(|number| {
                let (staging, path) = begun(&store, (&format!("launch-{number}"), "raced.txt"));
                place.put(&path, &format!("by {number}"));
                staging
            })
            .collect();
        let ends: Vec<_> = std::thread::scope(|scope| {
            let publish = |staging| scope.spawn(move || published(staging, Existing::Keep, &file()));
            let running: Vec<_> = launches.iter().map(publish).collect();
            running.into_iter().map(|it| it.join().expect("it ends")).collect()
        });
        let firsts = ends.iter().filter(|end| **end == Published::Published).count();
        assert_eq!(firsts, 1, "{}: {ends:?}", place.name());
        let first = ends.iter().position(|end| *end == Published::Published).expect("there is one");
        assert_eq!(place.read("raced.txt"), Some(format!("by {first}")), "{}", place.name());
    }
}
