//! Dated paths: a template that gives each partition its own path, and each such path its partition.

mod format;

pub use format::CodeFault;
pub(crate) use format::{Code, DateFormat};

use crate::calendar::{Calendar, Every, Partition};
use crate::limits::PATH_MAX_BYTES;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// A path below a store's root, with the date codes `%Y %m %d %H %M %j %G %V`, and `%%` for a percent sign.
///
/// The codes show the nominal start of a partition. A trailing slash makes it a directory; without codes it is static.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    text: String,
    format: DateFormat,
}

/// Why a text is no template of paths, or none for a calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// Nothing is written.
    #[error("the path is empty: write one such as `events_%Y%m%d.csv`")]
    Empty,
    /// A percent sign that is no code.
    #[error("in the path `{path}` {fault}")]
    Code {
        /// The template.
        path: String,
        /// What is wrong with its codes.
        fault: CodeFault,
    },
    /// White space that nobody sees.
    #[error("the path `{0}` starts or ends with white space: leave it out")]
    WhiteSpace(String),
    /// From the root of something else than the store.
    #[error(
        "the path `{0}` starts with a slash: paths start at the root of their store, leave the slash out"
    )]
    Absolute(String),
    /// Up and down again, or nowhere.
    #[error("the path `{path}` has the segment `{segment}`: name the place below the store's root directly")]
    Dots {
        /// The template.
        path: String,
        /// One or two dots.
        segment: String,
    },
    /// Two slashes in a row; with a colon before them, an address.
    #[error(
        "the path `{0}` has two slashes in a row: write one, below the store's root and without an address"
    )]
    EmptySegment(String),
    /// A character that no path may hold, since one system or another gives it a meaning.
    #[error("the path {path:?} holds {character:?}: write paths with slashes, without control characters")]
    Character {
        /// The template.
        path: String,
        /// The first such character.
        character: char,
    },
    /// What a store might decode to dots or slashes.
    #[error("the path `{0}` holds a percent-encoded dot, slash or backslash: write names without them")]
    Encoded(String),
    /// Longer than a store takes.
    #[error("the path `{path}` has {length} bytes when it is rendered: write at most {PATH_MAX_BYTES}")]
    TooLong {
        /// The template.
        path: String,
        /// How long it gets.
        length: usize,
    },
    /// Two partitions would write the same file.
    #[error(
        "`{path}` gives {first} and {second} the same path, `{shared}`: tell them apart, as {right} does"
    )]
    Shared {
        /// The template.
        path: String,
        /// The key of a partition.
        first: String,
        /// The key of another one.
        second: String,
        /// What both would be called.
        shared: String,
        /// Codes that tell all partitions apart.
        right: &'static str,
    },
    /// A year of ISO weeks with months or days of the calendar year.
    #[error("`{path}` does not say the {unit} by codes that go together: write it as {right} does")]
    Mixed {
        /// The template.
        path: String,
        /// What a partition of the calendar is.
        unit: &'static str,
        /// Codes that do.
        right: &'static str,
    },
}

impl PathTemplate {
    /// Reads a template, after substitution of its parameters.
    pub fn parse(text: &str) -> Result<Self, TemplateFault> {
        let path = || text.to_owned();
        if text.is_empty() {
            return Err(TemplateFault::Empty);
        }
        if text.trim() != text {
            return Err(TemplateFault::WhiteSpace(path()));
        }
        if let Some(character) = text.chars().find(|character| character.is_control() || *character == '\\') {
            return Err(TemplateFault::Character { path: path(), character });
        }
        check_segments(text)?;
        if is_encoded(text) {
            return Err(TemplateFault::Encoded(path()));
        }
        let format = DateFormat::parse(text, Code::OF_PATHS)
            .map_err(|fault| TemplateFault::Code { path: path(), fault })?;
        let length = format.rendered_len();
        if length > PATH_MAX_BYTES {
            return Err(TemplateFault::TooLong { path: path(), length });
        }
        Ok(Self { text: path(), format })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it has no codes, so that all partitions share it.
    pub fn is_static(&self) -> bool {
        self.format.is_literal()
    }

    /// Whether it ends with a slash.
    pub fn is_directory(&self) -> bool {
        self.text.ends_with('/')
    }

    /// What every path of the template starts with: the text before the first code.
    pub fn literal_prefix(&self) -> &str {
        self.format.literal_prefix()
    }

    /// The path of a partition.
    pub fn render(&self, calendar: &Calendar, partition: Partition) -> String {
        let mut path = String::with_capacity(self.format.rendered_len());
        self.render_into(calendar, partition, &mut path);
        path
    }

    /// Appends the path of a partition.
    pub fn render_into(&self, calendar: &Calendar, partition: Partition, out: &mut String) {
        self.format.render_into(calendar.local(partition), out);
    }

    /// The partition of a path: the one, if any, that renders to exactly this. Nothing for a static template, which
    /// all partitions share.
    pub fn matches(&self, calendar: &Calendar, path: &str) -> Option<Partition> {
        let fields = self.format.read(path)?;
        let time = fields.time()?;
        let mut rendered = String::with_capacity(path.len());
        fields.days().map(|day| calendar.first_from(day.and_time(time))).find(|&partition| {
            rendered.clear();
            self.render_into(calendar, partition, &mut rendered);
            calendar.exists(partition) && rendered == path
        })
    }

    /// Checks that no two partitions of a calendar share a path. The message names two that do.
    pub fn check_injective(&self, calendar: &Calendar) -> Result<(), TemplateFault> {
        let every = calendar.every();
        if self.tells_apart(every) {
            return Ok(());
        }
        let (unit, right) = naming(every);
        let mut paths = BTreeMap::new();
        for partition in witnesses(calendar) {
            let shared = self.render(calendar, partition);
            let first = *paths.entry(shared.clone()).or_insert(partition);
            if first != partition {
                let (first, second) = (calendar.key(first), calendar.key(partition));
                return Err(TemplateFault::Shared { path: self.text.clone(), first, second, shared, right });
            }
        }
        Err(TemplateFault::Mixed { path: self.text.clone(), unit, right })
    }

    /// Whether the codes say which partition it is.
    fn tells_apart(&self, every: Every) -> bool {
        let has = |code| self.format.has(code);
        let week = has(Code::WeekYear) && has(Code::Week);
        let day = has(Code::Year) && (has(Code::Ordinal) || has(Code::Month) && has(Code::Day))
            || week && (has(Code::Day) || has(Code::Ordinal));
        match every {
            Every::Month => day || week || has(Code::Year) && has(Code::Month),
            Every::Week => day || week,
            Every::Day => day,
            // From an hour on, no two partitions start in the same hour.
            Every::Minutes(minutes) => day && has(Code::Hour) && (minutes >= 60 || has(Code::Minute)),
        }
    }
}

/// Checks that a path stays below its root, by its segments. Date codes render to digits only, so that the template's
/// segments are the path's.
fn check_segments(text: &str) -> Result<(), TemplateFault> {
    if text.starts_with('/') {
        return Err(TemplateFault::Absolute(text.to_owned()));
    }
    for segment in text.strip_suffix('/').unwrap_or(text).split('/') {
        match segment {
            "" => return Err(TemplateFault::EmptySegment(text.to_owned())),
            "." | ".." => {
                return Err(TemplateFault::Dots { path: text.to_owned(), segment: segment.to_owned() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a percent sign, doubled or not, is followed by the code of a dot, a slash or a backslash.
fn is_encoded(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["%2e", "%2f", "%5c"].iter().any(|code| text.contains(code))
}

/// What a partition is, and codes that tell all of them apart.
fn naming(every: Every) -> (&'static str, &'static str) {
    match every {
        Every::Minutes(minutes) if minutes % 60 == 0 => ("hour", "%Y%m%d-%H"),
        Every::Minutes(_) => ("minute", "%Y%m%d-%H%M"),
        Every::Day => ("day", "%Y%m%d"),
        Every::Week => ("week", "%G-W%V"),
        Every::Month => ("month", "%Y-%m"),
    }
}

/// Partitions of which two share a path if the codes lack something: all of one day, and the first ones from dates
/// that agree in all but a day, a week, a month, a year, or in all but the year since 28 years repeat the weekdays.
fn witnesses(calendar: &Calendar) -> impl Iterator<Item = Partition> {
    const DATES: [(i32, u32, u32); 11] = [
        (2026, 1, 1),
        (2026, 1, 2),
        (2026, 1, 5),
        (2026, 1, 12),
        (2026, 2, 1),
        (2026, 2, 2),
        (2026, 3, 2),
        (2027, 1, 1),
        (2027, 1, 11),
        (2054, 1, 1),
        (2054, 1, 5),
    ];
    let dates = DATES.iter().filter_map(|&(year, month, day)| NaiveDate::from_ymd_opt(year, month, day));
    let firsts: Vec<Partition> = dates.map(|date| calendar.first_from(date.into())).collect();
    let new_years_day = firsts[0].0..firsts[1].0;
    new_years_day.map(Partition).chain(firsts)
}
