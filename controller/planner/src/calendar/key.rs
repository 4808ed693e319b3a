//! Keys: how people and objects name a partition, by its start.

use super::{Calendar, Every, Partition, index_at};
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};
use chrono_tz::Tz;

/// Why a text is no key of a calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It has none of the forms of a key.
    #[error("`{key}` is no key: one looks like {example}")]
    Malformed {
        /// What was written.
        key: String,
        /// A key that would do.
        example: &'static str,
    },
    /// It has the form of a key, of a time that no calendar has.
    #[error("`{key}` does not exist: {why}")]
    Impossible {
        /// What was written.
        key: String,
        /// What there is instead.
        why: String,
    },
    /// It says more than which partition.
    #[error("`{key}` is finer than a partition of {every}: write {right}")]
    Finer {
        /// What was written.
        key: String,
        /// The length of a partition.
        every: Every,
        /// The key of the partition that contains it.
        right: String,
    },
    /// No partition starts then.
    #[error("no partition of {every} starts at `{key}`: write {before} or {after}")]
    Misaligned {
        /// What was written.
        key: String,
        /// The length of a partition.
        every: Every,
        /// The key of the partition that contains it.
        before: String,
        /// The key of the next one.
        after: String,
    },
    /// The zone went over this date when it crossed the date line.
    #[error("{zone} never had the day `{key}`: the next one is {after}")]
    Skipped {
        /// What was written.
        key: String,
        /// The calendar's zone.
        zone: Tz,
        /// The key of the next day that exists.
        after: String,
    },
}

/// The forms of a key, from the coarsest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Month,
    Week,
    Day,
    Hour,
    Minute,
}

/// What a key says: a wall-clock time, and how precisely.
struct Written {
    form: Form,
    start: NaiveDateTime,
}

/// Why a text says no time.
enum Unreadable {
    Malformed,
    Impossible(String),
}

impl Calendar {
    /// The key of a partition, after its nominal start: `2026-01`, `2026-W02`, `2026-01-05`, `2026-01-05T07`, or
    /// `2026-01-05T0705` where partitions are not whole hours. Keys sort as their partitions do.
    pub fn key(&self, partition: Partition) -> String {
        let start = self.local(partition);
        let (week, date) = (start.iso_week(), start.date());
        match Form::of(self.every) {
            Form::Month => format!("{:04}-{:02}", start.year(), start.month()),
            Form::Week => format!("{:04}-W{:02}", week.year(), week.week()),
            Form::Day => format!("{date}"),
            Form::Hour => format!("{date}T{:02}", start.hour()),
            Form::Minute => format!("{date}T{:02}{:02}", start.hour(), start.minute()),
        }
    }

    /// The key as the names of objects have it: in lower case.
    pub fn object_key(&self, partition: Partition) -> String {
        self.key(partition).to_ascii_lowercase()
    }

    /// The partition that a key names, in either case. A key coarser than the calendar names the first partition that
    /// starts in it: `2026-01` is the first day of January for days, and 2026-W02 for weeks.
    pub fn parse_key(&self, key: &str) -> Result<Partition, KeyFault> {
        let written = read(key).map_err(|unreadable| match unreadable {
            Unreadable::Malformed => {
                KeyFault::Malformed { key: key.to_owned(), example: example(self.every) }
            }
            Unreadable::Impossible(why) => KeyFault::Impossible { key: key.to_owned(), why },
        })?;
        let own = Form::of(self.every);
        let partition = self.first_from(written.start);
        let (key, every) = (key.to_owned(), self.every);
        if written.form > own {
            let right = self.key(self.containing(written.start));
            return Err(KeyFault::Finer { key, every, right });
        }
        // A coarser key need not be a start: a month begins within a week. A time of day must be one.
        if written.form >= own.min(Form::Hour) && self.local(partition) != written.start {
            let before = self.key(self.containing(written.start));
            return Err(KeyFault::Misaligned { key, every, before, after: self.key(partition) });
        }
        let existing = self.shift(partition, 0);
        if written.form == own && existing != partition {
            return Err(KeyFault::Skipped { key, zone: self.zone, after: self.key(existing) });
        }
        Ok(existing)
    }

    fn containing(&self, wall: NaiveDateTime) -> Partition {
        Partition(index_at(self.every, wall))
    }
}

impl Form {
    /// The form that names partitions of this length.
    fn of(every: Every) -> Self {
        match every {
            Every::Minutes(minutes) if minutes % 60 == 0 => Self::Hour,
            Every::Minutes(_) => Self::Minute,
            Every::Day => Self::Day,
            Every::Week => Self::Week,
            Every::Month => Self::Month,
        }
    }
}

/// A key of each form, for a message.
fn example(every: Every) -> &'static str {
    match Form::of(every) {
        Form::Month => "2026-01",
        Form::Week => "2026-W02",
        Form::Day => "2026-01-05",
        Form::Hour => "2026-01-05T06",
        Form::Minute => "2026-01-05T0630",
    }
}

fn read(key: &str) -> Result<Written, Unreadable> {
    let (date, time) = match key.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (key, None),
    };
    let (year, rest) = date.split_once('-').ok_or(Unreadable::Malformed)?;
    let year = number(year, 4)?;
    if year == 0 {
        return Err(Unreadable::Impossible("years are counted from 0001".to_owned()));
    }
    let (form, date) = match rest.strip_prefix(['W', 'w']) {
        Some(week) => (Form::Week, monday(year, number(week, 2)?)?),
        None => match rest.split_once('-') {
            Some((month, day)) => (Form::Day, date_of(year, number(month, 2)?, number(day, 2)?)?),
            None => (Form::Month, date_of(year, number(rest, 2)?, 1)?),
        },
    };
    match time {
        None => Ok(Written { form, start: date.and_time(NaiveTime::MIN) }),
        Some(time) if form == Form::Day => {
            let (form, time) = time_of(time)?;
            Ok(Written { form, start: date.and_time(time) })
        }
        Some(_) => Err(Unreadable::Malformed),
    }
}

fn number(digits: &str, width: usize) -> Result<u32, Unreadable> {
    if digits.len() != width || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unreadable::Malformed);
    }
    digits.parse().map_err(|_| Unreadable::Malformed)
}

fn monday(year: u32, week: u32) -> Result<NaiveDate, Unreadable> {
    NaiveDate::from_isoywd_opt(signed(year), week, Weekday::Mon).ok_or_else(|| {
        let last = if NaiveDate::from_isoywd_opt(signed(year), 53, Weekday::Mon).is_some() { 53 } else { 52 };
        Unreadable::Impossible(format!("the weeks of {year:04} are W01 to W{last}"))
    })
}

fn date_of(year: u32, month: u32, day: u32) -> Result<NaiveDate, Unreadable> {
    if !(1..=12).contains(&month) {
        return Err(Unreadable::Impossible("months are 01 to 12".to_owned()));
    }
    NaiveDate::from_ymd_opt(signed(year), month, day).ok_or_else(|| {
        let last = (28..=31).rev().find(|&day| NaiveDate::from_ymd_opt(signed(year), month, day).is_some());
        let last = last.expect("each month has 28 days");
        Unreadable::Impossible(format!("the days of {year:04}-{month:02} are 01 to {last}"))
    })
}

fn time_of(time: &str) -> Result<(Form, NaiveTime), Unreadable> {
    let (form, hour, minute) = match time.len() {
        2 => (Form::Hour, number(time, 2)?, 0),
        4 => (Form::Minute, number(time, 4)? / 100, number(time, 4)? % 100),
        _ => return Err(Unreadable::Malformed),
    };
    let time = NaiveTime::from_hms_opt(hour, minute, 0)
        .ok_or_else(|| Unreadable::Impossible("times of day are T0000 to T2359".to_owned()))?;
    Ok((form, time))
}

/// A year of four digits as chrono wants it.
fn signed(year: u32) -> i32 {
    i32::try_from(year).unwrap_or(i32::MAX)
}
