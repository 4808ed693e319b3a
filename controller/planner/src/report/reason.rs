//! The reasons, as they stand in status, metrics, pages and documentation.

use std::fmt;

use crate::verdict::Verdict;

/// Why a step of a partition is where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The partition is not wanted yet.
    NotDue,
    /// The partition is outside the window and nobody asked for it.
    OutsideWindow,
    /// The outputs are made on demand, and nothing that must run reads them.
    NotDemanded,
    /// A required input is not there.
    WaitingForInputs,
    /// It may start as soon as there is room.
    WaitingForSlot,
    /// A failed try is tried again later.
    BackingOff,
    /// A launch runs.
    Running,
    /// A launch ended well and its outputs are on their way.
    Publishing,
    /// The outputs are there, made by a launch on record.
    Succeeded,
    /// The outputs are there, whoever made them.
    OutputsExist,
    /// The tries are used up.
    Failed,
    /// Something that is not the output stands at its path.
    OutputOccupied,
    /// Storage gives no reliable answer.
    StorageUnknown,
    /// The pipeline, the partition or the request rests.
    Suspended,
    /// The outputs are absent and past the time for which they are expected.
    Expired,
}

impl Reason {
    /// The reason of a verdict.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Running => Self::Running,
            Verdict::Publishing => Self::Publishing,
            Verdict::Succeeded => Self::Succeeded,
            Verdict::OutputsExist => Self::OutputsExist,
            Verdict::Expired => Self::Expired,
            Verdict::NotDemanded => Self::NotDemanded,
            Verdict::NotDue { .. } => Self::NotDue,
            Verdict::OutsideWindow => Self::OutsideWindow,
            Verdict::Suspended => Self::Suspended,
            Verdict::StorageUnknown(_) => Self::StorageUnknown,
            Verdict::OutputOccupied(_) => Self::OutputOccupied,
            Verdict::Failed => Self::Failed,
            Verdict::WaitingForInputs(_) => Self::WaitingForInputs,
            Verdict::BackingOff { .. } => Self::BackingOff,
            Verdict::Ready => Self::WaitingForSlot,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
