//! Closely: what a path looks like now. Whoever must not wait for services asks directories alone, notes what services are to
//! be asked, and looks once more when they were.

use std::collections::{BTreeMap, BTreeSet};

use storage::{ChangedPath, Completeness, Store};

/// A path of a store, and the rule by which it is looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) store: String,
    /// What all paths of its dataset begin with: they are asked for together.
    pub(crate) prefix: String,
    pub(crate) rule: Completeness,
    pub(crate) path: String,
}

/// What a path looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Print {
    /// The text of its fingerprint.
    There(String),
    /// Positively nothing is there.
    Absent,
    /// The store gave no answer.
    Unknown,
    /// The store has not been questions.
    Unasked,
}

/// What services are to be asked, and what they said.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    open: BTreeSet<Spot>,
    answers: BTreeMap<Spot, Print>,
    /// Whether there ever were any.
    were_asked: bool,
}

/// Where it is looked.
#[derive(Debug)]
pub(crate) struct Closely<'a> {
    stores: &'a BTreeMap<String, Store>,
    /// None where services are asked at once.
    questions: Option<&'a mut Questions>,
}

impl<'a> Closely<'a> {
    /// Looks at once, wherever it is.
    pub(crate) fn at_once(stores: &'a BTreeMap<String, Store>) -> Self {
        Self { stores, questions: None }
    }

    /// Looks at once into directories, and takes what services said when they were questions.
    pub(crate) fn as_asked(stores: &'a BTreeMap<String, Store>, questions: &'a mut Questions) -> Self {
        Self { stores, questions: Some(questions) }
    }

    /// What a path looks like.
    pub(crate) fn look(&mut self, spot: Spot) -> Print {
        let Some(store) = self.stores.get(&spot.store) else { return Print::Unknown };
        match &mut self.questions {
            Some(questions) if store.directory().is_none() => questions.answer(spot),
            Some(_) | None => {
                print(storage::fingerprint(store, &spot.path, &spot.rule).map_err(|_| storage::NoAnswer))
            }
        }
    }

    /// Whether services were asked anything in this thought: what was made of it without the answer is made anew.
    pub(crate) fn has_asked(&self) -> bool {
        self.questions.as_ref().is_some_and(|questions| questions.were_asked)
    }
}

impl Questions {
    /// Whether services are to be asked anything.
    pub(crate) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What services are to be asked, by dataset.
    pub(crate) fn open(&self) -> Vec<Vec<Spot>> {
        let all: Vec<_> = self.open.iter().cloned().collect();
        let is_alike = |one: &Spot, other: &Spot| {
            (&one.store, &one.prefix, &one.rule) == (&other.store, &other.prefix, &other.rule)
        };
        all.chunk_by(is_alike).map(<[Spot]>::to_vec).collect()
    }

    /// Asks services what they are to be asked; whether that was anything.
    pub(crate) fn ask(&mut self, stores: &BTreeMap<String, Store>) -> bool {
        let is_open = self.is_open();
        for (spot, print) in self.open().into_iter().flat_map(|group| ask(stores, group)) {
            self.take_in(spot, print);
        }
        is_open
    }

    /// Takes in an answer, if it is still asked for.
    pub(crate) fn take_in(&mut self, spot: Spot, answer: Print) {
        if self.open.remove(&spot) {
            self.answers.insert(spot, answer);
        }
    }

    /// Forgets what was said about paths that changed since.
    pub(crate) fn outdate(&mut self, changes: &[ChangedPath]) {
        if !self.were_asked {
            return;
        }
        let changes: BTreeSet<_> = changes.iter().map(|it| (it.store.as_str(), it.path.as_str())).collect();
        let is_new = |spot: &Spot| changes.contains(&(spot.store.as_str(), spot.path.as_str()));
        self.open.retain(|spot| !is_new(spot));
        self.answers.retain(|spot, _| !is_new(spot));
    }

    fn answer(&mut self, spot: Spot) -> Print {
        if let Some(answer) = self.answers.get(&spot) {
            return answer.clone();
        }
        self.open.insert(spot);
        self.were_asked = true;
        Print::Unasked
    }
}

/// Asks a store about paths of one dataset.
pub(crate) fn ask(stores: &BTreeMap<String, Store>, group: Vec<Spot>) -> Vec<(Spot, Print)> {
    let Some((store, first)) = group.first().and_then(|it| Some((stores.get(&it.store)?, it))) else {
        return group.into_iter().map(|spot| (spot, Print::Unknown)).collect();
    };
    let paths: Vec<_> = group.iter().map(|spot| spot.path.as_str()).collect();
    let seen = storage::fingerprints(store, &first.rule, &paths);
    group.into_iter().zip(seen.into_iter().map(print)).collect()
}

fn print(seen: storage::Seen) -> Print {
    match seen {
        Ok(Some(seen)) => Print::There(seen.to_string()),
        Ok(None) => Print::Absent,
        Err(storage::NoAnswer) => Print::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spot(store: &str, path: &str) -> Spot {
        let rule = Completeness::File { min_bytes: 0, settle: Duration::ZERO };
        Spot { store: store.to_owned(), prefix: path.to_owned(), rule, path: path.to_owned() }
    }

    #[test]
    fn directories_are_asked_at_once_and_services_as_was_noted() {
        let folder = tempfile::tempdir().unwrap();
        let stores = [Store::fs("near", folder.path()).unwrap(), Store::memory("far").unwrap()];
        let stores: BTreeMap<_, _> = stores.into_iter().map(|it| (it.name().to_owned(), it)).collect();
        let (mut questions, far) = (Questions::default(), spot("far", "a"));
        let mut closely = Closely::as_asked(&stores, &mut questions);
        assert_eq!(closely.look(spot("near", "a")), Print::Absent);
        assert_eq!(closely.look(spot("nowhere", "a")), Print::Unknown);
        assert_eq!((closely.look(far.clone()), closely.has_asked()), (Print::Unasked, true));
        assert_eq!(questions.open(), [[far.clone()]]);
        assert_eq!((questions.ask(&stores), questions.ask(&stores)), (true, false));
        let mut closely = Closely::as_asked(&stores, &mut questions);
        assert_eq!((closely.look(far.clone()), closely.has_asked()), (Print::Absent, true));
        assert_eq!(Closely::at_once(&stores).look(far), Print::Absent);
    }

    #[test]
    fn what_changed_while_it_was_asked_for_is_asked_for_again() {
        let stores = BTreeMap::from([("far".to_owned(), Store::memory("far").unwrap())]);
        let (mut questions, far) = (Questions::default(), spot("far", "a"));
        Closely::as_asked(&stores, &mut questions).look(far.clone());
        questions.outdate(&[ChangedPath { store: "far".to_owned(), path: "a".to_owned() }]);
        questions.take_in(far.clone(), Print::Absent);
        assert_eq!(Closely::as_asked(&stores, &mut questions).look(far), Print::Unasked);
    }
}
