//! The calendar case by case: lengths, keys and their faults, and days whose midnight is missing or doubled.

use chrono_tz::Tz;
use planner::calendar::{Calendar, CalendarFault, Every, Instant, Partition};

fn calendar(every: &str, zone: &str) -> Calendar {
    Calendar::new(every.parse().expect("a length"), zone.parse().expect("a zone")).expect("a calendar")
}

fn instant(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn fault(calendar: &Calendar, key: &str) -> String {
    calendar.parse_key(key).expect_err("a fault").to_string()
}

#[test]
fn a_length_is_read_and_shown() {
    for (text, shown) in [
        ("5m", "5m"),
        ("15m", "15m"),
        ("60m", "1h"),
        ("90m", "90m"),
        ("12h", "12h"),
        ("1d", "1d"),
        ("1w", "1w"),
        ("1mo", "1mo"),
    ] {
        assert_eq!(text.parse::<Every>().expect("a length").to_string(), shown);
    }
}

#[test]
fn a_wrong_length_is_told_what_would_be_right() {
    for (text, message) in [
        ("7h", "`7h` does not divide a day: write 6h or 8h"),
        ("7m", "`7m` does not divide a day: write 6m or 8m"),
        ("1m", "`1m` is shorter than a partition may be: write 5m or more"),
        ("0m", "`0m` is shorter than a partition may be: write 5m or more"),
        ("24h", "`24h` is longer than 12h: write 1d for a day, 1w for a week, 1mo for a month"),
        (
            "99999999999h",
            "`99999999999h` is longer than 12h: write 1d for a day, 1w for a week, 1mo for a month",
        ),
        ("2d", "`2d` is no length of a partition: of days only one at a time, as 1d"),
        ("3mo", "`3mo` is no length of a partition: of months only one at a time, as 1mo"),
        ("h", "`h` is no length of a partition: write 5m to 12h, 1d, 1w or 1mo"),
        ("", "`` is no length of a partition: write 5m to 12h, 1d, 1w or 1mo"),
        ("1.5h", "`1.5h` is no length of a partition: write 5m to 12h, 1d, 1w or 1mo"),
        ("1ü", "`1ü` is no length of a partition: write 5m to 12h, 1d, 1w or 1mo"),
    ] {
        assert_eq!(text.parse::<Every>().expect_err(text).to_string(), message);
    }
}

#[test]
fn partitions_below_a_day_start_by_utc_only() {
    let fault = Calendar::new(Every::Minutes(60), Tz::Europe__Berlin).expect_err("a fault");
    assert!(matches!(fault, CalendarFault::ZoneBelowDay { .. }), "{fault}");
    assert_eq!(
        fault.to_string(),
        "partitions of 1h start by UTC, not by Europe/Berlin: leave the time zone out, or make it UTC"
    );
    assert!(Calendar::new(Every::Minutes(60), Tz::Etc__UTC).is_ok());
    assert!(Calendar::new(Every::Minutes(7), Tz::UTC).is_err());
}

#[test]
fn a_day_starts_at_its_first_instant() {
    for (zone, date, start, hours, what) in [
        ("UTC", "2026-03-29", "2026-03-29T00:00:00Z", 24, "no change"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23, "an hour lost at 02:00"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25, "an hour won at 03:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23, "no midnight"),
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 25, "23:00 twice"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", 23, "no midnight"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", 23, "no midnight"),
        ("Africa/Cairo", "2026-10-29", "2026-10-28T21:00:00Z", 25, "23:00 twice"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", 23, "no midnight"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", 25, "midnight twice"),
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z", 25, "midnight twice"),
        (
            "America/St_Johns",
            "2006-10-29",
            "2006-10-29T02:30:00Z",
            25,
            "one minute, then the day before again",
        ),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", 24, "half an hour won"),
        ("Asia/Pyongyang", "2015-08-15", "2015-08-14T15:30:00Z", 24, "half an hour won just before"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24, "before a day that never was"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24, "after it"),
        ("Pacific/Kwajalein", "1969-09-30", "1969-09-29T13:00:00Z", 47, "nearly the same date twice"),
    ] {
        let calendar = calendar("1d", zone);
        let day = calendar.parse_key(date).expect("a day");
        let (from, to) = (calendar.start(day), calendar.end(day));
        assert_eq!(from, instant(start), "{zone} {date}: {what}");
        assert_eq!((to - from).num_minutes() / 60, hours, "{zone} {date}: {what}");
        for inside in [from, from + (to - from) / 2, to - chrono::TimeDelta::seconds(1)] {
            assert_eq!(calendar.at(inside), day, "{zone} {date}: {what}");
        }
    }
}

#[test]
fn an_instant_whose_date_shows_again_belongs_to_the_day_that_has_begun() {
    let calendar = calendar("1d", "America/St_Johns");
    // At 00:01 on the 29th, clocks went back to 23:01 on the 28th.
    assert_eq!(calendar.key(calendar.at(instant("2006-10-29T03:00:00Z"))), "2006-10-29");
}

#[test]
fn a_date_that_a_zone_skipped_does_not_exist() {
    for (zone, before, skipped, after) in [
        ("Pacific/Apia", "2011-12-29", "2011-12-30", "2011-12-31"),
        ("Pacific/Fakaofo", "2011-12-29", "2011-12-30", "2011-12-31"),
        ("Pacific/Kiritimati", "1994-12-30", "1994-12-31", "1995-01-01"),
        ("Pacific/Kwajalein", "1993-08-20", "1993-08-21", "1993-08-22"),
        ("Asia/Manila", "1844-12-30", "1844-12-31", "1845-01-01"),
    ] {
        let calendar = calendar("1d", zone);
        let day = |key| calendar.parse_key(key).expect("a day");
        let gone = Partition(day(before).0 + 1);
        assert!(
            !calendar.exists(gone) && calendar.exists(day(before)) && calendar.exists(day(after)),
            "{zone}"
        );
        assert_eq!(
            fault(&calendar, skipped),
            format!("{zone} never had the day `{skipped}`: the next one is {after}")
        );
        assert_eq!(calendar.start(gone), calendar.end(gone), "{zone}");
        assert_eq!(calendar.shift(day(before), 1), day(after), "{zone}");
        assert_eq!(calendar.shift(day(after), -1), day(before), "{zone}");
        assert_eq!(calendar.shift(gone, 0), day(after), "{zone}");
        assert_eq!(calendar.shift(gone, -1), day(before), "{zone}");
        assert_eq!(calendar.shift(day(before), 400).0, day(before).0 + 401, "{zone}");
        assert_eq!(calendar.shift(day(after), -400).0, day(after).0 - 401, "{zone}");
    }
}

#[test]
fn a_week_starts_on_monday_even_if_the_zone_skipped_it() {
    let calendar = calendar("1w", "Pacific/Apia");
    let week = calendar.parse_key("2011-W52").expect("a week");
    assert_eq!(calendar.start(week), instant("2011-12-26T10:00:00Z"));
    assert_eq!((calendar.end(week) - calendar.start(week)).num_days(), 6);
}

#[test]
fn each_length_has_its_own_form_of_key() {
    for (every, key, object_key) in [
        ("1mo", "2026-01", "2026-01"),
        ("1w", "2026-W02", "2026-w02"),
        ("1d", "2026-01-05", "2026-01-05"),
        ("1h", "2026-01-05T07", "2026-01-05t07"),
        ("5m", "2026-01-05T0705", "2026-01-05t0705"),
        ("90m", "2026-01-05T0730", "2026-01-05t0730"),
    ] {
        let calendar = calendar(every, "UTC");
        let partition = calendar.at(instant("2026-01-05T07:39:59Z"));
        let partition = if every == "5m" { calendar.at(instant("2026-01-05T07:09:59Z")) } else { partition };
        assert_eq!(calendar.key(partition), key);
        assert_eq!(calendar.object_key(partition), object_key);
        assert_eq!(calendar.parse_key(key), Ok(partition));
        assert_eq!(calendar.parse_key(object_key), Ok(partition));
    }
}

#[test]
fn a_coarser_key_means_its_first_partition() {
    for (every, zone, coarser, first) in [
        ("1d", "UTC", "2026-02", "2026-02-01"),
        ("1d", "UTC", "2026-W01", "2025-12-29"),
        ("1h", "UTC", "2026-01-05", "2026-01-05T00"),
        ("15m", "UTC", "2026-01-05T07", "2026-01-05T0700"),
        ("90m", "UTC", "2026-01-05T03", "2026-01-05T0300"),
        ("1w", "UTC", "2026-01", "2026-W02"),
        ("1w", "UTC", "2024-01", "2024-W01"),
        ("1d", "Europe/Berlin", "2026-10", "2026-10-01"),
    ] {
        let calendar = calendar(every, zone);
        assert_eq!(calendar.key(calendar.parse_key(coarser).expect("a key")), first, "{every} {coarser}");
    }
}

#[test]
fn a_wrong_key_is_told_what_would_be_right() {
    for (every, key, message) in [
        ("1d", "2026-01-05T07", "`2026-01-05T07` is finer than a partition of 1d: write 2026-01-05"),
        ("1h", "2026-01-05T0700", "`2026-01-05T0700` is finer than a partition of 1h: write 2026-01-05T07"),
        ("1w", "2026-01-05", "`2026-01-05` is finer than a partition of 1w: write 2026-W02"),
        ("1mo", "2026-W01", "`2026-W01` is finer than a partition of 1mo: write 2025-12"),
        (
            "6h",
            "2026-01-05T07",
            "no partition of 6h starts at `2026-01-05T07`: write 2026-01-05T06 or 2026-01-05T12",
        ),
        (
            "90m",
            "2026-01-05T02",
            "no partition of 90m starts at `2026-01-05T02`: write 2026-01-05T0130 or 2026-01-05T0300",
        ),
        (
            "15m",
            "2026-01-05T0710",
            "no partition of 15m starts at `2026-01-05T0710`: write 2026-01-05T0700 or 2026-01-05T0715",
        ),
        ("1d", "2026-02-29", "`2026-02-29` does not exist: the days of 2026-02 are 01 to 28"),
        ("1d", "2026-13-01", "`2026-13-01` does not exist: months are 01 to 12"),
        ("1mo", "0000-01", "`0000-01` does not exist: years are counted from 0001"),
        ("1w", "2025-W53", "`2025-W53` does not exist: the weeks of 2025 are W01 to W52"),
        ("1w", "2026-W00", "`2026-W00` does not exist: the weeks of 2026 are W01 to W53"),
        ("1h", "2026-01-05T24", "`2026-01-05T24` does not exist: times of day are T0000 to T2359"),
        ("1d", "20260105", "`20260105` is no key: one looks like 2026-01-05"),
        ("1d", "2026-1-5", "`2026-1-5` is no key: one looks like 2026-01-05"),
        ("1d", "+026-01-05", "`+026-01-05` is no key: one looks like 2026-01-05"),
        ("1w", "2026-W2", "`2026-W2` is no key: one looks like 2026-W02"),
        ("1h", "2026-01T07", "`2026-01T07` is no key: one looks like 2026-01-05T06"),
        ("1h", "2026-01-05T07:00", "`2026-01-05T07:00` is no key: one looks like 2026-01-05T06"),
        ("5m", "", "`` is no key: one looks like 2026-01-05T0630"),
        ("1mo", "2026", "`2026` is no key: one looks like 2026-01"),
    ] {
        assert_eq!(fault(&calendar(every, "UTC"), key), message);
    }
}

#[test]
fn overlapping_takes_the_partitions_that_share_an_instant() {
    let days = calendar("1d", "Europe/Berlin");
    let hours = calendar("1h", "UTC");
    let day = days.parse_key("2026-10-25").expect("a day");
    let overlapping = hours.overlapping(days.start(day), days.end(day));
    assert_eq!(hours.key(Partition(overlapping.start)), "2026-10-24T22");
    assert_eq!(overlapping.end - overlapping.start, 25);
    let weeks = calendar("1w", "UTC");
    let month = calendar("1mo", "UTC");
    let january = month.parse_key("2026-01").expect("a month");
    let overlapping = weeks.overlapping(month.start(january), month.end(january));
    assert_eq!(weeks.key(Partition(overlapping.start)), "2026-W01");
    assert_eq!(weeks.key(Partition(overlapping.end - 1)), "2026-W05");
    let start = instant("2026-01-05T00:00:00Z");
    assert!(hours.overlapping(start, start).is_empty());
}

#[test]
fn nothing_panics_at_the_ends_of_time() {
    for (every, zone) in [
        ("5m", "UTC"),
        ("12h", "UTC"),
        ("1d", "UTC"),
        ("1d", "Pacific/Apia"),
        ("1w", "America/New_York"),
        ("1mo", "Asia/Tokyo"),
    ] {
        let calendar = calendar(every, zone);
        let (first, last) = (calendar.at(Instant::MIN_UTC), calendar.at(Instant::MAX_UTC));
        assert!(calendar.key(first).starts_with("0001-"), "{every}");
        assert!(calendar.key(last).starts_with("9999-"), "{every}");
        for index in [i64::MIN, i64::MIN + 1, first.0 - 1, last.0 + 1, i64::MAX - 1, i64::MAX] {
            let partition = Partition(index);
            let nearest = if index < 0 { first } else { last };
            assert!(!calendar.exists(partition));
            assert_eq!(calendar.local(partition), calendar.local(nearest));
            assert_eq!(calendar.key(partition), calendar.key(nearest));
            assert!(calendar.end(partition) > calendar.start(nearest));
            assert_eq!(calendar.shift(partition, index), nearest);
            assert_eq!(calendar.shift(Partition(0), index), nearest);
        }
        assert_eq!(calendar.overlapping(Instant::MIN_UTC, Instant::MAX_UTC), first.0..last.0 + 1);
        for key in ["0001-01", "9999-12", "9999-12-31", "9999-12-31T23", "9999-W52", "9999-12-31T2359"] {
            let _either = calendar.parse_key(key);
        }
    }
}
