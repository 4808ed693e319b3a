//! Settle: what the cluster shows of launches becomes facts. What ended well is verified and published, and every end is
//! recorded before its Job may go.

mod elders;
mod recall;

use executor::Observation;
use executor::kubernetes::{JobRef, Seen, disruption, observe};
use planner::calendar::Instant;
use planner::facts::Stage;
use planner::launch::Launch;

use crate::cluster::begin::order;
use crate::cluster::configuration::Configuration;
use crate::cluster::launch::job_name;
use crate::cluster::limits::ASK_PAUSE;
use crate::cluster::mind::{Id, Kept, LaunchKey, Mind, key};
use crate::cluster::order::{Order, What};
use crate::cluster::outlook::{self, Outlook};
use crate::cluster::reconcile::Fetched;
use crate::cluster::release::{follow, release};
use crate::cluster::scribe::Follow;
use crate::cluster::sighting::{Sighting, Sightings};
use crate::work::launch::{note_stage, stage};
use crate::work::records::RecordsError;

pub(crate) use elders::is_of_an_elder;

/// What is to be done about launches that run or have ended.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Jobs to be ended.
    pub(crate) kill: Vec<JobRef>,
    /// Jobs that may go after a while: their ends are recorded, their logs are kept.
    pub(crate) expire: Vec<JobRef>,
    /// Jobs of which the server is to be asked itself, by name.
    pub(crate) look: Vec<String>,
    /// Jobs of which no pod is made, and of which the server is to be asked why.
    pub(crate) ask: Vec<JobRef>,
    /// Logs to be kept.
    pub(crate) follow: Vec<Follow>,
    /// What is to be done in storage.
    pub(crate) orders: Vec<Order>,
    /// When to look again, whatever happens.
    pub(crate) wake_at: Option<Instant>,
}

/// All that settling looks at.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) id: &'a Id,
    pub(crate) fetched: &'a Fetched,
    pub(crate) sightings: &'a Sightings,
    pub(crate) configuration: &'a Configuration,
    pub(crate) now: Instant,
}

impl Settled {
    /// Has the pipeline looked at again then, if not before.
    pub(crate) fn wake_by(&mut self, at: Instant) {
        self.wake_at = Some(self.wake_at.map_or(at, |before| before.min(at)));
    }
}

/// Settles the launches of a pipeline. Nothing comes of it while records are lacking.
pub(crate) fn settle(mind: &mut Mind, case: &Case<'_>) -> Result<Settled, RecordsError> {
    let mut settled = Settled::default();
    let Some((kept, ..)) = mind.at(case.id) else { return Ok(settled) };
    recall::recall(kept, case)?;
    if kept.is_lacking() {
        return Ok(settled);
    }
    let own = kept.work.running.values().filter(|launch| !is_of_an_elder(kept, launch));
    for launch in own.cloned().collect::<Vec<_>>() {
        settle_launch(mind, case, (&launch, &mut settled));
    }
    elders::settle_elders(mind, case, &mut settled);
    let Some((kept, ..)) = mind.at(case.id) else { return Ok(settled) };
    release(kept, case, &mut settled);
    Ok(settled)
}

/// Whether a launch is of its step as that is now.
pub(crate) fn is_current(kept: &Kept, launch: &Launch) -> bool {
    launch.trial.whole == kept.work.plan.step(launch.step).whole_digest
}

fn settle_launch(mind: &mut Mind, case: &Case<'_>, (launch, settled): (&Launch, &mut Settled)) {
    let Some((kept, stores, _)) = mind.at(case.id) else { return };
    let nothing = Sighting::default();
    let sighting = case.sightings.launches.get(&key(launch)).unwrap_or(&nothing);
    let pods: Vec<_> = sighting.pods.iter().map(AsRef::as_ref).collect();
    let name = job_name(&kept.work.plan, launch);
    if let Some(why) = sighting.pods.iter().find_map(|pod| disruption(pod)) {
        // A pod that has to go says why, and is often gone before its Job has failed.
        kept.overlay.disruptions.insert(name.clone(), why);
    }
    let refusal = kept.overlay.refusals.get(&name).map(String::as_str);
    let seen = Seen { job: sighting.job.as_deref(), pods: &pods, refusal, now: case.now.into() };
    let observation = observe(&seen);
    if has_run(&observation) {
        settled.follow.extend(follow(kept, sighting, launch));
    }
    if kept.ledger.is_busy(&kept.work.launch_name(launch), case.now) {
        return;
    }
    let is_waiting = matches!(observation, Observation::Waiting { .. });
    match outlook(kept, case, (launch, sighting, observation)) {
        Outlook::Interrupted(why) => {
            settled.kill.extend(sighting.job_ref());
            kept.overlay.interruptions.insert(name, why.clone());
            note_stage(&mut kept.work, launch, Stage::Held(why));
        }
        Outlook::Goes(stage) => {
            settled.kill.extend(sighting.job_ref().filter(|_| is_waiting && is_held(&stage)));
            note_stage(&mut kept.work, launch, stage);
        }
        Outlook::GoesUntil(stage, until) => {
            let is_stuck = is_waiting && is_held(&stage) && pods.is_empty();
            settled.ask.extend(sighting.job_ref().filter(|_| is_stuck));
            note_stage(&mut kept.work, launch, stage);
            settled.wake_by(until);
        }
        Outlook::Ask => {
            settled.look.push(name);
            settled.wake_by(case.now + ASK_PAUSE);
        }
        Outlook::Over(what) => settled.orders.push(order(kept, (case.id, stores), (launch, what, case.now))),
    }
}

/// What an observation of a launch means for it.
fn outlook(
    kept: &Kept,
    case: &Case<'_>,
    (launch, sighting, observation): (&Launch, &Sighting, Observation),
) -> Outlook {
    match observation {
        // What was on its way when a process died arrives, whatever became of its Job.
        _ if stage(&kept.work, launch) == Some(&Stage::Publishing) => Outlook::Over(What::Publish),
        Observation::Succeeded => Outlook::Over(What::Settle),
        Observation::Failed(failure) => outlook::failed(kept, case, (launch, sighting, &failure)),
        Observation::Disrupted { why } => outlook::disrupted(kept, case, (launch, sighting, why)),
        Observation::Interrupted { why } => Outlook::Interrupted(why),
        Observation::Lost { why, since } => outlook::lost(case, (why, since.into())),
        Observation::Gone => outlook::gone(kept, case, launch),
        Observation::Running { .. } => Outlook::Goes(Stage::Running),
        Observation::Waiting { why } => outlook::waiting(kept, case, (launch, why)),
    }
}

fn is_held(stage: &Stage) -> bool {
    matches!(stage, Stage::Held(_))
}

/// Whether there is a log: before its container runs a pod has none.
fn has_run(observation: &Observation) -> bool {
    matches!(observation, Observation::Running { .. } | Observation::Succeeded | Observation::Failed(_))
}

/// A launch of which only the key matters.
pub(crate) fn launch_of((partition, step, attempt, launch): LaunchKey, kept: &Kept) -> Launch {
    let planned = kept.work.plan.step(step);
    let trial =
        planner::facts::Trial { whole: planned.whole_digest, result: planned.result_digest, request: None };
    let (outputs, products) = (Vec::new(), Vec::new());
    Launch { step, partition, attempt, launch, trial, outputs, replaces: false, products }
}
