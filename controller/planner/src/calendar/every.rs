//! How long a partition lasts, and how people write it.

use std::fmt;
use std::str::FromStr;

/// The length of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Every {
    /// So many minutes, at least five; they divide a day, so that each day starts with a partition.
    Minutes(u16),
    /// A calendar day.
    Day,
    /// An ISO week, from Monday.
    Week,
    /// A calendar month.
    Month,
}

/// Why a length is none that a partition can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EveryFault {
    /// The text is no number with a unit.
    #[error("`{0}` is no length of a partition: write 5m to 12h, 1d, 1w or 1mo")]
    Malformed(String),
    /// Days, weeks and months come one at a time.
    #[error("`{text}` is no length of a partition: of {unit} only one at a time, as 1{suffix}")]
    Several {
        /// What was written.
        text: String,
        /// The unit's plural.
        unit: &'static str,
        /// The unit as it is written.
        suffix: &'static str,
    },
    /// There are other words for a day.
    #[error("`{0}` is longer than 12h: write 1d for a day, 1w for a week, 1mo for a month")]
    TooLong(String),
    /// Shorter than a partition may be.
    #[error("`{0}` is shorter than a partition may be: write 5m or more")]
    TooShort(String),
    /// Partitions that drift from day to day.
    #[error("`{text}` does not divide a day: write {shorter} or {longer}")]
    Indivisible {
        /// What was written.
        text: String,
        /// The next shorter length that divides a day.
        shorter: Every,
        /// The next longer one.
        longer: Every,
    },
}

const SHORTEST: u16 = 5;
const LONGEST: u16 = 12 * 60;
const DAY: u16 = 24 * 60;

impl Every {
    /// The same claim for a length that was written as text and for one that was made in code.
    pub(super) fn check(self) -> Result<(), EveryFault> {
        match self {
            Self::Minutes(minutes) => check_minutes(minutes, &self.to_string()),
            Self::Day | Self::Week | Self::Month => Ok(()),
        }
    }
}

impl FromStr for Every {
    type Err = EveryFault;

    fn from_str(text: &str) -> Result<Self, EveryFault> {
        let malformed = || EveryFault::Malformed(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| malformed())?;
        let one = |every, unit, suffix| match number {
            1 => Ok(every),
            _ => Err(EveryFault::Several { text: text.to_owned(), unit, suffix }),
        };
        match unit {
            "m" => minutes(number, text),
            "h" => minutes(number.saturating_mul(60), text),
            "d" => one(Self::Day, "days", "d"),
            "w" => one(Self::Week, "weeks", "w"),
            "mo" => one(Self::Month, "months", "mo"),
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minutes(minutes) if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Self::Minutes(minutes) => write!(f, "{minutes}m"),
            Self::Day => f.write_str("1d"),
            Self::Week => f.write_str("1w"),
            Self::Month => f.write_str("1mo"),
        }
    }
}

fn minutes(number: u64, text: &str) -> Result<Every, EveryFault> {
    let minutes = u16::try_from(number).map_err(|_| EveryFault::TooLong(text.to_owned()))?;
    check_minutes(minutes, text)?;
    Ok(Every::Minutes(minutes))
}

fn check_minutes(minutes: u16, text: &str) -> Result<(), EveryFault> {
    if minutes < SHORTEST {
        return Err(EveryFault::TooShort(text.to_owned()));
    }
    if minutes > LONGEST {
        return Err(EveryFault::TooLong(text.to_owned()));
    }
    if DAY.is_multiple_of(minutes) {
        return Ok(());
    }
    let divides = |candidate: &u16| DAY.is_multiple_of(*candidate);
    Err(EveryFault::Indivisible {
        text: text.to_owned(),
        shorter: Every::Minutes((SHORTEST..minutes).rev().find(divides).unwrap_or(SHORTEST)),
        longer: Every::Minutes((minutes..=LONGEST).find(divides).unwrap_or(LONGEST)),
    })
}
