//! What a path looked like, so that a later change shows.

use std::fmt;
use std::os::fd::OwnedFd;
use std::str::FromStr;

use rustix::fs::FileType;

use crate::path::{bare, join};
use crate::remote::{self, wait};
use crate::root::{Root, StorageError, file_type};
use crate::store::Place;
use crate::tally::{Counting, bytes, changed_nanoseconds};
use crate::{Completeness, Store};

/// How many hexadecimal digits of a directory's digest are kept: 64 bits tell the versions of one path apart.
const DIGEST_DIGITS: usize = 16;

/// What a path looked like at one moment; as text, `BYTES:NANOSECONDS:TAG` on one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The size in bytes; of a directory, the sum over its files.
    pub bytes: u64,
    /// The last change, in nanoseconds since 1970; of a directory, that of its youngest file.
    pub changed_nanoseconds: i64,
    /// What else tells versions apart: an object's etag, or the digest of a directory's names, sizes and times.
    pub tag: Option<String>,
}

/// A text that is no fingerprint.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no fingerprint, which would be BYTES:NANOSECONDS:TAG with an empty tag for a file")]
pub struct BadFingerprint(String);

/// The store gave no answer about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store gives no answer")]
pub struct NoAnswer;

/// What a path looks like: `None` where it is positively absent.
pub type Seen = Result<Option<Fingerprint>, NoAnswer>;

/// What many paths look like now, which begin alike and are sorted: where a store answers over a network, and they are
/// many, it is asked for listings. In their order.
pub fn fingerprints(store: &Store, rule: &Completeness, paths: &[&str]) -> Vec<Seen> {
    match store.place() {
        Place::Directory(_) => {
            paths.iter().map(|path| fingerprint(store, path, rule).map_err(|_| NoAnswer)).collect()
        }
        Place::Remote(remote) => wait(remote::fingerprints(remote, rule, paths)),
    }
}

/// What `path` looks like now: `None` where it is positively absent. Of a directory, the files that count by its
/// rule make the fingerprint, the flag included; files in directories below it do not.
pub fn fingerprint(
    store: &Store,
    path: &str,
    rule: &Completeness,
) -> Result<Option<Fingerprint>, StorageError> {
    let directory = match store.place() {
        Place::Directory(directory) => directory,
        Place::Remote(remote) => return wait(remote::fingerprint(remote, path, rule)),
    };
    let root = directory.open()?;
    let Some(stat) = root.entry(path)? else {
        return Ok(None);
    };
    if file_type(&stat) != FileType::Directory {
        let changed_nanoseconds = changed_nanoseconds(&stat);
        return Ok(Some(Fingerprint { bytes: bytes(&stat), changed_nanoseconds, tag: None }));
    }
    match root.directory(path)? {
        Some(open) => of_directory(&root, path, &open, rule).map(Some),
        None => Ok(None),
    }
}

fn of_directory(
    root: &Root<'_>,
    path: &str,
    open: &OwnedFd,
    rule: &Completeness,
) -> Result<Fingerprint, StorageError> {
    let mut files = Vec::new();
    root.list(path, open, |name, _| {
        let Some(name) = str::from_utf8(name).ok().filter(|name| counts(rule, name)) else {
            return Ok(());
        };
        let stat = root.entry_in(open, &join(bare(path), name), name)?;
        if let Some(stat) = stat.filter(|stat| file_type(stat) == FileType::RegularFile) {
            files.push((name.to_owned(), bytes(&stat), changed_nanoseconds(&stat)));
        }
        Ok(())
    })?;
    Ok(of_files(files))
}

/// The fingerprint of a directory with these files: name, bytes and last change of each.
pub(crate) fn of_files(mut files: Vec<(String, u64, i64)>) -> Fingerprint {
    files.sort_unstable();
    let mut digest = blake3::Hasher::new();
    for (name, bytes, changed) in &files {
        // A NUL is in no name, so that no two listings make the same text.
        digest.update(format!("{name}\0{bytes}:{changed}\0").as_bytes());
    }
    Fingerprint {
        bytes: files.iter().map(|(_, bytes, _)| bytes).sum(),
        changed_nanoseconds: files.iter().map(|(_, _, changed)| *changed).max().unwrap_or(0),
        tag: Some(digest.finalize().to_hex()[..DIGEST_DIGITS].to_owned()),
    }
}

/// Whether a file of a directory is part of its fingerprint.
pub(crate) fn counts(rule: &Completeness, name: &str) -> bool {
    let glob = match rule {
        Completeness::Flag { name: flag } if flag == name => return true,
        Completeness::Files { glob, .. } => glob.as_deref(),
        Completeness::File { .. } | Completeness::Flag { .. } => None,
    };
    Counting { glob, min_bytes: 0, ages: false }.counts_name(name)
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.tag.as_deref().unwrap_or_default();
        write!(formatter, "{}:{}:{tag}", self.bytes, self.changed_nanoseconds)
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (bytes, rest) = text.split_once(':')?;
            let (changed, tag) = rest.split_once(':')?;
            let tag = (!tag.is_empty()).then(|| tag.to_owned());
            Some(Self { bytes: bytes.parse().ok()?, changed_nanoseconds: changed.parse().ok()?, tag })
        };
        parse().ok_or_else(|| BadFingerprint(text.to_owned()))
    }
}
