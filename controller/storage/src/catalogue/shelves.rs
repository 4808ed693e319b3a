//! The wanted paths of one store, and how they are looked at.

use std::collections::BTreeMap;

use crate::catalogue::{Extent, Patience, Want};
use crate::remote::{self, Families};
use crate::shelf::{Changes, Shelf};
use crate::store::Place;
use crate::{Completeness, Store, shelf};

/// The wanted paths of one store.
#[derive(Debug)]
pub(super) struct Shelves {
    pub(super) store: Store,
    pub(super) by_rule: BTreeMap<Completeness, Shelf>,
    pub(super) families: Families,
}

impl Shelves {
    pub(super) fn may_wait(&self, patience: Patience) -> bool {
        patience == Patience::ForAll || matches!(self.store.place(), Place::Directory(_))
    }

    pub(super) fn want(&mut self, want: Want<'_>) {
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

    pub(super) fn prepare(&mut self, name: &str, extent: Extent<'_>) -> Option<(String, remote::Look)> {
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

    pub(super) fn look_at_fresh(&mut self) {
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

    pub(super) fn look_again(&mut self, path: &str) -> Changes {
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

    pub(super) fn refresh_directory(&mut self) -> Changes {
        let Place::Directory(directory) = self.store.place() else { return Changes::new() };
        let root = directory.open();
        let each = self.by_rule.iter_mut();
        each.flat_map(|(rule, shelf)| shelf.refresh(shelf::Look { root: &root, rule })).collect()
    }
}
