//! The wanted paths of a store, by dataset, and what the last look at each gave.
//!
//! A look over a network takes time, so it is prepared and taken in apart from being made: whoever holds the catalogue
//! can let go of it meanwhile. A path that was looked at again in between keeps the later answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _, stream};

use crate::Completeness;
use crate::observation::Observation;
use crate::path::bare;
use crate::remote::{Remote, look, wait};

/// Listings at once of one store: a store serves each prefix by itself, and the answers are unpacked on few threads.
const AT_ONCE: usize = 8;

/// All wanted paths of a store, by rule and by what all paths of their dataset begin with.
#[derive(Debug, Default)]
pub(crate) struct Families {
    by_rule: BTreeMap<(Completeness, Box<str>), Vec<Wanted>>,
    /// Counts looks, so that the later of two shows.
    looks: u64,
}

#[derive(Debug)]
struct Wanted {
    path: Box<str>,
    /// Nothing before the first look.
    seen: Option<Observation>,
    looked: u64,
}

/// A look at some of the wanted paths, before it is made.
#[derive(Debug)]
pub(crate) struct Look {
    remote: Arc<Remote>,
    groups: Vec<Group>,
    looked: u64,
}

/// What was seen of some paths of one dataset.
#[derive(Debug)]
struct Group {
    key: (Completeness, Box<str>),
    paths: Vec<Box<str>>,
    seen: Vec<Observation>,
}

impl Families {
    /// Remembers to look at `path` of the dataset whose paths begin with `prefix`.
    pub(crate) fn want(&mut self, rule: &Completeness, (prefix, path): (&str, &str)) {
        let family = self.by_rule.entry((rule.clone(), prefix.into())).or_default();
        if let Err(place) = place(family, path) {
            family.insert(place, Wanted { path: path.into(), seen: None, looked: 0 });
        }
    }

    /// What the last look at `path` gave.
    pub(crate) fn seen(&self, rule: &Completeness, (prefix, path): (&str, &str)) -> Option<&Observation> {
        let family = self.by_rule.get(&(rule.clone(), prefix.into()))?;
        family[place(family, path).ok()?].seen.as_ref()
    }

    /// Forgets the paths that `keep` refuses.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.by_rule.values_mut().for_each(|family| family.retain(|it| keep(&it.path)));
        self.by_rule.retain(|_, family| !family.is_empty());
    }

    /// A look at what nobody has looked at yet.
    pub(crate) fn fresh(&mut self, remote: &Arc<Remote>) -> Look {
        self.prepare(remote, |_, wanted| wanted.seen.is_none())
    }

    /// A look at everything.
    pub(crate) fn all(&mut self, remote: &Arc<Remote>) -> Look {
        self.prepare(remote, |_, _| true)
    }

    /// A look at what is not there yet, for which somebody may wait.
    pub(crate) fn open(&mut self, remote: &Arc<Remote>) -> Look {
        self.prepare(remote, |_, wanted| !matches!(wanted.seen, Some(Observation::There { settled: None })))
    }

    /// A look at `path`, at what is wanted below it, and at wanted directories that it lies in.
    pub(crate) fn around(&mut self, remote: &Arc<Remote>, path: &str) -> Look {
        let path = bare(path);
        self.prepare(remote, |rule, wanted| {
            let is_directory = !matches!(rule, Completeness::File { .. });
            let wanted = bare(&wanted.path);
            wanted == path || is_below(wanted, path) || is_directory && is_below(path, wanted)
        })
    }

    fn prepare(&mut self, remote: &Arc<Remote>, picks: impl Fn(&Completeness, &Wanted) -> bool) -> Look {
        self.looks += 1;
        let mut groups = Vec::new();
        for (key, family) in &self.by_rule {
            let picked = family.iter().filter(|wanted| picks(&key.0, wanted));
            let paths: Vec<_> = picked.map(|wanted| wanted.path.clone()).collect();
            if !paths.is_empty() {
                groups.push(Group { key: key.clone(), paths, seen: Vec::new() });
            }
        }
        Look { remote: Arc::clone(remote), groups, looked: self.looks }
    }

    /// Makes a look and takes it in. The paths whose answer changed.
    pub(crate) fn look(&mut self, look: Look) -> Vec<String> {
        if look.is_empty() { Vec::new() } else { self.take_in(wait(look.make())) }
    }

    /// Takes in what a look gave. The paths whose answer changed.
    pub(crate) fn take_in(&mut self, look: Look) -> Vec<String> {
        let mut changed = Vec::new();
        for group in look.groups {
            let Some(family) = self.by_rule.get_mut(&group.key) else { continue };
            let answers = group.paths.into_iter().zip(group.seen);
            changed.extend(answers.filter_map(|(path, seen)| {
                let place = place(family, &path).ok()?;
                family[place].learn(seen, look.looked).then(|| path.into_string())
            }));
        }
        changed
    }
}

impl Wanted {
    /// Takes in an answer, if none came from a later look; says whether it is another.
    fn learn(&mut self, seen: Observation, looked: u64) -> bool {
        if self.looked > looked {
            return false;
        }
        self.looked = looked;
        let is_another = self.seen.as_ref() != Some(&seen);
        self.seen = Some(seen);
        is_another
    }
}

impl Look {
    /// Asks the store.
    pub(crate) async fn make(mut self) -> Self {
        let remote = &self.remote;
        let looks: Vec<_> = self.groups.iter().map(|group| group.look(remote).boxed()).collect();
        let seen: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        for (group, seen) in self.groups.iter_mut().zip(seen) {
            group.seen = seen;
        }
        self
    }

    /// Whether there is nothing to look at.
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Group {
    async fn look(&self, remote: &Remote) -> Vec<Observation> {
        let paths: Vec<_> = self.paths.iter().map(AsRef::as_ref).collect();
        look::look(remote, &self.key.0, &paths).await
    }
}

/// Where `path` is among the paths of a family, or would be.
fn place(family: &[Wanted], path: &str) -> Result<usize, usize> {
    family.binary_search_by(|wanted| wanted.path.as_ref().cmp(path))
}

fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}
