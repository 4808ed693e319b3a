//! Postponed: launches that ended well, of whose outputs a store gave no answer yet. A run that stays asks again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use executor::{Event, Observation};

/// After how long a store is asked again. One that is away is a matter of minutes, and to ask it costs a request.
const PAUSE: Duration = Duration::from_secs(5);

/// Launches that are to be settled again.
#[derive(Debug, Default)]
pub(crate) struct Postponed {
    /// What a person calls each, by its name.
    titles: BTreeMap<String, String>,
    again_at: Option<Instant>,
}

impl Postponed {
    /// Has a launch settled again; says whether that is news.
    pub(crate) fn add(&mut self, name: &str, title: &str) -> bool {
        self.again_at.get_or_insert_with(|| Instant::now() + PAUSE);
        self.titles.insert(name.to_owned(), title.to_owned()).is_none()
    }

    /// A launch is settled.
    pub(crate) fn remove(&mut self, name: &str) {
        self.titles.remove(name);
    }

    /// How they ended, once their time has come.
    pub(crate) fn due(&mut self) -> Vec<Event> {
        let are_due = self.again_at.take_if(|at| *at <= Instant::now()).is_some();
        let names = self.titles.keys().filter(|_| are_due);
        names.map(|name| Event { name: name.clone(), observation: Observation::Succeeded }).collect()
    }

    /// How long until there is something to be settled again.
    pub(crate) fn pause(&self) -> Option<Duration> {
        self.again_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }

    /// What a person calls them.
    pub(crate) fn titles(&self) -> Vec<&str> {
        self.titles.values().map(String::as_str).collect()
    }
}
