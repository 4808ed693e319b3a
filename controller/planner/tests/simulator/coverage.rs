//! Coverage: how often each kind of thing happened, so that the simulator can't become vacuous.

use std::collections::BTreeMap;

/// Counts by what happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage(pub(crate) BTreeMap<&'static str, u64>);

/// What must have happened in a full run.
pub(crate) const EXPECTED: [&str; 36] = [
    "backfills asked for",
    "crashes between two effects",
    "crashes while waiting",
    "discarded outputs",
    "disruptions",
    "evictions",
    "failed for good",
    "failures",
    "files too young",
    "foreign files in the way",
    "foreign outputs",
    "hints doubled",
    "hints lost",
    "inputs changed",
    "inputs deleted",
    "launches",
    "launches for a backfill",
    "launches on demand",
    "occupied outputs",
    "orphans ended",
    "outages",
    "outputs deleted",
    "parts at direct outputs",
    "publications taken up again",
    "rebuilds",
    "relaunches of one attempt",
    "reruns",
    "reruns asked for",
    "second attempts",
    "step changes",
    "successes",
    "successes without an output",
    "suspensions",
    "time-outs",
    "unknown answers",
    "waits for room",
];

impl Coverage {
    pub(crate) fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_insert(0) += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_insert(0) += count;
        }
    }
}
