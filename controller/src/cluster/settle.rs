//! Settle: what the cluster shows of launches becomes facts. What ended well is verified and published, and every end is
//! recorded before its Job may go.

use std::time::Duration;

use executor::Observation;
use executor::kubernetes::{JobRef, Seen, disruption, observe};
use k8s_openapi::api::batch::v1::Job;
use planner::calendar::Instant;
use planner::facts::{Outcome, Running, Stage};
use planner::launch::Launch;
use storage::ChangedPath;

use crate::cluster::configuration::Configuration;
use crate::cluster::launch::job_name;
use crate::cluster::limits::{
    CREATE_WITHIN, DISRUPTED_PAUSE, DISRUPTED_PAUSE_MAX, GIVE_UP_AFTER, LOG_PATIENCE, REFUSED_PAUSE,
    START_PATIENCE,
};
use crate::cluster::mind::{Id, Kept, LaunchKey, Mind, key};
use crate::cluster::overlay::Sent;
use crate::cluster::reconcile::Fetched;
use crate::cluster::scribe::Follow;
use crate::cluster::sighting::{Sighting, Sightings};
use crate::seat::metrics::Metrics;
use crate::work::launch::{self, unfinished};
use crate::work::pipeline::Work;
use crate::work::publish::{publish, verify_and_publish};
use crate::work::records::{Record, Records as _, RecordsError};

/// How much of a failed step's log its sentence repeats.
const LOG_LINES: usize = 3;

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
    /// Paths that may have changed.
    pub(crate) changes: Vec<ChangedPath>,
    /// When to look again, whatever happens.
    pub(crate) wake_at: Option<Instant>,
}

/// What a launch has come to.
enum Step {
    /// It goes on, as far as this.
    Goes(Stage),
    /// It goes on, and is looked at again then.
    GoesUntil(Stage, Instant),
    /// It is over.
    Over(Outcome),
    /// The server is to be asked itself.
    Ask,
}

/// All that settling looks at.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) id: &'a Id,
    pub(crate) fetched: &'a Fetched,
    pub(crate) sightings: &'a Sightings,
    pub(crate) configuration: &'a Configuration,
    pub(crate) metrics: &'a Metrics,
    pub(crate) now: Instant,
}

/// Settles the launches of a pipeline.
pub(crate) fn settle(mind: &mut Mind, case: &Case<'_>) -> Result<Settled, RecordsError> {
    let mut settled = Settled::default();
    let Some((kept, ..)) = mind.at(case.id) else { return Ok(settled) };
    recall(kept, case)?;
    let own = kept.work.running.values().filter(|launch| !is_of_an_elder(kept, launch));
    for launch in own.cloned().collect::<Vec<_>>() {
        settle_launch(mind, case, (&launch, &mut settled))?;
    }
    settle_elders(mind, case, &mut settled)?;
    let Some((kept, ..)) = mind.at(case.id) else { return Ok(settled) };
    release(kept, case, &mut settled);
    Ok(settled)
}

/// Reads the records of all that is seen, so that each launch in the cluster is known.
fn recall(kept: &mut Kept, case: &Case<'_>) -> Result<(), RecordsError> {
    for launch_key in case.sightings.launches.keys() {
        if !is_known(kept, *launch_key) {
            // Another controller launched it, or this process has just begun.
            kept.archive.reload(launch_key.0);
            let Kept { work, archive, .. } = kept;
            archive.load(&work.plan, &[launch_key.0], &mut work.facts.history)?;
            work.is_stale = true;
        }
        if !is_known(kept, *launch_key) {
            adopt(kept, *launch_key, case.now)?;
        }
        let name = job_name(&kept.work.plan, &launch_of(*launch_key, kept));
        kept.overlay.jobs.insert(name, Sent::Seen);
    }
    let running =
        unfinished(&kept.work).into_iter().map(|(launch, _)| ((launch.partition, launch.step), launch));
    kept.work.running = running.collect();
    Ok(())
}

fn is_known(kept: &Kept, (partition, step, attempt, launch): LaunchKey) -> bool {
    let Some(history) = kept.work.facts.history(partition, step) else { return false };
    let runs = |it: &Running| (it.attempt, it.launch) == (attempt, launch);
    history.running.as_ref().is_some_and(runs)
        || history.ended.iter().any(|it| (it.attempt, it.launch) == (attempt, launch))
}

/// Takes on a launch that has lost its record: someone removed the archive while it ran.
fn adopt(
    kept: &mut Kept,
    (partition, step, attempt, launch): LaunchKey,
    now: Instant,
) -> Result<(), RecordsError> {
    let Kept { work, archive, .. } = kept;
    let planned = work.plan.step(step);
    let trial =
        planner::facts::Trial { whole: planned.whole_digest, result: planned.result_digest, request: None };
    let launch =
        Launch { step, partition, attempt, launch, trial, outputs: planned.outputs.clone(), replaces: false };
    let inputs = planner::facts::Fingerprints::new();
    archive.write(&Record::launched(&work.plan, &launch, (&inputs, now)), (&work.plan, &launch))?;
    work.facts.history.entry(partition).or_default().entry(step).or_default().start(&launch, inputs, now);
    Ok(())
}

/// Settles the launches that began before the spec changed, by the plan of then.
fn settle_elders(mind: &mut Mind, case: &Case<'_>, settled: &mut Settled) -> Result<(), RecordsError> {
    let Some(kept) = mind.pipelines.get_mut(case.id) else { return Ok(()) };
    for mut elder in std::mem::take(&mut kept.elders) {
        let before: Vec<_> = elder.running.values().cloned().collect();
        let sightings = Sightings::new(&elder.plan, &case.fetched.jobs, &case.fetched.pods);
        let case = Case { sightings: &sightings, ..*case };
        swap(mind, &case, &mut elder);
        for launch in &before {
            settle_launch(mind, &case, (launch, settled))?;
        }
        swap(mind, &case, &mut elder);
        let Some(kept) = mind.pipelines.get_mut(case.id) else { return Ok(()) };
        let over = before.iter().filter(|it| !elder.running.contains_key(&(it.partition, it.step)));
        for partition in over.map(|launch| launch.partition) {
            kept.archive.reload(partition);
            let Kept { work, archive, .. } = kept;
            archive.load(&work.plan, &[partition], &mut work.facts.history)?;
            work.is_stale = true;
        }
        if !elder.running.is_empty() {
            kept.elders.push(elder);
        }
    }
    Ok(())
}

fn swap(mind: &mut Mind, case: &Case<'_>, elder: &mut Work) {
    if let Some(kept) = mind.pipelines.get_mut(case.id) {
        std::mem::swap(&mut kept.work, elder);
    }
}

/// Whether a launch began before the spec changed, so that it ends by the plan of then.
pub(crate) fn is_of_an_elder(kept: &Kept, launch: &Launch) -> bool {
    let name = job_name(&kept.work.plan, launch);
    let owns = |elder: &Work| elder.running.values().any(|it| job_name(&elder.plan, it) == name);
    kept.elders.iter().any(owns)
}

fn settle_launch(
    mind: &mut Mind,
    case: &Case<'_>,
    (launch, settled): (&Launch, &mut Settled),
) -> Result<(), RecordsError> {
    let Some((kept, stores, catalogue)) = mind.at(case.id) else { return Ok(()) };
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
    let was_publishing = stage(kept, launch) == Some(&Stage::Publishing);
    let observation = observe(&seen);
    if has_run(&observation) {
        settled.follow.extend(follow(kept, sighting, launch));
    }
    let step = match observation {
        // What was on its way when a process died arrives, whatever became of its Job.
        _ if was_publishing => Step::Over(publish(&kept.work, stores, launch)),
        Observation::Succeeded => {
            let (work, mut sight) = kept.sight(stores, catalogue);
            Step::Over(verify_and_publish(work, &mut sight, (launch, case.now))?)
        }
        Observation::Failed(failure) => failed(kept, case, (launch, sighting, &failure)),
        Observation::Disrupted { why } => {
            let why = kept.overlay.disruptions.remove(&name).unwrap_or(why);
            disrupted(case, (launch, sighting, why))
        }
        Observation::Interrupted { why } => {
            settled.kill.extend(sighting.job_ref());
            Step::Goes(Stage::Held(why))
        }
        Observation::Lost { why, since } => lost(case, (why, since.into())),
        Observation::Gone => gone(kept, case, launch),
        Observation::Running { .. } => Step::Goes(Stage::Running),
        Observation::Waiting { why } => {
            let step = waiting(kept, case, (launch, why));
            if matches!(step, Step::GoesUntil(Stage::Held(_), _)) && pods.is_empty() {
                settled.ask.extend(sighting.job_ref());
            }
            step
        }
    };
    take(mind, case, (launch, step, settled))
}

/// Takes over what a launch has come to.
fn take(
    mind: &mut Mind,
    case: &Case<'_>,
    (launch, step, settled): (&Launch, Step, &mut Settled),
) -> Result<(), RecordsError> {
    let Some((kept, stores, catalogue)) = mind.at(case.id) else { return Ok(()) };
    match step {
        Step::Goes(stage) => note_stage(kept, launch, stage),
        Step::GoesUntil(stage, until) => {
            note_stage(kept, launch, stage);
            settled.wake_at = Some(settled.wake_at.map_or(until, |at| at.min(until)));
        }
        Step::Ask => settled.look.push(job_name(&kept.work.plan, launch)),
        Step::Over(_) if kept.archive.has_ended(&kept.work.plan, launch) => {
            // Another controller recorded the end, and its word holds.
            kept.archive.reload(launch.partition);
            kept.work.running.remove(&(launch.partition, launch.step));
            let Kept { work, archive, .. } = kept;
            archive.load(&work.plan, &[launch.partition], &mut work.facts.history)?;
            work.is_stale = true;
        }
        Step::Over(outcome) => {
            case.metrics.ended(&case.id.labels(), &outcome);
            let (work, mut sight) = kept.sight(stores, catalogue);
            settled.changes.extend(launch::end(work, &mut sight, (launch, outcome, case.now))?);
        }
    }
    Ok(())
}

fn stage<'a>(kept: &'a Kept, launch: &Launch) -> Option<&'a Stage> {
    let history = kept.work.facts.history(launch.partition, launch.step)?;
    history.running.as_ref().map(|running| &running.stage)
}

fn since(kept: &Kept, launch: &Launch) -> Option<Instant> {
    let history = kept.work.facts.history(launch.partition, launch.step)?;
    history.running.as_ref().map(|running| running.since)
}

fn note_stage(kept: &mut Kept, launch: &Launch, stage: Stage) {
    let histories = kept.work.facts.history.get_mut(&launch.partition);
    let running = histories.and_then(|it| it.get_mut(&launch.step)).and_then(|it| it.running.as_mut());
    if let Some(running) = running.filter(|running| running.stage != stage) {
        running.stage = stage;
        kept.work.is_stale = true;
    }
}

/// A launch that failed by itself. Its log says why, so it is waited for, but not for long.
fn failed(
    kept: &Kept,
    case: &Case<'_>,
    (launch, sighting, failure): (&Launch, &Sighting, &executor::Failure),
) -> Step {
    let log = kept.archive.log(&kept.work.plan, launch);
    let patience = ended_at(sighting.job.as_deref()).unwrap_or(case.now) + LOG_PATIENCE;
    if !log.exists() && sighting.last_pod().is_some() && case.now < patience {
        return Step::GoesUntil(Stage::Running, patience);
    }
    let words = match executor::last_lines(&log, LOG_LINES) {
        Ok(lines) if !lines.is_empty() => format!("; its log ends: {}", lines.join(" | ")),
        Ok(_) | Err(_) => String::new(),
    };
    Step::Over(Outcome::Failed { exit_code: failure.exit_code(), why: format!("{failure}{words}") })
}

/// A launch that was ended from outside is launched again, the later the more often that happened: a node that rejects
/// its pod does so at once, every time.
fn disrupted(case: &Case<'_>, (launch, sighting, why): (&Launch, &Sighting, String)) -> Step {
    let doublings = launch.launch.saturating_sub(2).min(16);
    let pause = if launch.launch == 1 { Duration::ZERO } else { DISRUPTED_PAUSE * (1 << doublings) };
    let again = ended_at(sighting.job.as_deref()).unwrap_or(case.now) + pause.min(DISRUPTED_PAUSE_MAX);
    if case.now < again {
        return Step::GoesUntil(Stage::Held(format!("{why}; it is launched again after a pause")), again);
    }
    Step::Over(Outcome::Disrupted(why))
}

/// A launch whose node does not answer is waited for, and written off in the end: its staging is its own.
fn lost(case: &Case<'_>, (why, since): (String, Instant)) -> Step {
    let written_off = since + case.configuration.steps.lost_after;
    if case.now < written_off {
        return Step::GoesUntil(Stage::Held(why), written_off);
    }
    Step::Over(Outcome::Disrupted(format!("{why}; it is written off")))
}

/// A launch of which the caches show nothing: it is on its way, was never sent, or was deleted.
fn gone(kept: &Kept, case: &Case<'_>, launch: &Launch) -> Step {
    let age =
        since(kept, launch).map_or(Duration::MAX, |since| (case.now - since).to_std().unwrap_or_default());
    match kept.overlay.jobs.get(&job_name(&kept.work.plan, launch)) {
        Some(Sent::Refused(why)) => Step::GoesUntil(Stage::Held(why.clone()), case.now + REFUSED_PAUSE),
        Some(Sent::Seen) => Step::Over(Outcome::Disrupted("its Job was deleted".to_owned())),
        Some(Sent::Absent) if age >= GIVE_UP_AFTER => {
            Step::Over(Outcome::Disrupted("its Job was never created, or was deleted unseen".to_owned()))
        }
        // Whoever began it may still be about to create its Job; the name makes that safe for everyone.
        None | Some(Sent::Absent) if age < CREATE_WITHIN => {
            Step::GoesUntil(Stage::Running, case.now + START_PATIENCE)
        }
        Some(Sent::Created) if age < GIVE_UP_AFTER => {
            Step::GoesUntil(Stage::Running, case.now + GIVE_UP_AFTER)
        }
        None | Some(Sent::Absent) if age < GIVE_UP_AFTER => {
            Step::GoesUntil(Stage::Running, case.now + GIVE_UP_AFTER.saturating_sub(age))
        }
        None | Some(Sent::Created | Sent::Absent) => Step::Ask,
    }
}

/// Every pod waits a little before it starts: only a longer wait is worth a word.
fn waiting(kept: &Kept, case: &Case<'_>, (launch, why): (&Launch, String)) -> Step {
    let worth_a_word = since(kept, launch).unwrap_or(case.now) + START_PATIENCE;
    if case.now < worth_a_word {
        return Step::GoesUntil(Stage::Running, worth_a_word);
    }
    Step::GoesUntil(Stage::Held(why), case.now + REFUSED_PAUSE)
}

/// Lets the Jobs of recorded launches go once their logs are kept, and ends those that nobody waits for.
fn release(kept: &mut Kept, case: &Case<'_>, settled: &mut Settled) {
    for (launch_key, sighting) in &case.sightings.launches {
        let Some((job, job_ref)) = sighting.job.as_deref().zip(sighting.job_ref()) else { continue };
        let launch = launch_of(*launch_key, kept);
        let runs =
            kept.work.running.get(&(launch_key.0, launch_key.1)).is_some_and(|it| key(it) == *launch_key);
        if runs || kept.overlay.released.contains(&job_ref.uid) || job.metadata.deletion_timestamp.is_some() {
            continue;
        }
        let Some(ended) = ended_at(Some(job)) else {
            settled.kill.push(job_ref);
            continue;
        };
        let has_ttl = job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_some());
        let has_log = sighting.last_pod().is_none() || kept.archive.log(&kept.work.plan, &launch).exists();
        if has_ttl {
            continue;
        }
        if has_log || case.now > ended + GIVE_UP_AFTER {
            settled.expire.push(job_ref);
        } else {
            settled.follow.extend(follow(kept, sighting, &launch));
            let at = ended + GIVE_UP_AFTER;
            settled.wake_at = Some(settled.wake_at.map_or(at, |before| before.min(at)));
        }
    }
    // Jobs of steps that the pipeline no longer has: what runs finishes, and nobody takes what it made.
    let over = case.sightings.strays.iter().filter(|job| ended_at(Some(job)).is_some());
    settled.kill.extend(
        over.filter(|job| job.metadata.deletion_timestamp.is_none()).filter_map(|job| JobRef::of(job)),
    );
    settled.kill.retain(|job| !kept.overlay.released.contains(&job.uid));
}

/// Whether there is a log: before its container runs a pod has none.
fn has_run(observation: &Observation) -> bool {
    matches!(observation, Observation::Running { .. } | Observation::Succeeded | Observation::Failed(_))
}

/// The log of a launch that has a pod.
fn follow(kept: &Kept, sighting: &Sighting, launch: &Launch) -> Option<Follow> {
    let pod = sighting.last_pod()?.metadata.name.clone()?;
    let is_over = ended_at(sighting.job.as_deref()).is_some();
    Some(Follow { log: kept.archive.log(&kept.work.plan, launch), pod, is_over })
}

fn launch_of((partition, step, attempt, launch): LaunchKey, kept: &Kept) -> Launch {
    let planned = kept.work.plan.step(step);
    let trial =
        planner::facts::Trial { whole: planned.whole_digest, result: planned.result_digest, request: None };
    Launch { step, partition, attempt, launch, trial, outputs: Vec::new(), replaces: false }
}

/// When a Job ended, if it did: `FailureTarget` and `SuccessCriteriaMet` only announce it.
fn ended_at(job: Option<&Job>) -> Option<Instant> {
    let conditions = job?.status.as_ref()?.conditions.as_ref()?;
    let is_end = |type_: &str, status: &str| matches!(type_, "Complete" | "Failed") && status == "True";
    let end = conditions.iter().find(|it| is_end(&it.type_, &it.status))?;
    let at = end.last_transition_time.as_ref().map(|time| time.0.as_second())?;
    Instant::from_timestamp(at, 0)
}
