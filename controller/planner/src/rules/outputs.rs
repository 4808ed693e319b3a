//! Are the outputs there? Only a positive "not found" is missing, and what is not expected any more is not missed.

use crate::calendar::{Instant, Partition};
use crate::facts::Presence;
use crate::pipeline::{Dataset, DatasetId, OnMissing};
use crate::rules::Case;
use crate::rules::presence::presence;
use crate::verdict::{Read, Verdict};

/// What was found at the places of a step's outputs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outputs {
    unknown: Option<Read>,
    occupied: Option<DatasetId>,
    complete: usize,
    expired: usize,
    undemanded: usize,
    total: usize,
}

/// Looks at every output of a step.
pub(crate) fn look(case: &Case<'_>) -> Outputs {
    let world = case.world;
    let outputs = &case.step().outputs;
    let mut found = Outputs { total: outputs.len(), ..Outputs::default() };
    for output in outputs {
        match presence(world, *output, case.partition) {
            Presence::Complete => found.complete += 1,
            Presence::Unknown | Presence::Settling => {
                found.unknown.get_or_insert(Read { dataset: *output, partition: case.partition });
            }
            Presence::Occupied => {
                found.occupied.get_or_insert(*output);
            }
            Presence::Missing => {
                let dataset = world.pipeline.dataset(*output);
                if is_expired(dataset, case.partition, world.now) {
                    found.expired += 1;
                } else if dataset.on_missing == OnMissing::OnDemand
                    && !case.demand.wants(case.partition, case.step)
                {
                    found.undemanded += 1;
                }
            }
        }
    }
    found
}

/// Past the time for which a dataset is expected, an absent partition of it is not missing.
pub(crate) fn is_expired(dataset: &Dataset, partition: Partition, now: Instant) -> bool {
    expires_at(dataset, partition).is_some_and(|at| at <= now)
}

/// The moment from which an absent partition is not missing any more.
pub(crate) fn expires_at(dataset: &Dataset, partition: Partition) -> Option<Instant> {
    let span = dataset.expected_for.filter(|_| !dataset.path.is_static())?;
    Some(span.after(dataset.calendar.end(partition), dataset.calendar.zone()))
}

impl Outputs {
    /// An unreliable answer starts nothing and finishes nothing.
    pub(crate) fn unknown(&self) -> Option<Verdict> {
        self.unknown.map(Verdict::StorageUnknown)
    }

    /// Whether some output is there.
    pub(crate) fn has_data(&self) -> bool {
        self.complete > 0
    }

    /// Nothing is left to do when every output is there, or is not wanted.
    pub(crate) fn settled(&self, case: &Case<'_>) -> Option<Verdict> {
        if self.complete + self.expired + self.undemanded < self.total {
            return None;
        }
        if self.expired > 0 {
            return Some(Verdict::Expired);
        }
        if self.undemanded > 0 {
            return Some(Verdict::NotDemanded);
        }
        let is_ours = case.history.is_some_and(|history| history.maker().is_some());
        Some(if is_ours { Verdict::Succeeded } else { Verdict::OutputsExist })
    }

    /// What is not ours and not the output is never deleted by us: a person must look.
    pub(crate) fn occupied(&self) -> Option<Verdict> {
        self.occupied.map(Verdict::OutputOccupied)
    }
}
