//! The way from staging to the final paths of a remote store: it creates or, when asked, replaces, and may be taken up
//! again.

mod claim;
mod objects;
mod tree;

use crate::StagingError;
use crate::publish::{Existing, Output, Published};
use crate::remote::{Kind, Remote};

/// Moves one output to its final path. `flag` is the file of a directory that goes last.
pub(crate) async fn publish(
    remote: &Remote,
    (output, flag): (&Output, Option<&str>),
    existing: Existing,
) -> Result<Published, StagingError> {
    remote.check_there().await.map_err(StagingError::Storage)?;
    match &remote.kind {
        Kind::Objects(copier) => objects::publish((remote, copier), (output, flag), existing).await,
        Kind::Tree(tree) => tree::publish((remote, &tree.renamer), output, existing).await,
    }
}

/// Nothing is staged and nothing is published.
fn vanished(remote: &Remote, output: &Output) -> StagingError {
    StagingError::Vanished {
        staged: remote.uri(&output.staged).into(),
        path: remote.uri(&output.path).into(),
    }
}
