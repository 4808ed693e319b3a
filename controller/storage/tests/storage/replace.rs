//! Replacing, only when asked: old data stays until the new is there, and a crash in between changes nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use storage::{Existing, Published, Staging};

use crate::publish::{publish, written};
use crate::world::World;

#[test]
fn new_data_takes_the_place_of_old() {
    let world = World::new();
    world.write("a.txt", "old");
    world.write("dt=1/part-7", "old");
    let staging = written(&world, "new", &["a.txt", "dt=1/", "b.txt"]);
    assert_eq!(publish(&staging, Existing::Replace), [Published::Published; 3]);
    assert_eq!((world.read("a.txt"), world.read("b.txt")), ("new".to_owned(), "new".to_owned()));
    assert_eq!(world.names("dt=1"), ["_SUCCESS", "part-0"]);
    staging.discard().expect("the old goes with the launch");
    assert!(world.names(".daybreak/staging").is_empty());
}

#[test]
fn new_data_of_another_kind_takes_the_place_of_old() {
    let world = World::new();
    world.write("dt=1", "a file");
    world.write("a.txt/part-0", "a directory");
    let staging = written(&world, "new", &["dt=1/", "a.txt"]);
    assert_eq!(publish(&staging, Existing::Replace), [Published::Published; 2]);
    assert_eq!((world.read("dt=1/part-0"), world.read("a.txt")), ("new".to_owned(), "new".to_owned()));
    staging.discard().expect("the old goes with the launch");
    assert!(world.names(".daybreak/staging").is_empty());
}

#[test]
fn replacing_twice_does_not_bring_the_old_back() {
    let world = World::new();
    world.write("a.txt", "old");
    world.write("dt=1/part-0", "old");
    let staging = written(&world, "new", &["a.txt", "dt=1/"]);
    for _ in 0..3 {
        assert_eq!(publish(&staging, Existing::Replace), [Published::Published; 2]);
        assert_eq!((world.read("a.txt"), world.read("dt=1/part-0")), ("new".to_owned(), "new".to_owned()));
    }
}

#[test]
fn replacing_a_directory_can_be_taken_up_after_each_of_its_calls() {
    for calls in 0..=2 {
        let world = World::new();
        world.write("dt=1/part-0", "old");
        let staged = written(&world, "new", &["dt=1/"]).paths().remove(0);
        let inode = fs::metadata(&staged).expect("it was written").ino();
        if calls >= 1 {
            let record = world.place(".daybreak/staging/new/.replaces-0");
            symlink(inode.to_string(), record).expect("links can be made");
        }
        if calls >= 2 {
            renameat_with(CWD, &staged, CWD, world.place("dt=1"), RenameFlags::EXCHANGE)
                .expect("they change");
        }
        let again = Staging::resume(&world.store, "new", &["dt=1/"]).expect("the names are lawful");
        assert_eq!(publish(&again, Existing::Replace), [Published::Published], "after {calls} calls");
        assert_eq!(world.read("dt=1/part-0"), "new", "after {calls} calls");
        again.discard().expect("the old goes with the launch");
        assert!(world.names(".daybreak/staging").is_empty());
    }
}
