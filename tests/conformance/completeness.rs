//! When a path is complete: each case with its answer written down, the same on every store.
//!
//! Where slashes are letters like others there are no directories, so nothing is in the way of a key but a key of that
//! very name: there the answers of the last column hold.

use std::time::Duration;

use storage::{Completeness, Credentials, Presence};
use tests::{Fault, Hdfs, S3};

use crate::place::{Kind, Place, bound, file, files, flag, look};

/// What lies there, as path and text; a path that ends with a slash is an empty directory.
type Lies = &'static [(&'static str, &'static str)];

/// A case: its name, what lies there, what is asked about, and the answers in trees and among objects.
type Case = (&'static str, Lies, (&'static str, Completeness), (Presence, Presence));

const TEMPORARY: Lies = &[("temporary/_temporary/0/part-0", "x")];

/// The same answer wherever it lies.
fn both(presence: Presence) -> (Presence, Presence) {
    (presence.clone(), presence)
}

fn missing() -> (Presence, Presence) {
    both(Presence::Missing)
}

fn complete() -> (Presence, Presence) {
    both(Presence::Complete)
}

fn occupied() -> (Presence, Presence) {
    both(Presence::Occupied)
}

fn of_files() -> Vec<Case> {
    let sized = || Completeness::File { min_bytes: 1, settle: Duration::ZERO };
    vec![
        ("no file", &[], ("none.txt", file()), missing()),
        ("nothing below nothing", &[], ("no/where/none.txt", file()), missing()),
        ("a file", &[("a.txt", "x")], ("a.txt", file()), complete()),
        ("zero bytes", &[("zero.txt", "")], ("zero.txt", file()), complete()),
        ("zero bytes where one is asked for", &[("zero.txt", "")], ("zero.txt", sized()), occupied()),
        (
            "a directory where a file should be",
            &[("dir.txt/a", "x")],
            ("dir.txt", file()),
            (Presence::Occupied, Presence::Missing),
        ),
        ("a name that begins like another file", &[("b.txt.gz", "")], ("b.txt", file()), missing()),
        // But for the colon, which HDFS has in no name.
        ("unusual characters", &[("ü b/dt=2026+02&c", "")], ("ü b/dt=2026+02&c", file()), complete()),
        ("a percent sign", &[("per%cent", "")], ("per%cent", file()), complete()),
    ]
}

fn of_directories() -> Vec<Case> {
    let glob = Some("*.parquet".to_owned());
    let parquet = Completeness::Files { at_least: 1, glob, min_bytes: 2, settle: Duration::ZERO };
    vec![
        ("no directory by flag", &[], ("none/", flag()), missing()),
        ("no directory by files", &[], ("none/", files(1)), missing()),
        ("an empty directory by flag", &[("empty/", "")], ("empty/", flag()), missing()),
        ("an empty directory by files", &[("empty/", "")], ("empty/", files(1)), missing()),
        ("the flag only", &[("flagged/_SUCCESS", "")], ("flagged/", flag()), complete()),
        ("data without the flag", &[("unflagged/part-0", "x")], ("unflagged/", flag()), occupied()),
        ("a directory of the flag's name", &[("odd/_SUCCESS/a", "x")], ("odd/", flag()), occupied()),
        ("what a job left by flag", TEMPORARY, ("temporary/", flag()), occupied()),
        ("what a job left by files", TEMPORARY, ("temporary/", files(1)), occupied()),
        ("files enough", &[("two/a", ""), ("two/b", "")], ("two/", files(2)), complete()),
        ("too few", &[("one/a", ""), ("one/_SUCCESS", ""), ("one/.b", "")], ("one/", files(2)), occupied()),
        ("files of the pattern", &[("glob/a.parquet", "xy")], ("glob/", parquet.clone()), complete()),
        ("too small", &[("small/a.parquet", "x"), ("small/b.csv", "xy")], ("small/", parquet), occupied()),
        ("files further below", &[("deep/er/a", ""), ("deep/er/b", "")], ("deep/", files(1)), occupied()),
        (
            "a file where a directory should be",
            &[("file", "x")],
            ("file/", flag()),
            (Presence::Occupied, Presence::Missing),
        ),
        ("a name that begins like another", &[("dt=10/_SUCCESS", "")], ("dt=1/", flag()), missing()),
    ]
}

fn cases() -> Vec<Case> {
    of_files().into_iter().chain(of_directories()).collect()
}

#[test]
fn every_store_means_the_same_by_complete() {
    let mut wrong = Vec::new();
    for place in Place::all() {
        for (_, lies, ..) in cases() {
            for (path, text) in lies {
                match path.strip_suffix('/') {
                    Some(path) => place.make(path),
                    None => place.put(path, text),
                }
            }
        }
        for (name, _, (path, rule), (in_trees, among_objects)) in cases() {
            let expected = match place.kind() {
                Kind::Tree => in_trees,
                Kind::Objects => among_objects,
            };
            let found = place.look(path, &rule);
            if found != expected {
                wrong.push(format!("{}: {name}: {found:?}, not {expected:?}", place.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_young_file_settles_on_every_store() {
    let rule = Completeness::File { min_bytes: 0, settle: Duration::from_hours(1) };
    for place in Place::all() {
        place.put("young.txt", "x");
        let found = place.look("young.txt", &rule);
        assert!(matches!(found, Presence::Settling { .. }), "{}: {found:?}", place.name());
    }
}

#[test]
fn a_store_that_is_not_there_answers_nothing() {
    let (s3, hdfs) = (Place::S3(S3::shared()), Hdfs::shared());
    let places = [
        (s3.url().replace("s3://", "s3://no-such-"), s3.credentials()),
        (format!("{}/none", hdfs.url()), Credentials::Ambient),
        (format!("{}/none", hdfs.webhdfs_url()), Credentials::Ambient),
    ];
    for (url, credentials) in places {
        for (path, rule) in [("a.txt", file()), ("dt=1/", flag()), ("dt=1/", files(1))] {
            let found = look(bound(&url, &credentials), path, &rule);
            assert!(matches!(found, Presence::Unknown { .. }), "{url}: {path}: {found:?}");
        }
    }
}

#[test]
fn wrong_credentials_answer_nothing() {
    let place = Place::S3(S3::shared());
    place.put("a.txt", "x");
    let wrong =
        Credentials::Keys { access_key_id: "stranger".to_owned(), secret_access_key: "wrong".to_owned() };
    for path in ["a.txt", "b.txt"] {
        let found = look(bound(&place.url(), &wrong), path, &file());
        assert!(matches!(found, Presence::Unknown { .. }), "{found:?}");
    }
}

#[test]
fn a_store_that_refuses_or_breaks_off_answers_nothing() {
    let faults = [Fault::Forbidden, Fault::NoBucket, Fault::SlowDown, Fault::Broken, Fault::Cut];
    let http = [Place::S3(S3::shared()), Place::WebHdfs(Hdfs::shared())];
    let cases = http.iter().flat_map(|place| faults.map(|fault| (place, fault)));
    let hdfs = Place::Hdfs(Hdfs::shared());
    let cases: Vec<_> = cases.chain([(&hdfs, Fault::ResetAfter)]).collect();
    for place in http.iter().chain([&hdfs]) {
        place.put("root/a.txt", "x");
        place.put("root/dt=1/_SUCCESS", "");
    }
    std::thread::scope(|scope| {
        for (place, fault) in cases {
            scope.spawn(move || check_that_nothing_is_told(place, fault));
        }
    });
}

fn check_that_nothing_is_told(place: &Place, fault: Fault) {
    let proxy = place.proxy();
    proxy.fail(fault, 0..u64::MAX);
    let store = bound(&place.url_by(&proxy, "root"), &place.credentials());
    for (path, rule) in [("a.txt", file()), ("b.txt", file()), ("dt=1/", flag()), ("dt=2/", files(1))] {
        let found = look(store.clone(), path, &rule);
        let is_open = matches!(found, Presence::Unknown { .. });
        assert!(is_open, "{}: {fault:?}: {path}: {found:?}", place.name());
    }
}
