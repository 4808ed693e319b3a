//! What counts as data: storage's answer, corrected where a step writes to the final path itself.

use crate::calendar::Partition;
use crate::decide::World;
use crate::facts::Presence;
use crate::pipeline::{DatasetId, Publish};

/// Whether a partition of a dataset is there.
pub(crate) fn presence(world: World<'_>, dataset: DatasetId, partition: Partition) -> Presence {
    let Some(holding) = world.facts.holdings.get(usize::from(dataset.0)) else { return Presence::Unknown };
    let seen = holding.presence(partition);
    let is_something = matches!(seen, Presence::Complete | Presence::Occupied);
    let may_be_unfinished = is_something && world.pipeline.dataset(dataset).publish == Publish::Direct;
    if may_be_unfinished && is_unfinished(world, dataset, partition) { Presence::Missing } else { seen }
}

/// A `Direct` output is incomplete while its step runs, and what an attempt left that did not succeed is not data.
fn is_unfinished(world: World<'_>, dataset: DatasetId, partition: Partition) -> bool {
    let producer = world.pipeline.producer(dataset);
    let Some(history) = producer.and_then(|step| world.facts.history(partition, step)) else { return false };
    if history.running.is_some() {
        return true;
    }
    let left = history.last().and_then(|ended| ended.left.get(&dataset));
    // Only what is known to differ from the leftovers has been put there by somebody else.
    left.is_some_and(|left| world.facts.outputs.get(&(partition, dataset)).is_none_or(|now| now == left))
}
