//! What the entries of a directory come to: how many count, how young they are, whether the flag is among them.

use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Stat};

use crate::path::join;
use crate::root::{Root, StorageError, file_type};

/// Which files of a directory count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting<'rule> {
    /// Which names; without it all that begin neither with a dot nor with an underscore.
    pub(crate) glob: Option<&'rule str>,
    /// The least size in bytes.
    pub(crate) min_bytes: u64,
    /// Whether the tally needs to know the youngest.
    pub(crate) ages: bool,
}

/// What the entries of one directory come to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// How many files count.
    pub(crate) counted: u32,
    /// How many entries there are, of whatever kind.
    pub(crate) entries: u64,
    /// When the youngest file that counts was changed, if ages matter.
    pub(crate) newest: Option<SystemTime>,
}

impl Counting<'_> {
    /// Counts the open directory `path`. Looks at single files only where size or age matters.
    pub(crate) fn tally(
        self,
        root: &Root<'_>,
        path: &str,
        directory: &OwnedFd,
    ) -> Result<Tally, StorageError> {
        let mut tally = Tally::default();
        root.list(path, directory, |name, found| {
            tally.entries += 1;
            let Some(name) = str::from_utf8(name).ok().filter(|name| self.counts_name(name)) else {
                return Ok(());
            };
            if found == FileType::RegularFile && self.min_bytes == 0 && !self.ages {
                tally.counted += 1;
            } else if let Some(stat) = root.entry_in(directory, &join(path, name), name)? {
                self.add(&mut tally, &stat);
            }
            Ok(())
        })?;
        Ok(tally)
    }

    /// Whether a file of this name counts.
    pub(crate) fn counts_name(self, name: &str) -> bool {
        match self.glob {
            Some(glob) => fast_glob::glob_match(glob, name),
            None => !name.starts_with(['.', '_']),
        }
    }

    fn add(self, tally: &mut Tally, stat: &Stat) {
        if file_type(stat) == FileType::RegularFile && bytes(stat) >= self.min_bytes {
            tally.counted += 1;
            if self.ages {
                tally.newest = tally.newest.max(Some(changed(stat)));
            }
        }
    }
}

/// How many entries the open directory `path` has.
pub(crate) fn count(root: &Root<'_>, path: &str, directory: &OwnedFd) -> Result<u64, StorageError> {
    let mut entries = 0;
    root.list(path, directory, |_, _| {
        entries += 1;
        Ok(())
    })?;
    Ok(entries)
}

/// Whether the file `name` lies in the open directory `path`.
pub(crate) fn has_flag(
    root: &Root<'_>,
    path: &str,
    directory: &OwnedFd,
    name: &str,
) -> Result<bool, StorageError> {
    let flag = root.entry_in(directory, &join(path, name), name)?;
    Ok(flag.is_some_and(|stat| file_type(&stat) == FileType::RegularFile))
}

/// The size of a file.
pub(crate) fn bytes(stat: &Stat) -> u64 {
    stat.st_size.try_into().unwrap_or(0)
}

/// When a file was changed last.
pub(crate) fn changed(stat: &Stat) -> SystemTime {
    let nanoseconds = changed_nanoseconds(stat);
    let distance = Duration::from_nanos(nanoseconds.unsigned_abs());
    if nanoseconds < 0 { SystemTime::UNIX_EPOCH - distance } else { SystemTime::UNIX_EPOCH + distance }
}

/// When a file was changed last, in nanoseconds since 1970; the years 1678 to 2262 have such a number, and what
/// lies beyond is taken for the nearest.
pub(crate) fn changed_nanoseconds(stat: &Stat) -> i64 {
    let within = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
    stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(within)
}
