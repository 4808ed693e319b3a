//! The working set: the partitions that are worth an object. All others are ranges in the pipeline's status.

use std::collections::BTreeSet;

use planner::calendar::Partition;
use planner::decision::{Cell, Decision};
use planner::verdict::Verdict;

/// How many objects there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Of all kinds together.
    pub(crate) all: usize,
    /// Of partitions with nothing left to do.
    pub(crate) finished: usize,
}

/// How much a partition is worth an object; the smallest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// A step runs.
    Running,
    /// A step needs a person.
    Failed,
    /// A step is about to start.
    Runnable,
    /// Steps wait for something else.
    Waiting,
    /// Nothing is left to do.
    Finished,
}

/// The partitions that are worth an object; those that `keep` names have one in any case.
pub(crate) fn working_set(
    decision: &Decision,
    (keep, room): (&BTreeSet<Partition>, Room),
) -> BTreeSet<Partition> {
    let mut candidates: Vec<_> = decision
        .partitions()
        .iter()
        .filter(|it| !keep.contains(it))
        .filter_map(|it| Some((worth(decision.row(*it)?), *it)))
        .collect();
    // Of what waits the oldest holds up the others; of what is finished the newest is looked at.
    candidates.sort_by_key(|(worth, it)| (*worth, if *worth == Worth::Finished { -it.0 } else { it.0 }));
    let mut finished = 0;
    let chosen = candidates.into_iter().filter(|(worth, _)| {
        finished += usize::from(*worth == Worth::Finished);
        *worth != Worth::Finished || finished <= room.finished
    });
    let chosen = chosen.map(|(_, partition)| partition).take(room.all.saturating_sub(keep.len()));
    keep.iter().copied().filter(|it| decision.row(*it).is_some()).chain(chosen).collect()
}

fn worth(row: &[Cell]) -> Worth {
    let worst = row.iter().map(|cell| match cell.verdict {
        Verdict::Running | Verdict::Publishing => Worth::Running,
        Verdict::Failed | Verdict::OutputOccupied(_) | Verdict::StorageUnknown(_) => Worth::Failed,
        Verdict::Ready | Verdict::BackingOff { .. } => Worth::Runnable,
        Verdict::NotDue { .. } | Verdict::WaitingForInputs(_) | Verdict::Suspended => Worth::Waiting,
        Verdict::OutsideWindow
        | Verdict::NotDemanded
        | Verdict::Succeeded
        | Verdict::OutputsExist
        | Verdict::Expired => Worth::Finished,
    });
    worst.min().unwrap_or(Worth::Finished)
}
