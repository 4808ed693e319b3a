//! Lengths of time as manifests write them: `30s`, `10m`, `2h`, `90d`, `1w`.

use crate::calendar::{Instant, first_instant, shown_at};
use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;
use std::fmt;
use std::str::FromStr;

/// A length of time. Days are calendar days: on the wall clocks of a zone, they end at the time of day they began at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// So many seconds, wherever they are.
    Fixed {
        /// The number of seconds.
        seconds: u64,
    },
    /// So many days of the calendar.
    Days(u32),
}

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanFault {
    /// It is no whole number with a unit.
    #[error(
        "`{0}` is no duration: write a whole number and s, m, h, d or w, such as 90s, 10m, 2h, 90d or 1w"
    )]
    Malformed(String),
    /// It is longer than anything here lasts.
    #[error("`{0}` is too long: write at most 36500d, a hundred years")]
    TooLong(String),
}

/// A hundred years.
const LONGEST_DAYS: u64 = 36_500;
const DAY_SECONDS: u64 = 86_400;

impl Span {
    /// Its length in seconds, with days of 24 hours.
    pub fn seconds(self) -> u64 {
        match self {
            Self::Fixed { seconds } => seconds,
            Self::Days(days) => u64::from(days) * DAY_SECONDS,
        }
    }

    /// The instant this long after another, by the wall clocks of a zone; the last instant there is if it is later.
    pub fn after(self, instant: Instant, zone: Tz) -> Instant {
        let later = match self {
            Self::Fixed { seconds } => delta(seconds).and_then(|delta| instant.checked_add_signed(delta)),
            Self::Days(days) => on_the_wall(instant, zone, i64::from(days)),
        };
        later.unwrap_or(Instant::MAX_UTC)
    }

    /// The instant this long before another, by the wall clocks of a zone; the first one there is if it is earlier.
    pub fn before(self, instant: Instant, zone: Tz) -> Instant {
        let earlier = match self {
            Self::Fixed { seconds } => delta(seconds).and_then(|delta| instant.checked_sub_signed(delta)),
            Self::Days(days) => on_the_wall(instant, zone, -i64::from(days)),
        };
        earlier.unwrap_or(Instant::MIN_UTC)
    }
}

impl FromStr for Span {
    type Err = SpanFault;

    fn from_str(text: &str) -> Result<Self, SpanFault> {
        let malformed = || SpanFault::Malformed(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(malformed());
        }
        // A number that is too long for its type is too long for a duration.
        let number: u64 = number.parse().unwrap_or(u64::MAX);
        let days = |days: u64| Self::Days(u32::try_from(days).unwrap_or(u32::MAX));
        let fixed = |unit: u64| Self::Fixed { seconds: number.saturating_mul(unit) };
        let span = match unit {
            "s" => fixed(1),
            "m" => fixed(60),
            "h" => fixed(3600),
            "d" => days(number),
            "w" => days(number.saturating_mul(7)),
            _ => return Err(malformed()),
        };
        if span.seconds() > LONGEST_DAYS * DAY_SECONDS {
            return Err(SpanFault::TooLong(text.to_owned()));
        }
        Ok(span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Days(days) if days > 0 && days % 7 == 0 => write!(f, "{}w", days / 7),
            Self::Days(days) => write!(f, "{days}d"),
            Self::Fixed { seconds } if seconds > 0 && seconds % 3600 == 0 => write!(f, "{}h", seconds / 3600),
            Self::Fixed { seconds } if seconds > 0 && seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            Self::Fixed { seconds } => write!(f, "{seconds}s"),
        }
    }
}

fn delta(seconds: u64) -> Option<TimeDelta> {
    i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds)
}

/// The instant at which the zone's clocks first show the same time of day, so many days on.
fn on_the_wall(instant: Instant, zone: Tz, days: i64) -> Option<Instant> {
    if days == 0 {
        return Some(instant);
    }
    let wall = shown_at(instant, zone).checked_add_signed(TimeDelta::try_days(days)?)?;
    // Calendars end with these years, and chrono's offsets overflow far beyond them.
    (1..=9999).contains(&wall.year()).then(|| first_instant(zone, wall))
}
