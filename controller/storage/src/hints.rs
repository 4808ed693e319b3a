//! Early word that something changed: only latency depends on it, never an answer.

use std::collections::BTreeSet;

use crate::{Catalogue, ChangedPath};

/// Word of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// These paths may have changed; hand each to [`Catalogue::look_again`].
    Changed(BTreeSet<ChangedPath>),
    /// Words were lost; do a [`Catalogue::refresh`].
    Rescan,
}

/// Why changes can't be watched. The polling net still finds them.
#[derive(Debug, thiserror::Error)]
pub enum HintsError {
    /// The system refused.
    #[error("cannot watch for changes")]
    Refused(#[source] notify::Error),
}

/// A watch on the directories of a catalogue's wanted paths.
#[derive(Debug)]
pub struct Hints {}

impl Hints {
    /// Watches the directories that `catalogue` looks at. Call it before the first `load`'s answers are used, or
    /// refresh afterwards.
    pub fn watch(_catalogue: &Catalogue) -> Result<Self, HintsError> {
        todo!()
    }

    /// Watches what `catalogue` looks at now, and no longer what it forgot. To be called after each `load`,
    /// `retain` and `refresh`.
    pub fn follow(&mut self, _catalogue: &Catalogue) -> Result<(), HintsError> {
        todo!()
    }

    /// The next word. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Hint {
        std::future::pending().await
    }
}
