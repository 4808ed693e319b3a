//! Early word that something changed: only latency depends on it, never an answer.
//!
//! Each directory that holds wanted paths is watched, and each directory above it up to the root, so that a dated
//! directory is noticed when it appears. The directories are watched from the root downwards: what appears in one
//! before its watch exists is found by the look that its parent's word asks for, what appears later has a word of
//! its own.

use std::collections::BTreeSet;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::words::Words;
use crate::{Catalogue, ChangedPath};

/// Word of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// These paths may have changed; hand each to [`Catalogue::look_again`].
    Changed(BTreeSet<ChangedPath>),
    /// Words were lost; do a [`Catalogue::refresh`].
    Rescan,
}

/// Why changes can't be watched. A regular [`Catalogue::refresh`] still finds them, only later.
#[derive(Debug, thiserror::Error)]
pub enum HintsError {
    /// The system has no watches left.
    #[error(
        "watching {watched} of {wanted} directories takes all watches that the system grants; changes in the others \
         show later (raise fs.inotify.max_user_watches)"
    )]
    TooMany {
        /// How many directories are watched.
        watched: usize,
        /// How many should be.
        wanted: usize,
    },
    /// The system refused.
    #[error("cannot watch for changes{}", at.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    Refused {
        /// The directory, if it was about one.
        at: Option<PathBuf>,
        /// Why.
        #[source]
        source: notify::Error,
    },
}

/// A watch on the directories of a catalogue's wanted paths.
#[derive(Debug)]
pub struct Hints {
    watcher: RecommendedWatcher,
    words: Arc<Words>,
    /// The directories in which changes matter, and those above them, whether they exist or not.
    wanted: BTreeSet<PathBuf>,
    watched: BTreeSet<PathBuf>,
}

impl Hints {
    /// Watches the directories that `catalogue` looks at. What changed before is told by a
    /// [`Catalogue::refresh`] after this.
    pub fn watch(catalogue: &Catalogue) -> Result<Self, HintsError> {
        let roots = catalogue.roots().map(|(store, root)| (store.to_owned(), root)).collect();
        let words = Arc::new(Words::new(roots));
        let heard = Arc::clone(&words);
        let watcher = notify::recommended_watcher(move |event| heard.hear(event))
            .map_err(|source| HintsError::Refused { at: None, source })?;
        let mut hints = Self { watcher, words, wanted: BTreeSet::new(), watched: BTreeSet::new() };
        hints.follow(catalogue)?;
        Ok(hints)
    }

    /// Watches what `catalogue` looks at now, and no longer what it forgot. To be called after each `load`,
    /// `retain` and `refresh`; it does nothing where nothing changed.
    pub fn follow(&mut self, catalogue: &Catalogue) -> Result<(), HintsError> {
        self.wanted = with_parents(catalogue);
        let needless: Vec<PathBuf> = self.watched.difference(&self.wanted).cloned().collect();
        for directory in needless {
            self.unwatch(&directory);
        }
        self.watch_below(Path::new("/"))
    }

    /// The next word. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Hint {
        loop {
            let heard = self.words.wait().await;
            if heard.is_rescan {
                self.rewatch(Path::new("/"));
                return Hint::Rescan;
            }
            for directory in &heard.moved {
                self.rewatch(directory);
            }
            if !heard.changed.is_empty() {
                return Hint::Changed(heard.changed);
            }
        }
    }

    /// Starts anew with what is at and below `top`, which came, went or moved.
    fn rewatch(&mut self, top: &Path) {
        let stale: Vec<PathBuf> = below(&self.watched, top).cloned().collect();
        for directory in stale {
            self.unwatch(&directory);
        }
        if let Err(error) = self.watch_below(top) {
            tracing::warn!(error = &error as &dyn std::error::Error, "some changes will show later");
        }
    }

    /// Watches each wanted directory at and below `top` that exists; parents come before children. Goes on after
    /// an error, and gives the first.
    fn watch_below(&mut self, top: &Path) -> Result<(), HintsError> {
        let mut result = Ok(());
        for directory in below(&self.wanted, top) {
            let parent = directory.parent().filter(|parent| self.wanted.contains(*parent));
            let has_no_parent = parent.is_some_and(|parent| !self.watched.contains(parent));
            if has_no_parent || self.watched.contains(directory) {
                continue;
            }
            match self.watcher.watch(directory, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(directory.clone());
                }
                Err(error) if is_absence(&error.kind) => {}
                Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                    return Err(HintsError::TooMany {
                        watched: self.watched.len(),
                        wanted: self.wanted.len(),
                    });
                }
                Err(source) => {
                    let at = Some(directory.clone());
                    result = result.and(Err(HintsError::Refused { at, source }));
                }
            }
        }
        result
    }

    fn unwatch(&mut self, directory: &Path) {
        // A directory that was removed took its watch with it.
        let _ = self.watcher.unwatch(directory);
        self.watched.remove(directory);
    }
}

/// The directories of `all` at and below `top`; paths are ordered by component, so they stand together.
fn below<'a>(all: &'a BTreeSet<PathBuf>, top: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
    let from = (Bound::Included(top), Bound::Unbounded);
    all.range::<Path, _>(from).take_while(move |directory| directory.starts_with(top))
}

fn is_absence(kind: &ErrorKind) -> bool {
    match kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
        ErrorKind::Generic(_)
        | ErrorKind::WatchNotFound
        | ErrorKind::InvalidConfig(_)
        | ErrorKind::MaxFilesWatch => false,
    }
}

/// The directories that a catalogue looks at, and all above them up to the roots of the stores.
fn with_parents(catalogue: &Catalogue) -> BTreeSet<PathBuf> {
    let mut wanted: BTreeSet<PathBuf> = catalogue.roots().map(|(_, root)| root).collect();
    for directory in catalogue.directories() {
        for directory in directory.ancestors() {
            if !wanted.insert(directory.to_owned()) {
                break;
            }
        }
    }
    wanted
}
