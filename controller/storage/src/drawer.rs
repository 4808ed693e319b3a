//! A drawer: small files of ours below a folder of a store, each created once and never replaced.
//!
//! Whatever a store is, of several that create one name at once one does, and nobody reads a half-written file. "Not
//! there" is an answer of a store that is there; of one that is away it is an error.

mod chunks;
mod directory;
mod removal;

pub use chunks::{Chunks, Progress};

use std::time::SystemTime;

use crate::path::join;
use crate::remote::{drawer as service, wait};
use crate::store::Place;
use crate::{StorageError, Store};

/// How the name of a file begins that is being written. Listings leave it out.
pub(crate) const UNFINISHED: &str = ".record-";

/// What marks a folder of objects that is being removed; and what the name of another folder begins with that is.
pub(crate) const PRUNED: &str = ".pruned";

/// Small files of ours below a folder of a store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Drawer {
    store: Store,
    folder: String,
}

/// What became of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is ours.
    New,
    /// A file of the name was there, and stays.
    AlreadyThere,
    /// Its folder is being removed, and a file of the name may be there or not: it is out of sight.
    BeingRemoved,
}

/// What became of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It is done.
    Done,
    /// There is nothing to move.
    NoSource,
    /// Something has the new name, and stays.
    TargetExists,
}

/// Whether names can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// A folder moves with all that is in it, at once.
    Whole,
    /// Nothing can be moved: names are keys of objects.
    Nothing,
}

/// A file of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name in the folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// When it was written, by the store's clock; unknown of few stores.
    pub changed: Option<SystemTime>,
}

/// A folder of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name.
    pub name: String,
    /// When something in it was created, moved or removed last; known in a directory of this machine only.
    pub changed: Option<SystemTime>,
}

/// What is in a folder, by name. What a link stands for is not ours: it is a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files.
    pub files: Vec<File>,
    /// The folders.
    pub folders: Vec<Folder>,
}

impl Drawer {
    /// The files below a folder of a store. Nothing is made yet.
    pub fn new(store: &Store, folder: &str) -> Self {
        Self { store: store.clone(), folder: folder.to_owned() }
    }

    /// The files below a folder of this one.
    #[must_use]
    pub fn within(&self, folder: &str) -> Self {
        Self { store: self.store.clone(), folder: self.at(folder) }
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where a file is, for people: an absolute path, or an address.
    pub fn address(&self, path: &str) -> String {
        self.store.uri(&self.at(path))
    }

    /// Whether folders can be renamed.
    pub fn moves(&self) -> Moves {
        match self.store.place() {
            Place::Directory(_) => Moves::Whole,
            Place::Remote(remote) => service::moves(remote),
        }
    }

    /// Creates a file with all of its bytes, if there is none of the name.
    pub fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        let path = self.at(path);
        match self.store.place() {
            Place::Directory(directory) => directory::create(directory, &path, bytes),
            Place::Remote(remote) => wait(service::create(remote, &path, bytes)),
        }
    }

    /// What a file holds; nothing if it is not there.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let path = self.at(path);
        match self.store.place() {
            Place::Directory(directory) => directory::read(directory, &path),
            Place::Remote(remote) => wait(service::read(remote, &path)),
        }
    }

    /// Name and bytes of all files of these folders whose names `picks` takes, by name, for each folder in its order; of a
    /// folder that is being removed nothing. Many are read at once where each takes time.
    pub fn read_all(&self, folders: &[String], picks: &Picks<'_>) -> Result<Vec<Texts>, StorageError> {
        let folders: Vec<_> = folders.iter().map(|folder| self.at(folder)).collect();
        match self.store.place() {
            Place::Directory(directory) => {
                folders.iter().map(|folder| directory::read_all(directory, folder, picks)).collect()
            }
            Place::Remote(remote) => wait(service::read_all(remote, &folders, picks)),
        }
    }

    /// What is in a folder; nothing if it is not there.
    pub fn list(&self, folder: &str) -> Result<Listing, StorageError> {
        let folder = self.at(folder);
        let mut listing = match self.store.place() {
            Place::Directory(directory) => directory::list(directory, &folder)?,
            Place::Remote(remote) => wait(service::list(remote, &folder))?,
        };
        listing.sort();
        Ok(listing)
    }

    /// The file, if it is there.
    pub fn look(&self, path: &str) -> Result<Option<File>, StorageError> {
        let path = self.at(path);
        match self.store.place() {
            Place::Directory(directory) => directory::look(directory, &path),
            Place::Remote(remote) => wait(service::look(remote, &path)),
        }
    }

    /// All files below a folder, by the rest of their paths.
    pub fn walk(&self, folder: &str) -> Result<Vec<File>, StorageError> {
        if let Place::Remote(remote) = self.store.place()
            && self.moves() == Moves::Nothing
        {
            return wait(service::list_keys(remote, &self.at(folder)));
        }
        let Listing { mut files, folders } = self.list(folder)?;
        for inner in folders {
            let below = self.walk(&join(folder, &inner.name))?.into_iter();
            files.extend(below.map(|file| File { name: join(&inner.name, &file.name), ..file }));
        }
        Ok(files)
    }

    /// Whether there is such a file.
    pub fn exists(&self, path: &str) -> Result<bool, StorageError> {
        Ok(self.look(path)?.is_some())
    }

    /// Gives a file or a folder another name, if nothing has it. What the new one lies in is made.
    pub fn rename(&self, from: &str, to: &str) -> Result<Moved, StorageError> {
        let (from, to) = (self.at(from), self.at(to));
        match self.store.place() {
            Place::Directory(directory) => directory::rename(directory, (&from, &to)),
            Place::Remote(remote) => wait(service::rename(remote, (&from, &to))),
        }
    }

    /// Removes a file, if it is there.
    pub fn remove(&self, path: &str) -> Result<(), StorageError> {
        let path = self.at(path);
        match self.store.place() {
            Place::Directory(directory) => directory::remove(directory, &path),
            Place::Remote(remote) => wait(service::remove(remote, &path)),
        }
    }

    /// Removes a folder with all that is in it, if it is there. It may be broken off in the middle.
    pub fn remove_all(&self, folder: &str) -> Result<(), StorageError> {
        let folder = self.at(folder);
        match self.store.place() {
            Place::Directory(directory) => directory::remove_all(directory, &folder),
            Place::Remote(remote) => wait(service::remove_all(remote, &folder)),
        }
    }

    /// Removes a folder if it is empty, where that is one call that harms nobody who fills it at this moment: in a
    /// directory of this machine. Elsewhere there are no empty folders, or they stay.
    pub fn remove_empty(&self, folder: &str) {
        if let Place::Directory(directory) = self.store.place() {
            directory::remove_empty(directory, &self.at(folder));
        }
    }

    fn at(&self, path: &str) -> String {
        if path.is_empty() { self.folder.clone() } else { join(&self.folder, path) }
    }
}

/// Which files are read, by name.
pub type Picks<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Names and bytes of files.
pub type Texts = Vec<(String, Vec<u8>)>;

impl Listing {
    pub(crate) fn sort(&mut self) {
        self.files.sort_by(|one, other| one.name.cmp(&other.name));
        self.folders.sort_by(|one, other| one.name.cmp(&other.name));
    }
}
