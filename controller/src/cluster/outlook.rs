//! Outlook: what an observation of a launch means for it: it goes on, it is over, or somebody has to be asked.

use std::time::Duration;

use executor::Failure;
use executor::kubernetes::Left;
use planner::calendar::Instant;
use planner::facts::{Outcome, Stage};
use planner::launch::Launch;

use crate::cluster::launch::job_name;
use crate::cluster::limits::{
    ASK_PAUSE, CREATE_WITHIN, DISRUPTED_PAUSE, DISRUPTED_PAUSE_MAX, GIVE_UP_AFTER, LOG_PATIENCE,
    REFUSED_PAUSE, START_PATIENCE,
};
use crate::cluster::mind::Kept;
use crate::cluster::order::What;
use crate::cluster::overlay::{LAG_MAX, Sent};
use crate::cluster::settle::Case;
use crate::cluster::sighting::{Sighting, ended_at};

/// How much of a failed step's log its sentence repeats.
const LOG_LINES: usize = 3;

/// Why a launch is over that never began.
const CHANGED: &str = "its step was changed before it could start";

/// What a launch has come to.
pub(crate) enum Outlook {
    /// It goes on, as far as this.
    Goes(Stage),
    /// It goes on, and is looked at again then.
    GoesUntil(Stage, Instant),
    /// It was told to go, before its end and for this reason.
    Interrupted(String),
    /// It is over, and this is to be done about it.
    Over(What),
    /// The server is to be asked itself.
    Ask,
}

impl Outlook {
    fn ended(outcome: Outcome) -> Self {
        Self::Over(What::End(outcome))
    }
}

fn since(kept: &Kept, launch: &Launch) -> Option<Instant> {
    let history = kept.work.facts.history(launch.partition, launch.step)?;
    history.running.as_ref().map(|running| running.since)
}

/// A launch that failed by itself. Its log says why, so it is waited for, but not for long.
pub(crate) fn failed(
    kept: &Kept,
    case: &Case<'_>,
    (launch, sighting, failure): (&Launch, &Sighting, &Failure),
) -> Outlook {
    let log = kept.archive.log(&kept.work.plan, launch);
    let patience = ended_at(sighting.job.as_deref()).unwrap_or(case.now) + LOG_PATIENCE;
    let lines = log.last_lines(LOG_LINES);
    if lines.is_none() && sighting.last_pod().is_some() && case.now < patience {
        return Outlook::GoesUntil(Stage::Running, patience);
    }
    let lines = lines.filter(|lines| !lines.is_empty());
    let words = lines.map(|lines| format!("; its log ends: {}", lines.join(" | "))).unwrap_or_default();
    Outlook::ended(Outcome::Failed { exit_code: failure.exit_code(), why: format!("{failure}{words}") })
}

/// A launch that was ended from outside. That its pod was deleted is so only if the server has none: the cache may lag.
pub(crate) fn disrupted(
    kept: &Kept,
    case: &Case<'_>,
    (launch, sighting, why): (&Launch, &Sighting, String),
) -> Outlook {
    let name = job_name(&kept.work.plan, launch);
    let is_told = kept.overlay.disruptions.contains_key(&name);
    if sighting.pods.is_empty() && !is_told {
        match kept.overlay.left_within(&name, LAG_MAX) {
            Some(Left::Nothing | Left::JobAlone) => {}
            Some(Left::Pod) if kept.overlay.left_within(&name, ASK_PAUSE).is_some() => {
                return Outlook::GoesUntil(Stage::Running, case.now + ASK_PAUSE);
            }
            Some(Left::Pod) | None => return Outlook::Ask,
        }
    }
    let why = kept.overlay.disruptions.get(&name).cloned().unwrap_or(why);
    let ended = ended_at(sighting.job.as_deref()).unwrap_or(case.now);
    launched_again(case, (launch, ended, why))
}

/// What was ended from outside is launched again, the later the more often that happened: a node that rejects its pod
/// does so at once, every time.
fn launched_again(case: &Case<'_>, (launch, from, why): (&Launch, Instant, String)) -> Outlook {
    let doublings = launch.launch.saturating_sub(2).min(16);
    let pause = if launch.launch == 1 { Duration::ZERO } else { DISRUPTED_PAUSE * (1 << doublings) };
    let again = from + pause.min(DISRUPTED_PAUSE_MAX);
    if case.now < again {
        return Outlook::GoesUntil(Stage::Held(format!("{why}; it is launched again after a pause")), again);
    }
    Outlook::ended(Outcome::Disrupted(why))
}

/// A launch whose node does not answer is waited for, and written off in the end: its staging is its own.
pub(crate) fn lost(case: &Case<'_>, (why, since): (String, Instant)) -> Outlook {
    let written_off = since + case.configuration.steps.lost_after;
    if case.now < written_off {
        return Outlook::GoesUntil(Stage::Held(why), written_off);
    }
    Outlook::ended(Outcome::Disrupted(format!("{why}; it is written off")))
}

/// A launch of which the caches show nothing that may run: it is on its way, was never sent, or was deleted. Each cache
/// lags on its own: the one of pods may have shown the whole life of a pod before the other shows its Job. So it is over
/// only when the server itself has neither.
pub(crate) fn gone(kept: &Kept, case: &Case<'_>, launch: &Launch) -> Outlook {
    let age =
        since(kept, launch).map_or(Duration::MAX, |since| (case.now - since).to_std().unwrap_or_default());
    let name = job_name(&kept.work.plan, launch);
    match kept.overlay.jobs.get(&name) {
        Some(Sent::Refused(_) | Sent::Gone) if is_outdated(kept, launch) => {
            Outlook::ended(Outcome::Disrupted(CHANGED.to_owned()))
        }
        Some(Sent::Refused(why)) => Outlook::GoesUntil(Stage::Held(why.clone()), case.now + REFUSED_PAUSE),
        Some(Sent::Gone) => {
            let began = since(kept, launch).unwrap_or(case.now);
            let why = kept.overlay.interruptions.get(&name).map_or("its Job was deleted", String::as_str);
            launched_again(case, (launch, began, why.to_owned()))
        }
        Some(Sent::Absent) if age >= GIVE_UP_AFTER => {
            Outlook::ended(Outcome::Disrupted("its Job was never created, or was deleted unseen".to_owned()))
        }
        // Whoever began it may still be about to create its Job; the name makes that safe for everyone.
        None | Some(Sent::Absent) if age < CREATE_WITHIN => {
            Outlook::GoesUntil(Stage::Running, case.now + START_PATIENCE)
        }
        Some(Sent::Created) if age < GIVE_UP_AFTER => {
            Outlook::GoesUntil(Stage::Running, case.now + GIVE_UP_AFTER)
        }
        None | Some(Sent::Absent) if age < GIVE_UP_AFTER => {
            Outlook::GoesUntil(Stage::Running, case.now + GIVE_UP_AFTER.saturating_sub(age))
        }
        _ if kept.overlay.left_within(&name, ASK_PAUSE).is_some() => {
            Outlook::GoesUntil(Stage::Running, case.now + ASK_PAUSE)
        }
        None | Some(Sent::Created | Sent::Seen | Sent::Absent) => Outlook::Ask,
    }
}

/// Whether the step of a launch has changed since it was decided.
fn is_outdated(kept: &Kept, launch: &Launch) -> bool {
    !kept.overlay.current.contains(&job_name(&kept.work.plan, launch))
}

/// Every pod waits a little before it starts, and its node tells late that it did: only a longer wait is worth a word.
/// A launch that waits longer to be what its step no longer is gives its place to the next; what runs finishes.
pub(crate) fn waiting(kept: &Kept, case: &Case<'_>, (launch, why): (&Launch, String)) -> Outlook {
    let worth_a_word = since(kept, launch).unwrap_or(case.now) + START_PATIENCE;
    if case.now < worth_a_word {
        return Outlook::GoesUntil(Stage::Running, worth_a_word);
    }
    if is_outdated(kept, launch) {
        return Outlook::Goes(Stage::Held(format!("{CHANGED}; its Job is being deleted")));
    }
    Outlook::GoesUntil(Stage::Held(why), case.now + REFUSED_PAUSE)
}
