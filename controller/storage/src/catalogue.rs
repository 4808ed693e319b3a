//! What is known about the wanted paths of all stores, from as few looks as possible.

mod look;
mod shelves;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::catalogue::shelves::Shelves;
use crate::path::{bare, check};
use crate::remote::{Families, wait};
use crate::shelf::Changes;
use crate::store::{Directory, Place};
use crate::{Completeness, Presence, Store};

pub use look::Look;

/// A path that somebody asks about.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// The store's name.
    pub store: &'a str,
    /// What all paths of its dataset begin with: where a store answers over a network they are listed together.
    pub prefix: &'a str,
    /// The path below the store's root; a directory's ends with a slash.
    pub path: &'a str,
    /// When it counts as complete.
    pub rule: &'a Completeness,
}

/// A path about which something changed, or may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedPath {
    /// The store's name.
    pub store: String,
    /// The path below the store's root.
    pub path: String,
}

/// The memory of what storage said about each wanted path, by store, rule and directory or dataset.
///
/// It holds the wanted paths alone, about 100 bytes each, however many others lie beside them. It answers from
/// memory, and is as fresh as the last look: hints and a regular [`Catalogue::refresh`] keep it so.
#[derive(Debug)]
pub struct Catalogue {
    stores: BTreeMap<String, Shelves>,
    patience: Patience,
}

/// Whether whoever holds a catalogue waits for stores that answer over a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    ForAll,
    ForDirectories,
}

/// What a prepared look is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// At everything.
    All,
    /// At what was not there the last time: somebody may wait for it.
    Open,
    /// At what nobody has looked at yet.
    Fresh,
    /// At these paths, at what is wanted below them, and at wanted directories that they lie in.
    Around(&'a [ChangedPath]),
}

impl Catalogue {
    /// A catalogue of these stores that has looked at nothing yet.
    pub fn new(stores: impl IntoIterator<Item = Store>) -> Self {
        let shelves = |store: Store| {
            let name = store.name().to_owned();
            (name, Shelves { store, by_rule: BTreeMap::new(), families: Families::default() })
        };
        Self { stores: stores.into_iter().map(shelves).collect(), patience: Patience::ForAll }
    }

    /// A catalogue that looks at stores over a network by prepared looks alone, for nobody may wait with it in hand.
    #[must_use]
    pub fn that_waits_for_directories_only(self) -> Self {
        Self { patience: Patience::ForDirectories, ..self }
    }

    /// Looks at the wants it does not know yet, each of their directories once for each rule, and keeps all others
    /// as they are. A store or path that can't be looked at answers [`Presence::Unknown`].
    pub fn load<'a>(&mut self, wants: impl IntoIterator<Item = Want<'a>>) {
        self.want(wants);
        let patience = self.patience;
        self.stores.values_mut().filter(|it| it.may_wait(patience)).for_each(Shelves::look_at_fresh);
    }

    /// Notes wants, and looks at none of them yet.
    pub fn want<'a>(&mut self, wants: impl IntoIterator<Item = Want<'a>>) {
        for want in wants {
            let lawful = check(want.path).is_ok();
            if let Some(shelves) = self.stores.get_mut(want.store).filter(|_| lawful) {
                shelves.want(want);
            }
        }
    }

    /// Forgets the paths for which `keep(store, path)` is false, so that a moving window needs no more memory.
    pub fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        for (store, shelves) in &mut self.stores {
            for shelf in shelves.by_rule.values_mut() {
                shelf.retain(|path| keep(store, path));
            }
            shelves.by_rule.retain(|_, shelf| !shelf.is_empty());
            shelves.families.retain(|path| keep(store, path));
        }
    }

    /// The answer about one want at `now`, from memory.
    pub fn presence(&self, want: Want<'_>, now: SystemTime) -> Presence {
        let Some(shelves) = self.stores.get(want.store) else {
            return Presence::Unknown { reason: format!("there is no store `{}`", want.store) };
        };
        let seen = match shelves.store.place() {
            Place::Directory(_) => shelves.by_rule.get(want.rule).and_then(|shelf| shelf.seen(want.path)),
            Place::Remote(_) => shelves.families.seen(want.rule, (want.prefix, want.path)),
        };
        match (seen, check(want.path)) {
            (Some(seen), _) => seen.presence(now),
            (None, Err(bad)) => Presence::Unknown { reason: bad.to_string() },
            (None, Ok(())) => Presence::Unknown {
                reason: format!("nobody has looked at {} yet", shelves.store.uri(want.path)),
            },
        }
    }

    /// Looks again at `path`, at what is wanted below it, and at a wanted directory that it lies in, after a hint or
    /// our own publish. Gives the wanted paths whose answer changed, sorted.
    pub fn look_again(&mut self, store: &str, path: &str) -> Vec<ChangedPath> {
        let patience = self.patience;
        let shelves = self.stores.get_mut(store).filter(|it| it.may_wait(patience));
        named(store, shelves.map(|it| it.look_again(path)).unwrap_or_default()).collect()
    }

    /// As [`Catalogue::look_again`], but only at paths in directories of this machine, which answer at once.
    pub fn look_again_in_directories(&mut self, paths: &[ChangedPath]) -> Vec<ChangedPath> {
        let mut changes = Vec::new();
        for ChangedPath { store, path } in paths {
            let shelves = self.stores.get_mut(store);
            let shelves = shelves.filter(|it| matches!(it.store.place(), Place::Directory(_)));
            changes.extend(shelves.into_iter().flat_map(|it| named(store, it.look_again(path))));
        }
        changes
    }

    /// Looks again at everything. Gives the wanted paths whose answer changed, sorted.
    pub fn refresh(&mut self) -> Vec<ChangedPath> {
        let mut changes = self.refresh_directories();
        let look = wait(self.prepare(Extent::All).make_here());
        changes.extend(self.take_in(look));
        changes
    }

    /// Looks again at everything in directories of this machine, and at nothing else.
    pub fn refresh_directories(&mut self) -> Vec<ChangedPath> {
        let refresh = |(name, shelves): (&String, &mut Shelves)| {
            named(name, shelves.refresh_directory()).collect::<Vec<_>>()
        };
        self.stores.iter_mut().flat_map(refresh).collect()
    }

    /// Prepares a look at the stores that answer over a network.
    pub fn prepare(&mut self, extent: Extent<'_>) -> Look {
        Look(self.stores.iter_mut().filter_map(|(name, shelves)| shelves.prepare(name, extent)).collect())
    }

    /// Prepares a look at one store, if it answers over a network.
    pub fn prepare_in(&mut self, store: &str, extent: Extent<'_>) -> Look {
        let shelves = self.stores.get_mut(store);
        Look(shelves.and_then(|shelves| shelves.prepare(store, extent)).into_iter().collect())
    }

    /// Takes in what a look gave, but for paths that were looked at again meanwhile. Gives the wanted paths whose answer
    /// changed, sorted.
    pub fn take_in(&mut self, look: Look) -> Vec<ChangedPath> {
        let mut changes = Vec::new();
        for (store, look) in look.0 {
            if let Some(shelves) = self.stores.get_mut(&store) {
                changes.extend(named(&store, shelves.families.take_in(look).into_iter().collect()));
            }
        }
        changes
    }

    /// Whether any store answers over a network.
    pub fn has_services(&self) -> bool {
        self.stores.values().any(|shelves| matches!(shelves.store.place(), Place::Remote(_)))
    }

    /// The name and root of each store that is a directory of this machine.
    pub(crate) fn roots(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let directories = self.directories_of_stores();
        directories.map(|(shelves, directory)| (shelves.store.name(), directory.root().to_owned()))
    }

    /// Every directory of this machine in which an event may matter to a want.
    pub(crate) fn directories(&self) -> impl Iterator<Item = PathBuf> {
        self.directories_of_stores().flat_map(|(shelves, root)| {
            let all = shelves.by_rule.iter().flat_map(|(rule, shelf)| shelf.directories(rule));
            all.map(|directory| root.root().join(bare(&directory)))
        })
    }

    fn directories_of_stores(&self) -> impl Iterator<Item = (&Shelves, &Directory)> {
        self.stores.values().filter_map(|shelves| match shelves.store.place() {
            Place::Directory(directory) => Some((shelves, directory)),
            Place::Remote(_) => None,
        })
    }
}

fn named(store: &str, changes: Changes) -> impl Iterator<Item = ChangedPath> {
    changes.into_iter().map(|path| ChangedPath { store: store.to_owned(), path })
}
