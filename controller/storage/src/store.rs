//! A named place for datasets, bound to a directory of this machine.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use crate::path::bare;
use crate::root::{Root, StorageError};

/// A store whose root is a directory of this machine. Cheap to clone.
///
/// Buckets and HDFS will be further kinds of store behind the same methods; what asks a store goes through
/// the crate's looks, listings and staging only.
#[derive(Clone, Debug)]
pub struct Store(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    name: String,
    root: PathBuf,
    /// The file system that the root was on, by which a missing mount shows.
    device: u64,
    /// Launches whose staging directories are empty and may be renamed for the next ones.
    spares: Mutex<Vec<String>>,
}

/// Why a store can't be used: what is wrong, where, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is nothing at the root.
    #[error("store `{name}`: {} does not exist; create it, or bind the store to another directory", root.display())]
    Missing {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
    },
    /// The root is a file, or lies in one.
    #[error("store `{name}`: {} is not a directory; bind the store to one", root.display())]
    NotADirectory {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
    },
    /// The root can't be listed.
    #[error("store `{name}`: {} cannot be read; grant read and search permission on it", root.display())]
    Unreadable {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing can be created below the root.
    #[error(
        "store `{name}`: {} cannot be written; grant write permission on it, or mount it writable",
        root.display()
    )]
    Unwritable {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The root's path can't be passed to a step as text.
    #[error("store `{name}`: {} is not UTF-8; bind the store to a directory whose path is", root.display())]
    NotText {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
    },
    /// The archive's access could not be set up.
    #[error("store `{name}`: {} cannot be opened for whole objects", root.display())]
    Operator {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
        /// Why.
        #[source]
        source: Box<opendal::Error>,
    },
}

impl Store {
    /// Binds `name` to the existing, readable directory `root`.
    pub fn fs(name: &str, root: &Path) -> Result<Self, StoreError> {
        let refused = |source: io::Error| refusal(name, root, source);
        let real = root.canonicalize().map_err(refused)?;
        std::fs::read_dir(&real).map_err(refused)?;
        let device = rustix::fs::stat(&real).map_err(|errno| refused(errno.into()))?.st_dev;
        if real.to_str().is_none() {
            return Err(StoreError::NotText { name: name.to_owned(), root: real });
        }
        Ok(Self(Arc::new(Bound { name: name.to_owned(), root: real, device, spares: Mutex::default() })))
    }

    /// As [`Store::fs`], creating the directory and its parents where they are absent.
    pub fn fs_or_create(name: &str, root: &Path) -> Result<Self, StoreError> {
        match std::fs::create_dir_all(root) {
            Err(source) if !is_in_the_way(&source) => {
                Err(StoreError::Unwritable { name: name.to_owned(), root: root.to_owned(), source })
            }
            // If a file is in the way, binding tells it.
            Ok(()) | Err(_) => Self::fs(name, root),
        }
    }

    /// Whether files can be created in the root, as far as permissions and mount tell.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        let access = Access::WRITE_OK | Access::EXEC_OK;
        accessat(CWD, self.root(), access, AtFlags::EACCESS).map_err(|errno| StoreError::Unwritable {
            name: self.name().to_owned(),
            root: self.root().to_owned(),
            source: errno.into(),
        })
    }

    /// The name by which datasets refer to it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The absolute root, its own links resolved when the store was bound.
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// Where `path` is, as a step is told: absolute, without a trailing slash.
    pub fn uri(&self, path: &str) -> String {
        self.local_path(path).to_string_lossy().into_owned()
    }

    /// Where `path` is on this machine, without a trailing slash.
    pub fn local_path(&self, path: &str) -> PathBuf {
        self.root().join(bare(path))
    }

    /// Access to whole objects below the root, for what is written and read in one piece, such as the archive.
    pub fn operator(&self) -> Result<opendal::Operator, StoreError> {
        let service = opendal::services::Fs::default().root(&self.0.root.to_string_lossy());
        opendal::Operator::new(service).map_err(|source| StoreError::Operator {
            name: self.name().to_owned(),
            root: self.root().to_owned(),
            source: Box::new(source),
        })
    }

    /// Refuses a root that is not the one that was bound: below another nothing means anything, not even an absence.
    pub fn check_there(&self) -> Result<(), StorageError> {
        self.open().map(|_| ())
    }

    /// Opens the root, if it is still the one that was bound.
    pub(crate) fn open(&self) -> Result<Root<'_>, StorageError> {
        Root::open(self.root(), self.0.device)
    }

    /// The launches whose empty staging directories may be used again.
    pub(crate) fn spares(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(name: &str, root: &Path, source: io::Error) -> StoreError {
    let (name, root) = (name.to_owned(), root.to_owned());
    match Errno::from_io_error(&source) {
        Some(Errno::NOENT) => StoreError::Missing { name, root },
        Some(Errno::NOTDIR) => StoreError::NotADirectory { name, root },
        _ => StoreError::Unreadable { name, root, source },
    }
}

fn is_in_the_way(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory)
}
