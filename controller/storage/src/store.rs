//! A named place for datasets, bound to a directory of this machine or to a service.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use crate::address::{Address, Credentials};
use crate::path::bare;
use crate::remote::{Remote, wait};
use crate::root::{Root, StorageError};
use crate::service_error::ServiceError;

/// A named place for datasets. Cheap to clone.
///
/// Its root is a directory of this machine, or lies in a service; what asks a store goes through the crate's looks,
/// listings and staging only.
#[derive(Clone, Debug)]
pub struct Store(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    name: String,
    place: Place,
}

/// Where a store is.
#[derive(Debug)]
pub(crate) enum Place {
    /// On this machine.
    Directory(Directory),
    /// Over the network.
    Remote(Arc<Remote>),
}

/// A directory of this machine that is the root of a store.
#[derive(Debug)]
pub(crate) struct Directory {
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
    /// What the address says can't be connected to.
    #[error("store `{name}`: {address} cannot be connected to")]
    Connect {
        /// The store.
        name: String,
        /// Its address.
        address: String,
        /// Why.
        #[source]
        source: Box<ServiceError>,
    },
    /// The service does not answer as it should.
    #[error("store `{name}` cannot be used")]
    Service {
        /// The store.
        name: String,
        /// Why.
        #[source]
        source: StorageError,
    },
}

impl Store {
    /// Binds `name` to an address. Of a service nothing is asked yet: [`Store::preflight`] does.
    pub fn bind(name: &str, address: &Address, credentials: &Credentials) -> Result<Self, StoreError> {
        match address {
            Address::Directory(root) => Self::fs(name, root),
            Address::Service(service) => {
                // Where it is made, the client of HDFS goes on to work.
                let remote = wait(async { Remote::connect(service, credentials) });
                Ok(Self::remote(
                    name,
                    remote.map_err(|error| unconnected(name, &service.to_string(), error))?,
                ))
            }
        }
    }

    /// Binds `name` to the existing, readable directory `root`.
    pub fn fs(name: &str, root: &Path) -> Result<Self, StoreError> {
        let refused = |source: io::Error| refusal(name, root, source);
        let real = root.canonicalize().map_err(refused)?;
        std::fs::read_dir(&real).map_err(refused)?;
        let device = rustix::fs::stat(&real).map_err(|errno| refused(errno.into()))?.st_dev;
        if real.to_str().is_none() {
            return Err(StoreError::NotText { name: name.to_owned(), root: real });
        }
        let directory = Directory { root: real, device, spares: Mutex::default() };
        Ok(Self(Arc::new(Bound { name: name.to_owned(), place: Place::Directory(directory) })))
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

    /// Binds `name` to this process' memory, empty at first. It answers as an object store does.
    pub fn memory(name: &str) -> Result<Self, StoreError> {
        let remote = Remote::memory(name).map_err(|error| unconnected(name, "memory", error))?;
        Ok(Self::remote(name, remote))
    }

    fn remote(name: &str, remote: Remote) -> Self {
        Self(Arc::new(Bound { name: name.to_owned(), place: Place::Remote(Arc::new(remote)) }))
    }

    /// Whether it is there and can be written, as far as that shows without writing data: of a directory by
    /// permissions and mount, of a service by writing and removing an object of our own.
    pub fn preflight(&self) -> Result<(), StoreError> {
        match self.place() {
            Place::Directory(directory) => directory.check_writable(self.name()),
            Place::Remote(remote) => {
                let checked = wait(remote.preflight());
                checked.map_err(|source| StoreError::Service { name: self.name().to_owned(), source })
            }
        }
    }

    /// The name by which datasets refer to it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where its root is, for people and for steps: an absolute path, or an address.
    pub fn address(&self) -> String {
        match self.place() {
            Place::Directory(directory) => directory.root.to_string_lossy().into_owned(),
            Place::Remote(remote) => remote.address().to_owned(),
        }
    }

    /// Where `path` is, as a step is told: absolute, without a trailing slash.
    pub fn uri(&self, path: &str) -> String {
        match self.place() {
            Place::Directory(directory) => directory.root.join(bare(path)).to_string_lossy().into_owned(),
            Place::Remote(remote) => remote.uri(path),
        }
    }

    /// The path below its root of a key of a bucket: nothing if the store lies in another bucket or beside the key, or
    /// if no path is written so. Several stores may have the same key.
    pub fn locate(&self, bucket: &str, key: &str) -> Option<String> {
        match self.place() {
            Place::Directory(_) => None,
            Place::Remote(remote) => remote.locate(bucket, key).map(str::to_owned),
        }
    }

    /// The absolute root if it is a directory of this machine, its own links resolved when the store was bound.
    pub fn directory(&self) -> Option<&Path> {
        match self.place() {
            Place::Directory(directory) => Some(&directory.root),
            Place::Remote(_) => None,
        }
    }

    /// The variables by which a step's own tools reach it, as far as its address says; no credentials.
    pub fn step_env(&self) -> Vec<(String, String)> {
        match self.place() {
            Place::Directory(_) => Vec::new(),
            Place::Remote(remote) => remote.step_env(),
        }
    }

    /// How many requests a service was asked since the store was bound, by what they ask for: each page of a listing is
    /// one, each attempt is one. None of a directory.
    pub fn requests(&self) -> BTreeMap<&'static str, u64> {
        match self.place() {
            Place::Directory(_) => BTreeMap::new(),
            Place::Remote(remote) => remote.requests(),
        }
    }

    /// Refuses a root that is not the one that was bound: below another nothing means anything, not even an absence.
    pub fn check_there(&self) -> Result<(), StorageError> {
        match self.place() {
            Place::Directory(directory) => directory.open().map(|_| ()),
            Place::Remote(remote) => wait(remote.check_there()),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }
}

impl Directory {
    /// Whether files can be created in the root, as far as permissions and mount tell.
    fn check_writable(&self, name: &str) -> Result<(), StoreError> {
        let access = Access::WRITE_OK | Access::EXEC_OK;
        accessat(CWD, &self.root, access, AtFlags::EACCESS).map_err(|errno| StoreError::Unwritable {
            name: name.to_owned(),
            root: self.root.clone(),
            source: errno.into(),
        })
    }

    /// Opens the root, if it is still the one that was bound.
    pub(crate) fn open(&self) -> Result<Root<'_>, StorageError> {
        Root::open(&self.root, self.device)
    }

    /// The absolute root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The launches whose empty staging directories may be used again.
    pub(crate) fn spares(&self) -> MutexGuard<'_, Vec<String>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unconnected(name: &str, address: &str, error: opendal::Error) -> StoreError {
    let (name, address) = (name.to_owned(), address.to_owned());
    StoreError::Connect { name, address, source: Box::new(error.into()) }
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
