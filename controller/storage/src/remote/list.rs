//! Lists one directory, or what in an object store comes nearest: the keys that go on from its name and a slash.

use futures::TryStreamExt as _;
use opendal::Metadata;

use crate::StorageError;
use crate::path::bare;
use crate::remote::{Kind, Remote};

/// Calls `each` with every object whose key goes on from `path` and a slash, by the rest of its key. One that ends with a
/// slash marks a directory, and is no data.
pub(super) async fn keys_below(
    remote: &Remote,
    path: &str,
    mut each: impl FnMut(&str, &Metadata),
) -> Result<(), StorageError> {
    let prefix = format!("{path}/");
    let failed = |error| remote.failed("list", path, error);
    let mut lister = remote.operator.lister_with(&prefix).recursive(true).await.map_err(failed)?;
    while let Some(entry) = lister.try_next().await.map_err(failed)? {
        let rest = entry.path().strip_prefix(&prefix).unwrap_or_default();
        if !rest.is_empty() && !rest.ends_with('/') {
            each(rest, entry.metadata());
        }
    }
    Ok(())
}

/// Calls `each` with name and look of every entry of the directory `path`; the empty path is the root. A listing that
/// breaks off is an error, never a short listing. Whether the directory is there.
pub(super) async fn list(
    remote: &Remote,
    path: &str,
    mut each: impl FnMut(&str, &Metadata),
) -> Result<bool, StorageError> {
    let path = bare(path);
    // The client of HDFS asks without end for a directory that is absent.
    let mut is_there = match &remote.kind {
        Kind::Objects(_) => false,
        Kind::Tree(_) if path.is_empty() => true,
        Kind::Tree(_) => match remote.stat(path).await? {
            Some(found) if found.is_dir() => true,
            Some(_) | None => return Ok(false),
        },
    };
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let place = if path.is_empty() { "/" } else { &prefix };
    let failed = |error| remote.failed("list", path, error);
    let mut has_itself = false;
    let mut lister = remote.operator.lister(place).await.map_err(failed)?;
    while let Some(entry) = lister.try_next().await.map_err(failed)? {
        let name = entry.path().strip_prefix(&prefix).map(bare).unwrap_or_default();
        // The directory itself is among what is listed.
        has_itself |= name.is_empty();
        if !name.is_empty() {
            is_there = true;
            each(name, entry.metadata());
        }
    }
    // The lister of WebHDFS takes a directory that goes meanwhile for the end of the listing, and leaves this out.
    if matches!(remote.kind, Kind::Tree(_)) && !has_itself {
        return Err(StorageError::BrokenOff { place: remote.uri(path) });
    }
    Ok(is_there)
}
