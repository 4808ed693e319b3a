//! Is the partition wanted? It must be due, looked after by the window, a request or a consumer, and not rest.

use crate::rules::Case;
use crate::verdict::Verdict;
use crate::window;

/// Why nothing may start here, whatever is missing.
pub(crate) fn verdict(case: &Case<'_>) -> Option<Verdict> {
    let parts = case.world.pipeline.parts();
    if case.partition > case.judged.newest_due {
        return Some(Verdict::NotDue { until: window::due_at(parts, case.partition) });
    }
    if !is_looked_after(case) && !case.demand.wants(case.partition, case.step) {
        return Some(if is_request_resting(case) { Verdict::Suspended } else { Verdict::OutsideWindow });
    }
    let rests = parts.suspend || case.world.facts.suspended.contains(&case.partition);
    rests.then_some(Verdict::Suspended)
}

/// Whether the window or a request looks after this step of this partition. A request may reach beyond `start` and `end`,
/// where there is nothing to ask for; a launch of there may still run from before they were moved.
pub(crate) fn is_looked_after(case: &Case<'_>) -> bool {
    let is_asked = || {
        let requests = case.world.facts.requests.iter();
        requests.filter(|it| !it.suspended).any(|it| it.covers(case.partition, case.step))
    };
    case.judged.window.contains(&case.partition.0)
        || window::exists(case.world.pipeline.parts(), case.partition) && is_asked()
}

fn is_request_resting(case: &Case<'_>) -> bool {
    case.world.facts.requests.iter().any(|it| it.suspended && it.covers(case.partition, case.step))
}
