//! What looks cost: requests counted by the store, and none more than there must be.

use std::collections::BTreeMap;
use std::thread;

use storage::{Catalogue, Completeness, Presence, Store, Want};
use tests::{Hdfs, S3};

use crate::place::{Place, bound, file, now};

/// How many keys a page of a listing holds.
const PAGE: u64 = 1_000;

/// How many keys of one dataset are looked at.
const MANY: usize = 10_050;

/// The requests of a store since the last time.
struct Meter {
    store: Store,
    last: BTreeMap<&'static str, u64>,
}

impl Meter {
    fn new(store: Store) -> Self {
        Self { store, last: BTreeMap::new() }
    }

    /// Prints a row of the table: what it was, its requests, and the least that would do.
    fn take(&mut self, what: &str, least: u64) -> BTreeMap<&'static str, u64> {
        let all = self.store.requests();
        let new = all.iter().map(|(name, count)| (*name, count - self.last.get(name).unwrap_or(&0)));
        let new: BTreeMap<_, _> = new.filter(|(_, count)| *count > 0).collect();
        self.last = all;
        let told: Vec<_> = new.iter().map(|(name, count)| format!("{count} {name}")).collect();
        println!("{what:<58} | {:<18} | {least:>4}", told.join(", "));
        new
    }
}

fn keys(dataset: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{dataset}/{number:05}.txt")).collect()
}

fn catalogue(store: &Store, datasets: &[(&str, &[String])], rule: &Completeness) -> Catalogue {
    let mut catalogue = Catalogue::new([store.clone()]);
    for (prefix, paths) in datasets {
        catalogue.want(paths.iter().map(|path| Want { store: "warehouse", prefix, path, rule }));
    }
    catalogue
}

fn is_there(catalogue: &Catalogue, (prefix, path): (&str, &str)) -> bool {
    let rule = file();
    let presence = catalogue.presence(Want { store: "warehouse", prefix, path, rule: &rule }, now());
    assert!(matches!(presence, Presence::Complete | Presence::Missing), "{path}: {presence:?}");
    presence == Presence::Complete
}

/// Writes them by four at once.
fn put_all(s3: &S3, keys: &[String]) {
    thread::scope(|scope| {
        for part in keys.chunks(keys.len().div_ceil(4)) {
            scope.spawn(|| s3.put_all(part.iter().map(|key| (key.as_str(), ""))));
        }
    });
}

#[test]
fn a_bucket_is_asked_a_page_for_a_thousand_keys_and_once_whether_it_is_there() {
    let s3 = S3::shared();
    let many = keys("many", MANY);
    put_all(&s3, &many);
    let place = Place::S3(s3);
    let mut meter = Meter::new(place.store());
    let mut all = catalogue(&meter.store, &[("many/", &many)], &file());
    all.refresh();
    let pages = (MANY as u64).div_ceil(PAGE);
    let first = meter.take("10,050 keys, all there, first look", pages);
    assert_eq!(first.keys().copied().collect::<Vec<_>>(), ["list"]);
    assert!(
        first["list"] <= pages + 2,
        "{first:?}: {pages} pages, one more, and whether the bucket is there"
    );
    all.refresh();
    let second = meter.take("the same, looked at again", pages);
    assert!(second["list"] <= pages + 1, "{second:?}");
    let paths: Vec<_> = many.iter().map(String::as_str).collect();
    let prints = storage::fingerprints(&meter.store, &file(), &paths);
    assert!(prints.iter().all(|print| matches!(print, Ok(Some(_)))), "all are there");
    let closely = meter.take("the same, each looked at closely", pages);
    assert!(closely["list"] <= pages + 1 && closely.len() == 1, "{closely:?}");
    let Place::S3(s3) = &place else { unreachable!("it was made so") };
    s3.delete(&many[5_000]);
    let told = all.look_again("warehouse", &many[5_000]);
    assert_eq!(told.len(), 1, "it went");
    let one = meter.take("one of them deleted, and told of", 1);
    assert_eq!((one.get("look"), one.get("list")), (Some(&1), Some(&1)), "absent, in a bucket that is there");
    all.refresh();
    let third = meter.take("the same without being told: everything again", pages);
    assert!(third["list"] <= pages + 2, "{third:?}");
    assert!(!is_there(&all, ("many/", &many[5_000])) && is_there(&all, ("many/", &many[5_001])));
}

#[test]
fn datasets_are_listed_apart_and_few_paths_are_asked_for_one_by_one() {
    let s3 = S3::shared();
    let (left, right, few) = (keys("left", 1_500), keys("right", 1_500), keys("few", 11));
    for keys in [&left, &right, &few] {
        put_all(&s3, keys);
    }
    let place = Place::S3(s3);
    let mut meter = Meter::new(place.store());
    let datasets: [(&str, &[String]); 3] = [("left/", &left), ("right/", &right), ("few/", &few)];
    catalogue(&meter.store, &datasets, &file()).refresh();
    let all = meter.take("3 datasets: 1,500 and 1,500 and 11 keys, first look", 2 + 2 + 11);
    assert!(all["list"] <= 2 + 2 + 3, "{all:?}");
    assert_eq!(all["look"], 11, "{all:?}");
    catalogue(&meter.store, &[("few/", &few)], &file()).refresh();
    assert_eq!(meter.take("11 keys, all there", 11), BTreeMap::from([("look", 11)]));
    catalogue(&meter.store, &[("none/", &keys("none", 11))], &file()).refresh();
    let none = meter.take("11 keys, none there", 11);
    assert_eq!(none, BTreeMap::from([("list", 1), ("look", 11)]), "and whether the bucket is there");
}

#[test]
fn hdfs_is_asked_a_page_for_a_thousand_files() {
    let paths = keys("many", 1_200);
    for url in [Hdfs::url, Hdfs::webhdfs_url] {
        let hdfs = Hdfs::shared();
        hdfs.put("many/00007.txt", "x");
        let mut meter = Meter::new(bound(&url(&hdfs), &storage::Credentials::Ambient));
        let mut all = catalogue(&meter.store, &[("many/", &paths)], &file());
        all.refresh();
        let scheme = &url(&hdfs)[..7];
        let first = meter.take(&format!("{scheme}: 1,200 paths of a directory with 1 file"), 1);
        // The client of WebHDFS looks at its root before it does anything, and there are two.
        assert!(
            first["list"] == 1 && first["look"] <= 6,
            "{first:?}: the root, what is ours, the directory, the root"
        );
        all.refresh();
        let second = meter.take(&format!("{scheme}: the same, looked at again"), 1);
        assert!(second["list"] == 1 && second["look"] <= 2, "{second:?}");
        assert!(is_there(&all, ("many/", &paths[7])) && !is_there(&all, ("many/", &paths[8])));
    }
}
