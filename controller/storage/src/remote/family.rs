//! The wanted paths of a store, by dataset, and what the last look at each gave.
//!
//! A look over a network takes time, so it is prepared and taken in apart from being made: whoever holds the catalogue
//! can let go of it meanwhile. A path that was looked at again in between keeps the later answer.

use std::collections::{BTreeMap, BTreeSet};
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
        self.pick(remote, |wanted| wanted.seen.is_none())
    }

    /// A look at everything.
    pub(crate) fn all(&mut self, remote: &Arc<Remote>) -> Look {
        self.pick(remote, |_| true)
    }

    /// A look at what is not there yet, for which somebody may wait.
    pub(crate) fn open(&mut self, remote: &Arc<Remote>) -> Look {
        self.pick(remote, |wanted| !matches!(wanted.seen, Some(Observation::There { settled: None })))
    }

    /// A look at paths, at what is wanted below them, and at wanted directories that they lie in.
    pub(crate) fn around<'a>(
        &mut self,
        remote: &Arc<Remote>,
        paths: impl IntoIterator<Item = &'a str>,
    ) -> Look {
        let paths: Vec<_> = paths.into_iter().map(bare).collect();
        self.prepare(remote, |rule, family| {
            let places = paths.iter().flat_map(|path| near(family, rule, path));
            places.collect::<BTreeSet<_>>().into_iter().collect()
        })
    }

    fn pick(&mut self, remote: &Arc<Remote>, picks: fn(&Wanted) -> bool) -> Look {
        self.prepare(remote, |_, family| (0..family.len()).filter(|place| picks(&family[*place])).collect())
    }

    fn prepare(
        &mut self,
        remote: &Arc<Remote>,
        picks: impl Fn(&Completeness, &[Wanted]) -> Vec<usize>,
    ) -> Look {
        self.looks += 1;
        let mut groups = Vec::new();
        for (key, family) in &self.by_rule {
            let paths: Vec<_> =
                picks(&key.0, family).into_iter().map(|place| family[place].path.clone()).collect();
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
        self.doubt_absence().await;
        self
    }

    /// In a store that is not there nothing is, but then it is not the store that said so. It is asked once.
    async fn doubt_absence(&mut self) {
        let all = self.groups.iter_mut().flat_map(|group| &mut group.seen);
        let absent: Vec<_> = all.filter(|it| **it == Observation::Absent).collect();
        if absent.is_empty() {
            return;
        }
        if let Err(error) = self.remote.check_there().await {
            let failed = Observation::failed(&error);
            for seen in absent {
                seen.clone_from(&failed);
            }
        }
    }

    /// Whether the store answered about every path.
    pub(crate) fn is_whole(&self) -> bool {
        let mut seen = self.groups.iter().flat_map(|group| &group.seen);
        seen.all(|it| !matches!(it, Observation::Failed(_)))
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

/// Where `path` is in a family, what is wanted below it, and the wanted directories that it lies in.
fn near(family: &[Wanted], rule: &Completeness, path: &str) -> Vec<usize> {
    let mut places = at_and_below(family, path);
    if !matches!(rule, Completeness::File { .. }) {
        places.extend(above(family, path));
    }
    places
}

/// Where `path` is in a family, as a file or a directory, and what is wanted below it.
fn at_and_below(family: &[Wanted], path: &str) -> Vec<usize> {
    if path.is_empty() {
        return (0..family.len()).collect();
    }
    let directory = format!("{path}/");
    let first = family.partition_point(|wanted| *wanted.path < *directory);
    let count = family[first..].iter().take_while(|wanted| wanted.path.starts_with(&directory)).count();
    place(family, path).into_iter().chain(first..first + count).collect()
}

/// Where the directories that `path` lies in are in a family.
fn above(family: &[Wanted], path: &str) -> Vec<usize> {
    let ends = path.match_indices('/').map(|(end, _)| end);
    ends.flat_map(|end| [place(family, &path[..end]), place(family, &path[..=end])]).flatten().collect()
}
