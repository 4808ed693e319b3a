//! A sweep of what launches left in staging that are over, or of which nobody knows any more.

use std::fs::{self, remove_dir_all};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use rustix::io::Errno;

use crate::path::{RESERVED, join};
use crate::remote::{self, wait};
use crate::root::Root;
use crate::staging::STAGING;
use crate::store::Place;
use crate::{StagingError, Store};

/// Whether the staging of a launch is to stay.
pub(crate) type Keep<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Removes the staging of every launch for which `keep` is false, and counts them. To be called when a run starts
/// and when it ends; `keep` must be true for launches of others that write to the same store.
pub fn sweep(store: &Store, keep: &Keep<'_>) -> Result<usize, StagingError> {
    let directory = match store.place() {
        Place::Directory(directory) => directory,
        Place::Remote(remote) => return wait(remote::sweep_staging(remote, keep, None)),
    };
    let root = directory.open().map_err(StagingError::Storage)?;
    let Some(launches) = launches(&root)? else { return Ok(0) };
    let spares = std::mem::take(&mut *directory.spares());
    let mut leftovers = 0;
    for launch in launches {
        let is_spare = spares.contains(&launch);
        if is_spare || !keep(&launch) {
            remove(&root, &join(STAGING, &launch))?;
            leftovers += usize::from(!is_spare);
        }
    }
    // Left alone where others still use them.
    for directory in [STAGING, RESERVED] {
        let _ = root.remove_empty(directory);
    }
    Ok(leftovers)
}

/// Removes the staging of every launch for which `keep` is false and in which nothing was written since `before`, and
/// counts those that held anything. It may be called while launches begin and end, here and in other processes.
pub fn sweep_old(store: &Store, before: SystemTime, keep: &Keep<'_>) -> Result<usize, StagingError> {
    let directory = match store.place() {
        Place::Directory(directory) => directory,
        Place::Remote(remote) => return wait(remote::sweep_staging(remote, keep, Some(before))),
    };
    let root = directory.open().map_err(StagingError::Storage)?;
    let (mut leftovers, mut trouble) = (0, None);
    for launch in launches(&root)?.into_iter().flatten().filter(|launch| !keep(launch)) {
        match sweep_one(&root, &join(STAGING, &launch), before) {
            Ok(held) => leftovers += usize::from(held),
            // One that can't be looked at, or removed, is not in the way of the others.
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    trouble.map_or(Ok(leftovers), Err)
}

/// Removes one launch's directory, if nothing was written to it since; whether it held anything.
fn sweep_one(root: &Root<'_>, directory: &str, before: SystemTime) -> Result<bool, StagingError> {
    let path = root.absolute(directory);
    let failed = |source| StagingError::Failed { operation: "look at", path: path.clone(), source };
    if !is_old(&path, before).map_err(failed)? {
        return Ok(false);
    }
    // An empty one may be renamed for another launch at this moment, which a removal by name can't hurt.
    match root.remove_empty(directory) {
        Ok(()) | Err(Errno::NOENT) => Ok(false),
        Err(_) => remove(root, directory).map(|()| true),
    }
}

/// Removes a directory with all that is in it.
pub(crate) fn remove(root: &Root<'_>, directory: &str) -> Result<(), StagingError> {
    let path = root.absolute(directory);
    match remove_dir_all(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StagingError::Failed { operation: "remove", path, source })
        }
        _ => Ok(()),
    }
}

/// The launches that have a directory; none if nothing was ever staged.
fn launches(root: &Root<'_>) -> Result<Option<Vec<String>>, StagingError> {
    let Some(open) = root.directory(STAGING).map_err(StagingError::Storage)? else { return Ok(None) };
    let mut launches = Vec::new();
    let listed = root.list(STAGING, &open, |name, _| {
        launches.push(String::from_utf8_lossy(name).into_owned());
        Ok(())
    });
    listed.map_err(StagingError::Storage)?;
    Ok(Some(launches))
}

/// Whether nothing at the path or below it was written since. What is gone by now was not.
fn is_old(path: &Path, before: SystemTime) -> io::Result<bool> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        metadata => metadata?,
    };
    if metadata.modified()? >= before {
        return Ok(false);
    }
    if !metadata.is_dir() {
        return Ok(true);
    }
    for entry in fs::read_dir(path)? {
        if !is_old(&entry?.path(), before)? {
            return Ok(false);
        }
    }
    Ok(true)
}
