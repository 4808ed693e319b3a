//! What is known about the wanted paths of all stores, from as few looks as possible.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::path::{bare, check};
use crate::remote::{self, Families, ask, wait};
use crate::shelf::{Changes, Shelf};
use crate::store::{Directory, Place};
use crate::{Completeness, Presence, Store, shelf};

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
}

/// The wanted paths of one store.
#[derive(Debug)]
struct Shelves {
    store: Store,
    by_rule: BTreeMap<Completeness, Shelf>,
    families: Families,
}

/// A look at stores that answer over a network, prepared: whoever holds the catalogue can let go of it meanwhile.
#[derive(Debug, Default)]
pub struct Look(Vec<(String, remote::Look)>);

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
        Self { stores: stores.into_iter().map(shelves).collect() }
    }

    /// Looks at the wants it does not know yet, each of their directories once for each rule, and keeps all others
    /// as they are. A store or path that can't be looked at answers [`Presence::Unknown`].
    pub fn load<'a>(&mut self, wants: impl IntoIterator<Item = Want<'a>>) {
        self.want(wants);
        self.stores.values_mut().for_each(Shelves::look_at_fresh);
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
        let changes = self.stores.get_mut(store).map(|shelves| shelves.look_again(path)).unwrap_or_default();
        named(store, changes).collect()
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

impl Look {
    /// Asks the stores, all at once.
    pub async fn make(self) -> Self {
        if self.is_empty() { self } else { ask(self.make_here()).await }
    }

    /// Whether every store answered about every path.
    pub fn is_whole(&self) -> bool {
        self.0.iter().all(|(_, look)| look.is_whole())
    }

    async fn make_here(self) -> Self {
        let looks = self.0.into_iter().map(|(store, look)| async move { (store, look.make().await) });
        Self(futures::future::join_all(looks).await)
    }

    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Shelves {
    fn want(&mut self, want: Want<'_>) {
        match self.store.place() {
            Place::Remote(_) => self.families.want(want.rule, (want.prefix, want.path)),
            Place::Directory(_) => {
                if let Some(shelf) = self.by_rule.get_mut(want.rule) {
                    shelf.want(want.path);
                } else {
                    self.by_rule.entry(want.rule.clone()).or_default().want(want.path);
                }
            }
        }
    }

    fn prepare(&mut self, name: &str, extent: Extent<'_>) -> Option<(String, remote::Look)> {
        let Place::Remote(remote) = self.store.place() else { return None };
        let look = match extent {
            Extent::All => self.families.all(remote),
            Extent::Open => self.families.open(remote),
            Extent::Fresh => self.families.fresh(remote),
            Extent::Around(paths) => {
                let own = paths.iter().filter(|it| it.store == name).map(|it| it.path.as_str());
                self.families.around(remote, own)
            }
        };
        Some((name.to_owned(), look)).filter(|(_, look)| !look.is_empty())
    }

    fn look_at_fresh(&mut self) {
        match self.store.place() {
            Place::Remote(remote) => {
                let look = self.families.fresh(remote);
                self.families.look(look);
            }
            Place::Directory(directory) => {
                let root = directory.open();
                for (rule, shelf) in &mut self.by_rule {
                    shelf.look_at_fresh(shelf::Look { root: &root, rule });
                }
            }
        }
    }

    fn look_again(&mut self, path: &str) -> Changes {
        match self.store.place() {
            Place::Remote(remote) => {
                let look = self.families.around(remote, [path]);
                self.families.look(look).into_iter().collect()
            }
            Place::Directory(directory) => {
                let root = directory.open();
                let each = self.by_rule.iter_mut();
                each.flat_map(|(rule, shelf)| shelf.look_again(shelf::Look { root: &root, rule }, path))
                    .collect()
            }
        }
    }

    fn refresh_directory(&mut self) -> Changes {
        let Place::Directory(directory) = self.store.place() else { return Changes::new() };
        let root = directory.open();
        let each = self.by_rule.iter_mut();
        each.flat_map(|(rule, shelf)| shelf.refresh(shelf::Look { root: &root, rule })).collect()
    }
}

fn named(store: &str, changes: Changes) -> impl Iterator<Item = ChangedPath> {
    changes.into_iter().map(|path| ChangedPath { store: store.to_owned(), path })
}
