//! Looks at wanted paths of a store, in few calls: one by one if they are few, by listings if they are many.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use opendal::{EntryMode, Metadata};

use crate::observation::Observation;
use crate::path::{bare, join, split};
use crate::remote::list::list;
use crate::remote::{Kind, Remote, sweep};
use crate::tally::Counting;
use crate::{Completeness, StorageError};

/// For fewer paths than this single looks are cheaper: a page of a listing costs as much as a dozen of them.
pub(super) const FEW: usize = 12;

/// Single looks at once.
pub(super) const AT_ONCE: usize = 16;

/// What a file of a store looks like, as far as rules ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) bytes: u64,
    pub(super) changed: Option<SystemTime>,
}

impl Found {
    /// What there is, if it is a file.
    pub(super) fn of(metadata: &Metadata) -> Option<Self> {
        (metadata.mode() == EntryMode::FILE).then(|| Self {
            bytes: metadata.content_length(),
            changed: metadata.last_modified().map(Into::into),
        })
    }

    /// The answer about the one file of a path.
    pub(super) fn judge(self, min_bytes: u64, settle: Duration) -> Observation {
        if self.bytes >= min_bytes { self.there(settle) } else { Observation::Occupied }
    }

    fn there(self, settle: Duration) -> Observation {
        Observation::There { settled: self.changed.filter(|_| !settle.is_zero()).map(|it| it + settle) }
    }
}

/// What the entries of a directory come to.
#[derive(Debug, Default)]
pub(super) struct Heap {
    counted: u32,
    entries: u64,
    newest: Option<SystemTime>,
    has_flag: bool,
}

impl Heap {
    /// Takes in an entry: its name, and what it is if it is a file.
    pub(super) fn add(&mut self, rule: &Completeness, (name, found): (&str, Option<Found>)) {
        self.entries += 1;
        let Some(found) = found else { return };
        match rule {
            Completeness::File { .. } => {}
            Completeness::Flag { name: flag } => self.has_flag |= flag == name,
            Completeness::Files { glob, min_bytes, .. } => {
                let counting = Counting { glob: glob.as_deref(), min_bytes: *min_bytes, ages: false };
                if counting.counts_name(name) && found.bytes >= *min_bytes {
                    self.counted += 1;
                    self.newest = self.newest.max(found.changed);
                }
            }
        }
    }

    /// The answer about the directory.
    pub(super) fn judge(&self, rule: &Completeness) -> Observation {
        let is_there = match rule {
            Completeness::File { .. } => false,
            Completeness::Flag { .. } => self.has_flag,
            Completeness::Files { at_least, .. } => self.counted >= *at_least,
        };
        match rule {
            _ if !is_there && self.entries == 0 => Observation::Absent,
            _ if !is_there => Observation::Occupied,
            Completeness::Files { settle, .. } if !settle.is_zero() => {
                Observation::There { settled: self.newest.map(|newest| newest + *settle) }
            }
            Completeness::File { .. } | Completeness::Flag { .. } | Completeness::Files { .. } => {
                Observation::There { settled: None }
            }
        }
    }

    /// Files that count, and all entries.
    pub(super) fn counts(&self) -> (u32, u64) {
        (self.counted, self.entries)
    }

    /// Whether the flag is among them.
    pub(super) fn has_flag(&self) -> bool {
        self.has_flag
    }
}

/// Looks at the paths, which are sorted, and gives one observation for each. Whether the store is there when something is
/// not is for who looks at all of it to ask.
pub(super) async fn look(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Observation> {
    // Before anything else is asked: the client of WebHDFS makes a root that is absent.
    if let Err(error) = remote.met().await.and_then(|()| remote.check_answers()) {
        return vec![Observation::failed(&error); paths.len()];
    }
    match &remote.kind {
        _ if paths.len() < FEW => one_by_one(remote, rule, paths).await,
        Kind::Objects(_) => sweep::sweep(remote, rule, paths).await,
        Kind::Tree(_) => by_directory(remote, rule, paths).await,
    }
}

/// Looks at each path by itself.
pub(super) async fn one_by_one(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Observation> {
    // Boxed, or the compiler does not see that each may be sent to another thread.
    let looks: Vec<_> = paths.iter().map(|path| one(remote, rule, path).boxed()).collect();
    let seen = stream::iter(looks).buffered(AT_ONCE);
    seen.map(|seen| seen.unwrap_or_else(|error| Observation::failed(&error))).collect().await
}

async fn one(remote: &Remote, rule: &Completeness, path: &str) -> Result<Observation, StorageError> {
    match rule {
        Completeness::File { min_bytes, settle } => {
            let Some(stat) = remote.stat(bare(path)).await? else { return Ok(Observation::Absent) };
            Ok(Found::of(&stat).map_or(Observation::Occupied, |it| it.judge(*min_bytes, *settle)))
        }
        Completeness::Flag { .. } | Completeness::Files { .. } => directory(remote, rule, path).await,
    }
}

async fn directory(remote: &Remote, rule: &Completeness, path: &str) -> Result<Observation, StorageError> {
    if let Kind::Tree(_) = &remote.kind {
        match remote.stat(bare(path)).await? {
            None => return Ok(Observation::Absent),
            Some(found) if !found.is_dir() => return Ok(Observation::Occupied),
            Some(_) => {}
        }
    }
    // One look at the flag spares the listing of what may be many parts.
    if let Some(flag) = rule.flag()
        && remote.file(&join(bare(path), flag)).await?.is_some()
    {
        return Ok(Observation::There { settled: None });
    }
    Ok(heap(remote, rule, path).await?.judge(rule))
}

/// What the entries of the directory `path` come to.
pub(super) async fn heap(remote: &Remote, rule: &Completeness, path: &str) -> Result<Heap, StorageError> {
    let mut heap = Heap::default();
    list(remote, path, |name, stat| heap.add(rule, (name, Found::of(stat)))).await?;
    Ok(heap)
}

/// Answers about paths in their order, of which each directory's are asked for together and several directories at once.
pub(super) async fn by_parent<'a, T: Send + 'a>(
    paths: &[&'a str],
    ask: impl Fn(&'a str, Vec<&'a str>) -> BoxFuture<'a, Vec<T>>,
) -> Vec<T> {
    let mut groups: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for (place, path) in paths.iter().enumerate() {
        groups.entry(split(path).0).or_default().push((place, path));
    }
    let asked = groups.into_iter().map(|(directory, members)| {
        let (places, paths): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        ask(directory, paths).map(|answers| stream::iter(places.into_iter().zip(answers)))
    });
    let asked: Vec<_> = asked.collect();
    let mut answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).flatten().collect().await;
    answers.sort_unstable_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Lists each directory that many of the paths lie in.
async fn by_directory(remote: &Remote, rule: &Completeness, paths: &[&str]) -> Vec<Observation> {
    let ask = |directory, paths: Vec<_>| {
        async move {
            let seen = in_directory(remote, rule, (directory, &paths)).await;
            seen.unwrap_or_else(|error| vec![Observation::failed(&error); paths.len()])
        }
        .boxed()
    };
    by_parent(paths, ask).await
}

async fn in_directory(
    remote: &Remote,
    rule: &Completeness,
    (directory, paths): (&str, &[&str]),
) -> Result<Vec<Observation>, StorageError> {
    if paths.len() < FEW {
        return Ok(one_by_one(remote, rule, paths).await);
    }
    let entries = entries(remote, directory).await?;
    let mut seen = Vec::with_capacity(paths.len());
    let mut there = Vec::new();
    for (place, path) in paths.iter().enumerate() {
        let found = entries.get(bare(split(path).1));
        seen.push(match (rule, found) {
            (_, None) => Observation::Absent,
            (Completeness::File { min_bytes, settle }, Some(Some(found))) => found.judge(*min_bytes, *settle),
            (Completeness::File { .. }, Some(None))
            | (Completeness::Flag { .. } | Completeness::Files { .. }, Some(Some(_))) => {
                Observation::Occupied
            }
            (Completeness::Flag { .. } | Completeness::Files { .. }, Some(None)) => {
                there.push(place);
                Observation::Absent
            }
        });
    }
    // Directories that are there, and only these, are looked into.
    let inner: Vec<_> = there.iter().map(|place| paths[*place]).collect();
    for (place, found) in there.iter().zip(one_by_one(remote, rule, &inner).await) {
        seen[*place] = found;
    }
    Ok(seen)
}

/// The entries of a directory by name, with what each file looks like; none if it is absent.
async fn entries(remote: &Remote, directory: &str) -> Result<BTreeMap<String, Option<Found>>, StorageError> {
    let mut entries = BTreeMap::new();
    list(remote, directory, |name, stat| {
        entries.insert(name.to_owned(), Found::of(stat));
    })
    .await?;
    Ok(entries)
}
