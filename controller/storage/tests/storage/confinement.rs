//! Nothing below a root leads out of it, and nothing unproven is missing.

use std::fs;
use std::os::unix::fs::symlink;

use storage::{Existing, Presence, Staging, verify};

use crate::world::{World, file, files, flag, is_unknown};

#[test]
fn a_link_to_something_inside_the_store_is_followed() {
    let world = World::new();
    world.write("real/a.txt", "x");
    world.write("real/_SUCCESS", "");
    symlink("real", world.place("relative")).expect("links can be made");
    symlink(world.place("real"), world.place("absolute")).expect("links can be made");
    symlink("real/a.txt", world.place("a.txt")).expect("links can be made");
    assert_eq!(world.look("a.txt", &file()), Presence::Complete);
    for link in ["relative", "absolute"] {
        assert_eq!(world.look(&format!("{link}/a.txt"), &file()), Presence::Complete);
        assert_eq!(world.look(&format!("{link}/b.txt"), &file()), Presence::Missing);
        assert_eq!(world.look(&format!("{link}/"), &flag()), Presence::Complete);
    }
}

#[test]
fn a_link_out_of_the_store_is_not_followed() {
    let world = World::new();
    let outside = tempfile::tempdir().expect("a directory outside");
    fs::write(outside.path().join("a.txt"), "secret").expect("files can be written");
    symlink(outside.path(), world.place("out")).expect("links can be made");
    symlink("../../../../../../../../etc/passwd", world.place("a.txt")).expect("links can be made");
    assert!(is_unknown(&world.look("a.txt", &file()), "leads out of the store"));
    assert!(is_unknown(&world.look("out/a.txt", &file()), "leads out of the store"));
    assert!(is_unknown(&world.look("out/b.txt", &file()), "leads out of the store"));
    assert!(is_unknown(&world.look("out/", &files(1)), "leads out of the store"));
    assert!(verify(&world.store, "out/a.txt", &file()).is_err());
}

#[test]
fn nothing_is_published_through_a_link_out_of_the_store() {
    let world = World::new();
    let outside = tempfile::tempdir().expect("a directory outside");
    symlink(outside.path(), world.place("out")).expect("links can be made");
    let staging = Staging::begin(&world.store, "one", &["out/a.txt"]).expect("it begins");
    fs::write(&staging.paths()[0], "x").expect("the step writes");
    let error = staging.publish(Existing::Keep, &[]).expect_err("the way leads out");
    assert!(error.to_string().contains("leads out of the store"), "{error}");
    assert_eq!(fs::read_dir(outside.path()).expect("it is there").count(), 0);
}

#[test]
fn a_link_that_leads_nowhere_proves_nothing() {
    let world = World::new();
    symlink("gone", world.place("a.txt")).expect("links can be made");
    symlink("gone", world.place("dt=1")).expect("links can be made");
    assert!(is_unknown(&world.look("a.txt", &file()), "leads nowhere"));
    assert!(is_unknown(&world.look("dt=1/", &flag()), "leads nowhere"));
    assert!(is_unknown(&world.look("dt=1/a.txt", &file()), "leads nowhere"));
}

#[test]
fn a_link_to_an_empty_directory_is_in_the_way_of_publishing() {
    let world = World::new();
    world.make("empty");
    symlink("empty", world.place("dt=1")).expect("links can be made");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Occupied);
    assert_eq!(world.look("dt=1/", &files(1)), Presence::Occupied);
    assert_eq!(world.look("empty/", &flag()), Presence::Missing);
}

#[test]
fn links_in_a_circle_prove_nothing() {
    let world = World::new();
    symlink("b", world.place("a")).expect("links can be made");
    symlink("a", world.place("b")).expect("links can be made");
    assert!(is_unknown(&world.look("a", &file()), "Too many levels"));
    assert!(is_unknown(&world.look("a/x.txt", &file()), "Too many levels"));
}

#[test]
fn a_name_that_is_too_long_proves_nothing() {
    let world = World::new();
    let long = "x".repeat(300);
    assert!(is_unknown(&world.look(&long, &file()), "cannot look at"));
    assert!(is_unknown(&world.look(&format!("{long}/"), &flag()), "cannot look at"));
}

#[test]
fn a_path_that_is_not_lawful_is_unknown() {
    let world = World::new();
    world.write(".daybreak/a.txt", "");
    for path in ["../a.txt", "/etc/passwd", "a/../b", "", "./a", ".daybreak/a.txt"] {
        assert!(is_unknown(&world.look(path, &file()), "is no path below a store's root"), "{path}");
    }
}

#[test]
fn a_root_that_vanished_makes_everything_unknown() {
    let world = World::new();
    world.make("root/dt=1");
    let store = storage::Store::fs("inner", &world.place("root")).expect("it is there");
    let mut catalogue = storage::Catalogue::new([store]);
    let rule = file();
    let want = storage::Want { store: "inner", prefix: "a.txt", path: "a.txt", rule: &rule };
    catalogue.load([want]);
    assert_eq!(catalogue.presence(want, crate::world::noon()), Presence::Missing);
    fs::rename(world.place("root"), world.place("away")).expect("it can be moved");
    assert_eq!(catalogue.refresh().len(), 1);
    assert!(is_unknown(&catalogue.presence(want, crate::world::noon()), "cannot open the store's root"));
    fs::rename(world.place("away"), world.place("root")).expect("it can be moved");
    assert_eq!(catalogue.refresh().len(), 1);
    assert_eq!(catalogue.presence(want, crate::world::noon()), Presence::Missing);
}
