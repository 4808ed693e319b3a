//! The conditions of each kind of object, and their reasons.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The types of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum ConditionType {
    /// Pipeline: the spec is sound and acted on. Waiting for data is ready.
    Ready,
    /// Pipeline and Backfill, present only when true: nothing goes on until a person changes something.
    Stalled,
    /// Pipeline: every due partition of the window is complete.
    CaughtUp,
    /// Pipeline and Partition: a due partition is incomplete for longer than `lateAfter`.
    Late,
    /// Partition and Backfill: every wanted output is there; false again when data vanishes.
    Complete,
    /// Partition: an input changed after the outputs were made.
    Stale,
}

/// The reasons of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum Reason {
    /// `Ready` is true: the spec is acted on.
    Accepted,
    /// `Ready` is false, `Stalled` is true: the spec has faults; the message lists them.
    InvalidSpec,
    /// `Ready` is false: a store of the pipeline gives no reliable answer.
    StoreUnavailable,
    /// `Ready` is true: the pipeline rests, because its spec says so.
    Suspended,
    /// `Ready` is false, `Stalled` is true: an older pipeline writes a path of this one.
    PathTaken,
    /// `Stalled` is true: the pipeline that a backfill or a partition names does not exist.
    PipelineNotFound,
    /// `CaughtUp` or `Complete` is true: everything wanted is there.
    AllComplete,
    /// `CaughtUp` or `Complete` is false: steps wait or run.
    InProgress,
    /// `CaughtUp` or `Complete` is false: a step failed for good.
    StepFailed,
    /// `CaughtUp` or `Complete` is unknown: a store gives no reliable answer.
    StorageUnknown,
    /// `Late` is true: the deadline has passed.
    DeadlinePassed,
    /// `Late` is false: complete in time, or the deadline has not passed.
    OnTime,
    /// `Stale` is true: an input changed after the outputs were made.
    InputsChanged,
    /// `Stale` is false: the inputs are those of which the outputs were made, as far as is known.
    Unchanged,
}

impl fmt::Display for ConditionType {
    /// The name in `status.conditions[].type`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl fmt::Display for Reason {
    /// The name in `status.conditions[].reason`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}
