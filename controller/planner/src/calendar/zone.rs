//! What a time zone adds to the arithmetic: the instants at which its dates start, and the dates it never had.

use super::Instant;
use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};
use std::ops::Range;

/// The first instant at which the zone's clocks show `wall` or later.
pub(crate) fn first_instant(zone: Tz, wall: NaiveDateTime) -> Instant {
    match zone.offset_from_local_datetime(&wall) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
            (wall - offset.fix()).and_utc()
        }
        MappedLocalTime::None => {
            let gap = GapInfo::new(&wall, &zone).and_then(|gap| gap.begin);
            let (last_shown, offset) = gap.expect("a time that no clock of the zone shows lies in a gap");
            (last_shown - offset.fix()).and_utc()
        }
    }
}

/// What the zone's clocks show at an instant.
pub(crate) fn shown_at(instant: Instant, zone: Tz) -> NaiveDateTime {
    let utc = instant.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    // Only chrono's own first and last day, 262,143 years from here, leave no room for an offset.
    utc.checked_add_offset(offset).unwrap_or(utc)
}

/// The dates that the zone's clocks jumped over, ascending.
///
/// Only crossing the date line leaves out a date. It changes the offset by about a day, for decades at least, so that
/// the offsets at the turns of a decade tell whether there was one in between.
pub(super) fn skipped_dates(zone: Tz) -> Vec<NaiveDate> {
    // The first crossing was by Manila, in 1844; the tz database ends with 2099.
    let decades = (1840..2100).step_by(10);
    decades.flat_map(|year| skipped_between(zone, new_year(year)..new_year(year + 10))).collect()
}

/// The dates jumped over between two times, in seconds since 1970.
fn skipped_between(zone: Tz, between: Range<i64>) -> Vec<NaiveDate> {
    const HALF_A_DAY: i64 = 12 * 3600;
    let Range { start: mut before, end: mut after } = between;
    let offset = offset_at(zone, before);
    let has_jumped = |time: i64| offset_at(zone, time) - offset > HALF_A_DAY;
    if !has_jumped(after) {
        return Vec::new();
    }
    while after - before > 1 {
        let middle = before.midpoint(after);
        if has_jumped(middle) { after = middle } else { before = middle }
    }
    let date_shown = |time: i64| utc(time + offset_at(zone, time)).date();
    let landed = date_shown(after);
    date_shown(before).iter_days().skip(1).take_while(|date| *date < landed).collect()
}

fn new_year(year: i32) -> i64 {
    let date = NaiveDate::from_ymd_opt(year, 1, 1).expect("each year has a first day");
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// Seconds that the zone's clocks are ahead of UTC.
fn offset_at(zone: Tz, time: i64) -> i64 {
    zone.offset_from_utc_datetime(&utc(time)).fix().local_minus_utc().into()
}

fn utc(time: i64) -> NaiveDateTime {
    DateTime::from_timestamp(time, 0).expect("a time of the nineteenth to twenty-first century").naive_utc()
}
