//! Print: what a command says on standard output, for people and for programs.

use std::io::{self, ErrorKind, Write as _};

use planner::calendar::Instant;
use serde::Serialize;
use serde_json::Value;

use crate::args::Output;
use crate::commands::Failure;
use crate::commands::show::Detail;

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

impl Output {
    /// The language, if it is for programs.
    pub(crate) fn language(self) -> Option<Language> {
        match self {
            Self::Table | Self::Wide => None,
            Self::Json => Some(Language::Json),
            Self::Yaml => Some(Language::Yaml),
        }
    }

    /// How much a table shows.
    pub(crate) fn detail(self) -> Detail {
        match self {
            Self::Wide => Detail::Wide,
            Self::Table | Self::Json | Self::Yaml => Detail::Brief,
        }
    }
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
    bytes(text.as_bytes()).map(drop)
}

/// Prints a part of something longer. Says whether more is wanted: a reader such as `head` may have seen enough.
pub(crate) fn bytes(bytes: &[u8]) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("cannot print: {error}"))),
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
pub(crate) fn list<'a, T: Serialize + 'a>(
    language: Language,
    objects: impl IntoIterator<Item = &'a T>,
) -> Result<(), Failure> {
    let items = objects.into_iter().map(serde_json::to_value).collect::<Result<_, _>>();
    items.map_err(Failure::new).and_then(|items| print_list(language, items))
}

/// Prints a pipeline with some of its partitions as a `List`.
pub(crate) fn pipeline(
    language: Language,
    pipeline: &crds::Pipeline,
    partitions: &[crds::Partition],
) -> Result<(), Failure> {
    let partitions = partitions.iter().map(serde_json::to_value);
    let items = std::iter::once(serde_json::to_value(pipeline)).chain(partitions).collect::<Result<_, _>>();
    items.map_err(Failure::new).and_then(|items| print_list(language, items))
}

fn print_list(language: Language, items: Vec<Value>) -> Result<(), Failure> {
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
