//! Publishing under faults: nothing half shows, nothing of another goes, and taken up again it comes to the same end.

use tests::{Hdfs, S3};

use crate::launch::{LAUNCH, World, worlds};
use crate::place::{Place, bound};
use crate::trouble::{each, some, troubles};

/// How many faults are tried of each store.
const TRIES: usize = 40;

fn come_to_the_same_end(place: fn() -> Place) {
    let all: Vec<_> = worlds().into_iter().flat_map(|world| in_world(place, world)).collect();
    each(&some(all, TRIES), |_, (world, (fault, requests))| {
        let place = place();
        let proxy = place.proxy();
        world.make(&place, LAUNCH);
        proxy.fail(*fault, requests.clone());
        let store = bound(&place.url_by(&proxy, "root"), &place.credentials());
        match world.publish(&store, LAUNCH) {
            Ok(end) => assert_eq!(end, world.end()),
            Err(error) => assert!(error.is_open(), "it is not known how it ended: {error}"),
        }
        world.check_between(&place, &[LAUNCH]);
        world.check_end(&place, LAUNCH);
    });
}

/// What may go wrong in a world.
fn in_world(place: fn() -> Place, world: World) -> Vec<(World, crate::trouble::Trouble)> {
    let place = place();
    let proxy = place.proxy();
    world.make(&place, LAUNCH);
    let store = bound(&place.url_by(&proxy, "root"), &place.credentials());
    assert_eq!(world.publish(&store, LAUNCH).expect("nothing fails"), world.end(), "{world:?}");
    world.check_end(&place, LAUNCH);
    troubles(&place, proxy.seen()).into_iter().map(|trouble| (world, trouble)).collect()
}

#[test]
fn what_is_interrupted_on_s3_comes_to_the_same_end() {
    come_to_the_same_end(|| Place::S3(S3::shared()));
}

#[test]
fn what_is_interrupted_on_hdfs_comes_to_the_same_end() {
    come_to_the_same_end(|| Place::Hdfs(Hdfs::shared()));
}

#[test]
fn what_is_interrupted_on_webhdfs_comes_to_the_same_end() {
    come_to_the_same_end(|| Place::WebHdfs(Hdfs::shared()));
}
