//! Text with date codes, as paths and commands have it: read from text, rendered, and read back from what it rendered.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};
use std::iter;

/// Literal text and date codes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DateFormat {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Code(Code),
}

/// A date code. Each one renders to a fixed number of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// `%Y`, the year.
    Year,
    /// `%m`, the month of the year.
    Month,
    /// `%d`, the day of the month.
    Day,
    /// `%j`, the day of the year.
    Ordinal,
    /// `%G`, the year of the ISO week.
    WeekYear,
    /// `%V`, the ISO week.
    Week,
    /// `%H`, the hour.
    Hour,
    /// `%M`, the minute.
    Minute,
    /// `%S`, the second.
    Second,
}

/// Why a text with date codes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// A percent sign before something that is no code here.
    #[error("`%{code}` is no date code: write one of {known}, or %% for a percent sign")]
    Unknown {
        /// What follows the percent sign.
        code: char,
        /// The codes that there are.
        known: String,
    },
    /// A percent sign at the very end.
    #[error("the `%` at the end lacks its date code: write %% for a percent sign")]
    Dangling,
    /// The calendar year and the ISO week differ around the new year, so that two weeks of different years meet.
    #[error("`%Y` is not the year that `%V` counts its weeks in: write %G with %V")]
    YearOfWeek,
}

/// What was read back from a rendered text: the value of each code in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields {
    values: [Option<u32>; 9],
}

impl Code {
    /// What a path can say: all but the second, at which no partition starts.
    pub(crate) const OF_PATHS: &[Self] = &[
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Ordinal,
        Self::WeekYear,
        Self::Week,
    ];
    /// What a command can say.
    pub(crate) const OF_COMMANDS: &[Self] = &[
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Ordinal,
        Self::WeekYear,
        Self::Week,
    ];

    fn letter(self) -> char {
        match self {
            Self::Year => 'Y',
            Self::Month => 'm',
            Self::Day => 'd',
            Self::Ordinal => 'j',
            Self::WeekYear => 'G',
            Self::Week => 'V',
            Self::Hour => 'H',
            Self::Minute => 'M',
            Self::Second => 'S',
        }
    }

    fn width(self) -> usize {
        match self {
            Self::Year | Self::WeekYear => 4,
            Self::Ordinal => 3,
            Self::Month | Self::Day | Self::Week | Self::Hour | Self::Minute | Self::Second => 2,
        }
    }

    fn value(self, wall: NaiveDateTime) -> u32 {
        match self {
            Self::Year => wall.year().unsigned_abs(),
            Self::Month => wall.month(),
            Self::Day => wall.day(),
            Self::Ordinal => wall.ordinal(),
            Self::WeekYear => wall.iso_week().year().unsigned_abs(),
            Self::Week => wall.iso_week().week(),
            Self::Hour => wall.hour(),
            Self::Minute => wall.minute(),
            Self::Second => wall.second(),
        }
    }
}

impl DateFormat {
    /// Reads text in which only these codes stand.
    pub(crate) fn parse(text: &str, codes: &[Code]) -> Result<Self, CodeFault> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('%') {
            push_literal(&mut pieces, literal);
            let letter = after.chars().next().ok_or(CodeFault::Dangling)?;
            rest = &after[letter.len_utf8()..];
            match letter {
                '%' => push_literal(&mut pieces, "%"),
                letter => pieces.push(Piece::Code(code_of(letter, codes)?)),
            }
        }
        push_literal(&mut pieces, rest);
        let format = Self { pieces };
        if format.has(Code::Year) && format.has(Code::Week) {
            return Err(CodeFault::YearOfWeek);
        }
        Ok(format)
    }

    pub(crate) fn has(&self, code: Code) -> bool {
        self.pieces.contains(&Piece::Code(code))
    }

    /// Whether no code stands in it.
    pub(crate) fn is_literal(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Literal(_)))
    }

    /// The text before the first code.
    pub(crate) fn literal_prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text,
            Some(Piece::Code(_)) | None => "",
        }
    }

    /// Bytes that every rendering has.
    pub(crate) fn rendered_len(&self) -> usize {
        let len = |piece: &Piece| match piece {
            Piece::Literal(text) => text.len(),
            Piece::Code(code) => code.width(),
        };
        self.pieces.iter().map(len).sum()
    }

    pub(crate) fn render_into(&self, wall: NaiveDateTime, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Code(code) => push_digits(out, code.value(wall), code.width()),
            }
        }
    }

    /// The fields of a rendered text, or nothing if the text has another shape. Of a code that stands twice, the last
    /// one counts: who needs to know that both are the same renders again.
    pub(crate) fn read(&self, text: &str) -> Option<Fields> {
        let mut fields = Fields::default();
        let mut rest = text;
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
                Piece::Code(code) => {
                    let (digits, after) = rest.split_at_checked(code.width())?;
                    fields.values[*code as usize] = Some(read_digits(digits)?);
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(fields)
    }
}

impl Fields {
    fn get(&self, code: Code) -> Option<u32> {
        self.values[code as usize]
    }

    /// The time of day, from its first moment where less is said.
    pub(crate) fn time(&self) -> Option<NaiveTime> {
        let of = |code| self.get(code).unwrap_or(0);
        NaiveTime::from_hms_opt(of(Code::Hour), of(Code::Minute), of(Code::Second))
    }

    /// The days that it can be: the one that is named, or the first of the month, or each one of the ISO week.
    pub(crate) fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let year = |code| self.get(code).and_then(|year| i32::try_from(year).ok());
        let month_and_day = (self.get(Code::Month), self.get(Code::Day).unwrap_or(1));
        let (first, count) = match (year(Code::Year), self.get(Code::Ordinal), month_and_day) {
            (Some(year), Some(ordinal), _) => (NaiveDate::from_yo_opt(year, ordinal), 1),
            (Some(year), None, (Some(month), day)) => (NaiveDate::from_ymd_opt(year, month, day), 1),
            (Some(_), None, (None, _)) | (None, _, _) => {
                let week = year(Code::WeekYear).zip(self.get(Code::Week));
                (week.and_then(|(year, week)| NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)), 7)
            }
        };
        iter::successors(first, NaiveDate::succ_opt).take(count)
    }
}

/// Appends text, to the literal before it if there is one, so that the first literal is all before the first code.
fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Literal(literal)) => literal.push_str(text),
        Some(Piece::Code(_)) | None if text.is_empty() => {}
        Some(Piece::Code(_)) | None => pieces.push(Piece::Literal(text.to_owned())),
    }
}

fn code_of(letter: char, codes: &[Code]) -> Result<Code, CodeFault> {
    let code = codes.iter().copied().find(|code| code.letter() == letter);
    code.ok_or_else(|| CodeFault::Unknown { code: letter, known: listed(codes) })
}

fn push_digits(out: &mut String, value: u32, width: usize) {
    let digit = |place: u32| char::from(b'0' + (value / place % 10) as u8);
    match width {
        2 => out.extend([digit(10), digit(1)]),
        3 => out.extend([digit(100), digit(10), digit(1)]),
        _ => out.extend([digit(1000), digit(100), digit(10), digit(1)]),
    }
}

fn read_digits(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn listed(codes: &[Code]) -> String {
    let codes: Vec<String> = codes.iter().map(|code| format!("%{}", code.letter())).collect();
    codes.join(" ")
}
