//! What is known about the wanted paths of all stores, from as few looks as possible.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::path::check;
use crate::shelf::{Changes, Look, Shelf};
use crate::{Completeness, Presence, Store};

/// A path that somebody asks about.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// The store's name.
    pub store: &'a str,
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

/// The memory of what storage said about each wanted path, by store, rule and directory.
///
/// It holds the wanted paths alone, about 100 bytes each, however many others lie beside them. It answers from
/// memory, and is as fresh as the last look: hints and a regular [`Catalogue::refresh`] keep it so.
#[derive(Debug)]
pub struct Catalogue {
    stores: BTreeMap<String, Shelves>,
}

#[derive(Debug)]
struct Shelves {
    store: Store,
    by_rule: BTreeMap<Completeness, Shelf>,
}

impl Catalogue {
    /// A catalogue of these stores that has looked at nothing yet.
    pub fn new(stores: impl IntoIterator<Item = Store>) -> Self {
        let shelves = |store: Store| (store.name().to_owned(), Shelves { store, by_rule: BTreeMap::new() });
        Self { stores: stores.into_iter().map(shelves).collect() }
    }

    /// Looks at the wants it does not know yet, each of their directories once for each rule, and keeps all others
    /// as they are. A store or path that can't be looked at answers [`Presence::Unknown`].
    pub fn load<'a>(&mut self, wants: impl IntoIterator<Item = Want<'a>>) {
        for want in wants {
            let Some(shelves) = self.stores.get_mut(want.store) else {
                continue;
            };
            if check(want.path).is_err() {
                continue;
            }
            if let Some(shelf) = shelves.by_rule.get_mut(want.rule) {
                shelf.want(want.path);
            } else {
                shelves.by_rule.entry(want.rule.clone()).or_default().want(want.path);
            }
        }
        for shelves in self.stores.values_mut() {
            let root = shelves.store.open();
            for (rule, shelf) in &mut shelves.by_rule {
                shelf.look_at_fresh(Look { root: &root, rule });
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
        }
    }

    /// The answer about one want at `now`, from memory.
    pub fn presence(&self, want: Want<'_>, now: SystemTime) -> Presence {
        let Some(shelves) = self.stores.get(want.store) else {
            return Presence::Unknown { reason: format!("there is no store `{}`", want.store) };
        };
        let seen = shelves.by_rule.get(want.rule).and_then(|shelf| shelf.seen(want.path));
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
        let Some(shelves) = self.stores.get_mut(store) else {
            return Vec::new();
        };
        let root = shelves.store.open();
        let each = shelves.by_rule.iter_mut();
        let changes =
            each.flat_map(|(rule, shelf)| shelf.look_again(Look { root: &root, rule }, path)).collect();
        named(store, changes).collect()
    }

    /// Looks again at everything. Gives the wanted paths whose answer changed, sorted.
    pub fn refresh(&mut self) -> Vec<ChangedPath> {
        let refresh = |(name, shelves): (&String, &mut Shelves)| {
            let root = shelves.store.open();
            let each = shelves.by_rule.iter_mut();
            let changes = each.flat_map(|(rule, shelf)| shelf.refresh(Look { root: &root, rule })).collect();
            named(name, changes).collect::<Vec<_>>()
        };
        self.stores.iter_mut().flat_map(refresh).collect()
    }

    /// The name and root of each store.
    pub(crate) fn roots(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.stores.iter().map(|(name, shelves)| (name.as_str(), shelves.store.root().to_owned()))
    }

    /// Every directory in which an event may matter to a want.
    pub(crate) fn directories(&self) -> impl Iterator<Item = PathBuf> {
        self.stores.values().flat_map(|shelves| {
            let all = shelves.by_rule.iter().flat_map(|(rule, shelf)| shelf.directories(rule));
            all.map(|directory| shelves.store.local_path(&directory))
        })
    }
}

fn named(store: &str, changes: Changes) -> impl Iterator<Item = ChangedPath> {
    changes.into_iter().map(|path| ChangedPath { store: store.to_owned(), path })
}
