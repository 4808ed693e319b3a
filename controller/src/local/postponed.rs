//! Postponed: launches that have ended, of whose outputs a store gave no answer yet. A run that stays asks again.

use std::collections::BTreeMap;
use std::time::Duration;

use executor::Event;
use planner::calendar::Instant;

/// After how long a store is asked again. One that is away is a matter of minutes, and to ask it costs a request.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// Launches that are to be settled again.
#[derive(Debug, Default)]
pub(crate) struct Postponed {
    /// By name, each with what a person calls it.
    events: BTreeMap<String, (Event, String)>,
    again_at: Option<Instant>,
}

impl Postponed {
    /// Has a launch settled again; says whether that is news.
    pub(crate) fn add(&mut self, (event, title): (Event, String), now: Instant) -> bool {
        self.again_at = Some(now + PAUSE);
        self.events.insert(event.name.clone(), (event, title)).is_none()
    }

    /// A launch is settled.
    pub(crate) fn remove(&mut self, name: &str) {
        self.events.remove(name);
    }

    /// Those whose time has come.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Event> {
        let are_due = self.again_at.take_if(|at| *at <= now).is_some();
        if are_due { self.events.values().map(|(event, _)| event.clone()).collect() } else { Vec::new() }
    }

    /// When there is something to be settled again.
    pub(crate) fn again_at(&self) -> Option<Instant> {
        self.again_at
    }

    /// What a person calls them.
    pub(crate) fn titles(&self) -> Vec<&str> {
        self.events.values().map(|(_, title)| title.as_str()).collect()
    }
}
