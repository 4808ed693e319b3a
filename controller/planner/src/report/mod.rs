//! Reports: a decision in people's words. A report is never an input.

mod reason;
mod sentence;
mod summary;

pub use reason::Reason;
pub use summary::{Counts, Standing, Summary, count, summarize};

use std::fmt;

use crate::admission::Obstacles;
use crate::calendar::{Instant, Partition};
use crate::decide::World;
use crate::decision::{Cell, Decision};
use crate::name::Name;
use crate::pipeline::StepId;
use crate::verdict::Verdict;
use crate::window;

/// What the environment knows of places.
pub trait Places {
    /// The whole address of a path in a store, as people and programs open it.
    fn uri(&self, store: &Name, path: &str) -> String;
    /// Why a store gives no reliable answer about a path.
    fn doubt(&self, store: &Name, path: &str) -> String;
    /// What notices a change in storage, as in "a look every 30 s".
    fn watch(&self) -> String;
    /// What has to happen before anything starts, where nobody is at work.
    fn rest(&self) -> Option<String> {
        None
    }
}

/// All that a report is made from.
#[derive(Clone, Copy)]
pub struct Reporter<'a> {
    /// The pipeline, its facts and the time.
    pub world: World<'a>,
    /// What holds for it.
    pub decision: &'a Decision,
    /// What its steps wait for that are ready.
    pub obstacles: &'a Obstacles,
    /// What the environment knows of places.
    pub places: &'a dyn Places,
}

/// One step of one partition, in people's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// The one reason why it is where it is.
    pub reason: Reason,
    /// The particulars: a sentence without a final dot.
    pub message: String,
    /// What will change it, where something will: a sentence without a final dot.
    pub wake: Option<String>,
    /// Since when.
    pub since: Instant,
    /// The highest attempt number so far.
    pub attempts: u32,
}

/// One partition, in people's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReport {
    /// The partition.
    pub partition: Partition,
    /// Whether every output is there or not wanted.
    pub is_complete: bool,
    /// Whether it is incomplete longer after it was due than the pipeline allows.
    pub is_late: bool,
    /// Whether an input changed after an output was made.
    pub is_stale: bool,
    /// Its steps, in the order of the manifest.
    pub steps: Vec<StepReport>,
}

impl fmt::Debug for Reporter<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reporter")
            .field("pipeline", &self.world.pipeline.parts().name)
            .finish_non_exhaustive()
    }
}

impl Reporter<'_> {
    /// The report of a partition, also of one that nobody looks after.
    pub fn partition(&self, partition: Partition) -> PartitionReport {
        let row = self.decision.row(partition);
        let width = self.world.pipeline.parts().steps.len();
        let cells = row.map_or_else(|| vec![self.unwatched(partition); width], <[Cell]>::to_vec);
        let steps = self.world.pipeline.step_ids().zip(&cells);
        let is_complete = cells.iter().all(|cell| cell.verdict.is_settled());
        PartitionReport {
            partition,
            is_complete,
            is_late: !is_complete && is_late(self.world, partition),
            is_stale: cells.iter().any(|cell| cell.is_stale),
            steps: steps.map(|(step, cell)| self.step(partition, step, cell)).collect(),
        }
    }

    fn step(&self, partition: Partition, step: StepId, cell: &Cell) -> StepReport {
        let history = self.world.facts.history(partition, step);
        StepReport {
            step,
            reason: Reason::of(cell.verdict),
            message: self.sentence(partition, step, cell),
            wake: self.wake(partition, step, cell),
            since: cell.since,
            attempts: history.map_or(0, crate::facts::History::attempts),
        }
    }

    fn unwatched(&self, partition: Partition) -> Cell {
        let until = window::due_at(self.world.pipeline.parts(), partition);
        let is_due = until <= self.world.now;
        let verdict = if is_due { Verdict::OutsideWindow } else { Verdict::NotDue { until } };
        Cell { verdict, replacement: None, is_stale: false, since: self.world.now }
    }
}

/// Whether an incomplete partition counts as late.
pub(crate) fn is_late(world: World<'_>, partition: Partition) -> bool {
    let parts = world.pipeline.parts();
    let deadline =
        parts.late_after.map(|span| span.after(window::due_at(parts, partition), parts.calendar.zone()));
    deadline.is_some_and(|deadline| deadline <= world.now)
}
