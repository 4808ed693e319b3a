//! The wanted paths of one store under one rule, grouped by directory, and what the last look at each gave.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, Range};

use crate::Completeness;
use crate::observation::{Observation, observe};
use crate::path::{bare, join, split};
use crate::root::{Root, StorageError};

/// The wanted paths whose answer changed.
pub(crate) type Changes = BTreeSet<String>;

/// How to look in one batch: at the root as it was opened for it, or could not be, and by which rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'a> {
    pub(crate) root: &'a Result<Root<'a>, StorageError>,
    pub(crate) rule: &'a Completeness,
}

/// The wanted paths under one rule.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    directories: BTreeMap<Box<str>, Directory>,
}

#[derive(Debug, Default)]
struct Directory {
    /// Sorted by name without a slash, each name once.
    known: Vec<Leaf>,
    /// Wanted and not looked at yet.
    fresh: Vec<Box<str>>,
}

#[derive(Debug)]
struct Leaf {
    /// The last component as it was wanted, with a directory's slash.
    name: Box<str>,
    seen: Observation,
}

impl Shelf {
    /// Remembers to look at `path`, unless that was done.
    pub(crate) fn want(&mut self, path: &str) {
        let (directory, name) = split(path);
        if let Some(known) = self.directories.get_mut(directory) {
            if known.place(name).is_err() {
                known.fresh.push(name.into());
            }
        } else {
            self.directories
                .insert(directory.into(), Directory { known: Vec::new(), fresh: vec![name.into()] });
        }
    }

    /// Looks at what was wanted since the last time.
    pub(crate) fn look_at_fresh(&mut self, look: Look<'_>) {
        for (path, directory) in &mut self.directories {
            if !directory.fresh.is_empty() {
                directory.look_at_fresh(look, path);
            }
        }
    }

    /// What the last look at `path` gave.
    pub(crate) fn seen(&self, path: &str) -> Option<&Observation> {
        let (directory, name) = split(path);
        let directory = self.directories.get(directory)?;
        directory.place(name).ok().map(|place| &directory.known[place].seen)
    }

    /// Looks again at `path`, at all below it, and at the wanted directory that it lies in.
    pub(crate) fn look_again(&mut self, look: Look<'_>, path: &str) -> Changes {
        let path = bare(path);
        let mut changes: Changes = self.look_at_one(look, path).into_iter().collect();
        changes.extend(self.look_at_one(look, split(path).0));
        let from = (Bound::Included(path), Bound::Unbounded);
        for (below, directory) in self.directories.range_mut::<str, _>(from) {
            if !below.starts_with(path) {
                break;
            }
            if is_within(below, path) {
                changes.extend(directory.look(look, below, 0..directory.known.len()));
            }
        }
        changes
    }

    /// Looks again at everything.
    pub(crate) fn refresh(&mut self, look: Look<'_>) -> Changes {
        let directories = self.directories.iter_mut();
        directories
            .flat_map(|(path, directory)| directory.look(look, path, 0..directory.known.len()))
            .collect()
    }

    /// Forgets the paths that `keep` refuses.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        for (path, directory) in &mut self.directories {
            directory.known.retain(|leaf| keep(&join(path, &leaf.name)));
        }
        self.directories.retain(|_, directory| !directory.known.is_empty());
    }

    /// Whether nothing is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.directories.is_empty()
    }

    /// Every directory in which an event may matter.
    pub(crate) fn directories(&self, rule: &Completeness) -> impl Iterator<Item = String> {
        let wants_directories = matches!(rule, Completeness::Flag { .. } | Completeness::Files { .. });
        self.directories.iter().flat_map(move |(path, directory)| {
            let inner = directory.known.iter().filter(move |_| wants_directories);
            std::iter::once(path.to_string()).chain(inner.map(|leaf| join(path, bare(&leaf.name))))
        })
    }

    fn look_at_one(&mut self, look: Look<'_>, path: &str) -> Vec<String> {
        let (parent, name) = split(path);
        let Some(directory) = self.directories.get_mut(parent) else {
            return Vec::new();
        };
        directory
            .place(name)
            .map_or_else(|_| Vec::new(), |place| directory.look(look, parent, place..place + 1))
    }
}

impl Directory {
    /// Where the leaf `name` is, or would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.known.binary_search_by(|leaf| bare(&leaf.name).cmp(bare(name)))
    }

    fn look_at_fresh(&mut self, look: Look<'_>, path: &str) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_unstable_by(|one, other| bare(one).cmp(bare(other)));
        fresh.dedup_by(|one, other| bare(one) == bare(other));
        let names: Vec<&str> = fresh.iter().map(|name| bare(name)).collect();
        let seen = look.at(path, &names);
        self.known.extend(fresh.into_iter().zip(seen).map(|(name, seen)| Leaf { name, seen }));
        self.known.sort_by(|one, other| bare(&one.name).cmp(bare(&other.name)));
        self.known.shrink_to_fit();
    }

    /// Looks again at some leaves, and gives the paths whose answer changed.
    fn look(&mut self, look: Look<'_>, path: &str, places: Range<usize>) -> Vec<String> {
        let leaves = &mut self.known[places];
        let names: Vec<&str> = leaves.iter().map(|leaf| bare(&leaf.name)).collect();
        let seen = look.at(path, &names);
        let mut changed = Vec::new();
        for (leaf, seen) in leaves.iter_mut().zip(seen) {
            if leaf.seen != seen {
                leaf.seen = seen;
                changed.push(join(path, &leaf.name));
            }
        }
        changed
    }
}

impl Look<'_> {
    fn at(self, directory: &str, names: &[&str]) -> Vec<Observation> {
        match self.root {
            Ok(root) => {
                let mut seen = observe(root, self.rule, directory, names);
                // Nothing is below a root that is being removed, but then it is not the store that said so.
                if seen.contains(&Observation::Absent)
                    && let Err(error) = root.check_there()
                {
                    seen.fill(Observation::failed(&error));
                }
                seen
            }
            Err(error) => vec![Observation::failed(error); names.len()],
        }
    }
}

fn is_within(path: &str, ancestor: &str) -> bool {
    ancestor.is_empty()
        || path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
