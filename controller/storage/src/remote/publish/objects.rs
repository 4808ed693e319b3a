//! Publishing in an object store: copies on the server, each only where nothing is, the flag last.
//!
//! Objects can't be renamed, and several can't appear at once. So a directory is there when its flag is, and one launch
//! at once publishes it (`claim`). Before the first copy it is recorded that nothing was at the final path, so that
//! whoever takes up the work knows what is its own; and after a replacement that it was made, so that nobody makes it
//! again.

use std::collections::BTreeMap;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use opendal::Metadata;

use crate::StagingError;
use crate::path::join;
use crate::publish::{Existing, Output, Published};
use crate::remote::Remote;
use crate::remote::copy::Copier;
use crate::remote::list::keys_below;
use crate::remote::publish::claim::{claim, release};
use crate::remote::publish::vanished;

/// Copies at once: a server copies many objects in the time that one takes.
const AT_ONCE: usize = 16;

/// Objects below a path, by the rest of their keys.
type Objects = BTreeMap<String, Metadata>;

/// Copies one output to its final path.
pub(super) async fn publish(
    (remote, copier): (&Remote, &Copier),
    (output, flag): (&Output, Option<&str>),
    existing: Existing,
) -> Result<Published, StagingError> {
    if let Some(staged) = remote.file(&output.staged).await.map_err(StagingError::Storage)? {
        return publish_one((remote, copier), (output, &staged), existing).await;
    }
    let staged = below(remote, &output.staged).await?;
    if staged.is_empty() {
        return was_moved(remote, output).await;
    }
    if !claim(remote, output).await? {
        return Ok(Published::AlreadyThere);
    }
    let published = match existing {
        Existing::Keep => create((remote, copier), (output, flag), &staged).await?,
        Existing::Replace => replace((remote, copier), (output, flag), &staged).await?,
    };
    // Whoever takes it up after an error, or a crash, claims it again.
    release(remote, output).await?;
    Ok(published)
}

/// Whether anything is at a path.
pub(super) async fn is_anything(remote: &Remote, path: &str) -> Result<bool, StagingError> {
    let is_file = remote.file(path).await.map_err(StagingError::Storage)?.is_some();
    Ok(is_file || !below(remote, path).await?.is_empty())
}

async fn publish_one(
    (remote, copier): (&Remote, &Copier),
    (output, staged): (&Output, &Metadata),
    existing: Existing,
) -> Result<Published, StagingError> {
    if existing == Existing::Replace && !may_replace(remote, output).await? {
        return Ok(Published::Published);
    }
    match copy((remote, copier), (&output.staged, &output.path), existing).await? {
        Published::Published if existing == Existing::Replace => {
            write(remote, &done(output), "replaced").await?;
            Ok(Published::Published)
        }
        Published::Published => Ok(Published::Published),
        Published::AlreadyThere => {
            let found = remote.file(&output.path).await.map_err(StagingError::Storage)?;
            // A publisher that died, or another of the same launch, had copied it.
            let is_ours = found.is_some_and(|found| is_copy(&found, staged));
            Ok(if is_ours { Published::Published } else { Published::AlreadyThere })
        }
    }
}

/// Whether an object may be a copy of a staged one. The etag of what was written in one piece tells; what was uploaded in
/// parts, as the dash in its etag shows, gets another one when it is copied.
fn is_copy(found: &Metadata, staged: &Metadata) -> bool {
    let is_in_parts = [found, staged].iter().any(|it| it.etag().is_none_or(|etag| etag.contains('-')));
    let is_later = found.last_modified() >= staged.last_modified();
    let is_same = found.etag() == staged.etag() || is_in_parts && is_later;
    found.content_length() == staged.content_length() && is_same
}

/// Creates a directory's objects, unless others are there that are not of this launch.
async fn create(
    (remote, copier): (&Remote, &Copier),
    (output, flag): (&Output, Option<&str>),
    staged: &Objects,
) -> Result<Published, StagingError> {
    let found = below(remote, &output.path).await?;
    let has_begun = remote.file(&output.record).await.map_err(StagingError::Storage)?.is_some();
    let is_ours = |(name, found): (&String, &Metadata)| {
        has_begun && staged.get(name).is_some_and(|staged| is_copy(found, staged))
    };
    if !found.iter().all(is_ours) {
        return Ok(Published::AlreadyThere);
    }
    if !has_begun {
        write(remote, &output.record, "nothing was there").await?;
    }
    let missing: Vec<_> = staged.keys().filter(|name| !found.contains_key(*name)).collect();
    copy_all((remote, copier), (output, staged, flag), (&missing, Existing::Keep)).await
}

/// Puts a directory's objects in the place of others. They stay until all of ours are there but the flag, which goes
/// first and comes last: without it nobody reads there meanwhile.
async fn replace(
    (remote, copier): (&Remote, &Copier),
    (output, flag): (&Output, Option<&str>),
    staged: &Objects,
) -> Result<Published, StagingError> {
    if !may_replace(remote, output).await? {
        return Ok(Published::Published);
    }
    let found = below(remote, &output.path).await?;
    if let Some(flag) = flag.filter(|flag| found.contains_key(*flag)) {
        delete(remote, &join(&output.path, flag)).await?;
    }
    let all: Vec<_> = staged.keys().filter(|name| Some(name.as_str()) != flag).collect();
    copy_all((remote, copier), (output, staged, flag), (&all, Existing::Replace)).await?;
    for name in found.keys().filter(|name| !staged.contains_key(*name) && Some(name.as_str()) != flag) {
        delete(remote, &join(&output.path, name)).await?;
    }
    let last: Vec<_> = staged.keys().filter(|name| Some(name.as_str()) == flag).collect();
    copy_all((remote, copier), (output, staged, flag), (&last, Existing::Replace)).await?;
    write(remote, &done(output), "replaced").await?;
    Ok(Published::Published)
}

/// Whether the launch has not replaced yet what was there: taken up again after that, it would put what is stale in the
/// place of what came since.
async fn may_replace(remote: &Remote, output: &Output) -> Result<bool, StagingError> {
    Ok(remote.file(&done(output)).await.map_err(StagingError::Storage)?.is_none())
}

/// The object that says that an output has been replaced.
fn done(output: &Output) -> String {
    format!("{}-done", output.record)
}

/// Copies these objects, the flag after all others are there and are ours.
async fn copy_all(
    (remote, copier): (&Remote, &Copier),
    (output, staged, flag): (&Output, &Objects, Option<&str>),
    (names, existing): (&[&String], Existing),
) -> Result<Published, StagingError> {
    let is_flag = |name: &&&String| Some(name.as_str()) == flag;
    let first: Vec<_> = names.iter().filter(|name| !is_flag(name)).copied().collect();
    let all: Vec<_> = first
        .iter()
        .map(|name| copy_ours((remote, copier), (output, staged, name), existing).boxed())
        .collect();
    let ends: Vec<Published> = stream::iter(all).buffer_unordered(AT_ONCE).try_collect().await?;
    if ends.contains(&Published::AlreadyThere) {
        return Ok(Published::AlreadyThere);
    }
    match names.iter().find(is_flag) {
        Some(flag) => copy_ours((remote, copier), (output, staged, flag), existing).await,
        None => Ok(Published::Published),
    }
}

/// Copies one object of a directory; one that is there and may be its copy counts as copied.
async fn copy_ours(
    (remote, copier): (&Remote, &Copier),
    (output, staged, name): (&Output, &Objects, &str),
    existing: Existing,
) -> Result<Published, StagingError> {
    let (from, to) = (join(&output.staged, name), join(&output.path, name));
    match copy((remote, copier), (&from, &to), existing).await? {
        Published::Published => Ok(Published::Published),
        Published::AlreadyThere => {
            let found = remote.file(&to).await.map_err(StagingError::Storage)?;
            let is_ours = found.zip(staged.get(name)).is_some_and(|(found, staged)| is_copy(&found, staged));
            Ok(if is_ours { Published::Published } else { Published::AlreadyThere })
        }
    }
}

async fn copy(
    (remote, copier): (&Remote, &Copier),
    (from, to): (&str, &str),
    existing: Existing,
) -> Result<Published, StagingError> {
    let done = copier.copy((from, to), existing).await;
    done.map_err(|error| StagingError::Storage(remote.failed("copy to", to, error)))
}

async fn write(remote: &Remote, path: &str, text: &'static str) -> Result<(), StagingError> {
    let written = remote.operator.write(path, text).await;
    written.map(|_| ()).map_err(|error| StagingError::Storage(remote.failed("write", path, error)))
}

async fn delete(remote: &Remote, path: &str) -> Result<(), StagingError> {
    let deleted = remote.operator.delete(path).await;
    deleted.map_err(|error| StagingError::Storage(remote.failed("remove", path, error)))
}

/// Nothing is staged any more, so it was copied and discarded, if this launch verified it.
async fn was_moved(remote: &Remote, output: &Output) -> Result<Published, StagingError> {
    if is_anything(remote, &output.path).await? {
        return Ok(Published::Published);
    }
    remote.check_there().await.map_err(StagingError::Storage)?;
    Err(vanished(remote, output))
}

async fn below(remote: &Remote, path: &str) -> Result<Objects, StagingError> {
    let mut objects = Objects::new();
    let listed = keys_below(remote, path, |name, metadata| {
        objects.insert(name.to_owned(), metadata.clone());
    });
    listed.await.map_err(StagingError::Storage)?;
    Ok(objects)
}
