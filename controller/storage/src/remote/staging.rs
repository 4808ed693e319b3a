//! A launch's own place to write in a remote store.

use std::time::SystemTime;

use futures::TryStreamExt as _;

use crate::path::{join, split};
use crate::publish::Output;
use crate::remote::list::list;
use crate::remote::{Kind, Remote};
use crate::staging::{STAGING, tell};
use crate::sweep::Keep;
use crate::{Completeness, NotWritten, StagingError, StorageError};

/// Makes the launch's own directory, where there are directories, and refuses one that has been used.
pub(crate) async fn begin(remote: &Remote, directory: &str, outputs: &[Output]) -> Result<(), StagingError> {
    // To make a directory makes what it lies in, and a root that is away is not ours to make.
    remote.check_there().await.map_err(StagingError::Storage)?;
    if !names(remote, directory).await.map_err(StagingError::Storage)?.is_empty() {
        return Err(StagingError::Taken { path: remote.uri(directory).into() });
    }
    match &remote.kind {
        Kind::Objects(_) => Ok(()),
        Kind::Tree(_) => {
            for output in outputs {
                make(remote, split(&output.staged).0).await?;
            }
            Ok(())
        }
    }
}

/// Makes a directory and what it lies in, unless it is there.
pub(super) async fn make(remote: &Remote, directory: &str) -> Result<(), StagingError> {
    if directory.is_empty() {
        return Ok(());
    }
    let made = remote.operator.create_dir(&format!("{directory}/")).await;
    made.map_err(|error| StagingError::Storage(remote.failed("make", directory, error)))
}

/// Whether an output is staged and complete by its rule; if it is not there, with what was written beside it.
pub(crate) async fn verify(remote: &Remote, staged: &str, rule: &Completeness) -> Result<(), NotWritten> {
    match super::verify(remote, staged, rule).await {
        Err(NotWritten::Missing { path, .. }) => {
            let others = names(remote, split(staged).0).await.unwrap_or_default();
            Err(NotWritten::Missing { path, beside: tell(others) })
        }
        verified => verified,
    }
}

/// Removes all that is left of a launch.
pub(crate) async fn discard(remote: &Remote, directory: &str) -> Result<(), StagingError> {
    remote.remove_all(directory).await.map_err(StagingError::Storage)
}

/// Removes the staging of every launch for which `keep` is false and, if a time is given, in which nothing was written
/// since; and counts them.
pub(crate) async fn sweep(
    remote: &Remote,
    keep: &Keep<'_>,
    before: Option<SystemTime>,
) -> Result<usize, StagingError> {
    let mut swept = 0;
    for launch in names(remote, STAGING).await.map_err(StagingError::Storage)? {
        let directory = join(STAGING, &launch);
        if keep(&launch) || is_young(remote, &directory, before).await? {
            continue;
        }
        discard(remote, &directory).await?;
        swept += 1;
    }
    Ok(swept)
}

/// Whether anything below a directory was written since a time. What has no date counts as young.
async fn is_young(
    remote: &Remote,
    directory: &str,
    before: Option<SystemTime>,
) -> Result<bool, StagingError> {
    let Some(before) = before else { return Ok(false) };
    let failed = |error| StagingError::Storage(remote.failed("list", directory, error));
    let prefix = format!("{directory}/");
    let mut below = remote.operator.lister_with(&prefix).recursive(true).await.map_err(failed)?;
    while let Some(entry) = below.try_next().await.map_err(failed)? {
        let changed = entry.metadata().last_modified().map(SystemTime::from);
        if entry.metadata().is_file() && changed.is_none_or(|changed| changed >= before) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names of what lies in a directory; none where it is absent.
async fn names(remote: &Remote, directory: &str) -> Result<Vec<String>, StorageError> {
    let mut names = Vec::new();
    list(remote, directory, |name, _| names.push(name.to_owned())).await?;
    Ok(names)
}
