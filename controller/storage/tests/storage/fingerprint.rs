//! Fingerprints tell versions apart and survive as text.

use std::time::Duration;

use storage::{Fingerprint, fingerprint};

use crate::world::{World, file, flag, noon};

#[test]
fn a_file_is_known_by_size_and_time() {
    let world = World::new();
    world.write("a.txt", "abc");
    world.date("a.txt", noon());
    let seen = fingerprint(&world.store, "a.txt", &file()).expect("storage answers").expect("it is there");
    assert_eq!(seen.to_string(), "3:1800000000000000000:");
    world.date("a.txt", noon() + Duration::from_nanos(1));
    let later = fingerprint(&world.store, "a.txt", &file()).expect("storage answers");
    assert_ne!(later, Some(seen));
}

#[test]
fn a_directory_is_known_by_the_files_that_count() {
    let world = World::new();
    for path in ["dt=1/part-0", "dt=1/part-1", "dt=1/_SUCCESS"] {
        world.write(path, "x");
        world.date(path, noon());
    }
    let look = || {
        fingerprint(&world.store, "dt=1/", &flag())
            .expect("storage answers")
            .expect("it is there")
            .to_string()
    };
    let seen = look();
    assert!(seen.starts_with("3:1800000000000000000:"), "{seen}");
    world.write("dt=1/.part-0.crc", "x");
    world.make("dt=1/_temporary");
    assert_eq!(look(), seen);
    world.date("dt=1/_SUCCESS", noon() - Duration::from_secs(1));
    assert_ne!(look(), seen);
    world.date("dt=1/_SUCCESS", noon());
    assert_eq!(look(), seen);
    std::fs::rename(world.place("dt=1/part-1"), world.place("dt=1/part-2")).expect("files can be renamed");
    assert_ne!(look(), seen);
}

#[test]
fn what_is_not_there_has_none_and_a_failing_store_gives_an_error() {
    let world = World::new();
    world.write("file", "");
    assert_eq!(fingerprint(&world.store, "a.txt", &file()).expect("storage answers"), None);
    assert!(fingerprint(&world.store, "file/a.txt", &file()).is_err());
}

#[test]
fn the_text_of_a_fingerprint_reads_back() {
    for text in ["0:0:", "12:-5:", "3:1800000000000000000:0123456789abcdef", "1:2:\"etag:with:colons\""] {
        let read: Fingerprint = text.parse().expect("it is one");
        assert_eq!(read.to_string(), text);
    }
    for text in ["", "1", "1:2", "a:2:", "1:b:", "absent"] {
        assert!(text.parse::<Fingerprint>().is_err(), "{text}");
    }
}
