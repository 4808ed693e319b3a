//! What paths of a remote store looked like, so that a later change shows.

use std::collections::BTreeMap;

use futures::{FutureExt as _, StreamExt as _, stream};
use opendal::Metadata;

use crate::fingerprint::{NoAnswer, Seen, counts, of_files};
use crate::path::{bare, split};
use crate::remote::list::list;
use crate::remote::look::{AT_ONCE, FEW, by_parent};
use crate::remote::sweep::{Catch, walk};
use crate::remote::{Kind, Remote};
use crate::{Completeness, Fingerprint, StorageError};

/// A second in nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// What the entries of a directory look like: names, bytes and last changes of those that count.
type Files = Vec<(String, u64, i64)>;

/// What many paths, which are sorted, look like now. They are listed where that is cheaper.
pub(crate) async fn fingerprints(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Seen> {
    // Before anything else is asked: the client of WebHDFS makes a root that is absent.
    if remote.met().await.and_then(|()| remote.check_answers()).is_err() {
        return vec![Err(NoAnswer); paths.len()];
    }
    let mut seen = match &remote.kind {
        _ if paths.len() < FEW => one_by_one(remote, rule, paths).await,
        Kind::Objects(_) => sweep(remote, rule, paths).await,
        Kind::Tree(_) => by_directory(remote, rule, paths).await,
    };
    // In a store that is not there nothing is, but then it is not the store that said so.
    if seen.contains(&Ok(None)) && remote.check_there().await.is_err() {
        seen.iter_mut().filter(|it| **it == Ok(None)).for_each(|it| *it = Err(NoAnswer));
    }
    seen
}

async fn one_by_one(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Seen> {
    let looks: Vec<_> = paths.iter().map(|path| one(remote, path, rule).boxed()).collect();
    stream::iter(looks).buffered(AT_ONCE).map(|seen| seen.map_err(|_| NoAnswer)).collect().await
}

/// Lists the keys from the first path to the last.
async fn sweep(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Seen> {
    let mut files = vec![None; paths.len()];
    let mut directories: Vec<Option<Files>> = vec![None; paths.len()];
    let is_file = matches!(rule, Completeness::File { .. });
    let walked = walk(remote, (rule, paths), |Catch { place, name, metadata }| {
        if is_file {
            files[place] = metadata.is_file().then(|| of_file(metadata));
            return;
        }
        let files = directories[place].get_or_insert_default();
        if !name.contains('/') && metadata.is_file() && counts(rule, name) {
            files.push(entry(name, metadata));
        }
    });
    let Ok(swept) = walked.await else { return vec![Err(NoAnswer); paths.len()] };
    let listed =
        files.into_iter().zip(directories).map(|(file, files)| Ok(file.or_else(|| files.map(of_files))));
    let mut seen: Vec<_> = listed.take(swept).collect();
    seen.extend(one_by_one(remote, rule, &paths[swept..]).await);
    seen
}

/// Lists each directory that many files lie in. To list what directories lie in tells nothing of what lies in them.
async fn by_directory(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Seen> {
    if !matches!(rule, Completeness::File { .. }) {
        return one_by_one(remote, rule, paths).await;
    }
    let ask = |directory, paths: Vec<_>| {
        async move { in_directory(remote, rule, (directory, &paths)).await }.boxed()
    };
    by_parent(paths, ask).await
}

async fn in_directory(
    remote: &Remote,
    rule: &Completeness,
    (directory, paths): (&str, &[&str]),
) -> Vec<Seen> {
    if paths.len() < FEW {
        return one_by_one(remote, rule, paths).await;
    }
    let mut files = BTreeMap::new();
    let listed = list(remote, directory, |name, stat| {
        if stat.is_file() {
            files.insert(name.to_owned(), of_file(stat));
        }
    });
    if listed.await.is_err() {
        return vec![Err(NoAnswer); paths.len()];
    }
    paths.iter().map(|path| Ok(files.remove(bare(split(path).1)))).collect()
}

/// What `path` looks like now: `None` where it is positively absent.
pub(crate) async fn fingerprint(
    remote: &Remote,
    path: &str,
    rule: &Completeness,
) -> Result<Option<Fingerprint>, StorageError> {
    let found = one(remote, path, rule).await?;
    if found.is_none() {
        remote.check_there().await?;
    }
    Ok(found)
}

async fn one(remote: &Remote, path: &str, rule: &Completeness) -> Result<Option<Fingerprint>, StorageError> {
    match rule {
        Completeness::File { .. } => Ok(remote.file(bare(path)).await?.map(|stat| of_file(&stat))),
        Completeness::Flag { .. } | Completeness::Files { .. } => of_directory(remote, path, rule).await,
    }
}

fn of_file(stat: &Metadata) -> Fingerprint {
    // A server may write the same etag with quotes or without.
    let tag = stat.etag().map(|etag| etag.trim_matches('"').to_owned()).filter(|etag| !etag.is_empty());
    let changed = changed_nanoseconds(stat);
    // In the answer to a look times are in seconds, in a listing of some servers they are not.
    let changed_nanoseconds = if tag.is_some() { changed - changed.rem_euclid(SECOND) } else { changed };
    Fingerprint { bytes: stat.content_length(), changed_nanoseconds, tag }
}

fn entry(name: &str, stat: &Metadata) -> (String, u64, i64) {
    (name.to_owned(), stat.content_length(), changed_nanoseconds(stat))
}

async fn of_directory(
    remote: &Remote,
    path: &str,
    rule: &Completeness,
) -> Result<Option<Fingerprint>, StorageError> {
    let mut files = Files::new();
    let is_there = list(remote, path, |name, stat| {
        if stat.is_file() && counts(rule, name) {
            files.push(entry(name, stat));
        }
    });
    Ok(is_there.await?.then(|| of_files(files)))
}

/// When it was changed last, in nanoseconds since 1970.
fn changed_nanoseconds(stat: &Metadata) -> i64 {
    let nanoseconds = stat.last_modified().map(|at| at.into_inner().as_nanosecond());
    nanoseconds.and_then(|it| i64::try_from(it).ok()).unwrap_or(0)
}
