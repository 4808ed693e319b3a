//! `decide`: from a pipeline, facts and the time to a decision. Total: it never fails.

use crate::calendar::{Instant, Partition};
use crate::decision::{Cell, Decision};
use crate::demand::Demand;
use crate::facts::{Facts, History};
use crate::pipeline::Pipeline;
use crate::rules::{self, Case};
use crate::verdict::{Replacement, Verdict};
use crate::wake;
use crate::window;

/// What the planner looks at.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// What was observed.
    pub facts: &'a Facts,
    /// The time.
    pub now: Instant,
}

/// Decides for every partition of the window, of the requests, of what runs and of what these demand.
///
/// The same world gives the same verdicts; `previous` serves only to say since when each holds.
pub fn decide(world: World<'_>, previous: Option<&Decision>) -> Decision {
    let parts = world.pipeline.parts();
    let window = window::window(parts, world.now);
    let demand = Demand::new(world, &window);
    let mut decision = Decision {
        newest_due: window::newest_due(parts, world.now),
        partitions: partitions(world, &window, &demand),
        width: parts.steps.len(),
        ..Decision::unjudged(window)
    };
    judge_all(world, &demand, &mut decision);
    note_since(world.now, previous, &mut decision);
    decision.wake_at = wake::wake_at(world, &decision);
    decision
}

/// The partitions to look at, oldest first. An unbroken window is the usual case and needs no set.
fn partitions(world: World<'_>, window: &std::ops::Range<i64>, demand: &Demand) -> Vec<Partition> {
    let parts = world.pipeline.parts();
    let mut all: Vec<_> = window.clone().map(Partition).filter(|it| parts.calendar.exists(*it)).collect();
    let inside = all.len();
    for request in &world.facts.requests {
        let asked = (request.from.0..=request.to.0).map(Partition);
        all.extend(asked.filter(|it| !window.contains(&it.0) && window::exists(parts, *it)));
    }
    // Inside the window every partition is looked at anyway, and there the history is long.
    let history = &world.facts.history;
    let outside = history.range(..Partition(window.start)).chain(history.range(Partition(window.end)..));
    let running = outside.filter(|(_, steps)| steps.values().any(|it| it.running.is_some()));
    all.extend(running.map(|(partition, _)| *partition));
    all.extend(demand.partitions().filter(|it| !window.contains(&it.0)));
    if all.len() > inside {
        all.sort_unstable();
        all.dedup();
    }
    all
}

/// Judges oldest first and upstream first, so that each verdict finds those it depends on.
fn judge_all(world: World<'_>, demand: &Demand, decision: &mut Decision) {
    let unjudged =
        Cell { verdict: Verdict::OutsideWindow, replacement: None, is_stale: false, since: world.now };
    decision.cells.reserve(decision.partitions.len() * decision.width);
    for row in 0..decision.partitions.len() {
        let partition = decision.partitions[row];
        decision.cells.resize((row + 1) * decision.width, unjudged);
        let histories = world.facts.history.get(&partition);
        for step in world.pipeline.order() {
            let history = histories.and_then(|steps| steps.get(step));
            let case = Case { world, demand, judged: decision, partition, step: *step, history };
            let cell = rules::judge(&case);
            if case.is_curious(&cell) {
                decision.curious.insert((partition, *step));
            }
            decision.cells[row * decision.width + usize::from(step.0)] = cell;
        }
    }
}

/// A reason that held before holds since then.
fn note_since(now: Instant, previous: Option<&Decision>, decision: &mut Decision) {
    let Some(previous) = previous else { return };
    let width = decision.width;
    for (row, partition) in decision.partitions.iter().enumerate() {
        let Some(before) = previous.row(*partition) else { continue };
        for (cell, before) in decision.cells[row * width..].iter_mut().zip(before) {
            let is_same = std::mem::discriminant(&cell.verdict) == std::mem::discriminant(&before.verdict);
            cell.since = if is_same { before.since } else { now };
        }
    }
}

impl Case<'_> {
    /// Whether the verdict could differ if the inputs turned out to have changed, or not to have changed.
    fn is_curious(&self, cell: &Cell) -> bool {
        if cell.replacement == Some(Replacement::InputsChanged) {
            return true;
        }
        match cell.verdict {
            // Of several outputs one may be there though another is not wanted.
            Verdict::Succeeded | Verdict::Expired | Verdict::NotDemanded => {
                rules::replacement::may_rebuild(self)
            }
            Verdict::Failed | Verdict::BackingOff { .. } | Verdict::WaitingForInputs(_) | Verdict::Ready => {
                self.history.is_some_and(History::has_failed)
            }
            Verdict::Running
            | Verdict::Publishing
            | Verdict::OutputsExist
            | Verdict::NotDue { .. }
            | Verdict::OutsideWindow
            | Verdict::Suspended
            | Verdict::StorageUnknown(_)
            | Verdict::OutputOccupied(_) => false,
        }
    }
}
