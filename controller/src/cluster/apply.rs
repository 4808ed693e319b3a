//! Apply: what was decided is done in the cluster. No choices are made here.

use std::path::PathBuf;
use std::sync::Arc;

use executor::kubernetes::{CallError, CallFault, Created, JobRef, LaunchSpec, job};
use futures::{StreamExt as _, stream};
use kube::api::{DeleteParams, PostParams, Preconditions};
use planner::calendar::Instant;
use planner::facts::Outcome;
use planner::launch::Launch;

use crate::cluster::limits::CALLS;
use crate::cluster::mind::{LaunchKey, key};
use crate::cluster::overlay::Sent;
use crate::cluster::reconcile::{Fetched, ReconcileError};
use crate::cluster::seat::Seat;
use crate::work::launch;

/// What is to be done in the cluster for a pipeline.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Jobs to be created.
    pub(crate) create: Vec<(Launch, LaunchSpec)>,
    /// Launches that can't be described, each a failed try.
    pub(crate) failed: Vec<(Launch, Outcome)>,
    /// Jobs to be ended.
    pub(crate) kill: Vec<JobRef>,
    /// Jobs that may go after a while.
    pub(crate) expire: Vec<JobRef>,
    /// Launches of which the server is to be asked itself, with the names of their Jobs.
    pub(crate) look: Vec<(LaunchKey, String)>,
    /// Logs to be kept, with their pods.
    pub(crate) follow: Vec<(PathBuf, String)>,
    /// Partition objects to be created.
    pub(crate) make: Vec<crds::Partition>,
    /// Partition objects to be deleted, by name and uid.
    pub(crate) remove: Vec<(String, String)>,
    /// When to look again, whatever happens.
    pub(crate) wake_at: Option<Instant>,
}

/// What became of a creation.
enum Told {
    Sent(Sent),
    Failed(Outcome),
}

/// Does all of it, several calls at once; the first error, if there was one, after all that could be done.
pub(crate) async fn apply(
    seat: &Arc<Seat>,
    fetched: &Fetched,
    effects: Effects,
) -> Result<(), ReconcileError> {
    for (log, pod) in effects.follow {
        seat.scribe.follow(&fetched.id, (log, pod));
    }
    let mut errors = Vec::new();
    errors.extend(create(seat, fetched, (effects.create, effects.failed)).await?);
    errors.extend(release(seat, fetched, (effects.kill, effects.expire)).await?);
    errors.extend(look(seat, fetched, effects.look).await?);
    errors.extend(make(seat, fetched, effects.make).await?);
    errors.extend(remove(seat, fetched, effects.remove).await?);
    errors.into_iter().next().map_or(Ok(()), |error| Err(ReconcileError::Call(error)))
}

/// Creates Jobs; what will never be taken is a failed try, what may be taken later waits.
async fn create(
    seat: &Arc<Seat>,
    fetched: &Fetched,
    (wanted, failed): (Vec<(Launch, LaunchSpec)>, Vec<(Launch, Outcome)>),
) -> Result<Vec<CallError>, ReconcileError> {
    if wanted.is_empty() && failed.is_empty() {
        return Ok(Vec::new());
    }
    let calls = wanted.into_iter().map(|(launch, spec)| async move {
        let created = seat.jobs.create(&job(&spec)).await;
        (launch, created)
    });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let mut errors = Vec::new();
    let mut told: Vec<_> =
        failed.into_iter().map(|(launch, outcome)| (launch, Told::Failed(outcome))).collect();
    for (launch, created) in results {
        match created {
            Ok(Created::New(_) | Created::AlreadyThere(_)) => told.push((launch, Told::Sent(Sent::Created))),
            Ok(Created::Foreign { why }) => told.push((launch, Told::Sent(Sent::Refused(why)))),
            Err(error) => match refusal(&error) {
                Some(said) => told.push((launch, said)),
                None => errors.push(error),
            },
        }
    }
    note(seat, fetched, told).await?;
    Ok(errors)
}

/// What a definite answer means for a launch; none if the call is to be made again.
fn refusal(error: &CallError) -> Option<Told> {
    let why = || launch::chain(error);
    match &error.fault {
        CallFault::Invalid(_) => Some(Told::Failed(Outcome::Failed { exit_code: None, why: why() })),
        // A person or another's end changes it; until then it waits, and says for what.
        CallFault::Quota(_)
        | CallFault::Forbidden(_)
        | CallFault::NamespaceGone(_)
        | CallFault::NotFound(_) => Some(Told::Sent(Sent::Refused(why()))),
        CallFault::AlreadyExists(_)
        | CallFault::Conflict(_)
        | CallFault::Busy { .. }
        | CallFault::TimedOut(_)
        | CallFault::Unsure(_) => None,
    }
}

async fn note(seat: &Arc<Seat>, fetched: &Fetched, told: Vec<(Launch, Told)>) -> Result<(), ReconcileError> {
    let changed = seat
        .think((fetched.clone(), told), |mind, seat, (fetched, told)| {
            let mut changes = Vec::new();
            let Some((kept, stores, catalogue)) = mind.at(&fetched.id) else { return Ok(false) };
            let mut is_news = false;
            for (launch, said) in told {
                match said {
                    Told::Sent(sent) => {
                        is_news |= matches!(sent, Sent::Refused(_))
                            && kept.overlay.jobs.get(&key(launch)) != Some(sent);
                        let known = kept.overlay.jobs.entry(key(launch)).or_insert_with(|| sent.clone());
                        if *known != Sent::Seen {
                            *known = sent.clone();
                        }
                    }
                    Told::Failed(outcome) => {
                        is_news = true;
                        let (work, mut sight) = kept.sight(stores, catalogue);
                        let ended = launch::end(work, &mut sight, (launch, outcome.clone(), seat.now()));
                        changes.extend(ended.map_err(ReconcileError::Records)?);
                    }
                }
            }
            mind.note(&changes, fetched.now);
            Ok(is_news)
        })
        .await?;
    if changed {
        seat.wake(&fetched.id);
    }
    Ok(())
}

async fn release(
    seat: &Arc<Seat>,
    fetched: &Fetched,
    (kill, expire): (Vec<JobRef>, Vec<JobRef>),
) -> Result<Vec<CallError>, ReconcileError> {
    if kill.is_empty() && expire.is_empty() {
        return Ok(Vec::new());
    }
    let seconds = u32::try_from(seat.configuration.steps.keep_finished_jobs.as_secs()).unwrap_or(u32::MAX);
    let kills = kill.into_iter().map(|job| (job, None));
    let calls =
        kills.chain(expire.into_iter().map(|job| (job, Some(seconds)))).map(|(job, seconds)| async move {
            let released = match seconds {
                None => seat.jobs.delete(&job).await,
                Some(seconds) => seat.jobs.expire(&job, seconds).await,
            };
            (job, released)
        });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let (released, failed): (Vec<_>, Vec<_>) = results.into_iter().partition(|(_, result)| result.is_ok());
    let released: Vec<_> = released.into_iter().map(|(job, _)| job.uid).collect();
    seat.think((fetched.id.clone(), released), |mind, _, (id, released)| {
        if let Some((kept, ..)) = mind.at(id) {
            kept.overlay.released.extend(released.iter().cloned());
        }
        Ok(())
    })
    .await?;
    Ok(failed.into_iter().filter_map(|(_, result)| result.err()).collect())
}

/// Asks the server itself about launches that the caches do not show.
async fn look(
    seat: &Arc<Seat>,
    fetched: &Fetched,
    wanted: Vec<(LaunchKey, String)>,
) -> Result<Vec<CallError>, ReconcileError> {
    let mut errors = Vec::new();
    for (launch, name) in wanted {
        match seat.jobs.look(&fetched.id.namespace, &name).await {
            Ok((job, pods)) => {
                let sent = if job.is_none() && pods.is_empty() { Sent::Absent } else { Sent::Created };
                seat.think((fetched.id.clone(), launch, sent), |mind, _, (id, launch, sent)| {
                    if let Some((kept, ..)) = mind.at(id) {
                        kept.overlay.jobs.insert(*launch, sent.clone());
                    }
                    Ok(())
                })
                .await?;
                seat.wake(&fetched.id);
            }
            Err(error) => errors.push(error),
        }
    }
    Ok(errors)
}

async fn make(
    seat: &Arc<Seat>,
    fetched: &Fetched,
    wanted: Vec<crds::Partition>,
) -> Result<Vec<CallError>, ReconcileError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let api = &seat.api::<crds::Partition>(&fetched.id);
    let params =
        &PostParams { field_manager: Some(crds::labels::OBJECT_FIELD_MANAGER.to_owned()), dry_run: false };
    let calls = wanted.into_iter().map(|partition| async move {
        let name = partition.metadata.name.clone().unwrap_or_default();
        let made = seat.call(&format!("create partition {name}"), api.create(params, &partition)).await;
        (name, made)
    });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let mut made = Vec::new();
    let mut errors = Vec::new();
    for (name, result) in results {
        match result {
            Ok(_) => made.push(name),
            // Made before, or another's: the cache will tell which.
            Err(CallError { fault: CallFault::AlreadyExists(_), .. }) => {}
            Err(error) => errors.push(error),
        }
    }
    seat.think((fetched.id.clone(), made), |mind, _, (id, made)| {
        if let Some((kept, ..)) = mind.at(id) {
            made.iter().for_each(|name| kept.overlay.note_made(name));
        }
        Ok(())
    })
    .await?;
    Ok(errors)
}

async fn remove(
    seat: &Arc<Seat>,
    fetched: &Fetched,
    unwanted: Vec<(String, String)>,
) -> Result<Vec<CallError>, ReconcileError> {
    if unwanted.is_empty() {
        return Ok(Vec::new());
    }
    let api = &seat.api::<crds::Partition>(&fetched.id);
    let calls = unwanted.into_iter().map(|(name, uid)| async move {
        let only_this = Preconditions { uid: Some(uid.clone()), resource_version: None };
        let params = DeleteParams::background().preconditions(only_this);
        let removed = seat.call(&format!("delete partition {name}"), api.delete(&name, &params)).await;
        (uid, removed)
    });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let mut removed = Vec::new();
    let mut errors = Vec::new();
    for (uid, result) in results {
        match result {
            Ok(_) => removed.push(uid),
            Err(CallError { fault: CallFault::NotFound(_) | CallFault::Conflict(_), .. }) => {
                removed.push(uid)
            }
            Err(error) => errors.push(error),
        }
    }
    seat.think((fetched.id.clone(), removed), |mind, _, (id, removed)| {
        if let Some((kept, ..)) = mind.at(id) {
            kept.overlay.removed.extend(removed.iter().cloned());
        }
        Ok(())
    })
    .await?;
    Ok(errors)
}
