//! What is known about the wanted paths, from as few listings as possible.

use std::time::SystemTime;

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

/// The memory of what storage said about each wanted path.
#[derive(Debug)]
pub struct Catalogue {}

impl Catalogue {
    /// A catalogue of these stores that has looked at nothing yet.
    pub fn new(_stores: impl IntoIterator<Item = Store>) -> Self {
        todo!()
    }

    /// Looks at the wants it does not know yet, each directory once, and keeps all others as they are.
    pub fn load<'a>(&mut self, _wants: impl IntoIterator<Item = Want<'a>>) {
        todo!()
    }

    /// Forgets the paths for which `keep(store, path)` is false, so that a moving window needs no more memory.
    pub fn retain(&mut self, _keep: impl Fn(&str, &str) -> bool) {
        todo!()
    }

    /// The answer about one want, from memory: Unknown where it was never loaded.
    pub fn presence(&self, _want: Want<'_>, _now: SystemTime) -> Presence {
        todo!()
    }

    /// Looks again at `path` and at what is wanted below and around it, after an event or our own publish.
    /// Gives the wanted paths whose answer changed.
    pub fn look_again(&mut self, _store: &str, _path: &str) -> Vec<ChangedPath> {
        todo!()
    }

    /// Looks again at everything. Gives the wanted paths whose answer changed.
    pub fn refresh(&mut self) -> Vec<ChangedPath> {
        todo!()
    }
}
