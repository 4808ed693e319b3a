//! A store's root, proven to be there, and looks below it that never leave it.
//!
//! The root is opened anew for each batch of looks, and everything is resolved from that one descriptor
//! (`openat2(2)`). So "not found" is an answer about a root that is there, however the path is mounted meanwhile.
//! A symbolic link below the root is followed where its target lies below the root too. A link that leads out of
//! it, or nowhere, is a fault and never an absence: its target may only be away for the moment.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RawDir, ResolveFlags, Stat, fstat, mkdirat, open, openat2, statat,
    unlinkat,
};
use rustix::io::Errno;

use crate::Resting;
use crate::path::{BadPath, bare, check, split};
use crate::service_error::ServiceError;

/// How much of a directory one system call reads: a thousand names of ordinary length.
const LISTING_BYTES: usize = 64 * 1024;

/// Why storage gave no answer that can be relied on.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The root can't be opened any more.
    #[error("cannot open the store's root {}", root.display())]
    RootGone {
        /// The root.
        root: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The root is on another file system than when the store was bound.
    #[error("another file system is mounted at the store's root {}: mount the right one, or start again", root.display())]
    RootReplaced {
        /// The root.
        root: PathBuf,
    },
    /// The root of a remote store is not there.
    #[error("there is nothing at the store's root {root}; make it, or bind the store to another place")]
    RemoteRootGone {
        /// The root.
        root: String,
    },
    /// The root of a remote store is a file.
    #[error("the store's root {root} is not a directory; bind the store to one")]
    RemoteRootIsFile {
        /// The root.
        root: String,
    },
    /// The store's own keys are not where they should be.
    #[error("cannot ask {place}: {words}")]
    NoKeys {
        /// The store's root.
        place: String,
        /// What is missing, and where.
        words: String,
    },
    /// A remote store is left in peace for a while, and was not asked.
    #[error("{place} {resting}")]
    Resting {
        /// The store's root.
        place: String,
        /// Why.
        resting: Resting,
    },
    /// A listing of a remote store has no end.
    #[error("the listing of {place} broke off: it went, or was exchanged, meanwhile")]
    BrokenOff {
        /// The directory.
        place: String,
    },
    /// A remote store refused, or did not answer.
    #[error("cannot {operation} {place}{}", source.advice(operation))]
    Remote {
        /// What was tried.
        operation: &'static str,
        /// Where.
        place: String,
        /// Why.
        #[source]
        source: Box<ServiceError>,
    },
    /// A rename in a remote store had no answer, or an unexpected one.
    #[error("cannot rename to {place}")]
    Rename {
        /// The new name.
        place: String,
        /// Why.
        #[source]
        source: Box<crate::RenameError>,
    },
    /// What was being written was taken away meanwhile.
    #[error("cannot write {place}: what it lies in was removed meanwhile; try again")]
    TakenAway {
        /// Where.
        place: String,
    },
    /// A file of ours can't be read, written, listed or removed.
    #[error("cannot {operation} {}", path.display())]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The path is not lawful.
    #[error(transparent)]
    Path(BadPath),
    /// A file lies where the path needs a directory.
    #[error("{} is not a directory, or lies in something that is not", path.display())]
    NotADirectory {
        /// The path that was looked for.
        path: PathBuf,
    },
    /// A link leads out of the root.
    #[error("the symbolic link {} leads out of the store", path.display())]
    Escapes {
        /// The link.
        path: PathBuf,
    },
    /// A link leads nowhere.
    #[error("the symbolic link {} leads nowhere", path.display())]
    Dangling {
        /// The link.
        path: PathBuf,
    },
    /// An operation failed.
    #[error("cannot look at {}", path.display())]
    Look {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl StorageError {
    /// Whether a store over a network gave no answer, so that nothing is known of what was asked.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Remote { .. }
            | Self::Rename { .. }
            | Self::TakenAway { .. }
            | Self::RemoteRootGone { .. }
            | Self::RemoteRootIsFile { .. }
            | Self::NoKeys { .. }
            | Self::BrokenOff { .. }
            | Self::Resting { .. } => true,
            Self::RootGone { .. }
            | Self::RootReplaced { .. }
            | Self::Failed { .. }
            | Self::Path(_)
            | Self::NotADirectory { .. }
            | Self::Escapes { .. }
            | Self::Dangling { .. }
            | Self::Look { .. } => false,
        }
    }
}

/// The open root of a store.
#[derive(Debug)]
pub(crate) struct Root<'store> {
    path: &'store Path,
    pub(crate) descriptor: OwnedFd,
}

impl<'store> Root<'store> {
    /// Opens the root at `path`, which must be on `device` as it was when the store was bound. A directory that was
    /// made anew on the same file system is the same store, emptied by a person; another file system is what shows
    /// when the right one is not mounted.
    pub(crate) fn open(path: &'store Path, device: u64) -> Result<Self, StorageError> {
        let gone = |errno: Errno| StorageError::RootGone { root: path.to_owned(), source: errno.into() };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = open(path, flags, Mode::empty()).map_err(gone)?;
        if fstat(&descriptor).map_err(gone)?.st_dev == device {
            Ok(Self { path, descriptor })
        } else {
            Err(StorageError::RootReplaced { root: path.to_owned() })
        }
    }

    /// Refuses a root that was removed since it was opened, for nothing is found below it any more.
    pub(crate) fn check_there(&self) -> Result<(), StorageError> {
        let gone = |errno: Errno| StorageError::RootGone { root: self.path.to_owned(), source: errno.into() };
        match fstat(&self.descriptor).map_err(gone)?.st_nlink {
            0 => Err(gone(Errno::NOENT)),
            _ => Ok(()),
        }
    }

    /// Opens the directory `path` for listing; the empty path is the root. `None` where it is positively absent.
    pub(crate) fn directory(&self, path: &str) -> Result<Option<OwnedFd>, StorageError> {
        match self.open_without_links(Path::new(bare(path))) {
            Err(Errno::LOOP) => match self.follow(path)? {
                Some(real) => self.answer(path, self.open_without_links(&real)),
                None => Ok(None),
            },
            answer => self.answer(path, answer),
        }
    }

    /// What is at `path`, links followed. `None` where it is positively absent.
    pub(crate) fn entry(&self, path: &str) -> Result<Option<Stat>, StorageError> {
        check(path).map_err(StorageError::Path)?;
        let (directory, leaf) = split(path);
        match self.directory(directory)? {
            Some(directory) => self.entry_in(&directory, path, bare(leaf)),
            None => Ok(None),
        }
    }

    /// What is at `path`, whose directory is open already and whose last component is `leaf`, links followed.
    pub(crate) fn entry_in(
        &self,
        directory: &OwnedFd,
        path: &str,
        leaf: &str,
    ) -> Result<Option<Stat>, StorageError> {
        let stat = self.answer(path, statat(directory, leaf, AtFlags::SYMLINK_NOFOLLOW))?;
        if stat.is_none_or(|stat| file_type(&stat) != FileType::Symlink) {
            return Ok(stat);
        }
        match self.follow(path)? {
            // The root itself has no name below itself.
            Some(real) if real.as_os_str().is_empty() => Ok(Some(stat_of_root(self, path)?)),
            Some(real) => self.answer(path, statat(&self.descriptor, &real, AtFlags::SYMLINK_NOFOLLOW)),
            None => Ok(None),
        }
    }

    /// Whether `path` itself is a symbolic link.
    pub(crate) fn is_link(&self, path: &str) -> Result<bool, StorageError> {
        let (directory, leaf) = split(path);
        let Some(directory) = self.directory(directory)? else {
            return Ok(false);
        };
        let stat = self.answer(path, statat(&directory, bare(leaf), AtFlags::SYMLINK_NOFOLLOW))?;
        Ok(stat.is_some_and(|stat| file_type(&stat) == FileType::Symlink))
    }

    /// Where `path` is below the root once its links are followed. Walks by name, so what it finds is opened again
    /// without links.
    fn follow(&self, path: &str) -> Result<Option<PathBuf>, StorageError> {
        let mut real = self.path.to_owned();
        for component in bare(path).split('/') {
            let next = real.join(component);
            let is_link = match next.symlink_metadata() {
                Ok(metadata) => metadata.is_symlink(),
                Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(StorageError::Look { path: next, source }),
            };
            real = if is_link { self.target(next)? } else { next };
        }
        Ok(real.strip_prefix(self.path).ok().map(Path::to_owned))
    }

    /// What the symbolic link `link` stands for, if it is below the root.
    fn target(&self, link: PathBuf) -> Result<PathBuf, StorageError> {
        match link.canonicalize() {
            Ok(target) if target.starts_with(self.path) => Ok(target),
            Ok(_) => Err(StorageError::Escapes { path: link }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(StorageError::Dangling { path: link })
            }
            Err(source) => Err(StorageError::Look { path: link, source }),
        }
    }

    /// `ELOOP` says that a link is on the way.
    fn open_without_links(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        openat2(&self.descriptor, path, flags, Mode::empty(), resolve)
    }

    /// Calls `each` with name and type of every entry of the open directory `path`, in no order; the type may be
    /// unknown. A listing that breaks off is an error, never a short listing.
    pub(crate) fn list(
        &self,
        path: &str,
        directory: &OwnedFd,
        mut each: impl FnMut(&[u8], FileType) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let mut buffer: Vec<u8> = Vec::with_capacity(LISTING_BYTES);
        let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|errno| self.failed(path, errno))?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                each(name, entry.file_type())?;
            }
        }
        Ok(())
    }

    /// Makes the directory `path` of our own, whose parent exists.
    pub(crate) fn make(&self, path: &str) -> Result<(), Errno> {
        mkdirat(&self.descriptor, path, Mode::from_raw_mode(0o777))
    }

    /// Removes the directory `path` of our own if it is empty.
    pub(crate) fn remove_empty(&self, path: &str) -> Result<(), Errno> {
        unlinkat(&self.descriptor, path, AtFlags::REMOVEDIR)
    }

    fn answer<T>(&self, path: &str, answer: Result<T, Errno>) -> Result<Option<T>, StorageError> {
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::NOTDIR) => Err(StorageError::NotADirectory { path: self.absolute(path) }),
            Err(errno) => Err(self.failed(path, errno)),
        }
    }

    /// The error for a look at `path` that failed.
    pub(crate) fn failed(&self, path: &str, errno: Errno) -> StorageError {
        StorageError::Look { path: self.absolute(path), source: errno.into() }
    }

    /// Where `path` is on this machine.
    pub(crate) fn absolute(&self, path: &str) -> PathBuf {
        self.path.join(bare(path))
    }
}

fn stat_of_root(root: &Root<'_>, path: &str) -> Result<Stat, StorageError> {
    fstat(&root.descriptor).map_err(|errno| root.failed(path, errno))
}

/// What kind of thing `stat` describes.
pub(crate) fn file_type(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

#[cfg(test)]
mod tests {
    use super::{Root, StorageError};

    #[test]
    fn a_root_that_is_removed_while_we_look_is_not_there() {
        let directory = tempfile::tempdir().expect("a directory for the test");
        let device = rustix::fs::stat(directory.path()).expect("it is there").st_dev;
        let root = Root::open(directory.path(), device).expect("it is there");
        root.check_there().expect("it is there");
        std::fs::remove_dir(directory.path()).expect("it is empty");
        assert!(root.entry("a.txt").expect("the kernel finds nothing").is_none());
        assert!(matches!(root.check_there(), Err(StorageError::RootGone { .. })));
    }
}
