//! Faults: what is wrong with a pipeline, where, and what would be right.

use std::fmt;

/// One thing that is wrong with a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The field's path, as in `spec.steps[2].inputs[0].dataset`.
    pub path: String,
    /// What is wrong and what would be right: a sentence without a final dot.
    pub message: String,
}

impl Fault {
    /// A fault of the field at `path`.
    pub fn new(path: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { path: path.into(), message: message.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.message)
    }
}
