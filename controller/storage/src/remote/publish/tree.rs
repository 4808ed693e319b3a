//! Publishing in a tree: renames that replace nothing.

use crate::Completeness;
use crate::StagingError;
use crate::path::split;
use crate::publish::{Existing, Output, Published};
use crate::remote::look::heap;
use crate::remote::publish::vanished;
use crate::remote::rename::{Renamed, Renamer};
use crate::remote::{Remote, staging};

/// The name beside the staged output to which what is in its way is moved.
fn aside(output: &Output) -> String {
    format!("{}-old", output.record)
}

/// Moves one output to its final path.
pub(super) async fn publish(
    (remote, renamer): (&Remote, &Renamer),
    output: &Output,
    existing: Existing,
) -> Result<Published, StagingError> {
    staging::make(remote, split(&output.path).0).await?;
    if existing == Existing::Keep {
        // A publisher that died may have moved an empty directory away, which another filled since.
        give_back((remote, renamer), output).await?;
    }
    let mut has_moved = false;
    if existing == Existing::Replace && is_there(remote, &output.staged).await? {
        // Another launch that replaces may move ours away before we know that it came there. This tells that it did.
        staging::make(remote, &output.record).await?;
        has_moved = set_aside((remote, renamer), output).await? == Renamed::Done;
    }
    // Should this fail, the old data stays with the launch, which is not settled then, and is taken up again.
    match rename((remote, renamer), &output.staged, &output.path).await? {
        Renamed::Done => Ok(Published::Published),
        Renamed::NoSource => {
            if has_moved {
                // Another publisher of this launch was first, and what was moved away may be ours. It replaces nothing.
                rename((remote, renamer), &aside(output), &output.path).await?;
            }
            was_moved(remote, output).await
        }
        Renamed::TargetExists if is_empty_directory(remote, &output.path).await? => {
            fill_empty((remote, renamer), output).await
        }
        Renamed::TargetExists => Ok(Published::AlreadyThere),
    }
}

/// An empty directory is no data. It is moved away, not removed: somebody may fill it at this moment.
async fn fill_empty(
    (remote, renamer): (&Remote, &Renamer),
    output: &Output,
) -> Result<Published, StagingError> {
    set_aside((remote, renamer), output).await?;
    if give_back((remote, renamer), output).await? {
        return Ok(Published::AlreadyThere);
    }
    match rename((remote, renamer), &output.staged, &output.path).await? {
        Renamed::Done => Ok(Published::Published),
        Renamed::NoSource => was_moved(remote, output).await,
        Renamed::TargetExists => Ok(Published::AlreadyThere),
    }
}

/// Gives another writer's data, if that is what was moved away, its name back; says whether it was. If the name is taken
/// again, nobody but a person can put it together.
async fn give_back((remote, renamer): (&Remote, &Renamer), output: &Output) -> Result<bool, StagingError> {
    let aside = aside(output);
    if !is_there(remote, &aside).await? || is_empty_directory(remote, &aside).await? {
        return Ok(false);
    }
    match rename((remote, renamer), &aside, &output.path).await? {
        Renamed::Done => Ok(true),
        Renamed::TargetExists | Renamed::NoSource => {
            Err(StagingError::SetAside { path: remote.uri(&output.path), aside: remote.uri(&aside) })
        }
    }
}

/// Moves what is at the final path to the launch, with which it goes. Between this and the next rename nothing is there.
async fn set_aside((remote, renamer): (&Remote, &Renamer), output: &Output) -> Result<Renamed, StagingError> {
    let aside = aside(output);
    if is_there(remote, &output.path).await? && is_there(remote, &aside).await? {
        // A publisher that died had moved the old data there; what is in its place now came later.
        staging::discard(remote, &aside).await?;
    }
    // If nothing is there, nothing is in the way.
    rename((remote, renamer), &output.path, &aside).await
}

/// Nothing is staged any more, so it was moved, if this launch verified it.
async fn was_moved(remote: &Remote, output: &Output) -> Result<Published, StagingError> {
    if is_there(remote, &output.path).await? || is_there(remote, &output.record).await? {
        Ok(Published::Published)
    } else {
        Err(vanished(remote, output))
    }
}

async fn is_there(remote: &Remote, path: &str) -> Result<bool, StagingError> {
    Ok(remote.stat(path).await.map_err(StagingError::Storage)?.is_some())
}

async fn is_empty_directory(remote: &Remote, path: &str) -> Result<bool, StagingError> {
    let found = remote.stat(path).await.map_err(StagingError::Storage)?;
    if !found.is_some_and(|found| found.is_dir()) {
        return Ok(false);
    }
    let any =
        Completeness::Files { at_least: 1, glob: None, min_bytes: 0, settle: std::time::Duration::ZERO };
    Ok(heap(remote, &any, path).await.map_err(StagingError::Storage)?.counts().1 == 0)
}

async fn rename(
    (remote, renamer): (&Remote, &Renamer),
    from: &str,
    to: &str,
) -> Result<Renamed, StagingError> {
    renamer.rename(from, to).await.map_err(|source| StagingError::Rename {
        from: remote.uri(from),
        to: remote.uri(to),
        source: Box::new(source),
    })
}
