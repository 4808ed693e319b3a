//! Apply: what was decided is done in the cluster. No choices are made here.

use std::sync::Arc;

use executor::kubernetes::{CallError, CallFault, Created, JobRef, LaunchSpec, Left, job};
use futures::{StreamExt as _, stream};
use kube::api::{DeleteParams, PostParams, Preconditions};
use planner::calendar::Instant;
use planner::facts::Outcome;
use planner::launch::Launch;

use crate::cluster::begin::order;
use crate::cluster::carry::{carry, hear};
use crate::cluster::desk::Desk;
use crate::cluster::launch::job_name;
use crate::cluster::limits::CALLS;
use crate::cluster::mind::{Id, Mind};
use crate::cluster::order::{Order, What};
use crate::cluster::overlay::Sent;
use crate::cluster::reconcile::{Fetched, ReconcileError};
use crate::cluster::scribe::Follow;
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
    /// Jobs of which the server is to be asked itself, by name.
    pub(crate) look: Vec<String>,
    /// Jobs of which no pod is made, and of which the server is to be asked why.
    pub(crate) ask: Vec<JobRef>,
    /// Logs to be kept.
    pub(crate) follow: Vec<Follow>,
    /// Partition objects to be created.
    pub(crate) make: Vec<crds::Partition>,
    /// Partition objects to be deleted, by name and uid.
    pub(crate) remove: Vec<(String, String)>,
    /// When to look again, whatever happens.
    pub(crate) wake_at: Option<Instant>,
}

type Wanted = Vec<(Launch, LaunchSpec)>;

/// What became of a creation.
enum Told {
    Sent(Sent),
    Failed(Outcome),
}

/// Does all of it, several calls at once; the first error, if there was one, after all that could be done.
pub(crate) async fn apply(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    effects: Effects,
) -> Result<(), ReconcileError> {
    for follow in effects.follow {
        desk.scribe.follow(&fetched.id, follow);
    }
    // None of it depends on another, and a pipeline is looked at again only once all is answered.
    let Effects {
        create: wanted,
        failed,
        kill,
        expire,
        look: unseen,
        ask: refused,
        make: missing,
        remove: unwanted,
        ..
    } = effects;
    let (created, released, looked, asked, made, removed) = tokio::join!(
        create(desk, fetched, (wanted, failed)),
        release(desk, fetched, (kill, expire)),
        look(desk, fetched, unseen),
        ask(desk, fetched, refused),
        make(desk, fetched, missing),
        remove(desk, fetched, unwanted),
    );
    let mut errors = [created?, released?, looked?, asked?, made?, removed?].into_iter().flatten();
    errors.next().map_or(Ok(()), |error| Err(ReconcileError::Call(error)))
}

/// Creates Jobs; what will never be taken is a failed try, what may be taken later waits.
async fn create(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    (wanted, failed): (Wanted, Vec<(Launch, Outcome)>),
) -> Result<Vec<CallError>, ReconcileError> {
    if wanted.is_empty() && failed.is_empty() {
        return Ok(Vec::new());
    }
    let calls = wanted.into_iter().map(|(launch, spec)| async move {
        let created = desk.jobs.create(&job(&spec)).await;
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
    note(desk, fetched, told).await?;
    Ok(errors)
}

/// What a definite answer means for a launch; none if the call is to be made again.
fn refusal(error: &CallError) -> Option<Told> {
    let why = || launch::chain(error);
    match &error.fault {
        CallFault::Invalid(_) => Some(Told::Failed(Outcome::Failed { exit_code: None, why: why() })),
        CallFault::AlreadyExists(_)
        | CallFault::Conflict(_)
        | CallFault::Busy { .. }
        | CallFault::TimedOut(_)
        | CallFault::Failed(_)
        | CallFault::Unreachable(_) => None,
        // A person or another's end changes it; until then it waits, and says for what.
        CallFault::Quota(_)
        | CallFault::Forbidden(_)
        | CallFault::NamespaceGone(_)
        | CallFault::NotFound(_) => Some(Told::Sent(Sent::Refused(why()))),
    }
}

async fn note(desk: &Arc<Desk>, fetched: &Fetched, told: Vec<(Launch, Told)>) -> Result<(), ReconcileError> {
    let id = &fetched.id;
    let about = (id.clone(), told);
    let (is_news, orders) =
        desk.think(about, |mind, desk, (id, told)| Ok(take(mind, desk, (id, told)))).await?;
    let has_orders = !orders.is_empty();
    if has_orders {
        let carried = carry(desk, id, orders).await;
        hear(desk, id, carried).await?;
    }
    if is_news || has_orders {
        desk.wake(id);
    }
    Ok(())
}

/// Takes in what was said of launches; whether a report has to say so, and what is to be done about those that failed.
fn take(mind: &mut Mind, desk: &Desk, (id, told): (&Id, &mut Vec<(Launch, Told)>)) -> (bool, Vec<Order>) {
    let Some((kept, stores, _)) = mind.at(id) else { return (false, Vec::new()) };
    let (mut is_news, mut orders) = (false, Vec::new());
    for (launch, said) in told.drain(..) {
        match said {
            Told::Sent(sent) => {
                let name = job_name(&kept.work.plan, &launch);
                is_news |= matches!(sent, Sent::Refused(_)) && kept.overlay.jobs.get(&name) != Some(&sent);
                // What the cache has shown meanwhile is known better.
                let known = kept.overlay.jobs.entry(name).or_insert(Sent::Absent);
                *known = if *known == Sent::Seen { Sent::Seen } else { sent };
            }
            Told::Failed(outcome) => {
                let order = order(kept, (id, stores), (&launch, What::End(outcome), desk.now()));
                kept.ledger.under_way.insert(order.errand.name.clone());
                orders.push(order);
            }
        }
    }
    (is_news, orders)
}

async fn release(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    (kill, expire): (Vec<JobRef>, Vec<JobRef>),
) -> Result<Vec<CallError>, ReconcileError> {
    if kill.is_empty() && expire.is_empty() {
        return Ok(Vec::new());
    }
    let seconds = u32::try_from(desk.configuration.steps.keep_finished_jobs.as_secs()).unwrap_or(u32::MAX);
    let kills = kill.into_iter().map(|job| (job, None));
    let calls =
        kills.chain(expire.into_iter().map(|job| (job, Some(seconds)))).map(|(job, seconds)| async move {
            let released = match seconds {
                None => desk.jobs.delete(&job).await,
                Some(seconds) => desk.jobs.expire(&job, seconds).await,
            };
            (job, released)
        });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let (released, failed): (Vec<_>, Vec<_>) = results.into_iter().partition(|(_, result)| result.is_ok());
    let released: Vec<_> = released.into_iter().map(|(job, _)| job.uid).collect();
    desk.note(&fetched.id, released, |kept, released| kept.overlay.dismiss(released)).await?;
    Ok(failed.into_iter().filter_map(|(_, result)| result.err()).collect())
}

/// Asks the server itself about launches that the caches do not show whole. What is gone has an end now; what is there
/// is asked about again later, if the caches don't show it first.
async fn look(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    wanted: Vec<String>,
) -> Result<Vec<CallError>, ReconcileError> {
    let mut errors = Vec::new();
    for name in wanted {
        match desk.jobs.look(&fetched.id.namespace, &name).await {
            Ok(left) => {
                desk.note(&fetched.id, (name, left), |kept, (name, left)| kept.overlay.note_left(name, left))
                    .await?;
                if left != Left::Pod {
                    desk.wake(&fetched.id);
                }
            }
            Err(error) => errors.push(error),
        }
    }
    Ok(errors)
}

/// Asks why no pods are made of Jobs.
async fn ask(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    wanted: Vec<JobRef>,
) -> Result<Vec<CallError>, ReconcileError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut refusals = match desk.jobs.refusals(&fetched.id.namespace).await {
        Ok(refusals) => refusals,
        Err(error) => return Ok(vec![error]),
    };
    let told = wanted.into_iter().filter_map(|job| Some((job.name, refusals.remove(&job.uid)?))).collect();
    desk.note(&fetched.id, told, |kept, told| kept.work.is_stale |= kept.overlay.note_refusals(told)).await?;
    Ok(Vec::new())
}

async fn make(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    wanted: Vec<crds::Partition>,
) -> Result<Vec<CallError>, ReconcileError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let api = &desk.api::<crds::Partition>(&fetched.id);
    let params =
        &PostParams { field_manager: Some(crds::labels::OBJECT_FIELD_MANAGER.to_owned()), dry_run: false };
    let calls = wanted.into_iter().map(|partition| async move {
        let name = partition.metadata.name.clone().unwrap_or_default();
        let made = desk.call(&format!("create partition {name}"), api.create(params, &partition)).await;
        (name, made)
    });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let mut made = Vec::new();
    let mut errors = Vec::new();
    for (name, result) in results {
        match result {
            Ok(object) => made.push((name, object.metadata.resource_version)),
            // Made before, or another's: the cache will tell which.
            Err(CallError { fault: CallFault::AlreadyExists(_), .. }) => {}
            Err(error) => errors.push(error),
        }
    }
    desk.note(&fetched.id, made, |kept, made| {
        for (name, version) in made {
            kept.overlay.note_made(name, version);
        }
    })
    .await?;
    Ok(errors)
}

async fn remove(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    unwanted: Vec<(String, String)>,
) -> Result<Vec<CallError>, ReconcileError> {
    if unwanted.is_empty() {
        return Ok(Vec::new());
    }
    let api = &desk.api::<crds::Partition>(&fetched.id);
    let calls = unwanted.into_iter().map(|(name, uid)| async move {
        let only_this = Preconditions { uid: Some(uid.clone()), resource_version: None };
        let params = DeleteParams::background().preconditions(only_this);
        let removed = desk.call(&format!("delete partition {name}"), api.delete(&name, &params)).await;
        (name, uid, removed)
    });
    let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
    let mut removed = Vec::new();
    let mut errors = Vec::new();
    for (name, uid, result) in results {
        match result {
            Ok(_) => removed.push((name, uid)),
            Err(CallError { fault: CallFault::NotFound(_) | CallFault::Conflict(_), .. }) => {
                removed.push((name, uid));
            }
            Err(error) => errors.push(error),
        }
    }
    desk.note(&fetched.id, removed, |kept, removed| {
        for (name, uid) in removed {
            kept.overlay.note_removed(&name);
            kept.overlay.dismiss([uid]);
        }
    })
    .await?;
    Ok(errors)
}
