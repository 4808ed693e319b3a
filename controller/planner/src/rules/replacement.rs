//! Are outputs that exist made anew? Only for a request, once for each, or where the step asks for a rebuild.

use crate::facts::{ABSENT, Ended, Outcome};
use crate::pipeline::WhenChanged;
use crate::rules::outputs::Outputs;
use crate::rules::{Case, scope};
use crate::verdict::Replacement;

/// Why outputs are made anew, if they are. A request also brings back what is not expected any more, or not demanded; a
/// change only bears on what is there.
pub(crate) fn replacement(case: &Case<'_>, outputs: &Outputs) -> Option<Replacement> {
    if let Some(place) = newest_request(case).filter(|place| !is_served(case, *place)) {
        return Some(Replacement::Requested(place));
    }
    if !outputs.has_data() || !scope::is_looked_after(case) {
        return None;
    }
    if has_step_changed(case) {
        return Some(Replacement::StepChanged);
    }
    let rebuilds = case.step().when_inputs_change == WhenChanged::Rebuild;
    (rebuilds && have_inputs_changed(case)).then_some(Replacement::InputsChanged)
}

/// The newest request to make this anew: each gives a failed step new tries.
pub(crate) fn newest_request(case: &Case<'_>) -> Option<usize> {
    let requests = &case.world.facts.requests;
    requests.iter().rposition(|it| it.rerun && !it.suspended && it.covers(case.partition, case.step))
}

fn is_served(case: &Case<'_>, place: usize) -> bool {
    let name = &case.world.facts.requests[place].name;
    let serves = |ended: &Ended| {
        ended.outcome == Outcome::Succeeded && ended.trial.request.as_ref().is_some_and(|it| it == name)
    };
    case.history.is_some_and(|history| history.ended.iter().any(serves))
}

fn has_step_changed(case: &Case<'_>) -> bool {
    let step = case.step();
    let success = || case.history.and_then(|history| history.maker());
    step.when_step_changes == WhenChanged::Rebuild
        && success().is_some_and(|ended| ended.trial.result != step.result_digest)
}

/// Whether a fact that is looked at closely could ask for a rebuild.
pub(crate) fn may_rebuild(case: &Case<'_>) -> bool {
    let is_recorded = || case.history.is_some_and(|history| history.maker().is_some());
    case.step().when_inputs_change == WhenChanged::Rebuild && is_recorded()
}

/// Whether an input of the last success looks different now. Absent is not changed, and no record is never stale.
pub(crate) fn have_inputs_changed(case: &Case<'_>) -> bool {
    let success = || case.history.and_then(|history| history.maker());
    // Nobody looked closely: the usual case, asked of every complete step.
    !case.world.facts.inputs.is_empty() && success().is_some_and(|ended| changed_input(case, ended).is_some())
}

/// The first input that looks different from what a launch saw.
pub(crate) fn changed_input<'a>(case: &'a Case<'_>, ended: &Ended) -> Option<&'a str> {
    let current = case.world.facts.inputs.get(&(case.partition, case.step))?;
    let mut changed = current
        .iter()
        .filter(|(path, now)| *now != ABSENT && ended.inputs.get(*path).is_some_and(|before| before != *now));
    changed.next().map(|(path, _)| path.as_str())
}
