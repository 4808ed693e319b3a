//! Stores that can't be used: what is wrong is said before anything runs, where, and what would be right.

use std::error::Error;

use storage::{Address, Credentials, Store, StoreError};
use tests::{Fault, Hdfs, S3};

use crate::place::Place;

/// What is told about a store: the error and what caused it.
fn told(url: &str, credentials: &Credentials) -> String {
    let address: Address = url.parse().expect("it is an address");
    let checked = Store::bind("warehouse", &address, credentials).and_then(|store| store.preflight());
    let error: StoreError = checked.expect_err("it can't be used");
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

#[track_caller]
fn check(words: &str, phrases: &[&str]) {
    for phrase in phrases {
        assert!(words.contains(phrase), "`{phrase}` is not in: {words}");
    }
}

#[test]
fn what_is_wrong_with_a_bucket_is_said() {
    let place = Place::S3(S3::shared());
    let missing = place.url().replacen("s3://", "s3://no-such-", 1);
    check(&told(&missing, &place.credentials()), &["cannot list s3://no-such-", "create the bucket"]);
    let refusals = [
        (0, ["cannot list s3://", "grant the right to list "]),
        (1, ["cannot write s3://", "grant the right to write "]),
        (2, ["cannot remove s3://", "grant the right to delete "]),
    ];
    for (number, phrases) in refusals {
        let proxy = place.proxy();
        proxy.fail(Fault::Forbidden, number..number + 1);
        check(&told(&place.url_by(&proxy, "root"), &place.credentials()), &phrases);
    }
    let proxy = place.proxy();
    let nowhere = place.url_by(&proxy, "root").replace(&proxy.address(), "127.0.0.1:1");
    check(&told(&nowhere, &place.credentials()), &["cannot list s3://", "check the address"]);
    let stranger =
        Credentials::Keys { access_key_id: "stranger".to_owned(), secret_access_key: "wrong".to_owned() };
    check(&told(&place.url(), &stranger), &["cannot list s3://", "check the credentials"]);
}

#[test]
fn what_is_wrong_with_a_root_of_hdfs_is_said() {
    for (place, scheme) in
        [(Place::Hdfs(Hdfs::shared()), "hdfs://"), (Place::WebHdfs(Hdfs::shared()), "webhdfs://")]
    {
        let told = |url: &str| told(url, &Credentials::Ambient);
        let is_at = |rest: &str| format!("{scheme}{rest}");
        place.put("file", "x");
        check(&told(&place.url_in("none")), &["there is nothing at", scheme, "make it, or bind"]);
        check(&told(&place.url_in("file")), &["/file is not a directory", "bind the store to one"]);
        check(
            &told(&is_at("127.0.0.1:1/data")),
            &["cannot look at ", "127.0.0.1:1/data", "check the address"],
        );
    }
}

#[test]
fn a_root_of_hdfs_that_may_not_be_written_is_said() {
    let hdfs = Hdfs::own(&["dfs.permissions.enabled=true"]);
    hdfs.put("a.txt", "x");
    let place = Place::Hdfs(hdfs);
    let root = place.url();
    let (scheme, rest) = root.split_once("://").expect("it has a scheme");
    let authority = rest.split('/').next().unwrap_or_default();
    // It belongs to whoever runs HDFS, and others may read it.
    check(
        &told(&format!("{scheme}://{authority}/"), &Credentials::Ambient),
        &["cannot write hdfs://", "grant the right to write "],
    );
}
