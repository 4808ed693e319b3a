//! The desired state: what ought to be the case once nothing happens any more.

use planner::calendar::Instant;
use planner::facts::{ABSENT, Fingerprints, Presence, Trial};

use crate::ledger::{Spent, Tries};
use crate::oracle::Oracle;
use crate::store::{Place, Shape, Task, Writer};
use crate::world::World;

/// What ought to be the case for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is to be done.
    Done,
    /// It has no more tries.
    Failed,
    /// Something stands in the way of its outputs.
    Occupied,
    /// An input is not there, or about to be made anew.
    Waits,
    /// Nothing holds it up.
    ShouldRun,
}

/// The world at its end, seen whole.
#[derive(Debug)]
pub(crate) struct Desired<'a> {
    pub(crate) world: &'a World,
    /// The failures that do not count, by pipeline.
    pub(crate) forgive: Vec<Option<Instant>>,
}

impl Desired<'_> {
    pub(crate) fn state(&self, task: Task) -> State {
        let spec = &*self.world.specs[task.pipeline];
        let (has, looks, is_stuck) = (
            |place| self.has(place),
            |task| self.looks(task),
            |task| self.is_occupied(task) || self.is_spent(task),
        );
        let oracle = Oracle {
            spec,
            ledger: &self.world.referee.ledger,
            has: &has,
            looks: Some(&looks),
            is_stuck: &is_stuck,
            now: self.world.now,
        };
        let is_replaced = oracle.is_replaced(task, Some(&self.looks(task)));
        if oracle.check_scope(task).is_err() || !is_replaced && !oracle.lacks_something_wanted(task) {
            return State::Done;
        }
        if self.is_occupied(task) {
            return State::Occupied;
        }
        if self.is_spent(task) {
            return State::Failed;
        }
        let mut reads = spec.reads(task).into_iter();
        let waits = reads.any(|read| {
            let maker = oracle.maker_of(task, read.dataset, read.place);
            let state = maker.map_or(State::Done, |maker| self.state(maker));
            let is_anew = || maker.is_some_and(|maker| oracle.is_replaced(maker, Some(&self.looks(maker))));
            if self.has(read.place) {
                matches!(state, State::Failed | State::Waits | State::ShouldRun) && is_anew()
            } else {
                !read.is_optional || matches!(state, State::Waits | State::ShouldRun)
            }
        });
        if waits { State::Waits } else { State::ShouldRun }
    }

    fn has(&self, place: Place) -> bool {
        let store = &self.world.store;
        store.look(place, self.world.now) == Presence::Complete && store.holds(place)
    }

    /// Whether what stands in the way is not known as left by a launch.
    fn is_occupied(&self, task: Task) -> bool {
        let outputs = self.world.specs[task.pipeline].outputs(task);
        outputs
            .iter()
            .filter_map(|(_, place)| self.world.store.objects.get(place))
            .any(|object| object.shape == Shape::Parts && !matches!(object.writer, Writer::Unfinished(_)))
    }

    fn is_spent(&self, task: Task) -> bool {
        let spec = &*self.world.specs[task.pipeline];
        let step = spec.pipeline.step(task.step);
        let request = spec.rerun(task).map(|request| request.name.clone());
        let trial = Trial { whole: step.whole_digest, result: step.result_digest, request };
        let looks = self.looks(task);
        let forgive = self.forgive.get(task.pipeline).copied().flatten();
        let tries = Tries { trial: &trial, looks: Some(&looks), forgive };
        self.world.referee.ledger.spent(task, tries, &step.retries) == Spent::ForGood
    }

    fn looks(&self, task: Task) -> Fingerprints {
        let reads = self.world.specs[task.pipeline].reads(task).into_iter();
        reads
            .map(|read| {
                let object = self.world.store.objects.get(&read.place);
                let version = object.map_or_else(|| ABSENT.to_owned(), |object| object.version.to_string());
                (format!("{}/{}", read.place.family, read.place.partition.0), version)
            })
            .collect()
    }
}
