//! Why a step of a partition is where it is: exactly one reason at any time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a step of a partition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum StepState {
    /// Nothing is to be done, although the outputs may be absent.
    Idle,
    /// It will run once what the reason names has come.
    Waiting,
    /// It runs, or what it wrote is being published.
    Running,
    /// Its outputs are there.
    Complete,
    /// A person must change something.
    Failed,
    /// Storage gives no reliable answer.
    Unknown,
}

/// Why a step of a partition is where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum StepReason {
    /// The partition is not due yet.
    NotDue,
    /// The partition is not in the window, and no backfill asks for it.
    OutsideWindow,
    /// The outputs are made on demand only, and nothing that must run reads them.
    NotDemanded,
    /// An input is not complete; the sentence names it, and an upstream step that failed.
    WaitingForInputs,
    /// The pipeline's parallelism, a pool, a quota or the machine is full.
    WaitingForSlot,
    /// An attempt failed, and the next follows after a pause.
    BackingOff,
    /// A launch runs, or may still run.
    Running,
    /// A launch succeeded, and its outputs are being moved to their paths.
    Publishing,
    /// The outputs are there, made by a launch of this step.
    Succeeded,
    /// The outputs are there, whoever made them.
    OutputsExist,
    /// The attempts are used up.
    Failed,
    /// At an output's path lies something that is no complete data and not ours to delete.
    OutputOccupied,
    /// A store gives no reliable answer, so nothing starts.
    StorageUnknown,
    /// The pipeline, the partition or the backfill rests.
    Suspended,
    /// The outputs are absent and older than they are expected to be kept.
    Expired,
}

impl StepReason {
    /// Every reason, in the order of their definition.
    pub const ALL: [Self; 15] = [
        Self::NotDue,
        Self::OutsideWindow,
        Self::NotDemanded,
        Self::WaitingForInputs,
        Self::WaitingForSlot,
        Self::BackingOff,
        Self::Running,
        Self::Publishing,
        Self::Succeeded,
        Self::OutputsExist,
        Self::Failed,
        Self::OutputOccupied,
        Self::StorageUnknown,
        Self::Suspended,
        Self::Expired,
    ];

    /// The state that a step with this reason is in.
    pub fn state(self) -> StepState {
        match self {
            Self::OutsideWindow | Self::NotDemanded | Self::Expired => StepState::Idle,
            Self::NotDue
            | Self::WaitingForInputs
            | Self::WaitingForSlot
            | Self::BackingOff
            | Self::Suspended => StepState::Waiting,
            Self::Running | Self::Publishing => StepState::Running,
            Self::Succeeded | Self::OutputsExist => StepState::Complete,
            Self::Failed | Self::OutputOccupied => StepState::Failed,
            Self::StorageUnknown => StepState::Unknown,
        }
    }
}
