//! Problems: what is wrong with what somebody wrote, or could be better, and where it stands.

use crate::place::Place;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something that has to change before anything can run.
    Fault,
    /// Something that works and is probably not what is wanted.
    Advice,
    /// Something that is accepted and not used where steps run as plain processes.
    Note,
}

/// A place in a file; both numbers count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One thing to say about a file. As text it is one line: `file:line:column: path: message`.
#[derive(Clone, Debug)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The file.
    pub file: PathBuf,
    /// Where in the file; none if it is about the file as a whole.
    pub position: Option<Position>,
    /// The field's path, as in `spec.steps[2].inputs[0].dataset`; empty if there is none.
    pub path: String,
    /// What is wrong and what would be right: a sentence without a final dot.
    pub message: String,
    /// The text around it, for those who draw it.
    pub(crate) excerpt: Option<Excerpt>,
}

/// A stretch of a file's text.
#[derive(Clone, Debug)]
pub(crate) struct Excerpt {
    pub(crate) text: Arc<str>,
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

impl Problem {
    /// A fault of a file as a whole.
    pub fn of_file(file: impl Into<PathBuf>, message: impl fmt::Display) -> Self {
        Self {
            severity: Severity::Fault,
            file: file.into(),
            position: None,
            path: String::new(),
            message: message.to_string(),
            excerpt: None,
        }
    }

    /// The same problem at a place of its file's text.
    pub(crate) fn at(mut self, place: Place, text: &Arc<str>) -> Self {
        self.position = Some(Position { line: place.line, column: place.column });
        self.excerpt = Some(Excerpt { text: Arc::clone(text), offset: place.offset, length: place.length });
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(position) = self.position {
            write!(f, "{}:{}:", position.line, position.column)?;
        }
        match self.severity {
            Severity::Fault => {}
            Severity::Advice => f.write_str(" advice:")?,
            Severity::Note => f.write_str(" note:")?,
        }
        if !self.path.is_empty() {
            write!(f, " {}:", self.path)?;
        }
        write!(f, " {}", self.message)
    }
}
