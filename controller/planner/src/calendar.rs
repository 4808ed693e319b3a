//! The partition clock: which instants, dates and keys belong to which partition, in integer arithmetic.
//!
//! A partition is known by its index: intervals, days, weeks (ISO, from Monday) or months since 1970. What an index
//! means on the wall clock is arithmetic on the proleptic Gregorian calendar; only the step from a wall-clock start
//! to an instant asks the time zone, and in UTC there is no such step.

mod every;
mod key;
mod zone;

pub use every::{Every, EveryFault};
pub use key::KeyFault;
pub(crate) use zone::{first_instant, shown_at};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::ops::Range;

/// A moment in time, in UTC.
pub type Instant = DateTime<Utc>;

/// The integer index of a partition on its calendar. It means nothing without that calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub i64);

/// How time is cut into partitions: their length, and the time zone whose days, weeks or months they are.
///
/// It covers the years 1 to 9999. Every function is total: an index or an instant outside of them stands for the
/// first or the last partition within. The zone's rules are those of the tz database that `chrono-tz` carries, which
/// ends with 2099: later days start by the last offset known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    every: Every,
    zone: Tz,
    first: i64,
    last: i64,
    /// Days that the zone never had, ascending. Nearly always empty; weeks and months always exist.
    skipped: Vec<i64>,
}

/// Why a length and a time zone make no calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// The length is none that partitions can have.
    #[error(transparent)]
    Every(EveryFault),
    /// Partitions shorter than a day count in UTC, since local hours repeat and vanish.
    #[error("partitions of {every} start by UTC, not by {zone}: leave the time zone out, or make it UTC")]
    ZoneBelowDay {
        /// The length of a partition.
        every: Every,
        /// The zone that was asked for.
        zone: Tz,
    },
}

const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("year 1 is a year");
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("year 9999 is a year");
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("1970 is a year");
/// 1970 began on a Thursday, three days into the ISO week with the index 0.
const EPOCH_WEEKDAY: i64 = 3;

impl Calendar {
    /// The calendar whose partitions last `every` and start by the wall clocks of `zone`.
    pub fn new(every: Every, zone: Tz) -> Result<Self, CalendarFault> {
        every.check().map_err(CalendarFault::Every)?;
        if matches!(every, Every::Minutes(_)) && !is_utc(zone) {
            return Err(CalendarFault::ZoneBelowDay { every, zone });
        }
        let zone = if is_utc(zone) { Tz::UTC } else { zone };
        let skipped = match every {
            Every::Day => zone::skipped_dates(zone).into_iter().map(day_number).collect(),
            Every::Minutes(_) | Every::Week | Every::Month => Vec::new(),
        };
        let first = index_at(every, FIRST_DAY.and_time(NaiveTime::MIN));
        let last = index_at(every, LAST_DAY.and_time(NaiveTime::MIN) + TimeDelta::seconds(86_399));
        Ok(Self { every, zone, first, last, skipped })
    }

    /// How long a partition lasts.
    pub fn every(&self) -> Every {
        self.every
    }

    /// The time zone whose wall clocks say when a partition starts.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first instant of a partition. A day starts with its first instant that exists: where clocks jump over
    /// midnight, with the jump; where they show midnight twice, with the earlier one.
    pub fn start(&self, partition: Partition) -> Instant {
        let wall = nominal_start(self.every, partition.0.clamp(self.first, self.last + 1));
        if self.zone == Tz::UTC { wall.and_utc() } else { first_instant(self.zone, wall) }
    }

    /// The instant at which a partition is over: the start of the next one.
    pub fn end(&self, partition: Partition) -> Instant {
        self.start(Partition(partition.0.clamp(self.first, self.last) + 1))
    }

    /// The partition that contains an instant.
    pub fn at(&self, instant: Instant) -> Partition {
        if self.zone == Tz::UTC {
            return Partition(index_at(self.every, instant.naive_utc()).clamp(self.first, self.last));
        }
        let shown = index_at(self.every, shown_at(instant, self.zone)).clamp(self.first, self.last);
        // Clocks set back over midnight show the old date once more, in a day that has already begun.
        let has_passed = shown < self.last && self.end(Partition(shown)) <= instant;
        Partition(shown + i64::from(has_passed))
    }

    /// Whether there is such a partition: false for the dates that a zone left out when it crossed the date line,
    /// such as 2011-12-30 in Pacific/Apia, and outside the years 1 to 9999.
    pub fn exists(&self, partition: Partition) -> bool {
        (self.first..=self.last).contains(&partition.0) && self.skipped.binary_search(&partition.0).is_err()
    }

    /// The partition `n` further on, or back if `n` is negative, counting only those that exist. One that does not
    /// exist counts as the next that does.
    pub fn shift(&self, partition: Partition, n: i64) -> Partition {
        let mut index = partition.0.saturating_add(n).clamp(self.first, self.last);
        for &skipped in &self.skipped {
            index -= i64::from(skipped < partition.0);
        }
        for &skipped in &self.skipped {
            index += i64::from(skipped <= index);
        }
        Partition(index.clamp(self.first, self.last))
    }

    /// What the wall clock should show when a partition starts; what it does show differs where clocks jump over
    /// midnight. Paths and keys are rendered from it.
    pub fn local(&self, partition: Partition) -> NaiveDateTime {
        nominal_start(self.every, partition.0.clamp(self.first, self.last))
    }

    /// The indices of the partitions that share an instant with `[start, end)`. It can hold dates that do not exist.
    pub fn overlapping(&self, start: Instant, end: Instant) -> Range<i64> {
        let from = self.at(start);
        if end <= start {
            return from.0..from.0;
        }
        let to = self.at(end);
        from.0..to.0 + i64::from(self.start(to) < end)
    }

    /// The first partition whose nominal start is not before a wall-clock time.
    pub(crate) fn first_from(&self, wall: NaiveDateTime) -> Partition {
        let index = index_at(self.every, wall);
        Partition(index + i64::from(nominal_start(self.every, index) < wall))
    }
}

/// The index of the partition in which a wall clock shows this.
fn index_at(every: Every, wall: NaiveDateTime) -> i64 {
    match every {
        Every::Minutes(minutes) => wall.and_utc().timestamp().div_euclid(i64::from(minutes) * 60),
        Every::Day => day_number(wall.date()),
        Every::Week => (day_number(wall.date()) + EPOCH_WEEKDAY).div_euclid(7),
        Every::Month => (i64::from(wall.year()) - 1970) * 12 + i64::from(wall.month0()),
    }
}

/// What the wall clock shows when the partition of an index starts. The index lies within the years 1 to 10000.
fn nominal_start(every: Every, index: i64) -> NaiveDateTime {
    let midnight = |day: i64| (EPOCH + TimeDelta::days(day)).and_time(NaiveTime::MIN);
    match every {
        Every::Minutes(minutes) => {
            EPOCH.and_time(NaiveTime::MIN) + TimeDelta::minutes(index * i64::from(minutes))
        }
        Every::Day => midnight(index),
        Every::Week => midnight(index * 7 - EPOCH_WEEKDAY),
        Every::Month => month_start(index).and_time(NaiveTime::MIN),
    }
}

fn month_start(index: i64) -> NaiveDate {
    let year = i32::try_from(1970 + index.div_euclid(12)).unwrap_or(i32::MAX);
    let month = u32::try_from(index.rem_euclid(12)).unwrap_or(0) + 1;
    NaiveDate::from_ymd_opt(year, month, 1).expect("months of the years 1 to 10000 exist")
}

fn day_number(date: NaiveDate) -> i64 {
    date.signed_duration_since(EPOCH).num_days()
}

fn is_utc(zone: Tz) -> bool {
    matches!(
        zone,
        Tz::UTC
            | Tz::Etc__UTC
            | Tz::UCT
            | Tz::Etc__UCT
            | Tz::Zulu
            | Tz::Etc__Zulu
            | Tz::Universal
            | Tz::Etc__Universal
    )
}
