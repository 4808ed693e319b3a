//! Drawing problems for people: the file, the line, and a mark below what is meant.

use crate::problem::{Problem, Severity};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::sync::Arc;

/// Whether to draw with the colours of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI colours.
    Always,
}

/// A problem as miette draws it.
#[derive(Debug)]
struct Drawn<'a> {
    problem: &'a Problem,
    source: Option<NamedSource<Arc<str>>>,
}

/// Draws problems, each with its excerpt where it has one.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let theme = match colour {
        Colour::Never => GraphicalTheme::unicode_nocolor(),
        Colour::Always => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(120);
    let mut drawing = String::new();
    for problem in problems {
        if handler.render_report(&mut drawing, &Drawn::new(problem)).is_err() {
            drawing.push_str(&problem.to_string());
        }
        drawing.push('\n');
    }
    drawing
}

impl<'a> Drawn<'a> {
    fn new(problem: &'a Problem) -> Self {
        let source = problem
            .excerpt
            .as_ref()
            .map(|excerpt| NamedSource::new(problem.file.display().to_string(), Arc::clone(&excerpt.text)));
        Self { problem, source }
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { file, path, message, .. } = self.problem;
        match (&self.source, path.is_empty()) {
            (Some(_), true) => f.write_str(message),
            (Some(_), false) => write!(f, "{path}: {message}"),
            (None, _) => write!(f, "{}: {message}", file.display()),
        }
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Fault => miette::Severity::Error,
            Severity::Advice => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.problem.excerpt.as_ref()?;
        let span = LabeledSpan::new(None, excerpt.offset, excerpt.length);
        Some(Box::new(std::iter::once(span)))
    }
}
