//! What the tests share: a store in a directory of its own, and short words for what they do there.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use storage::{Catalogue, Completeness, Presence, Store, Want};
use tempfile::TempDir;

/// A store named `warehouse` in an empty directory.
pub(crate) struct World {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory for the test");
        let store = Store::fs("warehouse", directory.path()).expect("it is there and readable");
        Self { directory, store }
    }

    pub(crate) fn place(&self, path: &str) -> PathBuf {
        PathBuf::from(self.store.uri(path))
    }

    /// Writes a file, and the directories that it lies in.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let place = self.place(path);
        fs::create_dir_all(place.parent().expect("it lies in the root")).expect("directories can be made");
        fs::write(place, content).expect("files can be written");
    }

    pub(crate) fn make(&self, path: &str) {
        fs::create_dir_all(self.place(path)).expect("directories can be made");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.place(path)).expect("the file is there")
    }

    /// Says when a file was changed last.
    pub(crate) fn date(&self, path: &str, changed: SystemTime) {
        let file = fs::File::options().write(true).open(self.place(path)).expect("the file is there");
        file.set_modified(changed).expect("its time can be set");
    }

    /// The same of a directory.
    pub(crate) fn date_directory(&self, path: &str, changed: SystemTime) {
        let directory = fs::File::open(self.place(path)).expect("the directory is there");
        directory.set_modified(changed).expect("its time can be set");
    }

    /// What a fresh look at one path gives.
    pub(crate) fn look(&self, path: &str, rule: &Completeness) -> Presence {
        self.look_at(path, rule, noon())
    }

    pub(crate) fn look_at(&self, path: &str, rule: &Completeness, now: SystemTime) -> Presence {
        let mut catalogue = self.catalogue();
        let want = want(path, rule);
        catalogue.load([want]);
        catalogue.presence(want, now)
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        Catalogue::new([self.store.clone()])
    }

    /// The names in a directory, sorted.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.place(path)).expect("the directory is there");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("it can be listed").file_name();
        let mut names: Vec<_> = entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

pub(crate) fn want<'a>(path: &'a str, rule: &'a Completeness) -> Want<'a> {
    Want { store: "warehouse", prefix: path, path, rule }
}

pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
}

pub(crate) fn file() -> Completeness {
    Completeness::File { min_bytes: 0, settle: Duration::ZERO }
}

pub(crate) fn flag() -> Completeness {
    Completeness::Flag { name: "_SUCCESS".to_owned() }
}

pub(crate) fn files(at_least: u32) -> Completeness {
    Completeness::Files { at_least, glob: None, min_bytes: 0, settle: Duration::ZERO }
}

/// Whether the answer is Unknown with a reason that contains `words`.
pub(crate) fn is_unknown(presence: &Presence, words: &str) -> bool {
    matches!(presence, Presence::Unknown { reason } if reason.contains(words))
}
