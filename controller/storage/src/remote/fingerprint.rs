//! What a path of a remote store looked like, so that a later change shows.

use opendal::Metadata;

use crate::fingerprint::{counts, of_files};
use crate::path::bare;
use crate::remote::Remote;
use crate::remote::list::list;
use crate::{Completeness, Fingerprint, StorageError};

/// What `path` looks like now: `None` where it is positively absent.
pub(crate) async fn fingerprint(
    remote: &Remote,
    path: &str,
    rule: &Completeness,
) -> Result<Option<Fingerprint>, StorageError> {
    let found = match rule {
        Completeness::File { .. } => remote.file(bare(path)).await?.map(|stat| of_file(&stat)),
        Completeness::Flag { .. } | Completeness::Files { .. } => of_directory(remote, path, rule).await?,
    };
    if found.is_none() {
        remote.check_there().await?;
    }
    Ok(found)
}

fn of_file(stat: &Metadata) -> Fingerprint {
    // A server may write the same etag with quotes or without.
    let tag = stat.etag().map(|etag| etag.trim_matches('"').to_owned()).filter(|etag| !etag.is_empty());
    Fingerprint { bytes: stat.content_length(), changed_nanoseconds: changed_nanoseconds(stat), tag }
}

async fn of_directory(
    remote: &Remote,
    path: &str,
    rule: &Completeness,
) -> Result<Option<Fingerprint>, StorageError> {
    let mut files = Vec::new();
    let is_there = list(remote, path, |name, stat| {
        if stat.is_file() && counts(rule, name) {
            files.push((name.to_owned(), stat.content_length(), changed_nanoseconds(stat)));
        }
    });
    Ok(is_there.await?.then(|| of_files(files)))
}

/// When it was changed last, in nanoseconds since 1970.
fn changed_nanoseconds(stat: &Metadata) -> i64 {
    let nanoseconds = stat.last_modified().map(|at| at.into_inner().as_nanosecond());
    nanoseconds.and_then(|it| i64::try_from(it).ok()).unwrap_or(0)
}
