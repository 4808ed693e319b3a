//! Sources: the manifests that a run was started from, and whether somebody has edited them since.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the manifests looked like when they were read.
#[derive(Debug)]
pub(crate) struct Sources {
    seen: Vec<(PathBuf, Option<Look>)>,
}

type Look = (SystemTime, u64);

impl Sources {
    /// Looks at the files now.
    pub(crate) fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let seen = files.into_iter().map(|file| {
            let look = look(&file);
            (file, look)
        });
        Self { seen: seen.collect() }
    }

    /// Whether a file looks different now, or is gone.
    pub(crate) fn have_changed(&self) -> bool {
        self.seen.iter().any(|(file, seen)| look(file) != *seen)
    }
}

fn look(file: &Path) -> Option<Look> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
