//! When a path counts as complete, and what storage answers about it.

use std::time::{Duration, SystemTime};

/// The rule by which one path of a dataset is complete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Completeness {
    /// The one file exists.
    File {
        /// Its least size; a smaller file occupies the path.
        min_bytes: u64,
        /// Its least age.
        settle: Duration,
    },
    /// A flag file lies in the directory.
    Flag {
        /// The flag's name, such as `_SUCCESS`.
        name: String,
    },
    /// Enough files lie in the directory itself.
    Files {
        /// How many, at least.
        at_least: u32,
        /// Which names count; without it all that begin neither with a dot nor with an underscore.
        glob: Option<String>,
        /// The least size of a file that counts.
        min_bytes: u64,
        /// The least age of each file that counts.
        settle: Duration,
    },
}

impl Completeness {
    /// The file of a directory that says that all others are there.
    pub(crate) fn flag(&self) -> Option<&str> {
        match self {
            Self::Flag { name } => Some(name),
            Self::File { .. } | Self::Files { .. } => None,
        }
    }
}

/// What storage says of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there, by its rule.
    Complete,
    /// It is positively not there, in a store that is: publishing would not meet anything.
    Missing,
    /// Something is there that is not it: parts without the flag, too few or too small files, a directory where a
    /// file should be, or the reverse.
    Occupied,
    /// It is there and too young to be trusted.
    Settling {
        /// When it will be old enough, if nobody touches it.
        until: SystemTime,
    },
    /// Storage gave no answer that can be relied on.
    Unknown {
        /// Why, in words for a person, with the path.
        reason: String,
    },
}
