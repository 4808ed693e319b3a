//! A store that answers over the network: S3, HDFS, WebHDFS, and a memory that answers alike.
//!
//! Everything goes through opendal but what it can't do safely: a rename that replaces nothing (`rename`). The crate's
//! calls block, so each waits here for what it asked (`lane`); whatever is asked has a limit to its time.

mod connect;
mod copy;
pub(crate) mod drawer;
mod family;
mod fingerprint;
mod folders;
mod http;
mod keys;
mod lane;
mod list;
mod look;
mod publish;
mod rename;
mod rest;
mod rpc;
mod staging;
mod sweep;
mod traffic;
mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;

use opendal::{EntryMode, ErrorKind, Metadata, Operator};
use tokio::sync::OnceCell;

pub(crate) use family::{Families, Look};
pub(crate) use fingerprint::{fingerprint, fingerprints};
pub(crate) use lane::{ask, wait};
pub use lane::{holding_up, may_wait};
pub(crate) use publish::publish;
pub use rename::RenameError;
pub use rest::Resting;
pub(crate) use staging::{begin, discard, sweep as sweep_staging, verify as verify_staged};
pub(crate) use verify::verify;

use crate::StorageError;
use crate::address::{Scheme, Service};
use crate::path::{RESERVED, bare, check, is_reserved, join};
use crate::remote::copy::Copier;
use crate::remote::keys::FolderKeys;
use crate::remote::rename::Renamer;
use crate::remote::traffic::Traffic;
use crate::service_error::ServiceError;

/// A store that answers over the network.
#[derive(Debug)]
pub(crate) struct Remote {
    operator: Operator,
    kind: Kind,
    /// The address of its root, without a slash at the end.
    address: String,
    service: Option<Service>,
    /// Keys of its own, if they lie in a folder.
    keys: Option<FolderKeys>,
    /// Set once it was found to be there.
    met: OnceCell<()>,
    traffic: Arc<Traffic>,
}

/// What its paths are.
#[derive(Debug)]
enum Kind {
    /// Keys, of which a slash is a letter like others: there are no directories, and no renames.
    Objects(Copier),
    /// Files in directories.
    Tree(Tree),
}

/// What a tree is reached by beside the operator.
#[derive(Debug)]
struct Tree {
    renamer: Renamer,
    /// All of the file system: of the root of an operator it is always said that it is there.
    all: Operator,
    /// The store's root in it.
    root: String,
}

impl Remote {
    /// The address of `path`, without a trailing slash.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("{}/{}", self.address, bare(path))
    }

    /// The address of its root.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The path below its root of a key of a bucket, if it lies there and a path may be written so.
    pub(crate) fn locate<'a>(&self, bucket: &str, key: &'a str) -> Option<&'a str> {
        let is_ours = |service: &&Service| service.scheme == Scheme::S3 && service.authority == bucket;
        let root = self.service.as_ref().filter(is_ours)?.root.as_str();
        let path = if root.is_empty() { key } else { key.strip_prefix(root)?.strip_prefix('/')? };
        (is_reserved(path) || check(path).is_ok()).then_some(path)
    }

    /// Refuses a store that is not there, or can't be written: an object of our own comes and goes.
    pub(crate) async fn preflight(&self) -> Result<(), StorageError> {
        self.check_there().await?;
        let probe = join(RESERVED, "probe");
        let written = self.operator.write(&probe, "").await;
        written.map_err(|error| self.failed("write", &probe, error))?;
        let removed = self.operator.delete(&probe).await;
        removed.map_err(|error| self.failed("remove", &probe, error))
    }

    /// Refuses a store that is not there: in a bucket that is missing everything is missing, and that means nothing.
    pub(crate) async fn check_there(&self) -> Result<(), StorageError> {
        match &self.kind {
            Kind::Objects(_) => {
                let first = self.operator.lister_with("/").recursive(true).limit(1).await;
                let mut lister = first.map_err(|error| self.failed("list", "", error))?;
                let first = futures::TryStreamExt::try_next(&mut lister).await;
                first.map(|_| ()).map_err(|error| self.failed("list", "", error))
            }
            Kind::Tree(Tree { all, root, .. }) => match all.stat(root).await {
                Ok(found) if found.is_dir() => Ok(()),
                Ok(_) => Err(StorageError::RemoteRootIsFile { root: self.address.clone() }),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Err(StorageError::RemoteRootGone { root: self.address.clone() })
                }
                Err(error) => Err(self.failed("look at", "", error)),
            },
        }
    }

    /// Refuses a store that has not been there yet.
    async fn met(&self) -> Result<(), StorageError> {
        self.met.get_or_try_init(|| self.meet()).await.copied()
    }

    async fn meet(&self) -> Result<(), StorageError> {
        self.check_there().await?;
        match &self.kind {
            Kind::Objects(_) => Ok(()),
            // The client of WebHDFS makes a root that is absent the first time that it looks, and is to do so now.
            Kind::Tree(_) => self.stat(RESERVED).await.map(|_| ()),
        }
    }

    /// Refuses for a moment a store that gave no answer in time, or asked for fewer requests.
    fn check_answers(&self) -> Result<(), StorageError> {
        let place = || self.address.clone();
        self.traffic.check().map_err(|resting| StorageError::Resting { place: place(), resting })
    }

    /// How many requests it was asked, by what they ask for.
    pub(crate) fn requests(&self) -> BTreeMap<&'static str, u64> {
        self.traffic.counts()
    }

    /// What is at `path`. `None` where nothing is, if the store is there.
    async fn stat(&self, path: &str) -> Result<Option<Metadata>, StorageError> {
        match self.operator.stat(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("look at", path, error)),
        }
    }

    /// What is at `path` if that is a file.
    async fn file(&self, path: &str) -> Result<Option<Metadata>, StorageError> {
        Ok(self.stat(path).await?.filter(|found| found.mode() == EntryMode::FILE))
    }

    /// Removes a directory with all that is in it, if it is there. It may be broken off in the middle.
    async fn remove_all(&self, directory: &str) -> Result<(), StorageError> {
        let removed = self.operator.delete_with(&format!("{directory}/")).recursive(true).await;
        removed.map_err(|error| self.failed("remove", directory, error))
    }

    /// The server that its address does not name.
    fn endpoint(&self) -> Option<&str> {
        self.service.as_ref()?.options.get("endpoint").map(String::as_str)
    }

    fn failed(&self, operation: &'static str, path: &str, error: opendal::Error) -> StorageError {
        let is_silent = matches!(error.kind(), ErrorKind::Unexpected | ErrorKind::RateLimited);
        if is_silent {
            if let Err(resting) = self.check_answers() {
                return resting;
            }
            if let Some(words) = self.keys.as_ref().and_then(FolderKeys::fault) {
                return StorageError::NoKeys { place: self.address.clone(), words };
            }
        }
        let source = ServiceError::from(error).at(self.endpoint());
        if is_silent {
            // It was tried again and again.
            self.traffic.fail(&format!("{source}{}", source.advice(operation)));
        }
        let place = if path.is_empty() || path == "/" { self.address.clone() } else { self.uri(path) };
        StorageError::Remote { operation, place, source: Box::new(source) }
    }
}
