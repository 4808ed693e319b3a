//! A pass: one pipeline, thought about in stages. Between them storage is asked and told, without the mind.
//!
//! A stage that needs nothing of a service goes over into the next at once: directories answer in microseconds.

mod stages;

use std::collections::BTreeSet;
use std::sync::Arc;

use planner::launch::Launch;
use storage::{ChangedPath, Extent, Look};

use crate::cluster::carry::carry;
use crate::cluster::desk::Desk;
use crate::cluster::mind::{Id, Mind};
use crate::cluster::order::{Carried, Order};
use crate::cluster::reading::{Found, Reading};
use crate::cluster::reconcile::{Fetched, Thought};
use crate::cluster::settle::Settled;
use crate::cluster::validate::Soundness;
use crate::work::observe;
use crate::work::records::RecordsError;

pub(crate) use stages::go_on;

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
    /// What thinking lacked, before the same stage is gone through again.
    reading: Option<Reading>,
    found: Option<Result<Found, RecordsError>>,
    /// What is to be looked at before it is decided.
    ahead: Ahead,
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
    /// It is validated.
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

/// What is looked at in services before it is decided, once in each pass. Directories are looked at meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    /// What nobody has looked at yet; then what should be old enough by now.
    Fresh,
    /// What should be old enough by now.
    Settled,
    /// All was looked at.
    Nothing,
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
            reading: None,
            found: None,
            ahead: Ahead::Fresh,
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
        if let Some(reading) = self.reading.take() {
            self.found = Some(reading.make().await);
        }
        let orders = std::mem::take(&mut self.orders);
        self.carried = carry(desk, &self.fetched.id, orders).await;
        desk.count_requests();
        self
    }

    fn is_waiting(&self) -> bool {
        self.look.is_some() || self.reading.is_some() || !self.orders.is_empty()
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

    /// Takes in what was read.
    fn take_found(&mut self, mind: &mut Mind) -> Result<(), RecordsError> {
        let found = self.found.take().transpose()?;
        if let Some((found, (kept, ..))) = found.zip(mind.at(&self.fetched.id)) {
            found.take_in(kept);
        }
        Ok(())
    }

    /// Whether anything has to be read before what was thought may count; it is, and then the stage begins anew.
    fn lacks_reading(&mut self, mind: &mut Mind) -> bool {
        let Some((kept, stores, _)) = mind.at(&self.fetched.id) else { return false };
        self.reading = Reading::of(kept, stores);
        // What was decided without it does not count, whatever comes of the reading.
        kept.work.is_stale |= self.reading.is_some();
        self.reading.is_some()
    }

    /// Whether anything has to be looked at before it is decided.
    fn lacks_look(&mut self, mind: &mut Mind) -> bool {
        let now = self.fetched.now;
        while self.look.is_none() && self.ahead != Ahead::Nothing {
            let Some((kept, _, catalogue)) = mind.at(&self.fetched.id) else { return false };
            let settled = observe::settled(&kept.work, now);
            let may_be_fresh = self.ahead == Ahead::Fresh && catalogue.has_services();
            if may_be_fresh && observe::want(&kept.work, catalogue, now) {
                self.ahead = Ahead::Settled;
                self.prepare(mind, Extent::Fresh);
            } else {
                self.ahead = Ahead::Nothing;
                self.look_around(mind, &settled);
            }
        }
        self.look.is_some()
    }

    fn over(&mut self, thought: Thought) -> Progress {
        Progress::Over(Box::new(Thought { others: std::mem::take(&mut self.others), ..thought }))
    }
}
