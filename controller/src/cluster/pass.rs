//! A pass: one pipeline, thought about in stages. Between them storage is asked and told, without the mind.
//!
//! A stage that needs nothing of a service goes over into the next at once: directories answer in microseconds.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner::launch::Launch;
use storage::{ChangedPath, Extent, Look};

use crate::cluster::begin;
use crate::cluster::carry::{carry, take_in};
use crate::cluster::decide;
use crate::cluster::desk::Desk;
use crate::cluster::mind::{Id, Mind};
use crate::cluster::order::{Carried, Order};
use crate::cluster::publish;
use crate::cluster::reconcile::{Fetched, ReconcileError, Thought, unanswered};
use crate::cluster::settle::{self, Case, Settled};
use crate::cluster::sighting::Sightings;
use crate::cluster::validate::{Soundness, validate};
use crate::work::observe;
use crate::work::records::RecordsError;

/// One pass over a pipeline.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) fetched: Fetched,
    pub(crate) soundness: Soundness,
    pub(crate) settled: Settled,
    /// Other pipelines that have something to do now.
    pub(crate) others: BTreeSet<Id>,
    stage: Stage,
    /// A look that is to be made, and then that was.
    look: Option<Look>,
    orders: Vec<Order>,
    carried: Vec<Carried>,
    /// Paths that launches wrote.
    written: Vec<ChangedPath>,
    /// Launches of which the paths are looked at once more.
    granted: Vec<Launch>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is validated, and what nobody looked at yet is to be looked at.
    Survey,
    /// What ended is to be published and recorded.
    Settle,
    /// What was published is to be looked at.
    TakeIn,
    /// It is decided, and what may start is to be looked at once more.
    Decide,
    /// What starts is to be recorded.
    Begin,
    /// What was done is told.
    Report,
}

/// What a pass has come to.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Storage is to be asked or told.
    Waits(Box<Pass>),
    /// It is over.
    Over(Box<Thought>),
}

impl Pass {
    pub(crate) fn new(fetched: Fetched) -> Self {
        Self {
            fetched,
            soundness: Soundness::default(),
            settled: Settled::default(),
            others: BTreeSet::new(),
            stage: Stage::Survey,
            look: None,
            orders: Vec::new(),
            carried: Vec::new(),
            written: Vec::new(),
            granted: Vec::new(),
        }
    }

    /// Asks and tells storage what is to be asked and told.
    pub(crate) async fn reach_out(mut self: Box<Self>, desk: &Arc<Desk>) -> Box<Self> {
        if let Some(look) = self.look.take() {
            self.look = Some(look.make().await);
        }
        let orders = std::mem::take(&mut self.orders);
        self.carried = carry(desk, &self.fetched.id, orders).await;
        desk.count_requests();
        self
    }

    fn is_waiting(&self) -> bool {
        self.look.is_some() || !self.orders.is_empty()
    }

    /// Takes in a look that was made. The paths that changed.
    fn take_look(&mut self, mind: &mut Mind) -> Vec<ChangedPath> {
        let changes = self.look.take().map(|look| mind.catalogue.take_in(look)).unwrap_or_default();
        self.note(mind, &changes);
        changes
    }

    fn note(&mut self, mind: &mut Mind, changes: &[ChangedPath]) {
        let concerned = mind.note(changes, self.fetched.now).into_iter();
        self.others.extend(concerned.filter(|id| *id != self.fetched.id));
    }

    fn look_around(&mut self, mind: &mut Mind, paths: &[ChangedPath]) {
        if !paths.is_empty() {
            self.prepare(mind, Extent::Around(paths));
        }
    }

    fn prepare(&mut self, mind: &mut Mind, extent: Extent<'_>) {
        self.look = Some(mind.catalogue.prepare(extent)).filter(|look| !look.is_empty());
    }

    fn over(&mut self, thought: Thought) -> Thought {
        Thought { others: std::mem::take(&mut self.others), ..thought }
    }
}

/// Thinks on until storage has to be asked or told, or the pass is over.
pub(crate) fn go_on(
    mind: &mut Mind,
    desk: &Desk,
    pass: &mut Option<Box<Pass>>,
) -> Result<Progress, ReconcileError> {
    let Some(mut pass) = pass.take() else { return Ok(Progress::Over(Box::default())) };
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
            Ok(Some(thought)) => return Ok(Progress::Over(Box::new(pass.over(thought)))),
            Ok(None) if pass.is_waiting() => return Ok(Progress::Waits(pass)),
            Ok(None) => {}
            Err(error) => {
                let kept = mind.pipelines.get(&pass.fetched.id);
                let thought = unanswered(&pass.fetched, kept, &error);
                return Ok(Progress::Over(Box::new(pass.over(thought))));
            }
        }
    }
}

/// The end of a pass, if it is one.
type Stopped = Option<Thought>;

fn survey(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Stopped {
    let Fetched { id, object, now, .. } = &pass.fetched;
    if object.metadata.deletion_timestamp.is_some() {
        mind.pipelines.remove(id);
        desk.metrics.forget(&id.labels());
        return Some(Thought::default());
    }
    pass.soundness = validate(mind, (id, object), (&desk.configuration, &desk.caches, &desk.metrics));
    let unusable = mind.unusable_for(id);
    let Some((kept, _, catalogue)) = mind.at(id) else {
        let reports = publish::faulty(&pass.fetched, &pass.soundness);
        return Some(Thought { reports, ..Thought::default() });
    };
    kept.unusable = unusable;
    // Directories are looked at when it is decided.
    if catalogue.has_services() && observe::want(&kept.work, catalogue, *now) {
        pass.prepare(mind, Extent::Fresh);
    }
    pass.stage = Stage::Settle;
    None
}

fn settle(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Result<Stopped, RecordsError> {
    pass.take_look(mind);
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
    pass.settled = settle::settle(mind, &case)?;
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
    pass.granted = decide::grant(mind, pass)?;
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
    pass.stage = Stage::Report;
    None
}

fn report(mind: &mut Mind, desk: &Desk, pass: &mut Pass) -> Result<Stopped, RecordsError> {
    take_in(mind, desk, (&pass.fetched.id, std::mem::take(&mut pass.carried)))?;
    decide::report(mind, desk, pass).map(Some)
}
