//! The stages of a pass, each of them thought with the mind in hand.

use std::sync::Arc;

use crate::cluster::begin;
use crate::cluster::carry::take_in;
use crate::cluster::decide;
use crate::cluster::desk::Desk;
use crate::cluster::mind::Mind;
use crate::cluster::pass::{Ahead, Pass, Progress, Stage};
use crate::cluster::publish;
use crate::cluster::reconcile::{self, Fetched, ReconcileError, Thought};
use crate::cluster::settle::{self, Case};
use crate::cluster::sighting::Sightings;
use crate::cluster::validate::validate;
use crate::work::observe;
use crate::work::records::RecordsError;

/// Thinks on until storage has to be asked or told, or the pass is over.
pub(crate) fn go_on(
    mind: &mut Mind,
    desk: &Desk,
    pass: &mut Option<Box<Pass>>,
) -> Result<Progress, ReconcileError> {
    let Some(mut pass) = pass.take() else { return Ok(Progress::Over(Box::default())) };
    if let Err(error) = pass.take_found(mind) {
        return Ok(unanswered(mind, &mut pass, &error));
    }
    loop {
        let thought = match pass.stage {
            Stage::Survey => Ok(survey(mind, desk, &mut pass)),
            Stage::Settle => settle(mind, desk, &mut pass),
            Stage::TakeIn => published(mind, desk, &mut pass),
            Stage::Decide => decide(mind, &mut pass),
            Stage::Begin => Ok(begin(mind, desk, &mut pass)),
            Stage::Report => report(mind, desk, &mut pass),
        };
        match thought {
            Ok(Some(thought)) => return Ok(pass.over(thought)),
            Ok(None) if pass.is_waiting() => return Ok(Progress::Waits(pass)),
            Ok(None) => {}
            Err(error) => return Ok(unanswered(mind, &mut pass, &error)),
        }
    }
}

fn unanswered(mind: &Mind, pass: &mut Pass, error: &RecordsError) -> Progress {
    let kept = mind.pipelines.get(&pass.fetched.id);
    let thought = reconcile::unanswered(&pass.fetched, kept, error);
    pass.over(thought)
}

/// The end of a pass, if it is one.
type Stopped = Option<Thought>;

fn survey(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Stopped {
    let Fetched { id, object, .. } = &pass.fetched;
    if object.metadata.deletion_timestamp.is_some() {
        mind.pipelines.remove(id);
        desk.metrics.forget(&id.labels());
        return Some(Thought::default());
    }
    pass.soundness = validate(mind, (id, object), (&desk.configuration, &desk.caches, &desk.metrics));
    let unusable = mind.unusable_for(id);
    let Some((kept, ..)) = mind.at(id) else {
        let reports = publish::faulty(&pass.fetched, &pass.soundness);
        return Some(Thought { reports, ..Thought::default() });
    };
    kept.unusable = unusable;
    kept.put_back();
    pass.stage = Stage::Settle;
    None
}

fn settle(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Result<Stopped, RecordsError> {
    let Fetched { id, jobs, pods, now, .. } = &pass.fetched;
    let Some((kept, ..)) = mind.at(id) else { return Ok(Some(Thought::default())) };
    let sightings = Sightings::new(&kept.work.plan, jobs, pods);
    let case = Case {
        id,
        fetched: &pass.fetched,
        sightings: &sightings,
        configuration: &desk.configuration,
        now: *now,
    };
    let settled = settle::settle(mind, &case)?;
    if pass.lacks_reading(mind) {
        return Ok(None);
    }
    pass.settled = settled;
    pass.orders = std::mem::take(&mut pass.settled.orders);
    if let Some((kept, ..)) = mind.at(&pass.fetched.id) {
        kept.ledger.under_way.extend(pass.orders.iter().map(|order| order.errand.name.clone()));
    }
    pass.stage = Stage::TakeIn;
    Ok(None)
}

fn published(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Result<Stopped, RecordsError> {
    let id = &pass.fetched.id;
    take_in(mind, desk, (id, std::mem::take(&mut pass.carried)))?;
    let Some((kept, _, catalogue)) = mind.at(id) else { return Ok(Some(Thought::default())) };
    let written = std::mem::take(&mut kept.ledger.doubtful);
    catalogue.look_again_in_directories(&written);
    pass.look_around(mind, &written);
    pass.written = written;
    pass.stage = Stage::Decide;
    Ok(None)
}

fn decide(mind: &mut Mind, pass: &mut Pass) -> Result<Stopped, RecordsError> {
    pass.take_look(mind);
    let written = std::mem::take(&mut pass.written);
    pass.note(mind, &written);
    decide::ask(mind, &pass.fetched);
    if pass.lacks_look(mind) {
        return Ok(None);
    }
    pass.granted = decide::grant(mind, pass)?;
    if pass.lacks_reading(mind) {
        return Ok(None);
    }
    if let Some((kept, _, catalogue)) = mind.at(&pass.fetched.id)
        && catalogue.has_services()
    {
        let plan = Arc::clone(&kept.work.plan);
        let paths: Vec<_> = pass.granted.iter().flat_map(|launch| observe::paths(&plan, launch)).collect();
        pass.look_around(mind, &paths);
    }
    pass.stage = Stage::Begin;
    Ok(None)
}

fn begin(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Stopped {
    let changed = pass.take_look(mind);
    let granted = std::mem::take(&mut pass.granted);
    pass.orders = begin::begin(mind, desk, (&pass.fetched, &granted), &changed.into_iter().collect());
    pass.orders.extend(begin::place(mind, &pass.fetched));
    // What begins may widen what is in sight.
    pass.ahead = Ahead::Fresh;
    pass.stage = Stage::Report;
    None
}

fn report(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Result<Stopped, RecordsError> {
    take_in(mind, desk, (&pass.fetched.id, std::mem::take(&mut pass.carried)))?;
    pass.take_look(mind);
    if pass.lacks_look(mind) {
        return Ok(None);
    }
    let thought = decide::report(mind, desk, pass)?;
    Ok(if pass.lacks_reading(mind) { None } else { thought })
}
