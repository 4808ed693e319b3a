//! Postponed: launches that have ended, of whose outputs a store gave no answer yet. A run that stays asks again.

use std::collections::BTreeMap;
use std::time::Duration;

use executor::Event;
use planner::calendar::Instant;

/// After how long a store is asked again. One that is away is a matter of minutes, and to ask it costs a request.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// Launches that are to be settled again, by name.
#[derive(Debug, Default)]
pub(crate) struct Postponed {
    events: BTreeMap<String, Event>,
    again_at: Option<Instant>,
}

impl Postponed {
    /// Has a launch settled again; says whether that is news.
    pub(crate) fn add(&mut self, event: Event, now: Instant) -> bool {
        self.again_at = Some(now + PAUSE);
        self.events.insert(event.name.clone(), event).is_none()
    }

    /// A launch is settled.
    pub(crate) fn remove(&mut self, name: &str) {
        self.events.remove(name);
    }

    /// Those whose time has come.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Event> {
        let are_due = self.again_at.take_if(|at| *at <= now).is_some();
        if are_due { self.events.values().cloned().collect() } else { Vec::new() }
    }

    /// When there is something to be settled again.
    pub(crate) fn again_at(&self) -> Option<Instant> {
        self.again_at
    }

    /// The names of all.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.events.keys().map(String::as_str).collect()
    }
}
