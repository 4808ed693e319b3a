//! Whether a launch wrote what it promised.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{FileType, Stat};

use crate::remote::{self, wait};
use crate::root::{Root, StorageError, file_type};
use crate::store::Place;
use crate::tally::{Counting, Tally, bytes, has_flag};
use crate::{Completeness, Store};

/// Why an output does not count as written. Each message is a sentence that names the path.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// Nothing is there.
    #[error("{} was not written{beside}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// What was written beside it, as the rest of the sentence, or nothing.
        beside: String,
    },
    /// Something of another kind is there.
    #[error("{} is {found}, not {expected}", path.display())]
    WrongKind {
        /// Where.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The file is too small.
    #[error("{} has {bytes} bytes, but its dataset asks for at least {min_bytes}", path.display())]
    TooSmall {
        /// Where.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The least size.
        min_bytes: u64,
    },
    /// The directory lacks its flag.
    #[error("{} holds no file {flag}, which tells that it is complete", path.display())]
    NoFlag {
        /// The directory.
        path: PathBuf,
        /// The flag's name.
        flag: String,
    },
    /// The directory holds too few files.
    #[error("{} holds {counted} files that count of {entries} entries, but its dataset asks for at least {at_least}", path.display())]
    TooFew {
        /// The directory.
        path: PathBuf,
        /// How many files count.
        counted: u32,
        /// How many entries there are.
        entries: u64,
        /// How many files must count.
        at_least: u32,
    },
    /// Storage gave no answer.
    #[error(transparent)]
    Unknown(Box<StorageError>),
}

impl NotWritten {
    /// Whether a store over a network gave no answer, so that nothing is known of what was written.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Unknown(error) => error.is_open(),
            Self::Missing { .. }
            | Self::WrongKind { .. }
            | Self::TooSmall { .. }
            | Self::NoFlag { .. }
            | Self::TooFew { .. } => false,
        }
    }
}

/// Whether the output of a `Direct` dataset is complete at its final path, whatever its age.
pub fn verify(store: &Store, path: &str, rule: &Completeness) -> Result<(), NotWritten> {
    let directory = match store.place() {
        Place::Directory(directory) => directory,
        Place::Remote(remote) => return wait(remote::verify(remote, path, rule)),
    };
    let root = directory.open().map_err(unknown)?;
    match root.entry(path).map_err(unknown)? {
        Some(stat) => verify_entry(&root, path, &stat, rule),
        None => Err(NotWritten::Missing { path: root.absolute(path), beside: String::new() }),
    }
}

/// Whether what `stat` describes at `path` is complete by its rule, whatever its age.
pub(crate) fn verify_entry(
    root: &Root<'_>,
    path: &str,
    stat: &Stat,
    rule: &Completeness,
) -> Result<(), NotWritten> {
    match rule {
        Completeness::File { min_bytes, .. } => {
            expect_kind(root, path, stat, FileType::RegularFile)?;
            let (bytes, min_bytes) = (bytes(stat), *min_bytes);
            if bytes < min_bytes {
                return Err(NotWritten::TooSmall { path: root.absolute(path), bytes, min_bytes });
            }
        }
        Completeness::Flag { name } => {
            let open = open(root, path, stat)?;
            if !has_flag(root, path, &open, name).map_err(unknown)? {
                return Err(NotWritten::NoFlag { path: root.absolute(path), flag: name.clone() });
            }
        }
        Completeness::Files { at_least, glob, min_bytes, .. } => {
            let open = open(root, path, stat)?;
            let counting = Counting { glob: glob.as_deref(), min_bytes: *min_bytes, ages: false };
            let Tally { counted, entries, .. } = counting.tally(root, path, &open).map_err(unknown)?;
            if counted < *at_least {
                let (path, at_least) = (root.absolute(path), *at_least);
                return Err(NotWritten::TooFew { path, counted, entries, at_least });
            }
        }
    }
    Ok(())
}

pub(crate) fn unknown(error: StorageError) -> NotWritten {
    NotWritten::Unknown(Box::new(error))
}

fn open(root: &Root<'_>, path: &str, stat: &Stat) -> Result<OwnedFd, NotWritten> {
    expect_kind(root, path, stat, FileType::Directory)?;
    let missing = || NotWritten::Missing { path: root.absolute(path), beside: String::new() };
    root.directory(path).map_err(unknown)?.ok_or_else(missing)
}

fn expect_kind(root: &Root<'_>, path: &str, stat: &Stat, expected: FileType) -> Result<(), NotWritten> {
    let found = file_type(stat);
    if found == expected {
        return Ok(());
    }
    let path = root.absolute(path);
    Err(NotWritten::WrongKind { path, found: kind(found), expected: kind(expected) })
}

fn kind(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a named pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "something else",
    }
}
