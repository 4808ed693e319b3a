//! One look at wanted paths: what storage said, kept small, until the clock is asked too.

use std::collections::HashMap;
use std::error::Error;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Stat};

use crate::path::join;
use crate::root::{Root, StorageError, file_type};
use crate::tally::{Counting, bytes, changed, count, has_flag};
use crate::{Completeness, Presence};

/// Up to so many wanted files of a directory are looked at one by one, which costs the same however large the
/// directory is; for more of them one listing is cheaper.
const FEW: usize = 8;

/// What a look at one path gave by its rule; with the time it makes a [`Presence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Observation {
    /// Positively not there.
    Absent,
    /// There by its rule, and old enough from this moment on, if age matters.
    There { settled: Option<SystemTime> },
    /// Something else is there.
    Occupied,
    /// No answer, and why.
    Failed(Arc<str>),
}

impl Observation {
    /// The answer at `now`.
    pub(crate) fn presence(&self, now: SystemTime) -> Presence {
        match self {
            Self::Absent => Presence::Missing,
            Self::There { settled: Some(until) } if *until > now => Presence::Settling { until: *until },
            Self::There { .. } => Presence::Complete,
            Self::Occupied => Presence::Occupied,
            Self::Failed(reason) => Presence::Unknown { reason: reason.to_string() },
        }
    }

    /// No answer because of `error`, told with its causes.
    pub(crate) fn failed(error: &dyn Error) -> Self {
        let mut reason = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            reason = format!("{reason}: {error}");
            cause = error.source();
        }
        Self::Failed(reason.into())
    }
}

/// Looks at the wanted `leaves` of `directory`, without slashes, and gives one observation for each.
pub(crate) fn observe(
    root: &Root<'_>,
    rule: &Completeness,
    directory: &str,
    leaves: &[&str],
) -> Vec<Observation> {
    match rule {
        Completeness::File { min_bytes, settle } => {
            let rule = FileRule { min_bytes: *min_bytes, settle: *settle };
            observe_files(root, rule, directory, leaves)
                .unwrap_or_else(|error| vec![Observation::failed(&error); leaves.len()])
        }
        Completeness::Flag { .. } | Completeness::Files { .. } => leaves
            .iter()
            .map(|leaf| {
                let path = join(directory, leaf);
                observe_directory(root, rule, &path).unwrap_or_else(|error| Observation::failed(&error))
            })
            .collect(),
    }
}

#[derive(Clone, Copy)]
struct FileRule {
    min_bytes: u64,
    settle: Duration,
}

impl FileRule {
    /// Whether a listing that tells only names and types is enough.
    fn needs_only_the_type(self) -> bool {
        self.min_bytes == 0 && self.settle.is_zero()
    }

    fn judge(self, stat: &Stat) -> Observation {
        if file_type(stat) == FileType::RegularFile && bytes(stat) >= self.min_bytes {
            Observation::There { settled: (!self.settle.is_zero()).then(|| changed(stat) + self.settle) }
        } else {
            Observation::Occupied
        }
    }
}

fn observe_files(
    root: &Root<'_>,
    rule: FileRule,
    directory: &str,
    leaves: &[&str],
) -> Result<Vec<Observation>, StorageError> {
    let Some(open) = root.directory(directory)? else {
        return Ok(vec![Observation::Absent; leaves.len()]);
    };
    let look = |leaf: &str| look_at_file(root, &open, (directory, leaf), rule);
    if leaves.len() <= FEW {
        return Ok(leaves.iter().map(|leaf| look(leaf)).collect());
    }
    let types = types_of(root, directory, &open, leaves)?;
    let judge = |(leaf, found): (&&str, Option<FileType>)| match found {
        None => Observation::Absent,
        Some(FileType::RegularFile) if rule.needs_only_the_type() => Observation::There { settled: None },
        Some(FileType::Directory) => Observation::Occupied,
        // A link, a file whose size or age matters, or a file system that does not tell types.
        Some(_) => look(leaf),
    };
    Ok(leaves.iter().zip(types).map(judge).collect())
}

fn look_at_file(root: &Root<'_>, open: &OwnedFd, place: (&str, &str), rule: FileRule) -> Observation {
    let (directory, leaf) = place;
    let path = join(directory, leaf);
    match root.entry_in(open, &path, leaf) {
        Ok(Some(stat)) => rule.judge(&stat),
        Ok(None) => Observation::Absent,
        Err(error) => Observation::failed(&error),
    }
}

/// The type of each of the `leaves` that the directory lists. Names come in no order, and a hash finds each in one
/// step; a binary search, jumping through memory, takes three times as long for 100,000.
fn types_of(
    root: &Root<'_>,
    path: &str,
    directory: &OwnedFd,
    leaves: &[&str],
) -> Result<Vec<Option<FileType>>, StorageError> {
    let places: HashMap<&[u8], usize> =
        leaves.iter().enumerate().map(|(place, leaf)| (leaf.as_bytes(), place)).collect();
    let mut types = vec![None; leaves.len()];
    root.list(path, directory, |name, found| {
        if let Some(&place) = places.get(name) {
            types[place] = Some(found);
        }
        Ok(())
    })?;
    Ok(types)
}

fn observe_directory(root: &Root<'_>, rule: &Completeness, path: &str) -> Result<Observation, StorageError> {
    let open = match root.directory(path) {
        Ok(Some(open)) => open,
        Ok(None) => return Ok(Observation::Absent),
        Err(StorageError::NotADirectory { .. }) => {
            // Either it is a file itself, or something above it is, and then this fails in the same way.
            return Ok(root.entry(path)?.map_or(Observation::Absent, |_| Observation::Occupied));
        }
        Err(error) => return Err(error),
    };
    match rule {
        Completeness::File { .. } => Ok(Observation::Occupied),
        Completeness::Flag { name } => {
            if has_flag(root, path, &open, name)? {
                return Ok(Observation::There { settled: None });
            }
            unless_empty(root, path, count(root, path, &open)?)
        }
        Completeness::Files { at_least, glob, min_bytes, settle } => {
            let counting = Counting { glob: glob.as_deref(), min_bytes: *min_bytes, ages: !settle.is_zero() };
            let tally = counting.tally(root, path, &open)?;
            if tally.counted >= *at_least {
                Ok(Observation::There { settled: tally.newest.map(|newest| newest + *settle) })
            } else {
                unless_empty(root, path, tally.entries)
            }
        }
    }
}

/// An empty directory holds nothing that publishing would meet, whatever its name promises; a link to one is met.
fn unless_empty(root: &Root<'_>, path: &str, entries: u64) -> Result<Observation, StorageError> {
    let is_in_the_way = entries > 0 || root.is_link(path)?;
    Ok(if is_in_the_way { Observation::Occupied } else { Observation::Absent })
}
