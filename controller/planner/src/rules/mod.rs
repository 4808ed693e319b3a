//! The rules in the order in which they apply: each either says why a step is where it is, or leaves it to the next.

pub(crate) mod inputs;
pub(crate) mod outputs;
pub(crate) mod presence;
pub(crate) mod replacement;
pub(crate) mod retry;
pub(crate) mod scope;

use crate::calendar::Partition;
use crate::decide::World;
use crate::decision::{Cell, Decision};
use crate::demand::Demand;
use crate::facts::{History, Stage};
use crate::pipeline::{Step, StepId};
use crate::verdict::Verdict;

/// One step of one partition, with all that bears on it.
pub(crate) struct Case<'a> {
    pub(crate) world: World<'a>,
    pub(crate) demand: &'a Demand,
    /// The verdicts of earlier partitions, and of this one's steps upstream.
    pub(crate) judged: &'a Decision,
    pub(crate) partition: Partition,
    pub(crate) step: StepId,
    pub(crate) history: Option<&'a History>,
}

impl Case<'_> {
    pub(crate) fn step(&self) -> &Step {
        self.world.pipeline.step(self.step)
    }
}

/// The one verdict for a step of a partition.
pub(crate) fn judge(case: &Case<'_>) -> Cell {
    let outputs = outputs::look(case);
    let replacement = replacement::replacement(case, &outputs);
    let waiting = || {
        let verdict = inputs::verdict(case)?;
        let is_past = replacement.is_none() && inputs::expired(case, verdict).is_some();
        Some(if is_past { Verdict::Expired } else { verdict })
    };
    let verdict = under_way(case)
        .or_else(|| outputs.settled(case).filter(|_| replacement.is_none()))
        .or_else(|| scope::verdict(case))
        .or_else(|| outputs.unknown())
        .or_else(|| outputs.occupied())
        .or_else(|| retry::failed(case))
        .or_else(waiting)
        .or_else(|| retry::backing_off(case))
        .unwrap_or(Verdict::Ready);
    let is_stale = verdict == Verdict::Succeeded && replacement::have_inputs_changed(case);
    Cell { verdict, replacement, is_stale, since: case.world.now }
}

/// A launch that may still be running rules out everything else: nothing is started beside it.
pub(crate) fn under_way(case: &Case<'_>) -> Option<Verdict> {
    let running = case.history?.running.as_ref()?;
    Some(match running.stage {
        Stage::Held(_) | Stage::Running => Verdict::Running,
        Stage::Publishing => Verdict::Publishing,
    })
}
