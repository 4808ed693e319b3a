//! What the planner's tests share: a notation for pipelines, and a shelf that stands for storage.

pub(crate) mod notation;
pub(crate) mod shelf;
