//! What a conversion finds on its way: faults, and things worth a word.

use crate::problem::Severity;
use planner::fault::Fault;
use std::fmt::Display;

/// Something that is accepted and worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Whether it advises or just notes.
    pub severity: Severity,
    /// The field's path.
    pub path: String,
    /// A sentence without a final dot.
    pub message: String,
}

/// Everything that was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) faults: Vec<Fault>,
    pub(super) remarks: Vec<Remark>,
}

impl Findings {
    pub(super) fn fault(&mut self, path: impl Display, message: impl Display) {
        self.faults.push(Fault::new(path.to_string(), message));
    }

    pub(super) fn advise(&mut self, path: impl Display, message: impl Display) {
        self.remark(Severity::Advice, path, message);
    }

    pub(super) fn note(&mut self, path: impl Display, message: impl Display) {
        self.remark(Severity::Note, path, message);
    }

    /// The value, or nothing once its error is noted.
    pub(super) fn keep<T, E: Display>(&mut self, path: impl Display, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.fault(path, error)).ok()
    }

    fn remark(&mut self, severity: Severity, path: impl Display, message: impl Display) {
        self.remarks.push(Remark { severity, path: path.to_string(), message: message.to_string() });
    }
}
