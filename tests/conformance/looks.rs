//! Looks under faults: what is told is right, or nothing is told.

use storage::{Catalogue, Completeness, Presence, Store, Want};
use tests::{Hdfs, S3};

use crate::place::{Place, bound, file, files, flag, now};
use crate::trouble::{each, some, troubles};

/// A path, what is told of it, and what is to be told.
type Told<'a> = (&'a str, Presence, &'a Presence);

/// How many faults are tried of each store.
const TRIES: usize = 30;

/// A dataset, of which every third path is there, every third has something else where there can be, and the rest not.
struct Dataset {
    prefix: String,
    rule: Completeness,
    paths: Vec<(String, Presence)>,
}

impl Dataset {
    fn new(place: &Place, (name, rule): (&str, Completeness), count: usize) -> Self {
        let prefix = format!("{name}/");
        let is_file = matches!(rule, Completeness::File { .. });
        let path = |number: usize| {
            let path = format!("{prefix}{number:02}{}", if is_file { ".txt" } else { "/" });
            let (inside, presence) = match number % 3 {
                0 if is_file => ("", Presence::Complete),
                0 => ("_SUCCESS", Presence::Complete),
                1 if !is_file => ("part", Presence::Occupied),
                _ => return (path, Presence::Missing),
            };
            place.put(&format!("root/{path}{inside}"), "x");
            if matches!(rule, Completeness::Files { .. }) && number.is_multiple_of(3) {
                place.put(&format!("root/{path}part-0"), "x");
                place.put(&format!("root/{path}part-1"), "x");
            }
            (path, presence)
        };
        let paths = (0..count).map(path).collect();
        Self { prefix, rule, paths }
    }

    fn wants(&self) -> impl Iterator<Item = Want<'_>> {
        let want = |path| Want { store: "warehouse", prefix: &self.prefix, path, rule: &self.rule };
        self.paths.iter().map(move |(path, _)| want(path.as_str()))
    }

    fn told(&self, catalogue: &Catalogue) -> Vec<Told<'_>> {
        let told = self.wants().map(|want| catalogue.presence(want, now()));
        let told = told.zip(&self.paths);
        told.map(|(told, (path, right))| (path.as_str(), told, right)).collect()
    }
}

/// Few paths of each rule, and many.
fn datasets(place: &Place) -> Vec<Dataset> {
    [
        Dataset::new(place, ("file", file()), 4),
        Dataset::new(place, ("files", file()), 14),
        Dataset::new(place, ("flag", flag()), 4),
        Dataset::new(place, ("flags", flag()), 14),
        Dataset::new(place, ("part", files(2)), 4),
        Dataset::new(place, ("parts", files(2)), 14),
    ]
    .into()
}

/// All that a look tells.
fn look<'a>(store: &Store, datasets: &'a [Dataset]) -> Vec<Told<'a>> {
    let mut catalogue = Catalogue::new([store.clone()]);
    catalogue.load(datasets.iter().flat_map(Dataset::wants));
    datasets.iter().flat_map(|dataset| dataset.told(&catalogue)).collect()
}

fn are_right_or_open(place: &Place) {
    let datasets = datasets(place);
    let store = |proxy: &tests::Proxy| bound(&place.url_by(proxy, "root"), &place.credentials());
    let proxy = place.proxy();
    for (path, told, right) in look(&store(&proxy), &datasets) {
        assert_eq!(told, *right, "{}: {path}", place.name());
    }
    let troubles = some(troubles(place, proxy.seen()), TRIES);
    each(&troubles, |_, (fault, requests)| {
        let proxy = place.proxy();
        proxy.fail(*fault, requests.clone());
        for (path, told, right) in look(&store(&proxy), &datasets) {
            let is_open = matches!(told, Presence::Unknown { .. });
            assert!(is_open || told == *right, "{}: {path}: {told:?}, not {right:?}", place.name());
        }
    });
}

#[test]
fn s3_tells_what_is_right_or_nothing() {
    are_right_or_open(&Place::S3(S3::shared()));
}

#[test]
fn hdfs_tells_what_is_right_or_nothing() {
    are_right_or_open(&Place::Hdfs(Hdfs::shared()));
}

#[test]
fn webhdfs_tells_what_is_right_or_nothing() {
    are_right_or_open(&Place::WebHdfs(Hdfs::shared()));
}
