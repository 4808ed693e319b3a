//! Drawers on every store: each file is created once, listings have all names, and a store that is away is no empty one.

use std::time::{Duration, SystemTime};

use storage::{Chunks, Created, Credentials, Drawer, Moved, Moves, Progress, StorageError, Store};
use tests::{Hdfs, S3};

use crate::place::{Place, bound, now};

const FOLDER: &str = ".daybreak/drawer";

const DAY: Duration = Duration::from_hours(24);

/// A drawer in each kind of store.
fn drawers() -> Vec<(&'static str, Drawer, Option<Place>)> {
    let memory = Store::memory("warehouse").expect("there is room");
    let memory = ("memory", Drawer::new(&memory, FOLDER), None);
    let places = Place::all().into_iter().map(|it| (it.name(), Drawer::new(&it.store(), FOLDER), Some(it)));
    std::iter::once(memory).chain(places).collect()
}

fn names(drawer: &Drawer, folder: &str) -> Vec<String> {
    let listing = drawer.list(folder).expect("it is listed");
    let folders = listing.folders.into_iter().map(|it| format!("{}/", it.name));
    listing.files.into_iter().map(|it| it.name).chain(folders).collect()
}

fn read(drawer: &Drawer, folder: &str) -> Vec<String> {
    let texts = drawer.read_all(&[folder.to_owned()], &|_| true).expect("it is read");
    texts.into_iter().flatten().map(|(name, _)| name).collect()
}

#[test]
fn a_file_is_created_once_and_never_replaced() {
    for (name, drawer, _place) in drawers() {
        assert_eq!(drawer.read("a/one.json").expect(name), None, "{name}");
        assert_eq!(drawer.create("a/one.json", b"first").expect(name), Created::New, "{name}");
        assert_eq!(drawer.create("a/one.json", b"second").expect(name), Created::AlreadyThere, "{name}");
        assert_eq!(drawer.read("a/one.json").expect(name).as_deref(), Some(&b"first"[..]), "{name}");
        assert_eq!(drawer.create("a/empty", b"").expect(name), Created::New, "{name}");
        assert_eq!(drawer.read("a/empty").expect(name).as_deref(), Some(&b""[..]), "{name}");
        let file = drawer.look("a/one.json").expect(name).expect(name);
        assert_eq!((file.name.as_str(), file.bytes), ("one.json", 5), "{name}");
        assert!(!drawer.exists("a").expect(name), "{name}: a folder is no file");
        drawer.remove("a/one.json").expect(name);
        drawer.remove("a/one.json").expect(name);
        assert!(!drawer.exists("a/one.json").expect(name), "{name}");
        assert_eq!(drawer.create("a/one.json", b"third").expect(name), Created::New, "{name}");
    }
}

/// What eight creators of one file are told.
fn race(drawer: &Drawer, path: &str) -> Vec<Created> {
    let create = |number: usize| drawer.create(path, format!("by {number}").as_bytes());
    std::thread::scope(|scope| {
        let creators: Vec<_> = (0..8).map(|number| scope.spawn(move || create(number))).collect();
        creators.into_iter().map(|it| it.join().expect("it ends").expect("it is answered")).collect()
    })
}

#[test]
fn of_eight_creators_one_is_first() {
    for (name, drawer, _place) in drawers() {
        for round in 0..4 {
            let path = format!("raced-{round}/one.json");
            let ends = race(&drawer, &path);
            let firsts: Vec<_> = (0..8).filter(|it| ends[*it] == Created::New).collect();
            assert_eq!(firsts.len(), 1, "{name}: {ends:?}");
            let text = drawer.read(&path).expect(name).expect(name);
            assert_eq!(String::from_utf8_lossy(&text), format!("by {}", firsts[0]), "{name}");
            assert_eq!(names(&drawer, &format!("raced-{round}")), ["one.json"], "{name}: nothing else stays");
        }
    }
}

#[test]
fn a_listing_has_more_names_than_a_page() {
    let many: Vec<_> = (0..1_100).map(|number| format!("{number:04}.json")).collect();
    for (name, drawer, place) in drawers() {
        match &place {
            Some(Place::S3(s3)) => {
                let keys: Vec<_> = many.iter().map(|it| format!("{FOLDER}/many/{it}")).collect();
                s3.put_all(keys.iter().map(|key| (key.as_str(), "x")));
            }
            Some(Place::Directory(_)) | None => create_all((name, &drawer), &many),
            // By the faster way to the same server.
            Some(Place::Hdfs(hdfs) | Place::WebHdfs(hdfs)) => {
                let native = bound(&hdfs.url(), &Credentials::Ambient);
                create_at_once((name, &Drawer::new(&native, FOLDER)), &many);
            }
        }
        assert_eq!(names(&drawer, "many"), many, "{name}");
        assert_eq!(read(&drawer, "many"), many, "{name}");
        assert_eq!(names(&drawer, ""), ["many/"], "{name}");
        let below: Vec<_> = drawer.walk("").expect(name).into_iter().map(|it| it.name).collect();
        assert_eq!(below.len(), many.len(), "{name}");
        assert_eq!(below.iter().min().map(String::as_str), Some("many/0000.json"), "{name}");
    }
}

/// A file of HDFS takes some hundredths of a second, and few are created at once: more of them wait for each other.
fn create_at_once((name, drawer): (&str, &Drawer), files: &[String]) {
    std::thread::scope(|scope| {
        for part in files.chunks(files.len().div_ceil(4)) {
            scope.spawn(move || create_all((name, drawer), part));
        }
    });
}

fn create_all((name, drawer): (&str, &Drawer), files: &[String]) {
    for file in files {
        assert_eq!(drawer.create(&format!("many/{file}"), b"x").expect(name), Created::New);
    }
}

#[test]
fn of_many_folders_those_that_are_there_are_read_in_few_requests() {
    for (name, drawer, _place) in drawers() {
        // A name that is another's beginning, one that sorts between them, and a folder in one.
        for path in
            ["flow/day-1/a.json", "flow/day-10/b.json", "flow/day-1-x/c.json", "flow/day-1/log/000000"]
        {
            drawer.create(path, path.as_bytes()).expect(name);
        }
        let folders: Vec<_> = (0..3_000).rev().map(|day| format!("flow/day-{day}")).collect();
        let asked = |drawer: &Drawer| drawer.store().requests().values().sum::<u64>();
        let before = asked(&drawer);
        let texts = drawer.read_all(&folders, &|_| true).expect(name);
        assert!(asked(&drawer) - before < 20, "{name}: {:?}", drawer.store().requests());
        let found: Vec<_> = folders.iter().zip(texts).filter(|(_, texts)| !texts.is_empty()).collect();
        let file = |folder: &str, name: &str| (name.to_owned(), format!("{folder}/{name}").into_bytes());
        assert_eq!(
            found,
            [
                (&folders[2_989], vec![file("flow/day-10", "b.json")]),
                (&folders[2_998], vec![file("flow/day-1", "a.json")])
            ],
            "{name}"
        );
    }
}

#[test]
fn folders_are_read_together_and_in_their_order() {
    for (name, drawer, _place) in drawers() {
        for (path, text) in
            [("b/1.json", "one"), ("a/2.json", "two"), ("a/1.json", "three"), ("a/x.txt", "no")]
        {
            drawer.create(path, text.as_bytes()).expect(name);
        }
        let folders = ["a", "none", "b"].map(str::to_owned);
        let texts = drawer.read_all(&folders, &|name| name != "x.txt").expect(name);
        let texts: Vec<Vec<_>> = texts
            .into_iter()
            .map(|it| {
                it.into_iter().map(|(name, text)| (name, String::from_utf8(text).expect("text"))).collect()
            })
            .collect();
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            texts,
            [vec![file("1.json", "three"), file("2.json", "two")], vec![], vec![file("1.json", "one")]],
            "{name}"
        );
    }
}

#[test]
fn a_store_that_is_gone_is_no_empty_one() {
    for place in Place::all() {
        let (name, drawer) = (place.name(), Drawer::new(&place.store(), FOLDER));
        drawer.create("a/one.json", b"x").expect(name);
        match &place {
            Place::Directory(directory) => std::fs::remove_dir_all(directory.path()).expect(name),
            // Another bucket, which nobody made.
            Place::S3(_) => {}
            Place::Hdfs(hdfs) | Place::WebHdfs(hdfs) => hdfs.delete(""),
        }
        let drawer = match &place {
            Place::S3(s3) => {
                let url = place.url().replace(s3.bucket(), "nobody-made-it");
                Drawer::new(&bound(&url, &place.credentials()), FOLDER)
            }
            Place::Directory(_) | Place::Hdfs(_) | Place::WebHdfs(_) => drawer,
        };
        for path in ["a/one.json", "a/two.json"] {
            assert!(drawer.read(path).is_err(), "{name}");
            assert!(drawer.look(path).is_err(), "{name}");
            assert!(drawer.create(path, b"x").is_err(), "{name}");
        }
        assert!(drawer.list("a").is_err(), "{name}");
        assert!(drawer.walk("a").is_err(), "{name}");
        assert!(drawer.read_all(&["a".to_owned()], &|_| true).is_err(), "{name}");
    }
}

#[test]
fn a_server_that_is_away_gives_no_answer_and_comes_back() {
    let s3 = Place::S3(S3::own(&[]));
    let hdfs = Place::Hdfs(Hdfs::own(&[]));
    for place in [s3, hdfs] {
        place.put("beside", "");
        let (name, drawer) = (place.name(), Drawer::new(&place.store(), FOLDER));
        drawer.create("a/one.json", b"x").expect(name);
        let signal = |signal: &str| match &place {
            Place::S3(s3) => s3.signal(signal),
            Place::Hdfs(hdfs) | Place::WebHdfs(hdfs) => hdfs.signal(signal),
            Place::Directory(_) => {}
        };
        signal("KILL");
        assert!(drawer.read_all(&["a".to_owned(), "none".to_owned()], &|_| true).is_err(), "{name}");
        assert!(drawer.list("none").is_err(), "{name}");
        assert!(drawer.create("a/two.json", b"x").is_err(), "{name}");
        match &place {
            Place::S3(s3) => s3.start(),
            Place::Hdfs(hdfs) | Place::WebHdfs(hdfs) => hdfs.start(),
            Place::Directory(_) => {}
        }
        tests::eventually("it answers again", || drawer.list("a").is_ok());
        assert_eq!(drawer.read("a/one.json").expect(name).as_deref(), Some(&b"x"[..]), "{name}");
    }
}

#[test]
fn a_text_grows_in_chunks_and_another_writer_goes_on() {
    for (name, drawer, _place) in drawers() {
        let chunks = Chunks::new(&drawer, "a/step.1.1.log");
        let mut progress = chunks.progress().expect(name);
        assert_eq!(progress, Progress::default(), "{name}");
        for text in ["one\n", "two\n"] {
            progress = chunks.add(progress, text.as_bytes()).expect(name);
        }
        assert_eq!(progress, Progress { chunks: 2, bytes: 8, is_whole: false }, "{name}");
        // Another has seen less of it, and goes on behind what is there.
        let late = Progress { chunks: 1, bytes: 4, is_whole: false };
        let other = Chunks::new(&drawer, "a/step.1.1.log");
        assert_eq!(other.add(late, b"two\nthree\n").expect(name), progress, "{name}");
        assert_eq!(other.add(progress, b"three\n").expect(name).bytes, 14, "{name}");
        chunks.finish().expect(name);
        other.finish().expect(name);
        let whole = chunks.progress().expect(name);
        assert_eq!(whole, Progress { chunks: 3, bytes: 14, is_whole: true }, "{name}");
        let mut text = Vec::new();
        let each = |bytes: &[u8]| {
            text.extend_from_slice(bytes);
            Ok::<_, StorageError>(())
        };
        chunks.read((0, whole), each).expect(name);
        assert_eq!(String::from_utf8_lossy(&text), "one\ntwo\nthree\n", "{name}");
        assert_eq!(names(&drawer, "a"), ["step.1.1.log/"], "{name}");
    }
}

/// A folder of records, with a log in chunks.
fn fill(drawer: &Drawer, folder: &str) {
    for path in ["a.1.1.launched.json", "a.1.1.ended.json", "a.1.1.log/000000", "a.1.1.log/whole"] {
        drawer.create(&format!("{folder}/{path}"), b"x").expect("it is created");
    }
}

/// Goes on until nothing changes any more. The first mark is an hour old after an hour, and so is the second.
fn finish(drawer: &Drawer, folder: &str, before: SystemTime) {
    for days in [0, 2, 2, 4, 4] {
        drawer.finish_removal(folder, (before, now() + DAY * days)).expect("it goes on");
    }
}

#[test]
fn a_folder_goes_all_at_once() {
    for place in Place::all() {
        let (name, drawer, all) = (place.name(), Drawer::new(&place.store(), FOLDER), now() + DAY);
        fill(&drawer, "p/1");
        fill(&drawer, "p/2");
        assert!(drawer.is_older("p/1", all).expect(name), "{name}");
        assert!(!drawer.is_older("p/1", now() - DAY).expect(name), "{name}");
        assert!(!drawer.is_older("p/none", all).expect(name), "{name}: it is not there");
        assert!(
            drawer.is_at_rest("p", all).expect(name) && !drawer.is_at_rest("p", now() - DAY).expect(name)
        );
        assert!(drawer.set_aside("p/1", all).expect(name), "{name}");
        assert_eq!(read(&drawer, "p/1"), [""; 0], "{name}: all of it is out of sight");
        assert!(!drawer.set_aside("p/1", all).expect(name), "{name}: another was first");
        let set_aside = names(&drawer, "p").into_iter().map(|it| format!("p/{}", it.trim_end_matches('/')));
        let set_aside: Vec<_> = set_aside.filter(|it| drawer.is_being_removed(it).expect(name)).collect();
        assert_eq!(set_aside.len(), 1, "{name}");
        finish(&drawer, &set_aside[0], all);
        assert_eq!(names(&drawer, "p"), ["2/"], "{name}");
        assert_eq!(read(&drawer, "p/2").len(), 2, "{name}");
        assert_eq!(
            drawer.create_in_use("p/1/a.1.1.launched.json", b"x").expect(name),
            Created::New,
            "{name}"
        );
        assert_eq!(read(&drawer, "p/1").len(), 1, "{name}");
    }
}

#[test]
fn a_removal_that_broke_off_is_finished_wherever_it_broke_off() {
    for place in Place::all() {
        let (name, drawer, all) = (place.name(), Drawer::new(&place.store(), FOLDER), now() + DAY);
        let files = ["a.1.1.ended.json", "a.1.1.launched.json", "a.1.1.log/000000", "a.1.1.log/whole"];
        for gone in 0..=files.len() {
            let key = format!("p/{gone}");
            fill(&drawer, &key);
            drawer.set_aside(&key, all).expect(name);
            let at = match drawer.moves() {
                Moves::Whole => format!("p/.pruned.{gone}"),
                Moves::Nothing => key.clone(),
            };
            // Whoever removed it died after so many files.
            for file in &files[..gone] {
                drawer.remove(&format!("{at}/{file}")).expect(name);
                assert_eq!(read(&drawer, &key), [""; 0], "{name}: nothing of it is seen");
            }
            finish(&drawer, &at, all);
            assert_eq!(drawer.walk(&key).expect(name), [], "{name}");
            assert_eq!(drawer.walk(&at).expect(name), [], "{name}");
        }
    }
}

#[test]
fn what_was_created_at_the_last_moment_is_put_back() {
    for place in Place::all() {
        let (name, drawer) = (place.name(), Drawer::new(&place.store(), FOLDER));
        fill(&drawer, "p/1");
        let (at, before) = match drawer.moves() {
            Moves::Whole => ("p/.pruned.1", now() - DAY),
            Moves::Nothing => ("p/1", now() - DAY),
        };
        // The look at it was before that of which all is younger.
        let is_aside = drawer.set_aside("p/1", before).expect(name);
        assert_eq!(is_aside, drawer.moves() == Moves::Whole, "{name}: who marks it looks again");
        drawer.finish_removal(at, (before, now())).expect(name);
        assert_eq!(read(&drawer, "p/1").len(), 2, "{name}");
        assert_eq!(drawer.walk("p/1").expect(name).len(), 4, "{name}");
        assert_eq!(names(&drawer, "p"), ["1/"], "{name}");
    }
}

#[test]
fn what_was_created_meanwhile_holds_beside_what_is_put_back() {
    for place in Place::all() {
        let (name, drawer) = (place.name(), Drawer::new(&place.store(), FOLDER));
        if drawer.moves() == Moves::Nothing {
            continue;
        }
        fill(&drawer, "p/1");
        assert_eq!(drawer.rename("p/1", "p/.pruned.1").expect(name), Moved::Done, "{name}");
        drawer.create("p/1/a.1.1.launched.json", b"other").expect(name);
        drawer.finish_removal("p/.pruned.1", (now() - DAY, now())).expect(name);
        assert_eq!(names(&drawer, "p"), ["1/"], "{name}");
        assert_eq!(
            drawer.read("p/1/a.1.1.launched.json").expect(name).as_deref(),
            Some(&b"other"[..]),
            "{name}"
        );
        assert_eq!(read(&drawer, "p/1"), ["a.1.1.ended.json", "a.1.1.launched.json"], "{name}");
        assert_eq!(drawer.walk("p/1").expect(name).len(), 4, "{name}");
    }
}

#[test]
fn nobody_counts_on_what_is_created_in_a_folder_of_objects_that_goes() {
    for place in Place::all() {
        let (name, drawer, all) = (place.name(), Drawer::new(&place.store(), FOLDER), now() + DAY);
        fill(&drawer, "p/1");
        drawer.set_aside("p/1", all).expect(name);
        let created = drawer.create_in_use("p/1/a.1.2.launched.json", b"x").expect(name);
        let wanted = if drawer.moves() == Moves::Whole { Created::New } else { Created::BeingRemoved };
        assert_eq!(created, wanted, "{name}");
    }
}
