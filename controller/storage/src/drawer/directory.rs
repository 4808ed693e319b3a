//! A drawer in a directory of this machine.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::StorageError;
use crate::drawer::{Created, File, Folder, Listing, Moved, Picks, Texts, UNFINISHED};
use crate::path::{join, split};
use crate::store::Directory;

/// Writes beside the place, and links there: a link replaces nothing.
pub(super) fn create(directory: &Directory, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
    let place = place(directory, path)?;
    let folder = place.parent().unwrap_or(&place);
    let create = || {
        fs::create_dir_all(folder)?;
        let mut unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        unfinished.write_all(bytes)?;
        fs::hard_link(unfinished.path(), &place)
    };
    match create() {
        Ok(()) => Ok(Created::New),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Created::AlreadyThere),
        Err(source) => Err(StorageError::Failed { operation: "write", path: place, source }),
    }
}

pub(super) fn read(directory: &Directory, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
    let place = place(directory, path)?;
    found(directory, ("read", &place), fs::read(&place))
}

pub(super) fn read_all(
    directory: &Directory,
    folder: &str,
    picks: &Picks<'_>,
) -> Result<Texts, StorageError> {
    let mut listing = list(directory, folder)?;
    listing.sort();
    let mut texts = Texts::new();
    for name in listing.files.into_iter().map(|file| file.name).filter(|name| picks(name)) {
        // Some of the files are not what the folder holds.
        let gone = || StorageError::BrokenOff { place: directory.root().join(folder).display().to_string() };
        let text = read(directory, &join(folder, &name))?.ok_or_else(gone)?;
        texts.push((name, text));
    }
    Ok(texts)
}

pub(super) fn list(directory: &Directory, folder: &str) -> Result<Listing, StorageError> {
    let place = place(directory, folder)?;
    let mut listing = Listing::default();
    let entries = match fs::read_dir(&place) {
        // A file in its place has none.
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(listing),
        entries => found(directory, ("list", &place), entries)?,
    };
    for entry in entries.into_iter().flatten() {
        let entry = entry.map_err(|source| StorageError::Failed {
            operation: "list",
            path: place.clone(),
            source,
        })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        // What is gone by now another removed.
        let metadata = found(directory, ("look at", &path), fs::symlink_metadata(&path))?;
        let Some(metadata) = metadata.filter(|_| !name.starts_with(UNFINISHED)) else { continue };
        if metadata.is_dir() {
            listing.folders.push(Folder { name, changed: metadata.modified().ok() });
        } else {
            listing.files.push(file(name, &metadata));
        }
    }
    Ok(listing)
}

pub(super) fn look(directory: &Directory, path: &str) -> Result<Option<File>, StorageError> {
    let place = place(directory, path)?;
    let metadata = found(directory, ("look at", &place), fs::metadata(&place))?;
    let name = split(path).1.to_owned();
    Ok(metadata.filter(|it| !it.is_dir()).map(|metadata| file(name, &metadata)))
}

/// A folder by a rename, which replaces no folder that anything is in; a file by a link.
pub(super) fn rename(directory: &Directory, (from, to): (&str, &str)) -> Result<Moved, StorageError> {
    let (old, new) = (place(directory, from)?, place(directory, to)?);
    let Some(metadata) = found(directory, ("look at", &old), fs::symlink_metadata(&old))? else {
        return Ok(Moved::NoSource);
    };
    let rename = || {
        fs::create_dir_all(new.parent().unwrap_or(&new))?;
        if metadata.is_dir() { fs::rename(&old, &new) } else { link_and_remove(&old, &new) }
    };
    match rename() {
        Ok(()) => Ok(Moved::Done),
        Err(error) if is_in_the_way(&error) => Ok(Moved::TargetExists),
        renamed => {
            let moved = found(directory, ("rename", &old), renamed)?;
            Ok(if moved.is_some() { Moved::Done } else { Moved::NoSource })
        }
    }
}

/// Whether all in a folder is older than that. An empty one is as old as itself: a file may be on its way to it.
pub(super) fn is_older(
    directory: &Directory,
    folder: &str,
    before: SystemTime,
) -> Result<bool, StorageError> {
    let Listing { files, folders } = list(directory, folder)?;
    let is_old = |changed: Option<SystemTime>| changed.is_some_and(|changed| changed < before);
    if files.is_empty() && folders.is_empty() {
        let place = place(directory, folder)?;
        let metadata = found(directory, ("look at", &place), fs::symlink_metadata(&place))?;
        return Ok(is_old(metadata.and_then(|metadata| metadata.modified().ok())));
    }
    Ok(files.iter().all(|it| is_old(it.changed)) && folders.iter().all(|it| is_old(it.changed)))
}

pub(super) fn remove(directory: &Directory, path: &str) -> Result<(), StorageError> {
    let place = place(directory, path)?;
    found(directory, ("remove", &place), fs::remove_file(&place)).map(|_| ())
}

pub(super) fn remove_all(directory: &Directory, folder: &str) -> Result<(), StorageError> {
    let place = place(directory, folder)?;
    found(directory, ("remove", &place), fs::remove_dir_all(&place)).map(|_| ())
}

pub(super) fn remove_empty(directory: &Directory, folder: &str) {
    if let Ok(place) = place(directory, folder) {
        let _ = fs::remove_dir(place);
    }
}

/// Where a path is, in a root that is there.
fn place(directory: &Directory, path: &str) -> Result<PathBuf, StorageError> {
    directory.open()?;
    Ok(directory.root().join(path))
}

/// What was found; nothing, if the root is still there that says so.
fn found<T>(
    directory: &Directory,
    (operation, path): (&'static str, &Path),
    answer: io::Result<T>,
) -> Result<Option<T>, StorageError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => directory.open().map(|_| None),
        Err(source) => Err(StorageError::Failed { operation, path: path.to_owned(), source }),
    }
}

fn link_and_remove(old: &Path, new: &Path) -> io::Result<()> {
    fs::hard_link(old, new)?;
    fs::remove_file(old)
}

fn is_in_the_way(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory)
}

fn file(name: String, metadata: &Metadata) -> File {
    File { name, bytes: metadata.len(), changed: metadata.modified().ok() }
}
