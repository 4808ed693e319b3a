//! A drawer in a store over the network. An object is created by a conditional write; a file is written under another
//! name, and gets its own by a rename that replaces nothing.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use opendal::{ErrorKind, Metadata};

use crate::StorageError;
use crate::drawer::{Created, File, Folder, Listing, Moved, Moves, PRUNED, Picks, Texts, UNFINISHED};
use crate::path::{join, split};
use crate::publish::Published;
use crate::remote::folders::list_many;
use crate::remote::list::{keys_below, list as list_one};
use crate::remote::rename::{Renamed, Renamer};
use crate::remote::{Kind, Remote};

/// Small files read at once, and folders listed: a store answers hundreds in the time that one takes.
pub(super) const AT_ONCE: usize = 32;

pub(crate) fn moves(remote: &Remote) -> Moves {
    match &remote.kind {
        Kind::Objects(_) => Moves::Nothing,
        Kind::Tree(_) => Moves::Whole,
    }
}

pub(crate) async fn create(remote: &Remote, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
    check_asked(remote).await?;
    let failed = |error| remote.failed("write", path, error);
    match &remote.kind {
        Kind::Objects(copier) => match copier.create(path, bytes.to_vec()).await.map_err(failed)? {
            Published::Published => Ok(Created::New),
            Published::AlreadyThere => Ok(Created::AlreadyThere),
        },
        Kind::Tree(tree) => create_file(remote, &tree.renamer, (path, bytes)).await,
    }
}

async fn create_file(
    remote: &Remote,
    renamer: &Renamer,
    (path, bytes): (&str, &[u8]),
) -> Result<Created, StorageError> {
    // To write makes the folders that it lies in, and a root that is away is not ours to make.
    remote.check_there().await?;
    let unfinished = join(split(path).0, &format!("{UNFINISHED}{:016x}", random()));
    let written = remote.operator.write(&unfinished, bytes.to_vec()).await;
    written.map_err(|error| remote.failed("write", path, error))?;
    let named = rename_in((remote, renamer), (&unfinished, path)).await;
    if !matches!(named, Ok(Renamed::Done)) {
        // What can't be removed now is removed with its folder.
        let _ = remote.operator.delete(&unfinished).await;
    }
    match named? {
        Renamed::Done => Ok(Created::New),
        Renamed::TargetExists => Ok(Created::AlreadyThere),
        Renamed::NoSource => Err(StorageError::TakenAway { place: remote.uri(path) }),
    }
}

pub(crate) async fn read(remote: &Remote, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
    let text = read_one(remote, path).await?;
    if text.is_none() {
        remote.check_there().await?;
    }
    Ok(text)
}

async fn read_one(remote: &Remote, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
    check_asked(remote).await?;
    match remote.operator.read(path).await {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(remote.failed("read", path, error)),
    }
}

pub(crate) async fn read_all(
    remote: &Remote,
    folders: &[String],
    picks: &Picks<'_>,
) -> Result<Vec<Texts>, StorageError> {
    let listings = list_many(remote, folders).await?;
    // In a store that has gone nothing is, but then it is not the store that said so.
    if listings.iter().any(|it| it.files.is_empty() && it.folders.is_empty()) {
        remote.check_there().await?;
    }
    let mut wanted = Vec::new();
    for (place, (folder, mut listing)) in folders.iter().zip(listings).enumerate() {
        listing.sort();
        let is_aside = listing.files.iter().any(|file| file.name == PRUNED);
        let names = listing.files.into_iter().map(|file| file.name).filter(|name| !is_aside && picks(name));
        wanted.extend(names.map(|name| (place, folder, name)));
    }
    let read = |(place, folder, name): (usize, &String, String)| {
        let folder = folder.clone();
        async move {
            // Some of the files are not what the folder holds.
            let gone = || StorageError::BrokenOff { place: remote.uri(&folder) };
            let text = read_one(remote, &join(&folder, &name)).await?.ok_or_else(gone)?;
            Ok::<_, StorageError>((place, name, text))
        }
        .boxed()
    };
    let reads: Vec<_> = wanted.into_iter().map(read).collect();
    let mut reads = stream::iter(reads).buffered(AT_ONCE);
    let mut all = vec![Texts::new(); folders.len()];
    while let Some((place, name, text)) = reads.try_next().await? {
        all[place].push((name, text));
    }
    Ok(all)
}

pub(crate) async fn list(remote: &Remote, folder: &str) -> Result<Listing, StorageError> {
    let listing = list_some(remote, folder).await?;
    if listing.files.is_empty() && listing.folders.is_empty() {
        remote.check_there().await?;
    }
    Ok(listing)
}

pub(super) async fn list_some(remote: &Remote, folder: &str) -> Result<Listing, StorageError> {
    check_asked(remote).await?;
    let mut listing = Listing::default();
    list_one(remote, folder, |name, metadata| {
        if metadata.is_dir() {
            listing.folders.push(Folder { name: name.to_owned(), changed: None });
        } else if !name.starts_with(UNFINISHED) {
            listing.files.push(file(name, metadata));
        }
    })
    .await?;
    Ok(listing)
}

/// All objects whose keys go on from the folder's name and a slash, by the rest of their keys.
pub(crate) async fn list_keys(remote: &Remote, folder: &str) -> Result<Vec<File>, StorageError> {
    check_asked(remote).await?;
    let mut files = Vec::new();
    keys_below(remote, folder, |name, metadata| files.push(file(name, metadata))).await?;
    if files.is_empty() {
        remote.check_there().await?;
    }
    Ok(files)
}

pub(crate) async fn look(remote: &Remote, path: &str) -> Result<Option<File>, StorageError> {
    check_asked(remote).await?;
    let found = remote.file(path).await?;
    if found.is_none() {
        remote.check_there().await?;
    }
    Ok(found.map(|metadata| file(split(path).1, &metadata)))
}

pub(crate) async fn rename(remote: &Remote, (from, to): (&str, &str)) -> Result<Moved, StorageError> {
    check_asked(remote).await?;
    let Kind::Tree(tree) = &remote.kind else {
        let words = "objects cannot be renamed";
        return Err(remote.failed("rename to", to, opendal::Error::new(ErrorKind::Unsupported, words)));
    };
    remote.check_there().await?;
    // Of a source that is not there the folder of the target must not stay.
    if remote.stat(from).await?.is_none() {
        return Ok(Moved::NoSource);
    }
    let made = remote.operator.create_dir(&format!("{}/", split(to).0)).await;
    made.map_err(|error| remote.failed("make", split(to).0, error))?;
    Ok(match rename_in((remote, &tree.renamer), (from, to)).await? {
        Renamed::Done => Moved::Done,
        Renamed::NoSource => Moved::NoSource,
        Renamed::TargetExists => Moved::TargetExists,
    })
}

pub(crate) async fn remove(remote: &Remote, path: &str) -> Result<(), StorageError> {
    check_asked(remote).await?;
    let removed = remote.operator.delete(path).await;
    removed.map_err(|error| remote.failed("remove", path, error))
}

pub(crate) async fn remove_all(remote: &Remote, folder: &str) -> Result<(), StorageError> {
    check_asked(remote).await?;
    remote.remove_all(folder).await
}

async fn rename_in(
    (remote, renamer): (&Remote, &Renamer),
    (from, to): (&str, &str),
) -> Result<Renamed, StorageError> {
    let done = renamer.rename(from, to).await;
    done.map_err(|source| StorageError::Rename { place: remote.uri(to), source: Box::new(source) })
}

/// Refuses a store that has not been there yet, or gave no answer a moment ago. Before anything else is asked: the client
/// of WebHDFS makes a root that is absent.
pub(super) async fn check_asked(remote: &Remote) -> Result<(), StorageError> {
    remote.met().await?;
    remote.check_answers()
}

pub(super) fn file(name: &str, metadata: &Metadata) -> File {
    let changed = metadata.last_modified().map(Into::into);
    File { name: name.to_owned(), bytes: metadata.content_length(), changed }
}

/// A number that no other process has: the seed of a hash map, which comes from the system.
fn random() -> u64 {
    RandomState::new().hash_one("a name")
}
