//! A launch's own directory, and whether it holds what was promised.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use storage::{Completeness, Existing, Staging, StagingError, Store};

use crate::world::{World, file, files, flag};

fn begin(store: &Store, launch: &str, outputs: &[&str]) -> Staging {
    Staging::begin(store, launch, outputs).expect("it begins")
}

fn complaint(staging: &Staging, rule: &Completeness) -> String {
    staging.verify(0, rule).expect_err("it is not as it should be").to_string()
}

#[test]
fn the_parent_exists_the_leaf_does_not_and_the_base_name_is_kept() {
    let world = World::new();
    let staging = begin(&world.store, "count.1", &["x/joined.txt", "y/dt=1/"]);
    let paths = staging.paths();
    let directory = world.store.uri(".daybreak/staging/count.1");
    assert_eq!(paths, [format!("{directory}/joined.txt"), format!("{directory}/dt=1")]);
    for path in &paths {
        assert!(Path::new(path).parent().is_some_and(Path::is_dir));
        assert!(!Path::new(path).exists());
    }
}

#[test]
fn outputs_of_one_base_name_do_not_meet() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["x/a.txt", "y/a.txt"]);
    for (number, path) in staging.paths().iter().enumerate() {
        fs::write(path, number.to_string()).expect("the step writes");
    }
    staging.publish(Existing::Keep, &[]).expect("it publishes");
    assert_eq!((world.read("x/a.txt"), world.read("y/a.txt")), ("0".to_owned(), "1".to_owned()));
    staging.discard().expect("it is discarded");
    assert!(world.names(".daybreak/staging").is_empty());
}

#[test]
fn a_launch_begins_once() {
    let world = World::new();
    let _first = begin(&world.store, "one", &["a.txt"]);
    let error = Staging::begin(&world.store, "one", &["a.txt"]).expect_err("it has begun");
    assert!(matches!(error, StagingError::Taken { .. }), "{error}");
    begin(&world.store, "two", &["a.txt"]).discard().expect("it is discarded");
    let error = Staging::begin(&world.store, "one", &["a.txt"]).expect_err("a spare is no way around");
    assert!(matches!(error, StagingError::Taken { .. }), "{error}");
}

#[test]
fn an_empty_directory_serves_the_next_launch() {
    let world = World::new();
    begin(&world.store, "one", &["a.txt"]).discard().expect("it is discarded");
    assert_eq!(world.names(".daybreak/staging"), ["one"]);
    let _second = begin(&world.store, "two", &["a.txt"]);
    assert_eq!(world.names(".daybreak/staging"), ["two"]);
    let _third = begin(&world.store, "three", &["a.txt"]);
    assert_eq!(world.names(".daybreak/staging"), ["three", "two"]);
}

#[test]
fn a_directory_with_anything_in_it_does_not() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["a.txt"]);
    fs::write(&staging.paths()[0], "x").expect("the step writes");
    staging.discard().expect("it is discarded");
    assert!(world.names(".daybreak/staging").is_empty());
}

#[test]
fn names_that_leave_the_directory_are_refused() {
    let world = World::new();
    for launch in ["", ".", "..", "a/b", "/", "a\0b"] {
        let error = Staging::begin(&world.store, launch, &["a.txt"]).expect_err("it is no name");
        assert!(matches!(error, StagingError::BadLaunch { .. }), "{launch}: {error}");
    }
    for path in ["", "..", "../a", "/a", ".daybreak/a"] {
        let error = Staging::begin(&world.store, "one", &[path]).expect_err("it is no path");
        assert!(matches!(error, StagingError::Path(_)), "{path}: {error}");
    }
}

#[test]
fn a_step_that_wrote_nothing_is_told_the_path() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["x/a.txt"]);
    let told = format!("{} was not written", staging.paths()[0]);
    assert_eq!(complaint(&staging, &file()), told);
}

#[test]
fn a_step_that_wrote_something_else_is_told_what() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["x/a.txt"]);
    let path = &staging.paths()[0];
    fs::write(format!("{path}.tmp"), "x").expect("the step writes");
    let told = format!("{path} was not written; the step wrote beside it: a.txt.tmp");
    assert_eq!(complaint(&staging, &file()), told);
    for number in 0..9 {
        fs::write(format!("{path}.{number}"), "x").expect("the step writes");
    }
    let told = "beside it: a.txt.0, a.txt.1, a.txt.2, a.txt.3, a.txt.4 and more";
    assert!(complaint(&staging, &file()).ends_with(told));
}

#[test]
fn a_step_that_wrote_the_wrong_kind_is_told_both() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["x/a.txt"]);
    let path = &staging.paths()[0];
    fs::create_dir(path).expect("the step writes");
    assert_eq!(complaint(&staging, &file()), format!("{path} is a directory, not a file"));
    fs::remove_dir(path).expect("it is empty");
    fs::write(path, "x").expect("the step writes");
    assert_eq!(complaint(&staging, &flag()), format!("{path} is a file, not a directory"));
    fs::remove_file(path).expect("it is there");
    symlink("/etc/passwd", path).expect("links can be made");
    assert_eq!(complaint(&staging, &file()), format!("{path} is a symbolic link, not a file"));
}

#[test]
fn a_step_that_wrote_too_little_is_told_how_much() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["x/a.txt"]);
    let path = &staging.paths()[0];
    fs::write(path, "x").expect("the step writes");
    let sized = Completeness::File { min_bytes: 2, settle: Duration::from_secs(30) };
    let told = format!("{path} has 1 bytes, but its dataset asks for at least 2");
    assert_eq!(complaint(&staging, &sized), told);
    fs::write(path, "xy").expect("the step writes");
    staging.verify(0, &sized).expect("its age does not matter here");
}

#[test]
fn a_directory_without_flag_or_files_is_told_what_lacks() {
    let world = World::new();
    let staging = begin(&world.store, "one", &["dt=1/"]);
    let path = &staging.paths()[0];
    fs::create_dir(path).expect("the step writes");
    fs::write(format!("{path}/part-0"), "x").expect("the step writes");
    let told = format!("{path} holds no file _SUCCESS, which tells that it is complete");
    assert_eq!(complaint(&staging, &flag()), told);
    fs::write(format!("{path}/_SUCCESS"), "").expect("the step writes");
    staging.verify(0, &flag()).expect("it is complete");
    let told = "holds 1 files that count of 2 entries, but its dataset asks for at least 2";
    assert!(complaint(&staging, &files(2)).ends_with(told));
}

#[test]
fn a_direct_output_is_verified_where_it_is() {
    let world = World::new();
    let told = storage::verify(&world.store, "a.txt", &file()).expect_err("it is absent").to_string();
    assert_eq!(told, format!("{} was not written", world.store.uri("a.txt")));
    world.write("a.txt", "");
    storage::verify(&world.store, "a.txt", &file()).expect("it is there");
}
