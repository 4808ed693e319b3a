//! Whether a launch wrote what it promised to a remote store.

use crate::path::bare;
use crate::remote::Remote;
use crate::remote::look::heap;
use crate::verify::unknown;
use crate::{Completeness, NotWritten};

/// Whether what is at `path` is complete by its rule, whatever its age.
pub(crate) async fn verify(remote: &Remote, path: &str, rule: &Completeness) -> Result<(), NotWritten> {
    let place = || remote.uri(path).into();
    match rule {
        Completeness::File { min_bytes, .. } => {
            let Some(stat) = remote.stat(bare(path)).await.map_err(unknown)? else {
                return Err(missing(remote, path).await?);
            };
            if !stat.is_file() {
                return Err(NotWritten::WrongKind {
                    path: place(),
                    found: "a directory",
                    expected: "a file",
                });
            }
            let (bytes, min_bytes) = (stat.content_length(), *min_bytes);
            if bytes < min_bytes {
                Err(NotWritten::TooSmall { path: place(), bytes, min_bytes })
            } else {
                Ok(())
            }
        }
        Completeness::Flag { .. } | Completeness::Files { .. } => {
            if remote.file(bare(path)).await.map_err(unknown)?.is_some() {
                return Err(NotWritten::WrongKind {
                    path: place(),
                    found: "a file",
                    expected: "a directory",
                });
            }
            let heap = heap(remote, rule, path).await.map_err(unknown)?;
            let (counted, entries) = heap.counts();
            if entries == 0 {
                return Err(missing(remote, path).await?);
            }
            match rule {
                Completeness::Flag { name } if !heap.has_flag() => {
                    Err(NotWritten::NoFlag { path: place(), flag: name.clone() })
                }
                Completeness::Files { at_least, .. } if counted < *at_least => {
                    Err(NotWritten::TooFew { path: place(), counted, entries, at_least: *at_least })
                }
                Completeness::File { .. } | Completeness::Flag { .. } | Completeness::Files { .. } => Ok(()),
            }
        }
    }
}

/// Nothing is there, in a store that is; with what was written beside it.
async fn missing(remote: &Remote, path: &str) -> Result<NotWritten, NotWritten> {
    remote.check_there().await.map_err(unknown)?;
    Ok(NotWritten::Missing { path: remote.uri(path).into(), beside: String::new() })
}
