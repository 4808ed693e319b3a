//! Binding a name to a directory, and what is told when that can't be.

use storage::{Store, StoreError};

use crate::world::World;

#[test]
fn a_root_that_is_absent_is_told() {
    let world = World::new();
    let error = Store::fs("warehouse", &world.place("data")).expect_err("it is not there");
    let told = format!(
        "store `warehouse`: {} does not exist; create it, or bind the store to another directory",
        world.place("data").display()
    );
    assert_eq!(error.to_string(), told);
    assert!(matches!(error, StoreError::Missing { .. }));
}

#[test]
fn a_root_that_is_a_file_or_lies_in_one_is_told() {
    let world = World::new();
    world.write("data", "");
    for root in ["data", "data/inner"] {
        let error = Store::fs("warehouse", &world.place(root)).expect_err("it is a file");
        assert!(matches!(error, StoreError::NotADirectory { .. }), "{error}");
        let error = Store::fs_or_create("warehouse", &world.place(root)).expect_err("it is a file");
        assert!(matches!(error, StoreError::NotADirectory { .. }), "{error}");
    }
}

#[test]
fn a_root_can_be_made_with_all_above_it() {
    let world = World::new();
    let store = Store::fs_or_create("warehouse", &world.place("a/b")).expect("it is made");
    assert_eq!(store.address(), world.store.uri("a/b"));
    store.preflight().expect("it can be written");
    Store::fs_or_create("warehouse", &world.place("a/b")).expect("it is there already");
}

#[test]
fn a_uri_is_absolute_and_has_no_slash_at_its_end() {
    let world = World::new();
    let root = world.store.address();
    assert!(root.starts_with('/'));
    assert_eq!(world.store.uri("a/b.txt"), format!("{root}/a/b.txt"));
    assert_eq!(world.store.uri("dt=1/"), format!("{root}/dt=1"));
}
