//! The spool: where logs grow on this machine that go to a service, in which nothing can be appended to.
//!
//! Each process has a folder of its own, which goes with it. What a killed one left the next one removes: its lock is free.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Where the folders of all processes lie, below the system's folder for what is temporary.
const SPOOL: &str = "daybreak-logs";

/// What says that the process of a folder lives.
const LOCK: &str = "lock";

/// A folder for growing logs.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: TempDir,
    /// Held as long as the process lives.
    _lock: File,
}

impl Spool {
    /// Makes a folder, and removes those of processes that are gone.
    pub(crate) fn open() -> io::Result<Self> {
        Self::open_in(&std::env::temp_dir().join(SPOOL))
    }

    fn open_in(all: &Path) -> io::Result<Self> {
        fs::create_dir_all(all)?;
        for entry in fs::read_dir(all)? {
            remove_if_left(&entry?.path());
        }
        let folder = tempfile::tempdir_in(all)?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where a log grows; its folder is made.
    pub(crate) fn file(&self, log: &str) -> io::Result<PathBuf> {
        let file = self.folder.path().join(log);
        fs::create_dir_all(file.parent().unwrap_or(&file))?;
        Ok(file)
    }
}

/// A folder without a lock is being made at this moment.
fn remove_if_left(folder: &Path) {
    let Ok(lock) = File::open(folder.join(LOCK)) else { return };
    if lock.try_lock().is_ok() {
        // What can't be removed now the next one removes.
        let _ = fs::remove_dir_all(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_goes_and_what_a_living_one_has_stays() {
        let all = tempfile::tempdir().unwrap();
        let living = Spool::open_in(all.path()).unwrap();
        fs::write(living.file("a/b/1/step.1.1.log").unwrap(), "text").unwrap();
        let dead = all.path().join("dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let _other = Spool::open_in(all.path()).unwrap();
        assert!(!dead.exists());
        assert!(living.file("a/b/1/step.1.1.log").unwrap().exists());
    }
}
