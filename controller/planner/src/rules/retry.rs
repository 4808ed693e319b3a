//! Is there another try? Only failures of the same trial count, and they are paused between.

use std::time::Duration;

use chrono::TimeDelta;

use crate::calendar::Instant;
use crate::facts::{Ended, Outcome, Trial};
use crate::rules::{Case, replacement};
use crate::verdict::Verdict;

/// The tries are used up, or the last one ended in a way that another try can't mend.
pub(crate) fn failed(case: &Case<'_>) -> Option<Verdict> {
    let retries = &case.step().retries;
    let Failures { count, last } = failures(case);
    let is_final = match &last?.outcome {
        Outcome::Failed { exit_code: Some(code), .. } => retries.non_retriable_exit_codes.contains(code),
        Outcome::Failed { exit_code: None, .. }
        | Outcome::Succeeded
        | Outcome::Discarded
        | Outcome::Disrupted(_) => false,
    };
    (count >= retries.max_attempts || is_final).then_some(Verdict::Failed)
}

/// The pause after the last failure is not over.
pub(crate) fn backing_off(case: &Case<'_>) -> Option<Verdict> {
    let failures = failures(case);
    let pause = TimeDelta::from_std(pause(case, failures.count)).unwrap_or(TimeDelta::MAX);
    let until = failures.last?.at.checked_add_signed(pause).unwrap_or(Instant::MAX_UTC);
    (until > case.world.now).then_some(Verdict::BackingOff { until })
}

/// The failures since the last success, request or change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failures<'a> {
    pub(crate) count: u32,
    pub(crate) last: Option<&'a Ended>,
}

/// Counts the failures at the end of the history that were tries of the same.
pub(crate) fn failures<'a>(case: &Case<'a>) -> Failures<'a> {
    let mut failures = Failures { count: 0, last: None };
    let Some(history) = case.history else { return failures };
    let is_forgiven = |ended: &Ended| case.world.facts.forgive_before.is_some_and(|from| ended.at < from);
    for ended in history.ended.iter().rev() {
        let is_other_trial = is_forgiven(ended) || !is_same_trial(case, &ended.trial);
        match ended.outcome {
            Outcome::Succeeded | Outcome::Discarded => return failures,
            Outcome::Failed { .. } | Outcome::Disrupted(_) if is_other_trial => return failures,
            Outcome::Disrupted(_) => {}
            Outcome::Failed { .. } if replacement::changed_input(case, ended).is_some() => return failures,
            Outcome::Failed { .. } => {
                failures.count += 1;
                failures.last = failures.last.or(Some(ended));
            }
        }
    }
    failures
}

/// Whether a launch tried the step as it is now, for the same request.
fn is_same_trial(case: &Case<'_>, trial: &Trial) -> bool {
    let request = replacement::newest_request(case).map(|place| &case.world.facts.requests[place].name);
    trial.whole == case.step().whole_digest && trial.request.as_ref() == request
}

/// The pause doubles with each failure, up to its limit.
fn pause(case: &Case<'_>, failures: u32) -> Duration {
    let retries = &case.step().retries;
    let doublings = failures.saturating_sub(1).min(30);
    retries.backoff.saturating_mul(1 << doublings).min(retries.max_backoff)
}

/// The attempt and launch numbers of the next launch. A disrupted launch is no try: the same attempt goes on.
pub(crate) fn next_numbers(case: &Case<'_>) -> (u32, u32) {
    let Some(history) = case.history else { return (1, 1) };
    let goes_on = history
        .last()
        .filter(|ended| matches!(ended.outcome, Outcome::Disrupted(_)) && is_same_trial(case, &ended.trial));
    goes_on.map_or_else(|| (history.attempts() + 1, 1), |ended| (ended.attempt, ended.launch + 1))
}
