//! A decision: one verdict for each step of each partition that is looked at, and when to look again.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::calendar::{Instant, Partition};
use crate::pipeline::StepId;
use crate::report::Reason;
use crate::verdict::{Replacement, Verdict};

/// What holds for a pipeline at one moment. Made by [`crate::decide::decide`].
#[derive(Clone, Debug)]
#[must_use = "a decision that nobody applies changes nothing"]
pub struct Decision {
    /// The partitions that are kept complete.
    pub window: Range<i64>,
    /// The newest partition that is due.
    pub newest_due: Partition,
    /// The moment at which, without any other change, the next decision may differ.
    pub wake_at: Option<Instant>,
    /// The steps whose inputs should be looked at closely before the next decision.
    pub curious: BTreeSet<(Partition, StepId)>,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) width: usize,
}

/// What holds for one step of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The reason why it is where it is.
    pub verdict: Verdict,
    /// Why outputs that exist are made anew, where they are.
    pub replacement: Option<Replacement>,
    /// Whether an input changed after the outputs were made, and the step keeps them.
    pub is_stale: bool,
    /// Since when the reason holds.
    pub since: Instant,
}

impl Decision {
    /// A decision in which nothing has been judged yet.
    pub fn unjudged(window: Range<i64>) -> Self {
        Self {
            newest_due: Partition(window.end - 1),
            window,
            wake_at: None,
            curious: BTreeSet::new(),
            partitions: Vec::new(),
            cells: Vec::new(),
            width: 1,
        }
    }

    /// The partitions that were looked at, oldest first.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// What holds for the steps of a partition, in the order of the manifest; none if it was not looked at.
    pub fn row(&self, partition: Partition) -> Option<&[Cell]> {
        let row = self.row_index(partition)?;
        self.cells.get(row * self.width..(row + 1) * self.width)
    }

    /// What holds for one step of a partition.
    pub fn cell(&self, partition: Partition, step: StepId) -> Option<&Cell> {
        self.row(partition)?.get(usize::from(step.0))
    }

    /// All cells with their partition and step.
    pub fn cells(&self) -> impl Iterator<Item = (Partition, StepId, &Cell)> {
        let rows = self.cells.chunks(self.width);
        self.partitions.iter().zip(rows).flat_map(|(partition, row)| {
            (0..).map(StepId).zip(row).map(move |(step, cell)| (*partition, step, cell))
        })
    }

    /// Takes over since when each reason holds, from where it was noted before this process began.
    pub fn remember(&mut self, since: impl Fn(Partition, StepId, Reason) -> Option<Instant>) {
        let partitions = self.partitions.iter();
        for (partition, row) in partitions.zip(self.cells.chunks_mut(self.width)) {
            for (step, cell) in (0..).map(StepId).zip(row) {
                cell.since = since(*partition, step, Reason::of(cell.verdict)).unwrap_or(cell.since);
            }
        }
    }

    /// The place of a partition; most decisions hold one unbroken stretch, where it is a subtraction.
    fn row_index(&self, partition: Partition) -> Option<usize> {
        let first = self.partitions.first()?;
        let guess = usize::try_from(partition.0 - first.0).ok()?;
        if self.partitions.get(guess) == Some(&partition) {
            return Some(guess);
        }
        self.partitions.binary_search(&partition).ok()
    }
}
