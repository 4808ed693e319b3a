//! A flaw: something wrong at a place of a text, before it is known which file the text is from.

use crate::place::Place;

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    pub(crate) place: Place,
    /// The field's path; empty if the text is no document yet.
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Flaw {
    /// A flaw of the text, of no field.
    pub(crate) fn of_text(place: Place, message: impl Into<String>) -> Self {
        Self { place, path: String::new(), message: message.into() }
    }
}
