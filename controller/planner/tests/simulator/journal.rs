//! The journal: the only thing that outlives a crash, and what histories are replayed from.

use std::collections::BTreeMap;

use planner::calendar::{Instant, Partition};
use planner::facts::{Fingerprints, History, Leftovers, Outcome};
use planner::launch::Launch;
use planner::pipeline::StepId;

use crate::store::Task;

/// One durable record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) at: Instant,
    pub(crate) task: Task,
    pub(crate) entry: Entry,
}

/// What a record says.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Launched { launch: Launch, inputs: Fingerprints },
    Publishing,
    Ended { outcome: Outcome, left: Leftovers },
}

/// The histories of one pipeline.
pub(crate) type Histories = BTreeMap<Partition, BTreeMap<StepId, History>>;

/// Applies one record to the history that it belongs to.
pub(crate) fn apply_to(history: &mut History, record: &Record) {
    match &record.entry {
        Entry::Launched { launch, inputs } => history.start(launch, inputs.clone(), record.at),
        Entry::Publishing => history.publish(),
        Entry::Ended { outcome, left } => history.end(outcome.clone(), left.clone(), record.at),
    }
}

/// The histories that a journal tells.
pub(crate) fn replay(journal: &[Record], pipelines: usize) -> Vec<Histories> {
    let mut histories = vec![Histories::new(); pipelines];
    for record in journal {
        let steps = histories[record.task.pipeline].entry(record.task.partition).or_default();
        apply_to(steps.entry(record.task.step).or_default(), record);
    }
    histories
}
