//! Decide: the planner's decision for a pipeline, what room there is for it, and what is to be done and told.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::jiff::Timestamp;
use planner::calendar::{Instant, Partition};
use planner::facts::Request;
use planner::fault::Fault;
use planner::launch::Launch;
use planner::report::Reason;

use crate::cluster::apply::Effects;
use crate::cluster::begin;
use crate::cluster::desk::Desk;
use crate::cluster::launch;
use crate::cluster::limits::{ASK_PAUSE, HISTORY, OBJECTS, OBJECTS_OF_NAMESPACE, STATUS_PAUSE, TAKEN_PAUSE};
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::objects;
use crate::cluster::overlay::LAG_MAX;
use crate::cluster::pass::Pass;
use crate::cluster::publish;
use crate::cluster::reconcile::{Fetched, Thought};
use crate::cluster::report;
use crate::cluster::settle::Settled;
use crate::cluster::validate::Soundness;
use crate::cluster::working_set::{Room, working_set};
use crate::work::errand::Stores;
use crate::work::look;
use crate::work::objects as work_objects;
use crate::work::records::RecordsError;

/// Decides for a pipeline and grants what there is room for. Nothing comes of it while anything is lacking.
pub(crate) fn grant(mind: &mut Mind, pass: &mut Pass) -> Result<Vec<Launch>, RecordsError> {
    let Fetched { id, now, .. } = &pass.fetched;
    look_and_decide(mind, &pass.fetched)?;
    if !pass.soundness.is_sound() || is_lacking(mind, id) {
        return Ok(Vec::new());
    }
    pass.others.extend(mind.admit(id, *now));
    if recall_granted(mind, (id, *now))? {
        pass.others.extend(mind.admit(id, *now));
    }
    Ok(mind.at(id).map(|(kept, ..)| kept.granted.clone()).unwrap_or_default())
}

fn is_lacking(mind: &Mind, id: &Id) -> bool {
    mind.pipelines.get(id).is_some_and(Kept::is_lacking)
}

/// Says what follows of what was decided, and tells it, unless anything is lacking.
pub(crate) fn report(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Result<Option<Thought>, RecordsError> {
    let Pass { fetched, soundness, settled, .. } = pass;
    let Fetched { id, now, .. } = &*fetched;
    let mut thought = Thought::default();
    look_and_decide(mind, fetched)?;
    if is_lacking(mind, id) {
        return Ok(None);
    }
    let room = room(mind, fetched);
    let Some((kept, stores, _)) = mind.at(id) else { return Ok(Some(thought)) };
    let wanted = working_set(&kept.work.decision, (&suspended(fetched, kept), room));
    thought.effects = effects(kept, (fetched, &wanted), std::mem::take(settled));
    // Nobody tells it that the older one writes the path no more.
    let taken_until = matches!(soundness, Soundness::PathTaken(_)).then(|| *now + TAKEN_PAUSE);
    // What the records have only just told of is settled, or sent, in another pass; no watch tells of it. Not at once: an
    // end that can't be read is found again in each pass.
    let found_at = kept.work.has_found_more().then(|| *now + STATUS_PAUSE);
    let paused_until = kept.ledger.wake_at(*now);
    let wakes = [kept.work.wake_at(), thought.effects.wake_at, taken_until, found_at, paused_until];
    thought.wake_at = wakes.into_iter().flatten().min();
    let (status, oldest) = (report::pipeline(kept, soundness, *now), report::oldest_incomplete_due(kept));
    desk.metrics.pipeline(&id.labels(), &status, oldest);
    thought.reports = publish::reports(kept, stores, (fetched, soundness, &wanted));
    if thought.reports.is_held {
        thought.wake_by(*now + STATUS_PAUSE);
    }
    create(kept, desk, stores, &mut thought);
    Ok(Some(thought))
}

/// Takes over what people ask for.
pub(crate) fn ask(mind: &mut Mind, fetched: &Fetched) {
    let Some((kept, ..)) = mind.at(&fetched.id) else { return };
    let requests: Vec<_> = requests(kept, fetched).into_iter().filter_map(|(_, it)| it.ok()).collect();
    let suspended = suspended(fetched, kept);
    if requests != kept.work.facts.requests || suspended != kept.work.facts.suspended {
        kept.work.facts.requests = requests;
        kept.work.facts.suspended = suspended;
        kept.work.is_stale = true;
    }
}

/// A backfill and what it asks of the planner, or what is wrong with it.
type Asked = (Arc<crds::Backfill>, Result<Request, Vec<Fault>>);

/// The backfills of a pipeline, oldest first, as the planner knows them.
pub(crate) fn requests(kept: &Kept, fetched: &Fetched) -> Vec<Asked> {
    let mut backfills: Vec<_> =
        fetched.backfills.iter().filter(|it| it.metadata.deletion_timestamp.is_none()).cloned().collect();
    backfills.sort_by_key(|it| (it.metadata.creation_timestamp.clone(), it.metadata.name.clone()));
    let request = |backfill: &crds::Backfill| {
        let request = authoring::request(backfill, &kept.work.plan)?;
        // Another backfill of the same name is another request.
        let uid = backfill.metadata.uid.as_deref().unwrap_or_default();
        Ok(Request { name: format!("{}.{uid}", request.name), ..request })
    };
    backfills.into_iter().map(|backfill| (Arc::clone(&backfill), request(&backfill))).collect()
}

fn suspended(fetched: &Fetched, kept: &Kept) -> BTreeSet<Partition> {
    let objects = fetched.partitions.iter().filter(|it| it.spec.suspend == Some(true));
    objects.filter_map(|it| kept.work.plan.parts().calendar.parse_key(&it.spec.key).ok()).collect()
}

/// The planner's decision, after a closer look where that could change it.
fn look_and_decide(mind: &mut Mind, fetched: &Fetched) -> Result<(), RecordsError> {
    let Some((kept, stores, catalogue)) = mind.at(&fetched.id) else { return Ok(()) };
    // Objects tell how often a step was tried and who made its outputs: what is recorded, not what was told before.
    let calendar = &kept.work.plan.parts().calendar;
    let shown = fetched.partitions.iter().filter_map(|it| calendar.parse_key(&it.spec.key).ok());
    let shown: Vec<_> = shown.collect();
    let (work, sight) = kept.sight(stores, catalogue);
    work.is_stale |= sight.records.load(&work.plan, &shown, &mut work.facts.history)?;
    if !work.needs_decision(fetched.now) && kept.decided {
        return Ok(());
    }
    let before = kept.work.observed.clone();
    let (work, sight) = kept.sight(stores, catalogue);
    look::decide(work, sight, fetched.now)?;
    let looked = kept.work.observed != before;
    if !kept.is_lacking() && !std::mem::replace(&mut kept.decided, true) {
        remember(kept, fetched);
    }
    mind.looks += usize::from(looked);
    Ok(())
}

/// Takes over since when each reason holds, from what was told before this process began.
fn remember(kept: &mut Kept, fetched: &Fetched) {
    let plan = &kept.work.plan;
    let calendar = &plan.parts().calendar;
    let since = |partition: Partition, step: planner::pipeline::StepId, reason: Reason| {
        let key = calendar.key(partition);
        let object = fetched.partitions.iter().find(|it| *it.spec.key == *key)?;
        let name = plan.step(step).name.as_str();
        let told = object.status.as_ref()?.steps.iter().find(|it| &*it.name == name)?;
        let since = told.since.as_ref().filter(|_| told.reason == work_objects::step_reason(reason))?;
        instant(&since.0)
    };
    kept.work.decision.remember(since);
}

fn instant(time: &Timestamp) -> Option<Instant> {
    Instant::from_timestamp(time.as_second(), 0)
}

/// Reads the records of what was granted, which may say that a step was tried before; whether it was decided anew.
fn recall_granted(mind: &mut Mind, (id, now): (&Id, Instant)) -> Result<bool, RecordsError> {
    let Some((kept, stores, catalogue)) = mind.at(id) else { return Ok(false) };
    let partitions: Vec<_> = kept.granted.iter().map(|launch| launch.partition).collect();
    let (work, sight) = kept.sight(stores, catalogue);
    if !sight.records.load(&work.plan, &partitions, &mut work.facts.history)? {
        return Ok(false);
    }
    look::decide(work, sight, now)?;
    Ok(true)
}

/// How many objects a pipeline may have: a fair share of what a namespace can hold.
fn room(mind: &Mind, fetched: &Fetched) -> Room {
    let neighbours = mind.pipelines.keys().filter(|it| it.namespace == fetched.id.namespace).count();
    let all = OBJECTS.min(OBJECTS_OF_NAMESPACE / neighbours.max(1));
    let finished = fetched.object.spec.history_limit;
    let finished = finished.map_or(HISTORY, |limit| usize::try_from(limit).unwrap_or(HISTORY));
    Room { all, finished: finished.min(all) }
}

/// What is to be done in the cluster, but for new Jobs.
fn effects(
    kept: &mut Kept,
    (fetched, wanted): (&Fetched, &BTreeSet<Partition>),
    settled: Settled,
) -> Effects {
    kept.overlay.tidy();
    let Settled { kill, expire, look, mut ask, follow, wake_at, .. } = settled;
    if kept.overlay.asked_within(ASK_PAUSE) {
        ask.clear();
    }
    let (make, remove) = objects::make_and_remove(kept, (fetched, wanted));
    // What is told to go and stays is told again; that nothing happens no watch tells.
    let is_telling = !(kill.is_empty() && expire.is_empty() && remove.is_empty());
    let pauses = kept.overlay.dismissed_for().into_iter().chain(is_telling.then_some(LAG_MAX));
    let wake_at = wake_at.into_iter().chain(pauses.map(|it| fetched.now + it)).min();
    Effects { kill, expire, look, ask, follow, make, remove, wake_at, ..Effects::default() }
}

/// The Jobs of launches that are recorded and not there: new ones, and those of a process that died in between.
fn create(kept: &mut Kept, desk: &Desk, stores: &Stores, thought: &mut Thought) {
    let mut failed = Vec::new();
    for launch in begin::without_job(kept, desk.now()) {
        if !kept.ledger.placed.contains(&kept.work.launch_name(&launch)) {
            // A place is made for it in another pass, of which no watch tells.
            thought.wake_by(desk.now() + STATUS_PAUSE);
            continue;
        }
        match launch::spec(kept, stores, (&desk.configuration, &launch)) {
            Ok(spec) => thought.effects.create.push((launch, spec)),
            Err(outcome) => failed.push((launch, outcome)),
        }
    }
    thought.effects.failed = failed;
}
