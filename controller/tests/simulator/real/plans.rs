//! The plans: every workload that can be played in real time, every call and every event of it, every fault.

use std::time::Duration;

use crate::dice::Dice;
use crate::faults::{CallFault, EventFault, Kinds, Place, Plan};
use crate::sweeps::{CRASHES, ERRORS};

/// The faults of watches that make sense in real time. A watch that falls silent is given up only after minutes, and long
/// delays are no more than waiting: those are the simulator's.
const BREAKS: [EventFault; 5] = [
    EventFault::Gone,
    EventFault::End,
    EventFault::Delay(Duration::from_secs(2)),
    EventFault::Coalesce(Duration::from_secs(2)),
    EventFault::Twice,
];

/// The seed of the sample: the same plans each time, so that one that fails can be run again.
const SEED: u64 = 1;

/// Which workload, and what breaks in it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) workload: &'static str,
    pub(super) plan: Plan,
    /// The fault's kind, by which a sample is even.
    fault: String,
}

impl std::fmt::Display for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.workload, self.plan)
    }
}

/// All plans of all workloads, in an order of which each beginning is even: first over crashes, errors and watches that
/// break, then over the faults of each.
pub(super) fn all(workloads: &[(&'static str, Kinds)]) -> Vec<Case> {
    let each = |cases: fn(&str, &Kinds) -> Vec<(Plan, String)>| {
        let of_workload = |(workload, kinds): &(&'static str, Kinds)| {
            let case = |(plan, fault)| Case { workload, plan, fault };
            cases(workload, kinds).into_iter().map(case).collect::<Vec<_>>()
        };
        workloads.iter().flat_map(of_workload).collect()
    };
    let groups = [
        each(|_, kinds| calls(kinds, &CRASHES)),
        each(|_, kinds| calls(kinds, &ERRORS)),
        each(|_, kinds| events(kinds)),
    ];
    in_turn(groups.into_iter().map(evenly).collect())
}

fn calls(kinds: &Kinds, faults: &[CallFault]) -> Vec<(Plan, String)> {
    let mut plans = Vec::new();
    for place in places(&kinds.calls) {
        // A Job that the server finds invalid is a failed try: that is another end.
        let is_create = place.kind == "POST jobs";
        for fault in faults.iter().filter(|it| !is_create || **it != CallFault::Refuse(422)) {
            plans.push((Plan::default().with_call_of(place.clone(), *fault), format!("{fault:?}")));
        }
    }
    plans
}

fn events(kinds: &Kinds) -> Vec<(Plan, String)> {
    let places = places(&kinds.events);
    let plan = |place: Place, fault| (Plan::default().with_event_of(place, fault), format!("{fault:?}"));
    places.flat_map(|place| BREAKS.map(|fault| plan(place.clone(), fault))).collect()
}

fn places(counts: &std::collections::BTreeMap<String, u64>) -> impl Iterator<Item = Place> {
    let of_kind = |(kind, count): (&String, &u64)| {
        let kind = kind.clone();
        (0..*count).map(move |number| Place { kind: kind.clone(), number })
    };
    counts.iter().flat_map(of_kind)
}

/// Shuffled, and then one of each fault in turn.
fn evenly(mut cases: Vec<Case>) -> Vec<Case> {
    cases.sort_by_cached_key(|case| Dice::of(SEED, case.to_string()).below(u64::MAX));
    let mut by_fault = std::collections::BTreeMap::<_, Vec<_>>::new();
    for case in cases {
        by_fault.entry(case.fault.clone()).or_default().push(case);
    }
    in_turn(by_fault.into_values().collect())
}

/// The first of each, then the second of each, until all are taken.
fn in_turn(groups: Vec<Vec<Case>>) -> Vec<Case> {
    let mut groups: Vec<_> = groups.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(groups.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}
