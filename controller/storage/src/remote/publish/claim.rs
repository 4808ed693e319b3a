//! Who publishes a directory in an object store: one launch at once.
//!
//! Several objects can't appear at once, so two launches that copy to one path would mix theirs. Before its first copy a
//! launch claims the path by an object of its own that is created only where none is; it holds where the launch is staged.
//! Whoever finds another's claim leaves the path to it, as long as the other may go on: as long as anything is staged.

use opendal::ErrorKind;

use crate::StagingError;
use crate::path::{RESERVED, join};
use crate::publish::Output;
use crate::remote::Remote;
use crate::remote::publish::objects::is_anything;

/// How often a claim may change hands while we look at it. Then somebody is at work there.
const LOOKS: usize = 5;

/// Whose a claim is that was in the way.
enum Found {
    Ours,
    /// Of a launch that may go on.
    Theirs,
    /// It went, or was another's that is over: it may be ours now.
    Open,
}

/// Claims the final path for the launch; says whether it has it now, or had it before.
pub(super) async fn claim(remote: &Remote, output: &Output) -> Result<bool, StagingError> {
    for _ in 0..LOOKS {
        let text = output.staged.clone();
        match remote.operator.write_with(&place(output), text).if_not_exists(true).await {
            Ok(_) => return Ok(true),
            Err(error) if is_taken(&error) => {}
            Err(error) => return Err(failed(remote, output, "write", error)),
        }
        match look(remote, output).await? {
            Found::Ours => return Ok(true),
            Found::Theirs => return Ok(false),
            Found::Open => {}
        }
    }
    Ok(false)
}

/// Gives the claim back.
pub(super) async fn release(remote: &Remote, output: &Output) -> Result<(), StagingError> {
    let removed = remote.operator.delete(&place(output)).await;
    removed.map_err(|error| failed(remote, output, "remove", error))
}

async fn look(remote: &Remote, output: &Output) -> Result<Found, StagingError> {
    let place = place(output);
    // The etag first: a claim that changes hands after this is not overwritten.
    let Some(stat) = remote.file(&place).await.map_err(StagingError::Storage)? else {
        return Ok(Found::Open);
    };
    let claimant = match remote.operator.read(&place).await {
        Ok(text) => String::from_utf8_lossy(&text.to_bytes()).into_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Open),
        Err(error) => return Err(failed(remote, output, "read", error)),
    };
    if claimant == output.staged {
        return Ok(Found::Ours);
    }
    if is_anything(remote, &claimant).await? {
        return Ok(Found::Theirs);
    }
    take_over(remote, output, stat.etag()).await
}

/// Puts our claim in the place of one whose launch is over.
async fn take_over(remote: &Remote, output: &Output, etag: Option<&str>) -> Result<Found, StagingError> {
    let place = place(output);
    let write = remote.operator.write_with(&place, output.staged.clone());
    let written = match etag.filter(|_| remote.operator.info().capability().write_with_if_match) {
        Some(etag) => write.if_match(etag).await,
        None => write.await,
    };
    match written {
        Ok(_) => Ok(Found::Ours),
        Err(error) if is_taken(&error) || error.kind() == ErrorKind::NotFound => Ok(Found::Open),
        Err(error) => Err(failed(remote, output, "write", error)),
    }
}

/// The object that claims a final path.
fn place(output: &Output) -> String {
    join(&join(RESERVED, "publishing"), &output.path)
}

fn is_taken(error: &opendal::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists)
}

fn failed(remote: &Remote, output: &Output, operation: &'static str, error: opendal::Error) -> StagingError {
    StagingError::Storage(remote.failed(operation, &place(output), error))
}
