//! A launch's own place to write, and the way from there to the final paths.

use std::path::PathBuf;

use crate::{Completeness, Store};

/// What to do about data that is at a final path already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and ours is discarded.
    Keep,
    /// Ours takes its place; the old data stays until ours is there.
    Replace,
}

/// How publishing one output ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Ours is at the final path.
    Published,
    /// Something was there already, and stays.
    AlreadyThere,
}

/// Why an output does not count as written. Each message names the path.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// Nothing is there.
    #[error("{} was not written{found}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// What lies beside it instead, as an addition to the sentence, or nothing.
        found: String,
    },
}

/// Why staging or publishing failed.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// An operation failed.
    #[error("cannot {operation} {}", path.display())]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// One launch's staging in one store.
#[derive(Debug)]
pub struct Staging {
    _store: Store,
}

impl Staging {
    /// Makes the launch's own directory. `outputs` are final paths below the store's root.
    pub fn begin(_store: &Store, _launch: &str, _outputs: &[&str]) -> Result<Self, StagingError> {
        todo!()
    }

    /// Takes up a launch that `begin` saw before, in this process or another. Does no IO.
    pub fn resume(_store: &Store, _launch: &str, _outputs: &[&str]) -> Result<Self, StagingError> {
        todo!()
    }

    /// Where the step is to write each output, in the order of `outputs`: absolute, without a trailing slash.
    /// The parent exists, the leaf does not, and the base name is the final one's.
    pub fn paths(&self) -> Vec<String> {
        todo!()
    }

    /// Whether the staged output at `index` of `outputs` is complete by its rule, but for its age.
    pub fn verify(&self, _index: usize, _rule: &Completeness) -> Result<(), NotWritten> {
        todo!()
    }

    /// Moves each output to its final path, in their order. May be called again after a crash at any point, and
    /// gives the same end.
    pub fn publish(&self, _existing: Existing) -> Result<Vec<Published>, StagingError> {
        todo!()
    }

    /// Removes what is left of the launch. Its directory may serve the next one.
    pub fn discard(self) -> Result<(), StagingError> {
        todo!()
    }
}

/// Whether a `Direct` output is complete at its final path, but for its age.
pub fn verify(_store: &Store, _path: &str, _rule: &Completeness) -> Result<(), NotWritten> {
    todo!()
}

/// Removes the staging of every launch for which `keep` is false, and counts them. To be called when a run starts
/// and when it ends; nobody else may be between `begin` and `publish` in this store.
pub fn sweep(_store: &Store, _keep: &dyn Fn(&str) -> bool) -> Result<usize, StagingError> {
    todo!()
}
