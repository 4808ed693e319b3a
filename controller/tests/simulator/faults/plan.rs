//! Plans: which call breaks how, and which event of a watch.

use std::collections::BTreeMap;
use std::time::Duration;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CallFault {
    /// The caller crashes before the call reaches the server.
    CrashBefore,
    /// The server does it; the caller crashes before it hears so.
    CrashAfterCommit,
    /// The caller crashes right after it has heard the answer.
    CrashAfterAnswer,
    /// The server refuses with this code and does nothing.
    Refuse(u16),
    /// The server does it and answers with this code all the same.
    RefuseAfterCommit(u16),
    /// The connection breaks before the call reaches the server.
    Disconnect,
    /// The server does it; the connection breaks before the answer.
    DisconnectAfterCommit,
    /// The server does it, and no answer ever comes.
    Silence,
}

impl CallFault {
    fn is_crash(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfterCommit | Self::CrashAfterAnswer)
    }
}

/// What becomes of an event of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum EventFault {
    /// In its place the watch says that its version is too old, and ends.
    Gone,
    /// In its place the watch ends.
    End,
    /// It and all after it come so much later.
    Delay(Duration),
    /// All that comes within this time is held back, and only the last event of each object is then told.
    Coalesce(Duration),
    /// It comes twice.
    Twice,
    /// Neither it nor anything after it comes, and the watch does not end.
    Stall,
}

/// Which calls and which events break, each by its number from 0: of all, or of those of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    calls: BTreeMap<u64, CallFault>,
    events: BTreeMap<u64, EventFault>,
    calls_of: BTreeMap<Place, CallFault>,
    events_of: BTreeMap<Place, EventFault>,
}

/// One of those of a kind: of calls, such as `POST jobs`, or of the events of a collection's watches, such as `jobs`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) kind: String,
    pub(crate) number: u64,
}

impl Plan {
    pub(crate) fn with_call(mut self, number: u64, fault: CallFault) -> Self {
        self.calls.insert(number, fault);
        self
    }

    pub(crate) fn with_event(mut self, number: u64, fault: EventFault) -> Self {
        self.events.insert(number, fault);
        self
    }

    pub(crate) fn with_call_of(mut self, place: Place, fault: CallFault) -> Self {
        self.calls_of.insert(place, fault);
        self
    }

    pub(crate) fn with_event_of(mut self, place: Place, fault: EventFault) -> Self {
        self.events_of.insert(place, fault);
        self
    }

    /// Whether the events of watches break.
    pub(crate) fn breaks_watches(&self) -> bool {
        !self.events.is_empty() || !self.events_of.is_empty()
    }

    /// Whether the caller crashes.
    pub(crate) fn crashes(&self) -> bool {
        self.calls.values().chain(self.calls_of.values()).any(|it| it.is_crash())
    }

    /// Whether a watch is silent for as long as its client bears that.
    pub(crate) fn has_stall(&self) -> bool {
        self.events.values().any(|it| *it == EventFault::Stall)
    }

    /// What becomes of a call, by its number of all and its place among its kind.
    pub(super) fn call(&self, number: u64, place: &Place) -> Option<CallFault> {
        self.calls.get(&number).or_else(|| self.calls_of.get(place)).copied()
    }

    /// The same for an event of a watch.
    pub(super) fn event(&self, number: u64, place: &Place) -> Option<EventFault> {
        self.events.get(&number).or_else(|| self.events_of.get(place)).copied()
    }

    /// How many faults are planned.
    pub(super) fn len(&self) -> usize {
        self.calls.len() + self.events.len() + self.calls_of.len() + self.events_of.len()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} of {}", self.number, self.kind)
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let calls = self.calls.iter().map(|(number, fault)| format!("call {number} {fault:?}"));
        let events = self.events.iter().map(|(number, fault)| format!("event {number} {fault:?}"));
        let calls_of = self.calls_of.iter().map(|(place, fault)| format!("call {place} {fault:?}"));
        let events_of = self.events_of.iter().map(|(place, fault)| format!("event {place} {fault:?}"));
        let all = calls.chain(events).chain(calls_of).chain(events_of);
        formatter.write_str(&all.collect::<Vec<_>>().join(", "))
    }
}
