//! The log of a launch in the archive: a file in a directory, chunks in a service; whether it is kept, and how it ends.
//!
//! A directory is asked. Of a service, which is not to be asked while thinking, the scribe notes what it has kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage::{Chunks, Drawer};

/// The log of a launch.
#[derive(Clone, Debug)]
pub(crate) struct KeptLog {
    archive: Drawer,
    path: String,
    last_lines: LastLines,
}

/// The last lines of the logs that the scribe has kept in a service, by the log's path in the archive.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastLines(Arc<Mutex<BTreeMap<String, Vec<String>>>>);

impl KeptLog {
    pub(crate) fn new(archive: &Drawer, (path, last_lines): (String, &LastLines)) -> Self {
        Self { archive: archive.clone(), path, last_lines: last_lines.clone() }
    }

    /// Where it is, for people.
    pub(crate) fn address(&self) -> String {
        self.archive.address(&self.path)
    }

    /// Its path in the archive.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The file, in a directory of this machine.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.archive.store().directory().map(|_| self.address().into())
    }

    /// What it is made of in a service.
    pub(crate) fn chunks(&self) -> Chunks {
        Chunks::new(&self.archive, &self.path)
    }

    /// Whether all of it is known to be kept.
    pub(crate) fn is_kept(&self) -> bool {
        match self.file() {
            Some(file) => file.exists(),
            None => self.last_lines.lock().contains_key(&self.path),
        }
    }

    /// Its last lines, so many at most, once it is known to be kept. None where they can't be read.
    pub(crate) fn last_lines(&self, count: usize) -> Option<Vec<String>> {
        if let Some(file) = self.file() {
            return file.exists().then(|| executor::last_lines(&file, count).unwrap_or_default());
        }
        let mut lines = self.last_lines.lock().get(&self.path).cloned()?;
        Some(lines.split_off(lines.len().saturating_sub(count)))
    }

    /// Notes that it is kept in a service, and how it ends.
    pub(crate) fn note_kept(&self, lines: Vec<String>) {
        self.last_lines.lock().insert(self.path.clone(), lines);
    }
}

impl LastLines {
    /// Forgets all but those of the paths for which `keep` is true.
    pub(crate) fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.lock().retain(|path, _| keep(path));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<String>>> {
        // Each change is one insertion or removal, so whoever panicked left it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
