//! Summaries: a pipeline at a glance.

use crate::calendar::{Instant, Partition};
use crate::decide::World;
use crate::decision::{Cell, Decision};
use crate::limits::RANGES_MAX;
use crate::ranges::{self, Stretch};
use crate::report::is_late;
use crate::verdict::Verdict;
use crate::window;

/// A pipeline at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many partitions are in which state.
    pub counts: Counts,
    /// The last of the unbroken complete partitions from the window's start.
    pub complete_through: Option<Partition>,
    /// When the next partition becomes due.
    pub next_due: Option<Instant>,
    /// The complete partitions, newest stretches kept.
    pub complete: Vec<Stretch>,
    /// Whether some partition is late.
    pub is_late: bool,
    /// What a run that waits for nothing from outside has come to.
    pub standing: Standing,
}

/// How many partitions are in which state; each counts once, by its worst step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Partitions that are looked after.
    pub due: usize,
    /// Every output that is wanted is there.
    pub complete: usize,
    /// A launch is under way.
    pub running: usize,
    /// A step failed, or its output is occupied.
    pub failed: usize,
    /// The rest: they wait, for an answer of storage too.
    pub waiting: usize,
    /// An input changed after an output was made; these count among the complete too.
    pub stale: usize,
}

/// What a pipeline has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything is there.
    Complete,
    /// Something runs or will start by itself.
    UnderWay,
    /// Nothing runs, and a step needs a person.
    Failed,
    /// Nothing runs, and steps wait for data from outside.
    Waiting,
}

/// Sums a decision up.
pub fn summarize(world: World<'_>, decision: &Decision) -> Summary {
    let calendar = &world.pipeline.parts().calendar;
    let rows = || decision.partitions().iter().filter_map(|it| Some((*it, decision.row(*it)?)));
    let is_complete = |row: &[Cell]| row.iter().all(|cell| cell.verdict.is_settled());
    let complete: Vec<_> = rows().filter(|(_, row)| is_complete(row)).map(|(it, _)| it).collect();
    let through =
        rows().filter(|(it, _)| decision.window.contains(&it.0)).take_while(|(_, row)| is_complete(row));
    Summary {
        counts: count(decision, decision.partitions()),
        complete_through: through.last().map(|(partition, _)| partition),
        next_due: window::next_due(world.pipeline.parts(), world.now),
        complete: ranges::newest(ranges::compress(calendar, complete), RANGES_MAX),
        is_late: rows().any(|(partition, row)| !is_done(row) && is_late(world, partition)),
        standing: standing(decision),
    }
}

/// How many of some partitions of a decision are in which state.
pub fn count<'a>(decision: &'a Decision, partitions: impl IntoIterator<Item = &'a Partition>) -> Counts {
    let mut counts = Counts::default();
    for row in partitions.into_iter().filter_map(|it| decision.row(*it)) {
        counts.due += 1;
        let has = |claim: fn(Verdict) -> bool| row.iter().any(|cell| claim(cell.verdict));
        let place = match () {
            () if is_done(row) => &mut counts.complete,
            () if has(is_running) => &mut counts.running,
            () if has(has_failed) => &mut counts.failed,
            () => &mut counts.waiting,
        };
        *place += 1;
        counts.stale += usize::from(row.iter().any(|cell| cell.is_stale));
    }
    counts
}

fn standing(decision: &Decision) -> Standing {
    let has = |claim: fn(Verdict) -> bool| decision.cells.iter().any(|cell| claim(cell.verdict));
    if has(|verdict| is_running(verdict) || matches!(verdict, Verdict::Ready | Verdict::BackingOff { .. })) {
        return Standing::UnderWay;
    }
    if has(needs_a_person) {
        return Standing::Failed;
    }
    if is_done(&decision.cells) { Standing::Complete } else { Standing::Waiting }
}

/// Whether nothing is left to do. What lies outside the window beside a step that was asked for, nobody asked for.
fn is_done(cells: &[Cell]) -> bool {
    cells.iter().all(|cell| cell.verdict.is_settled() || cell.verdict == Verdict::OutsideWindow)
}

fn is_running(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Running | Verdict::Publishing)
}

fn needs_a_person(verdict: Verdict) -> bool {
    has_failed(verdict) || matches!(verdict, Verdict::StorageUnknown(_))
}

/// What storage does not answer about has not failed: it waits, though a person may have to help.
fn has_failed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Failed | Verdict::OutputOccupied(_))
}
