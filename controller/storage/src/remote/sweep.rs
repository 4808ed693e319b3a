//! Sweeps: one sorted listing for many wanted paths of one dataset, from the first of them to the last.
//!
//! A page of a listing holds a thousand keys and costs as much as a dozen single looks. So where other keys lie thick
//! between the wanted ones, as the parts of large outputs do, single looks are cheaper, and a sweep gives way to them.

use std::collections::HashMap;
use std::ops::ControlFlow;

use futures::TryStreamExt as _;
use opendal::Metadata;

use crate::observation::Observation;
use crate::path::bare;
use crate::remote::Remote;
use crate::remote::look::{FEW, Found, Heap, one_by_one};
use crate::{Completeness, StorageError};

/// How many keys one page of a listing holds.
const PAGE: usize = 1_000;

/// Where the wanted paths of a sweep are among those that were asked for.
struct Places<'a> {
    rule: &'a Completeness,
    /// By key: of a file its own, of a directory the one that all its files begin with.
    by_key: HashMap<&'a str, usize>,
}

/// What a sweep has come upon.
pub(super) struct Catch<'a> {
    /// The place of the wanted path.
    pub(super) place: usize,
    /// What the key goes on with below a directory; nothing of a file.
    pub(super) name: &'a str,
    pub(super) metadata: &'a Metadata,
}

/// Looks at many paths, which are sorted, and gives one observation for each.
pub(super) async fn sweep(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Observation> {
    match try_sweep(remote, rule, paths).await {
        Ok((mut seen, swept)) => {
            seen.truncate(swept);
            seen.extend(one_by_one(remote, rule, &paths[swept..]).await);
            seen
        }
        Err(error) => vec![Observation::failed(&error); paths.len()],
    }
}

/// The observations, and of how many paths from the first they hold.
async fn try_sweep(
    remote: &Remote,
    rule: &Completeness,
    paths: &[&str],
) -> Result<(Vec<Observation>, usize), StorageError> {
    if let Completeness::File { min_bytes, settle } = rule {
        let mut files = vec![None; paths.len()];
        let swept = walk(remote, (rule, paths), |it| files[it.place] = Found::of(it.metadata)).await?;
        let judge = |found: Option<Found>| {
            found.map_or(Observation::Absent, |found| found.judge(*min_bytes, *settle))
        };
        return Ok((files.into_iter().map(judge).collect(), swept));
    }
    let mut heaps: Vec<_> = paths.iter().map(|_| Heap::default()).collect();
    // Of all that lies below a directory, what lies in it makes the answer; anything occupies it.
    let swept = walk(remote, (rule, paths), |Catch { place, name, metadata }| {
        let own = Found::of(metadata).filter(|_| !name.contains('/'));
        heaps[place].add(rule, (name, own));
    });
    let swept = swept.await?;
    Ok((heaps.iter().map(|heap| heap.judge(rule)).collect(), swept))
}

/// Calls `each` with all that is found of these paths, which are sorted. Of how many of them from the first it tells.
pub(super) async fn walk(
    remote: &Remote,
    (rule, paths): (&Completeness, &[&str]),
    mut each: impl FnMut(Catch<'_>),
) -> Result<usize, StorageError> {
    let keys: Vec<String> = paths.iter().map(|path| key(rule, path)).collect();
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return Ok(0) };
    if !keys.is_sorted() {
        return Ok(0);
    }
    let by_key = keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
    let places = Places { rule, by_key };
    let (mut count, mut swept) = (0, paths.len());
    let walked = between(remote, (first, last), |Key { path, metadata, is_sorted }| {
        places.of(path).for_each(|(place, name)| each(Catch { place, name, metadata }));
        count += 1;
        if is_sorted && count % PAGE == 0 {
            let done = keys.partition_point(|key| key.as_str() < path && !path.starts_with(key.as_str()));
            if is_too_thick(count, done) {
                swept = done;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    walked.await?;
    Ok(swept)
}

/// A key of a listing.
pub(super) struct Key<'a> {
    pub(super) path: &'a str,
    pub(super) metadata: &'a Metadata,
    /// Whether all keys so far came in their order.
    is_sorted: bool,
}

/// Lists the keys from `first` to all that begin with `last`, until `each` has seen enough.
pub(super) async fn between(
    remote: &Remote,
    (first, last): (&str, &str),
    mut each: impl FnMut(Key<'_>) -> ControlFlow<()>,
) -> Result<(), StorageError> {
    let prefix = common_prefix(first, last);
    let failed = |error| remote.failed("list", prefix, error);
    let place = if prefix.is_empty() { "/" } else { prefix };
    let options = remote.operator.lister_with(place).recursive(true).start_after(before(first));
    let mut lister = options.await.map_err(failed)?;
    let (mut is_sorted, mut latest) = (true, String::new());
    while let Some(entry) = lister.try_next().await.map_err(failed)? {
        let path = entry.path();
        is_sorted &= *latest <= *path;
        path.clone_into(&mut latest);
        // A server whose listing is not sorted is read to its end.
        if is_sorted && is_past(path, last) {
            break;
        }
        if each(Key { path, metadata: entry.metadata(), is_sorted }).is_break() {
            break;
        }
    }
    Ok(())
}

impl Places<'_> {
    /// The places of the wanted paths that a key is of, each with what the key goes on with.
    fn of<'k>(&self, key: &'k str) -> impl Iterator<Item = (usize, &'k str)> {
        let ends = key.match_indices('/').map(|(end, _)| end + 1).filter(|end| *end < key.len());
        let is_file = matches!(self.rule, Completeness::File { .. });
        let own = is_file.then_some(key.len());
        let ends = own.into_iter().chain(ends.filter(move |_| !is_file));
        ends.filter_map(|end| Some((*self.by_key.get(&key[..end])?, &key[end..])))
    }
}

/// The key of a file, or what the keys of all files of a directory begin with.
fn key(rule: &Completeness, path: &str) -> String {
    match rule {
        Completeness::File { .. } => bare(path).to_owned(),
        Completeness::Flag { .. } | Completeness::Files { .. } => format!("{}/", bare(path)),
    }
}

/// Whether a key comes after the last wanted one and everything below it.
fn is_past(path: &str, last: &str) -> bool {
    path > last && !path.starts_with(last)
}

/// Whether so many keys were listed for so few wanted ones that looking at each would have cost less.
fn is_too_thick(listed: usize, swept: usize) -> bool {
    listed > 2 * PAGE && listed / PAGE * FEW > swept
}

/// A key that comes before `first`, near it.
fn before(first: &str) -> &str {
    let end = first.char_indices().next_back().map_or(0, |(end, _)| end);
    &first[..end]
}

/// What two keys both begin with.
fn common_prefix<'a>(first: &'a str, last: &str) -> &'a str {
    let same = first.char_indices().zip(last.chars()).take_while(|((_, one), other)| one == other);
    let end = same.last().map_or(0, |((start, character), _)| start + character.len_utf8());
    &first[..end]
}

#[cfg(test)]
mod tests {
    use super::{before, common_prefix, is_past, is_too_thick};

    #[test]
    fn a_sweep_begins_before_the_first_key_and_ends_after_the_last() {
        assert_eq!(before("day/2026-01-04"), "day/2026-01-0");
        assert_eq!(before("ü"), "");
        assert_eq!(common_prefix("day/2026-01-04", "day/2026-02-01"), "day/2026-0");
        assert_eq!(common_prefix("aü1", "aü2"), "aü");
        assert!(!is_past("dt=2/part-0", "dt=2/"));
        assert!(is_past("dt=20/part-0", "dt=2/"));
    }

    #[test]
    fn a_sweep_gives_way_where_other_keys_lie_thick() {
        assert!(!is_too_thick(1_500, 0));
        assert!(!is_too_thick(10_000, 3_000));
        assert!(is_too_thick(10_000, 100));
    }
}
