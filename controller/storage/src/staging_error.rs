//! Why a launch's outputs could not be staged or published: what, where, and what a person can do.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::{BadPath, StorageError};

/// Why staging or publishing failed.
#[derive(Debug, thiserror::Error)]
pub enum StagingError {
    /// The launch's name can't name a directory.
    #[error("`{launch}` can't name a launch's directory")]
    BadLaunch {
        /// The name.
        launch: String,
    },
    /// An output's path is not lawful.
    #[error(transparent)]
    Path(BadPath),
    /// The launch has begun before.
    #[error("{} exists: the launch has begun before, and may still be writing", path.display())]
    Taken {
        /// The launch's directory.
        path: PathBuf,
    },
    /// What should be published is neither staged nor at its final path.
    #[error("{} is gone, and nothing is at {}", staged.display(), path.display())]
    Vanished {
        /// Where it was staged.
        staged: PathBuf,
        /// Where it should be.
        path: PathBuf,
    },
    /// A rename in a remote store had no answer, or an unexpected one.
    #[error("cannot rename {from} to {to}")]
    Rename {
        /// The old name.
        from: String,
        /// The new one.
        to: String,
        /// Why.
        #[source]
        source: Box<crate::RenameError>,
    },
    /// Another writer filled an empty directory while it was moved away.
    #[error(
        "{path} was filled by another writer while an output was published there; what it wrote first is {aside}: move that back"
    )]
    SetAside {
        /// The final path.
        path: String,
        /// Where its first files are.
        aside: String,
    },
    /// The store gave no answer.
    #[error(transparent)]
    Storage(StorageError),
    /// An operation failed.
    #[error("cannot {operation} {}{}", path.display(), advice(source))]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl StagingError {
    /// Whether a store over a network gave no answer, so that nothing is known of what was asked.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_open(),
            Self::Rename { .. } | Self::SetAside { .. } => true,
            Self::BadLaunch { .. }
            | Self::Path(_)
            | Self::Taken { .. }
            | Self::Vanished { .. }
            | Self::Failed { .. } => false,
        }
    }

    pub(crate) fn failed(operation: &'static str, path: PathBuf, errno: Errno) -> Self {
        Self::Failed { operation, path, source: errno.into() }
    }
}

/// What a person can do about it, as the rest of a sentence.
fn advice(source: &io::Error) -> &'static str {
    match Errno::from_io_error(source) {
        Some(Errno::NOSPC) => "; free space on its file system",
        Some(Errno::DQUOT) => "; free space, or raise the quota",
        Some(Errno::ROFS) => "; mount its file system writable",
        Some(Errno::ACCESS | Errno::PERM) => "; grant write permission on its directory",
        Some(Errno::XDEV) => "; it must be on the same file system as the store's root",
        _ => "",
    }
}
