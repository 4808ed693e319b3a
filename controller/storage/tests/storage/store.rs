//! Binding a name to a directory, and what is told when that can't be.

use storage::{Credentials, Store, StoreError, is_reserved};

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

/// A store of a bucket, of which nothing is asked.
fn bucket(address: &str) -> Store {
    let address = format!("{address}?endpoint=http://127.0.0.1:1&region=here");
    let keys = Credentials::Keys { access_key_id: "none".to_owned(), secret_access_key: "none".to_owned() };
    Store::bind("warehouse", &address.parse().expect("it is an address"), &keys).expect("nothing is asked")
}

#[test]
fn a_key_of_a_bucket_is_located_below_the_root_of_a_store() {
    let table = [
        ("s3://sales/raw/eu", "sales", "raw/eu/2026-01-05.csv", Some("2026-01-05.csv")),
        ("s3://sales/raw/eu", "sales", "raw/eu/dt=2026-01-05/", Some("dt=2026-01-05/")),
        ("s3://sales/raw/eu", "sales", "raw/eu/.daybreak/staging/x", Some(".daybreak/staging/x")),
        ("s3://sales", "sales", "raw/eu/2026-01-05.csv", Some("raw/eu/2026-01-05.csv")),
        ("s3://sales/raw/eu", "sales", "raw/europe/2026-01-05.csv", None),
        ("s3://sales/raw/eu", "sales", "raw/eu", None),
        ("s3://sales/raw/eu", "sales", "raw/eu/", None),
        ("s3://sales/raw/eu", "sales", "", None),
        ("s3://sales/raw/eu", "other", "raw/eu/2026-01-05.csv", None),
        ("s3://sales/raw", "sales", "raw/a//b", None),
        ("s3://sales/raw", "sales", "raw/../b", None),
    ];
    for (address, name, key, path) in table {
        assert_eq!(bucket(address).locate(name, key).as_deref(), path, "{key} of {name} in {address}");
    }
    assert_eq!(World::new().store.locate("sales", "raw/eu/2026-01-05.csv"), None, "a directory has no keys");
}

#[test]
fn what_lies_in_our_own_directory_is_ours() {
    assert!(is_reserved(".daybreak/staging/x") && is_reserved(".daybreak/"));
    assert!(!is_reserved(".daybreakfast") && !is_reserved("x/.daybreak"));
}
