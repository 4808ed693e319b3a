//! The real stores that tests stand on: they do what they are for, and leave nothing.

mod runs;

use std::fs;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tests::{Hdfs, S3, are_gone, eventually};

/// A key that says where encoding is wrong.
const ODD: &str = "dt=2026-01-05/a b+&c";

#[test]
fn s3_holds_what_is_put_until_it_is_deleted() {
    let store = S3::shared();
    store.put("2026-01-05.csv", "one\n");
    store.put(ODD, "two");
    assert_eq!(store.list(), ["2026-01-05.csv", ODD]);
    assert_eq!(store.read("2026-01-05.csv").as_deref(), Some("one\n"));
    assert_eq!(store.read(ODD).as_deref(), Some("two"));
    store.delete(ODD);
    assert_eq!(store.read(ODD), None);
    assert_eq!(store.list(), ["2026-01-05.csv"]);
    assert!(S3::shared().list().is_empty(), "another test has another bucket");
    assert_eq!(store.env()["STORE_URL"], store.url());
}

#[test]
fn hdfs_holds_what_is_put_until_it_is_deleted() {
    let store = Hdfs::shared();
    store.put("2026-01-05.csv", "one\n");
    store.put(ODD, "three");
    store.put(ODD, "two");
    assert_eq!(store.list(), ["2026-01-05.csv", ODD]);
    assert_eq!(store.read("2026-01-05.csv").as_deref(), Some("one\n"));
    assert_eq!(store.read(ODD).as_deref(), Some("two"));
    store.delete(ODD);
    assert_eq!(store.read(ODD), None);
    assert_eq!(store.list(), ["2026-01-05.csv"]);
    assert!(Hdfs::shared().list().is_empty(), "another test has another directory");
    assert_eq!(store.env()["STORE_URL"], store.url());
    assert_eq!(store.env()["WEBHDFS_URL"], store.webhdfs_url());
}

#[test]
fn s3_lists_more_than_a_page() {
    let store = S3::shared();
    let keys: Vec<_> = (0..1001).map(|number| format!("{number:04}")).collect();
    store.put_all(keys.iter().map(|key| (key.as_str(), "\"one\\\"\n")));
    assert_eq!(store.list(), keys);
    assert_eq!(store.read("0007").as_deref(), Some("\"one\\\"\n"));
}

#[test]
fn s3_that_was_killed_comes_back_with_its_data_and_ends_with_its_test() {
    let store = S3::own(&[]);
    let url = store.url();
    store.put("kept", "yes");
    store.signal("KILL");
    store.start();
    assert_eq!((store.url(), store.read("kept").as_deref()), (url, Some("yes")));
    let pid = store.pid();
    drop(store);
    // It was killed: how soon a process of that size is gone is the kernel's affair.
    eventually("it is gone", || are_gone(&[pid]));
}

#[test]
fn hdfs_that_fails_over_keeps_its_data_and_ends_with_its_test() {
    let store = Hdfs::own(&["--standby"]);
    store.put("kept", "yes");
    store.fail_over();
    assert_eq!(store.read("kept").as_deref(), Some("yes"));
    store.put("more", "yes");
    store.signal("KILL");
    store.start();
    assert_eq!(store.list(), ["kept", "more"]);
    let pid = store.pid();
    drop(store);
    // It was killed: how soon a process of that size is gone is the kernel's affair.
    eventually("it is gone", || are_gone(&[pid]));
}

#[test]
fn a_store_whose_users_were_killed_ends() {
    let folder = TempDir::with_prefix("daybreak-test-").expect("there is room for temporary files");
    let script = |name| Command::new(format!("{}/testbed/{name}", env!("CARGO_MANIFEST_DIR")));
    let up = script("store").args(["up", "s3"]).arg(folder.path()).stdout(Stdio::null()).status();
    assert!(up.expect("the script is there").success());
    let pid = fs::read_to_string(folder.path().join("pid")).expect("it is up");
    let pid = pid.trim().parse().expect("it is a number");
    assert!(!are_gone(&[pid]));
    // Nobody holds `users`, as if all had been killed.
    fs::write(folder.path().join("users"), "").expect("the folder is ours");
    let mut keeper = script("keeper").arg("store").arg(folder.path()).spawn().expect("the script is there");
    eventually("it ends", || are_gone(&[pid]));
    assert!(keeper.wait().expect("it is our child").success());
    assert!(!folder.path().join("data").exists(), "nothing of it stays");
}
