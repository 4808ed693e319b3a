//! Two publishers of one path at once, under faults: there is one set of outputs, and the other says that it lost.

use std::thread;

use storage::{Existing, Published, Staging};
use tests::{Fault, Hdfs, Proxy, S3};

use crate::launch::{Before, Files, Kind, World, published, root, worlds};
use crate::place::{Place, bound};
use crate::trouble::{each, some};

const LAUNCHES: [&str; 2] = ["first", "second"];

/// How many races are run on each store.
const TRIES: usize = 20;

/// The faults of one publisher: after so many requests.
type Troubles = [(Fault, u64); 2];

/// Publishes until it is known how it ends, with one fault in between.
fn publish(place: &Place, world: World, (launch, (fault, number)): (&str, (Fault, u64))) -> Published {
    let proxy: Proxy = place.proxy();
    proxy.fail(fault, number..number + 1);
    let go = || {
        let store = bound(&place.url_by(&proxy, "root"), &place.credentials());
        let end = world.publish(&store, launch);
        assert!(end.as_ref().err().is_none_or(storage::StagingError::is_open), "{end:?}");
        end
    };
    (0..9).find_map(|_| go().ok()).unwrap_or_else(|| go().expect("one fault does not last"))
}

/// The worlds in which the path is a launch's to publish.
fn own_worlds() -> impl Iterator<Item = World> {
    worlds().into_iter().filter(|world| world.before != Before::Foreign)
}

fn one_set_of_outputs(place: fn() -> Place) {
    let faults = [Fault::ResetBefore, Fault::ResetAfter];
    let troubles = faults.into_iter().flat_map(|fault| (0..12).map(move |number| (fault, number)));
    let troubles: Vec<_> = troubles.collect();
    let pairs = troubles.iter().flat_map(|one| troubles.iter().map(|other| [*one, *other]));
    let pairs: Vec<Troubles> = pairs.collect();
    let all: Vec<_> = own_worlds().flat_map(|world| pairs.iter().map(move |pair| (world, *pair))).collect();
    each(&some(all, TRIES), |_, (world, troubles)| {
        let place = place();
        world.make(&place, LAUNCHES[0]);
        world.stage(&place, LAUNCHES[1]);
        let ends = thread::scope(|scope| {
            let running = [0, 1].map(|number| {
                let one = (LAUNCHES[number], troubles[number]);
                let place = &place;
                scope.spawn(move || publish(place, *world, one))
            });
            running.map(|it| it.join().expect("it ends"))
        });
        let found = published(&place);
        let ours: Vec<_> = (0..2).filter(|number| found == world.files(LAUNCHES[*number])).collect();
        assert_eq!(ours.len(), 1, "{ends:?}: {found:?}");
        assert_eq!(ends[ours[0]], Published::Published, "{ends:?}: {found:?}");
        // Two that replace may have come one after the other.
        if world.existing() == Existing::Keep {
            assert_eq!(ends[1 - ours[0]], Published::AlreadyThere, "{ends:?}: {found:?}");
        }
    });
}

#[test]
fn of_two_publishers_on_s3_one_is_first_whatever_fails() {
    one_set_of_outputs(|| Place::S3(S3::shared()));
}

#[test]
fn of_two_publishers_on_hdfs_one_is_first_whatever_fails() {
    one_set_of_outputs(|| Place::Hdfs(Hdfs::shared()));
}

#[test]
fn of_two_publishers_on_webhdfs_one_is_first_whatever_fails() {
    one_set_of_outputs(|| Place::WebHdfs(Hdfs::shared()));
}

/// Two processes publish one launch, as an old leader and a new one may for a moment.
fn one_launch_taken_up_twice(place: fn() -> Place) {
    let all = own_worlds().flat_map(|world| (0..TRIES).map(move |number| (world, number)));
    each(&some(all.collect(), TRIES), |_, (world, _)| {
        let place = place();
        world.make(&place, LAUNCHES[0]);
        let ends = thread::scope(|scope| {
            let running = [(); 2].map(|()| scope.spawn(|| world.publish(&root(&place), LAUNCHES[0])));
            running.map(|it| it.join().expect("it ends").expect("nothing fails"))
        });
        assert_eq!(ends, [Published::Published; 2]);
        world.check_end(&place, LAUNCHES[0]);
    });
}

#[test]
fn what_two_publish_of_one_launch_on_s3_is_there() {
    one_launch_taken_up_twice(|| Place::S3(S3::shared()));
}

#[test]
fn what_two_publish_of_one_launch_on_hdfs_is_there() {
    one_launch_taken_up_twice(|| Place::Hdfs(Hdfs::shared()));
}

/// Publishes, and asks again while another that is to replace it stopped on its way, at each request.
fn asked_again_while_it_is_replaced(place: fn() -> Place) {
    let outputs = [Kind::File, Kind::Directory];
    let all = outputs.into_iter().flat_map(|output| (0..10).map(move |number| (output, number)));
    each(&some(all.collect(), TRIES), |_, (output, number)| {
        let world = World { output: *output, before: Before::Old };
        let place = place();
        let (store, proxy) = (root(&place), place.proxy());
        let publish = |launch| world.publish(&store, launch).expect("nothing fails");
        world.make(&place, LAUNCHES[0]);
        world.stage(&place, LAUNCHES[1]);
        assert_eq!(publish(LAUNCHES[0]), Published::Published);
        proxy.fail(Fault::ResetBefore, *number..u64::MAX);
        let by_proxy = bound(&place.url_by(&proxy, "root"), &place.credentials());
        // It may come to its end before so many requests.
        let _ = world.publish(&by_proxy, LAUNCHES[1]);
        // The answer to the first may have been lost, so that it asks again how it went.
        assert_eq!([publish(LAUNCHES[0]), publish(LAUNCHES[1])], [Published::Published; 2]);
        assert_eq!(published(&place), world.files(LAUNCHES[1]));
    });
}

#[test]
fn what_is_replaced_at_this_moment_on_hdfs_was_published() {
    asked_again_while_it_is_replaced(|| Place::Hdfs(Hdfs::shared()));
}

#[test]
fn what_is_replaced_at_this_moment_on_webhdfs_was_published() {
    asked_again_while_it_is_replaced(|| Place::WebHdfs(Hdfs::shared()));
}

#[test]
fn a_launch_that_is_over_is_in_nobodys_way() {
    let world = World { output: Kind::Directory, before: Before::Nothing };
    let place = Place::S3(S3::shared());
    let proxy = place.proxy();
    world.make(&place, LAUNCHES[0]);
    world.stage(&place, LAUNCHES[1]);
    // After it looked at what is staged, and claimed the path.
    proxy.fail(Fault::Forbidden, 4..u64::MAX);
    let by_proxy = bound(&place.url_by(&proxy, "root"), &place.credentials());
    world.publish(&by_proxy, LAUNCHES[0]).expect_err("it may no more");
    let store = root(&place);
    let second = world.publish(&store, LAUNCHES[1]).expect("nothing fails");
    assert_eq!((second, published(&place)), (Published::AlreadyThere, Files::new()), "the first may go on");
    let first = Staging::resume(&store, LAUNCHES[0], &[world.path()]).expect("it is lawful");
    first.discard().expect("nothing fails");
    assert_eq!(world.publish(&store, LAUNCHES[1]).expect("nothing fails"), Published::Published);
    world.check_end(&place, LAUNCHES[1]);
}
