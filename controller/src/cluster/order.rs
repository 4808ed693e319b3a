//! Orders: what is to be done in storage for a launch, without the mind: a store may take minutes to copy, or not answer.

use planner::calendar::Instant;
use planner::facts::{Leftovers, Outcome, Stage};
use planner::launch::Launch;
use storage::{Staging, StagingError, Store};
use tokio::task::JoinError;

use crate::cluster::mind::Id;
use crate::cluster::shelf::Shelf;
use crate::work::errand::{Begun, Errand};
use crate::work::launch::chain;
use crate::work::publish::Unsettled;
use crate::work::records::RecordsError;

/// What is to be done in storage for a launch.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The pipeline.
    pub(crate) id: Id,
    /// The launch with all that it takes.
    pub(crate) errand: Errand,
    /// Where it is recorded.
    pub(crate) shelf: Shelf,
    /// What is to be done.
    pub(crate) what: What,
    /// When it was ordered.
    pub(crate) now: Instant,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It is recorded that it begins, and a place to write is made.
    Begin,
    /// It is recorded, by another process or while a store was away: a place to write is made.
    Place,
    /// Its Job ended well: its outputs are verified and published, and its end is recorded.
    Settle,
    /// Its outputs were on their way when a process died: they arrive, and its end is recorded.
    Publish,
    /// Its end is recorded.
    End(Outcome),
}

/// An order that was carried out.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) order: Order,
    pub(crate) done: Done,
}

/// What came of an order.
#[derive(Debug)]
pub(crate) enum Done {
    /// It has begun; and whether it has a place to write.
    Begun(Begun, Place),
    /// It has a place to write.
    Placed,
    /// It is over.
    Ended(Outcome, Leftovers),
    /// Another controller was first, and its record holds.
    Forestalled,
    /// A store gave no answer: what was written stays where it is, and the order is given again. How far it has come.
    Open(String, Stage),
    /// The archive gave no answer.
    Unrecorded(RecordsError),
}

/// Whether a launch has a place to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is made.
    Made,
    /// It could not be made: it is ordered by itself, which tells why.
    Missing,
}

impl Order {
    /// Does it. It blocks, as storage does.
    pub(crate) fn carry_out(mut self) -> Carried {
        let done = match self.try_to() {
            Ok(done) => done,
            Err(Unsettled::Open(why, stage)) => Done::Open(why, stage),
            Err(Unsettled::Records(error)) if error.is_already_there() => Done::Forestalled,
            Err(Unsettled::Records(error)) => Done::Unrecorded(error),
        };
        Carried { order: self, done }
    }

    /// It panicked: nobody knows how far it came, but what is recorded.
    pub(crate) fn broken_off(self, error: JoinError) -> Carried {
        let done = Done::Unrecorded(RecordsError::new("carry out", &self.errand.name, error));
        Carried { order: self, done }
    }

    fn try_to(&mut self) -> Result<Done, Unsettled> {
        let has_ended = || self.shelf.has_ended(&self.errand.plan, &self.errand.launch);
        let outcome = match &self.what {
            What::Begin => return self.begin(),
            _ if has_ended().map_err(Unsettled::Records)? => return Ok(Done::Forestalled),
            What::Place => match self.errand.staged(begin_or_resume) {
                Ok(_) => return Ok(Done::Placed),
                Err(error) if error.is_open() => return Err(Unsettled::held(chain(&error))),
                Err(error) => Outcome::Failed { exit_code: None, why: chain(&error) },
            },
            What::Settle => self.settle()?,
            What::Publish => self.errand.publish()?,
            What::End(outcome) => outcome.clone(),
        };
        let left = self.errand.end(&mut self.shelf, (&outcome, self.now)).map_err(Unsettled::Records)?;
        Ok(Done::Ended(outcome, left))
    }

    fn begin(&mut self) -> Result<Done, Unsettled> {
        let begun = self.errand.begin(&mut self.shelf, self.now).map_err(Unsettled::Records)?;
        let place = self.errand.staged(begin_or_resume).map_or(Place::Missing, |_| Place::Made);
        Ok(Done::Begun(begun, place))
    }

    /// Verifies and publishes what the launch made. If it is not where the step wrote it, another controller may have
    /// begun to publish it.
    fn settle(&mut self) -> Result<Outcome, Unsettled> {
        let outcome = self.errand.verify_and_publish(&mut self.shelf, self.now)?;
        let is_missed = matches!(outcome, Outcome::Failed { .. });
        let is_on_its_way = is_missed && self.is_on_its_way().map_err(Unsettled::Records)?;
        if is_on_its_way { self.errand.publish() } else { Ok(outcome) }
    }

    /// Whether it is recorded that the outputs are on their way, whoever took them up.
    fn is_on_its_way(&self) -> Result<bool, RecordsError> {
        self.shelf.is_publishing(&self.errand.plan, &self.errand.launch)
    }

    /// The launch.
    pub(crate) fn launch(&self) -> &Launch {
        &self.errand.launch
    }
}

/// The staging of a launch. Its name is its own, so what is there already was made for it, by a process that died.
fn begin_or_resume(store: &Store, launch: &str, outputs: &[&str]) -> Result<Staging, StagingError> {
    match Staging::begin(store, launch, outputs) {
        Err(StagingError::Taken { .. }) => Staging::resume(store, launch, outputs),
        staging => staging,
    }
}
