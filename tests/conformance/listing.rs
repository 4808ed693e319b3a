//! Many paths of one dataset, looked at together, answer as each by itself does.

use std::time::Duration;

use storage::{Catalogue, Completeness, Extent, Fingerprint, Presence, Want, fingerprint, fingerprints};

use crate::place::{Place, file, flag, now};

fn paths(ending: &str) -> Vec<String> {
    let days = (1..=3).flat_map(|month| (1..=20).map(move |day| (month, day)));
    days.map(|(month, day)| format!("sales/2026/{month:02}/dt={day:02}{ending}")).collect()
}

fn want<'a>(path: &'a str, rule: &'a Completeness) -> Want<'a> {
    Want { store: "warehouse", prefix: "sales/", path, rule }
}

#[test]
fn many_paths_answer_as_single_ones_do() {
    let sized = Completeness::File { min_bytes: 2, settle: Duration::ZERO };
    for place in Place::all() {
        let (files, directories) = (paths(".csv"), paths("/"));
        for (number, path) in files.iter().enumerate().filter(|(number, _)| number % 3 > 0) {
            place.put(path, &"x".repeat(number % 3));
        }
        for (number, path) in directories.iter().enumerate().filter(|(number, _)| number % 3 > 0) {
            let name = if number % 3 == 1 { "_SUCCESS" } else { "part-0" };
            place.put(&format!("{path}{name}"), "");
        }
        place.put("sales/2026/02/dt=07.csv.gz", "beside");
        place.put("sales/2026/02x", "beside");
        for (paths, rule) in [(&files, file()), (&files, sized.clone()), (&directories, flag())] {
            let mut catalogue = Catalogue::new([place.store()]);
            catalogue.load(paths.iter().map(|path| want(path, &rule)));
            let together: Vec<_> =
                paths.iter().map(|path| catalogue.presence(want(path, &rule), now())).collect();
            let alone: Vec<_> = paths.iter().map(|path| place.look(path, &rule)).collect();
            assert_eq!(together, alone, "{}", place.name());
            let complete = together.iter().filter(|it| **it == Presence::Complete).count();
            assert!((20..=40).contains(&complete), "{}: {complete}", place.name());
        }
    }
}

#[tokio::test]
async fn a_prepared_look_finds_what_changed_and_nothing_else() {
    for place in Place::all() {
        let (paths, rule) = (paths(".csv"), file());
        let mut catalogue = Catalogue::new([place.store()]);
        catalogue.load(paths.iter().map(|path| want(path, &rule)));
        place.put(&paths[7], "x");
        let look = catalogue.prepare(Extent::Open);
        let mut changes = catalogue.refresh_directories();
        changes.extend(catalogue.take_in(look.make().await));
        let told: Vec<_> = changes.into_iter().map(|change| change.path).collect();
        assert_eq!(told, [paths[7].clone()], "{}", place.name());
        assert_eq!(catalogue.presence(want(&paths[7], &rule), now()), Presence::Complete, "{}", place.name());
    }
}

#[tokio::test]
async fn a_look_that_comes_late_changes_nothing() {
    for place in Place::all().into_iter().filter(|place| place.store().directory().is_none()) {
        let (paths, rule) = (paths(".csv"), file());
        let mut catalogue = Catalogue::new([place.store()]);
        catalogue.load(paths.iter().map(|path| want(path, &rule)));
        let late = catalogue.prepare(Extent::All).make().await;
        place.put(&paths[7], "x");
        assert_eq!(catalogue.look_again("warehouse", &paths[7]).len(), 1, "{}", place.name());
        assert!(catalogue.take_in(late).is_empty(), "{}", place.name());
        assert_eq!(catalogue.presence(want(&paths[7], &rule), now()), Presence::Complete, "{}", place.name());
    }
}

#[test]
fn a_change_shows_in_the_fingerprint() {
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        let look = |path: &str, rule: &Completeness| -> Option<Fingerprint> {
            fingerprint(&store, path, rule).expect(name)
        };
        assert_eq!(look("a.txt", &file()), None, "{name}");
        assert_eq!(look("dt=1/", &flag()), None, "{name}");
        place.put("a.txt", "one");
        place.put("dt=1/part", "one");
        let (first, directory) = (look("a.txt", &file()), look("dt=1/", &flag()));
        assert_eq!(
            (first.clone(), directory.clone()),
            (look("a.txt", &file()), look("dt=1/", &flag())),
            "{name}"
        );
        assert_eq!(first.as_ref().map(|it| it.bytes), Some(3), "{name}");
        place.put("a.txt", "three");
        place.put("dt=1/part", "three");
        assert_ne!(look("a.txt", &file()), first, "{name}");
        assert_ne!(look("dt=1/", &flag()), directory, "{name}");
    }
}

#[test]
fn many_looked_at_closely_look_as_single_ones_do() {
    let parts = Completeness::Files {
        at_least: 1,
        glob: Some("part-*".to_owned()),
        min_bytes: 0,
        settle: Duration::ZERO,
    };
    for place in Place::all() {
        let (store, name) = (place.store(), place.name());
        let (files, directories) = (paths(".csv"), paths("/"));
        for (number, path) in files.iter().enumerate().filter(|(number, _)| number % 3 > 0) {
            place.put(path, &"x".repeat(number % 3));
        }
        for (number, path) in directories.iter().enumerate().filter(|(number, _)| number % 3 > 0) {
            let names: &[&str] =
                if number % 3 == 1 { &["_SUCCESS", "part-0", "deep/part-1"] } else { &["other"] };
            for beside in names {
                place.put(&format!("{path}{beside}"), beside);
            }
        }
        for (rule, paths) in [(file(), files), (flag(), directories.clone()), (parts.clone(), directories)] {
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            let all = fingerprints(&store, &rule, &paths);
            let single =
                paths.iter().map(|path| fingerprint(&store, path, &rule).map_err(|_| storage::NoAnswer));
            assert_eq!(all, single.collect::<Vec<_>>(), "{name}, {rule:?}");
            assert_eq!(all.iter().filter(|seen| matches!(seen, Ok(Some(_)))).count(), 40, "{name}, {rule:?}");
        }
    }
}
