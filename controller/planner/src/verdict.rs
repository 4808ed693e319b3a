//! Verdicts: the one reason why each step of each partition is where it is.

use crate::calendar::{Instant, Partition};
use crate::pipeline::{DatasetId, StepId};

/// What holds for one step of one partition: exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A launch may be running.
    Running,
    /// A launch ended well and its outputs are on their way.
    Publishing,
    /// The outputs are there, made by a launch on record.
    Succeeded,
    /// The outputs are there, whoever made them.
    OutputsExist,
    /// The outputs are absent and past the time for which they are expected.
    Expired,
    /// The outputs are absent and nothing that must run reads them.
    NotDemanded,
    /// The partition is not wanted yet.
    NotDue {
        /// The moment from which it is.
        until: Instant,
    },
    /// The partition is outside the window and nobody asked for it.
    OutsideWindow,
    /// The pipeline, the partition or the request rests.
    Suspended,
    /// Storage gives no reliable answer about this.
    StorageUnknown(Read),
    /// Something that is not the output stands at its path.
    OutputOccupied(DatasetId),
    /// The tries are used up.
    Failed,
    /// A required input is not there.
    WaitingForInputs(Gap),
    /// A failed try is tried again later.
    BackingOff {
        /// The moment of the next try.
        until: Instant,
    },
    /// It may start as soon as admission finds room.
    Ready,
}

/// A partition of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The dataset.
    pub dataset: DatasetId,
    /// Its partition, in its own clock; of no meaning for a static dataset.
    pub partition: Partition,
}

/// A required input that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which of the step's inputs, by its place.
    pub input: u16,
    /// What it would read.
    pub read: Read,
    /// Who is to bring it.
    pub cause: Cause,
}

/// Who is to bring a missing input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody outside this pipeline.
    Outside,
    /// Somebody outside this pipeline; the file is there but too young.
    Settling,
    /// Somebody outside this pipeline; something else stands in its place.
    Occupied,
    /// A step of this pipeline for a partition that is looked at.
    Upstream(StepId, Partition),
    /// A step of this pipeline for a partition that nobody looks after.
    OutsideWindow(StepId, Partition),
    /// Nobody: the partition lies before the pipeline's start, so that no step makes it.
    BeforeStart(Partition),
    /// The static path that stands for partitions before the start.
    Initial,
}

/// Why outputs that exist are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Somebody asked for it: the place of the request among the facts.
    Requested(usize),
    /// The step changed, and says that this makes its outputs anew.
    StepChanged,
    /// An input changed, and the step says that this makes its outputs anew.
    InputsChanged,
}

impl Verdict {
    /// Whether nothing is left to do.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Succeeded | Self::OutputsExist | Self::Expired | Self::NotDemanded => true,
            Self::Running
            | Self::Publishing
            | Self::NotDue { .. }
            | Self::OutsideWindow
            | Self::Suspended
            | Self::StorageUnknown(_)
            | Self::OutputOccupied(_)
            | Self::Failed
            | Self::WaitingForInputs(_)
            | Self::BackingOff { .. }
            | Self::Ready => false,
        }
    }

    /// Whether a launch is under way or will follow without anybody's help but that of inputs.
    pub fn is_under_way(self) -> bool {
        match self {
            Self::Running
            | Self::Publishing
            | Self::StorageUnknown(_)
            | Self::WaitingForInputs(_)
            | Self::BackingOff { .. }
            | Self::Ready => true,
            Self::Succeeded
            | Self::OutputsExist
            | Self::Expired
            | Self::NotDemanded
            | Self::NotDue { .. }
            | Self::OutsideWindow
            | Self::Suspended
            | Self::OutputOccupied(_)
            | Self::Failed => false,
        }
    }
}
