//! `kill -9` of a publisher at its requests: another process takes it up and comes to the same end.
//!
//! On a directory publishing is one system call or a few, between which `tests/kill` kills at random.

use std::process::{Child, Command, Stdio};

use storage::Existing;
use tests::{Fault, Hdfs, S3};

use crate::launch::{Kind, LAUNCH, World, worlds};
use crate::place::Place;
use crate::trouble::{each, some};

/// How many kills are tried of each store.
const KILLS: usize = 20;

/// Starts the publisher on the store at an address.
fn start(place: &Place, url: &str, world: World) -> Child {
    let flag = if world.output == Kind::Directory { "_SUCCESS" } else { "" };
    let existing = if world.existing() == Existing::Replace { "replace" } else { "keep" };
    let mut publisher = Command::new(env!("CARGO_BIN_EXE_publisher"));
    publisher.args([url, LAUNCH, world.path(), flag, existing]).envs(place.env());
    publisher.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it was built")
}

/// What it printed, if it lived to its end.
fn end(publisher: Child) -> Option<String> {
    let output = publisher.wait_with_output().expect("it is our child");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || output.status.code().is_none(), "{errors}");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn come_to_the_same_end(place: fn() -> Place) {
    let all: Vec<_> = worlds().into_iter().flat_map(|world| in_world(place, world)).collect();
    each(&some(all, KILLS), |_, (world, fault, number)| {
        let place = place();
        let proxy = place.proxy();
        world.make(&place, LAUNCH);
        proxy.fail(*fault, *number..*number + 1);
        let publisher = start(&place, &place.url_by(&proxy, "root"), *world);
        proxy.aim(publisher.id());
        end(publisher);
        world.check_between(&place, &[LAUNCH]);
        let next = end(start(&place, &place.url_in("root"), *world));
        assert_eq!(next, Some(format!("{:?}", world.end())));
        world.check_end(&place, LAUNCH);
    });
}

/// The requests of a publisher that nobody kills, and the moments of each.
fn in_world(place: fn() -> Place, world: World) -> Vec<(World, Fault, u64)> {
    let place = place();
    let proxy = place.proxy();
    world.make(&place, LAUNCH);
    let ended = end(start(&place, &place.url_by(&proxy, "root"), world));
    assert_eq!(ended, Some(format!("{:?}", world.end())), "{world:?}");
    let faults = [Fault::KillBefore, Fault::KillAfter];
    (0..proxy.seen()).flat_map(|number| faults.map(|fault| (world, fault, number))).collect()
}

#[test]
fn a_publisher_on_s3_that_is_killed_is_followed_by_another() {
    come_to_the_same_end(|| Place::S3(S3::shared()));
}

#[test]
fn a_publisher_on_hdfs_that_is_killed_is_followed_by_another() {
    come_to_the_same_end(|| Place::Hdfs(Hdfs::shared()));
}

#[test]
fn a_publisher_on_webhdfs_that_is_killed_is_followed_by_another() {
    come_to_the_same_end(|| Place::WebHdfs(Hdfs::shared()));
}
