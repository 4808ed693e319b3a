//! Print: what a command says on standard output, for people and for programs.

use std::io::{self, ErrorKind, Write as _};

use planner::calendar::Instant;
use serde::Serialize;
use serde_json::Value;

use crate::commands::Failure;

/// What stands between the columns of a table.
const GAP: &str = "   ";

/// What stands where there is nothing to say.
pub(crate) const NOTHING: &str = "-";

/// The language of what programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

/// Several objects, as kubectl prints them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Value>,
}

/// Prints a text. A reader that has seen enough, such as `head`, is no failure.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot print: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Prints one object.
pub(crate) fn object(language: Language, object: &impl Serialize) -> Result<(), Failure> {
    let mut printed = match language {
        Language::Json => serde_json::to_string_pretty(object).map_err(Failure::new)?,
        Language::Yaml => serde_saphyr::to_string(object).map_err(Failure::new)?,
    };
    if !printed.ends_with('\n') {
        printed.push('\n');
    }
    text(&printed)
}

/// Prints several objects as a `List`.
pub(crate) fn list(language: Language, items: Vec<Value>) -> Result<(), Failure> {
    object(language, &List { api_version: "v1", kind: "List", items })
}

/// Rows in columns, the first row their names; the last column is as wide as it likes.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| rows.iter().filter_map(|row: &Vec<String>| row.get(column)).map(chars).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let padded = row.iter().zip(widths).map(|(cell, width)| {
        let padding = width.saturating_sub(chars(cell));
        format!("{cell}{}", " ".repeat(padding))
    });
    let line = padded.collect::<Vec<_>>().join(GAP);
    format!("{}\n", line.trim_end())
}

fn chars(text: impl AsRef<str>) -> usize {
    text.as_ref().chars().count()
}

/// A moment as people and programs read it.
pub(crate) fn moment(at: Instant) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
