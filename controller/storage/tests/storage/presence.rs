//! The rules of completeness, one case each.

use std::fs;
use std::time::Duration;

use storage::{Completeness, Presence};

use crate::world::{World, file, files, flag, is_unknown, noon};

#[test]
fn nothing_is_missing_by_every_rule() {
    let world = World::new();
    assert_eq!(world.look("a.txt", &file()), Presence::Missing);
    assert_eq!(world.look("deep/er/a.txt", &file()), Presence::Missing);
    assert_eq!(world.look("dt=1/", &flag()), Presence::Missing);
    assert_eq!(world.look("dt=1/", &files(1)), Presence::Missing);
}

#[test]
fn an_empty_file_is_complete_unless_a_size_is_asked_for() {
    let world = World::new();
    world.write("a.txt", "");
    assert_eq!(world.look("a.txt", &file()), Presence::Complete);
    let sized = Completeness::File { min_bytes: 1, settle: Duration::ZERO };
    assert_eq!(world.look("a.txt", &sized), Presence::Occupied);
    world.write("a.txt", "x");
    assert_eq!(world.look("a.txt", &sized), Presence::Complete);
}

#[test]
fn a_directory_where_a_file_should_be_occupies_it() {
    let world = World::new();
    world.make("a.txt");
    assert_eq!(world.look("a.txt", &file()), Presence::Occupied);
}

#[test]
fn a_file_where_a_directory_should_be_occupies_it() {
    let world = World::new();
    world.write("dt=1", "");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Occupied);
    assert_eq!(world.look("dt=1/", &files(1)), Presence::Occupied);
}

#[test]
fn a_file_above_the_path_leaves_it_unknown() {
    let world = World::new();
    world.write("2026", "");
    let words = "2026/01 is not a directory, or lies in something that is not";
    assert!(is_unknown(&world.look("2026/01/a.txt", &file()), words));
    let words = "2026 is not a directory, or lies in something that is not";
    assert!(is_unknown(&world.look("2026/01/", &flag()), words));
}

#[test]
fn an_empty_directory_is_missing() {
    let world = World::new();
    world.make("dt=1");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Missing);
    assert_eq!(world.look("dt=1/", &files(1)), Presence::Missing);
}

#[test]
fn the_flag_alone_completes_a_directory() {
    let world = World::new();
    world.write("dt=1/_SUCCESS", "");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Complete);
}

#[test]
fn data_without_the_flag_occupies_a_directory() {
    let world = World::new();
    world.write("dt=1/part-0", "x");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Occupied);
}

#[test]
fn what_a_writer_left_or_still_writes_occupies_a_directory() {
    let world = World::new();
    world.make("dt=1/_temporary");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Occupied);
    assert_eq!(world.look("dt=1/", &files(1)), Presence::Occupied);
}

#[test]
fn a_directory_of_the_flags_name_is_no_flag() {
    let world = World::new();
    world.make("dt=1/_SUCCESS");
    assert_eq!(world.look("dt=1/", &flag()), Presence::Occupied);
}

#[test]
fn a_name_that_begins_like_another_is_another() {
    let world = World::new();
    world.write("a.txt.gz", "");
    world.write("dt=10/_SUCCESS", "");
    assert_eq!(world.look("a.txt", &file()), Presence::Missing);
    assert_eq!(world.look("dt=1/", &flag()), Presence::Missing);
}

#[test]
fn unusual_characters_are_ordinary() {
    let world = World::new();
    for path in ["a b", "ünï", "-rf", "a:b", "new\nline", "back\\slash", "dt=2026-01-05T07", "...", "%Y"] {
        assert_eq!(world.look(path, &file()), Presence::Missing, "{path}");
        world.write(path, "");
        assert_eq!(world.look(path, &file()), Presence::Complete, "{path}");
    }
}

#[test]
fn enough_files_complete_a_directory_and_fewer_occupy_it() {
    let world = World::new();
    world.write("dt=1/part-0", "");
    assert_eq!(world.look("dt=1/", &files(2)), Presence::Occupied);
    world.write("dt=1/_SUCCESS", "");
    world.write("dt=1/.part-1.crc", "");
    world.make("dt=1/part-1");
    assert_eq!(world.look("dt=1/", &files(2)), Presence::Occupied);
    world.write("dt=1/part-2", "");
    assert_eq!(world.look("dt=1/", &files(2)), Presence::Complete);
}

#[test]
fn only_files_of_the_globs_names_and_of_size_count() {
    let world = World::new();
    let glob = Some("*.parquet".to_owned());
    let rule = Completeness::Files { at_least: 1, glob, min_bytes: 2, settle: Duration::ZERO };
    world.write("dt=1/a.csv", "long enough");
    world.write("dt=1/a.parquet", "x");
    assert_eq!(world.look("dt=1/", &rule), Presence::Occupied);
    world.write("dt=1/b.parquet", "xy");
    assert_eq!(world.look("dt=1/", &rule), Presence::Complete);
}

#[test]
fn a_young_file_settles_until_it_is_old_enough() {
    let world = World::new();
    let settle = Duration::from_secs(30);
    let rule = Completeness::File { min_bytes: 0, settle };
    world.write("a.txt", "");
    world.date("a.txt", noon());
    let until = noon() + settle;
    assert_eq!(world.look_at("a.txt", &rule, noon()), Presence::Settling { until });
    assert_eq!(world.look_at("a.txt", &rule, until), Presence::Complete);
}

#[test]
fn the_youngest_file_says_when_a_directory_has_settled() {
    let world = World::new();
    let settle = Duration::from_secs(30);
    let rule = Completeness::Files { at_least: 1, glob: None, min_bytes: 0, settle };
    world.write("dt=1/a", "");
    world.write("dt=1/b", "");
    world.date("dt=1/a", noon());
    world.date("dt=1/b", noon() - settle);
    assert_eq!(world.look_at("dt=1/", &rule, noon()), Presence::Settling { until: noon() + settle });
    assert_eq!(world.look_at("dt=1/", &rule, noon() + settle), Presence::Complete);
}

#[test]
fn many_files_of_a_directory_answer_as_single_ones_do() {
    let world = World::new();
    let sized = Completeness::File { min_bytes: 1, settle: Duration::ZERO };
    let rule = file();
    let paths: Vec<String> = (0..40).map(|number| format!("day/{number}.txt")).collect();
    world.make("day");
    for (number, path) in paths.iter().enumerate() {
        match number % 4 {
            0 => world.write(path, ""),
            1 => world.write(path, "x"),
            2 => world.make(path),
            _ => {}
        }
    }
    fs::remove_file(world.place("day/0.txt")).expect("it was written");
    std::os::unix::fs::symlink("1.txt", world.place("day/0.txt")).expect("links can be made");
    let mut catalogue = world.catalogue();
    for rule in [&rule, &sized] {
        catalogue.load(paths.iter().map(|path| crate::world::want(path, rule)));
        for path in &paths {
            let together = catalogue.presence(crate::world::want(path, rule), noon());
            assert_eq!(together, world.look(path, rule), "{path}");
        }
    }
}
