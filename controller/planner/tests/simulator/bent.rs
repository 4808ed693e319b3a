//! Bent: what a runtime with a bug makes of what it is told.

use std::collections::BTreeMap;
use std::rc::Rc;

use planner::facts::{Facts, Outcome};
use planner::pipeline::{Order, Parts};

use crate::bugs::Bug;
use crate::spec::Spec;

/// The spec as a runtime with a bug understands it.
pub(crate) fn spec(spec: &Rc<Spec>, bug: Option<Bug>) -> Rc<Spec> {
    let with = |change: fn(&mut Parts)| Rc::new(spec.with(change));
    match bug {
        Some(Bug::IgnoresSuspension) => {
            let mut bent = spec.with(|parts| parts.suspend = false);
            bent.suspended.clear();
            Rc::new(bent)
        }
        Some(Bug::IgnoresParallelism) => with(|parts| parts.parallelism += 2),
        Some(Bug::LaunchesLeastUrgent) => with(|parts| {
            parts.order = match parts.order {
                Order::OldestFirst => Order::NewestFirst,
                Order::NewestFirst => Order::OldestFirst,
            };
        }),
        Some(Bug::ForgetsBackoff) => with(|parts| {
            for step in &mut parts.steps {
                step.retries.backoff = std::time::Duration::ZERO;
            }
        }),
        Some(Bug::ForgetsRetryLimit) => with(|parts| {
            for step in &mut parts.steps {
                step.retries.max_attempts += 1;
            }
        }),
        _ => Rc::clone(spec),
    }
}

/// Histories as a runtime that forgets failures replays them.
pub(crate) fn forget_failures(facts: &mut [Facts]) {
    let steps = facts.iter_mut().flat_map(|facts| facts.history.values_mut());
    for history in steps.flat_map(BTreeMap::values_mut) {
        history.ended.retain(|ended| !matches!(ended.outcome, Outcome::Failed { .. }));
    }
}
