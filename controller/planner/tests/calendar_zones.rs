//! The calendar against Python's zoneinfo: when each date starts, in every time zone, from 1970 to 2050.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::{IANA_TZDB_VERSION, TZ_VARIANTS, Tz};
use planner::calendar::{Calendar, Every, KeyFault, Partition};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What the oracle says of the zones that share a block.
struct Block<'a> {
    names: Vec<&'a str>,
    /// Ascending; what holds of a date holds of those after it, up to the next one listed.
    starts: Vec<(NaiveDate, Start)>,
}

/// When a date starts.
#[derive(Clone, Copy)]
enum Start {
    /// So many seconds after its midnight in UTC.
    Seconds(i64),
    /// The zone never had it.
    Skipped,
}

/// In the wheel and not in chrono-tz: `Factory` stands for a machine whose zone nobody has set.
const ONLY_IN_THE_WHEEL: &str = "Factory";

#[test]
fn the_oracle_asks_the_release_that_chrono_tz_carries() -> Result<(), String> {
    let oracle = oracle()?;
    let header = oracle.lines().next().unwrap_or_default();
    let expected = format!("# tz {IANA_TZDB_VERSION},");
    assert!(header.starts_with(&expected), "{header}: pin tzdata to {IANA_TZDB_VERSION} in tests/oracle");
    Ok(())
}

#[test]
fn the_oracle_and_chrono_tz_know_the_same_zones() -> Result<(), String> {
    let oracle = oracle()?;
    let blocks = blocks(&oracle);
    let in_the_wheel: BTreeSet<&str> = blocks.iter().flat_map(|block| block.names.iter().copied()).collect();
    let mut ours: BTreeSet<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    ours.insert(ONLY_IN_THE_WHEEL);
    assert_eq!(ours, in_the_wheel);
    Ok(())
}

#[test]
fn every_date_around_a_change_starts_when_the_oracle_says() -> Result<(), String> {
    let oracle = oracle()?;
    let mut checked = 0;
    for block in blocks(&oracle) {
        for name in block.names.iter().filter(|name| **name != ONLY_IN_THE_WHEEL) {
            let zone: Tz = name.parse().expect("a zone that both know");
            let calendar = Calendar::new(Every::Day, zone).expect("days of any zone");
            checked += check_zone(&calendar, &block.starts);
        }
    }
    assert!(checked > 200_000, "only {checked} dates were checked");
    Ok(())
}

/// Checks the dates up to three days from each change, and one in a fortnight in between.
fn check_zone(calendar: &Calendar, starts: &[(NaiveDate, Start)]) -> usize {
    let end = NaiveDate::from_ymd_opt(2051, 1, 1).expect("a date");
    let ends = starts.iter().skip(1).map(|(date, _)| *date).chain([end]);
    let mut checked = 0;
    for (&(first, start), end) in starts.iter().zip(ends) {
        let days = (end - first).num_days();
        for day in (0..days).filter(|day| *day < 3 || days - day <= 3 || day % 14 == 0) {
            check_date(calendar, first + TimeDelta::days(day), start);
            checked += 1;
        }
    }
    checked
}

fn check_date(calendar: &Calendar, date: NaiveDate, start: Start) {
    let midnight = date.and_time(NaiveTime::MIN);
    let partition = Partition((date - NaiveDate::default()).num_days());
    let next = Partition(partition.0 + 1);
    let place = format!("{date} in {}", calendar.zone());
    assert_eq!(calendar.local(partition), midnight, "{place}");
    match start {
        Start::Seconds(seconds) => {
            let instant = midnight.and_utc() + TimeDelta::seconds(seconds);
            assert_eq!(calendar.start(partition), instant, "{place}");
            assert_eq!(calendar.at(instant), partition, "{place}");
            assert_eq!(calendar.at(calendar.end(partition) - TimeDelta::seconds(1)), partition, "{place}");
            assert_eq!(calendar.shift(calendar.shift(partition, -1), 1), partition, "{place}");
            assert_eq!(
                calendar.at(instant - TimeDelta::seconds(1)),
                calendar.shift(partition, -1),
                "{place}"
            );
            assert!(calendar.exists(partition), "{place}");
            assert_eq!(calendar.parse_key(&date.to_string()), Ok(partition), "{place}");
            assert_eq!(calendar.key(partition), date.to_string(), "{place}");
        }
        Start::Skipped => {
            assert!(!calendar.exists(partition), "{place}");
            assert_eq!(calendar.start(partition), calendar.start(next), "{place}");
            let fault = calendar.parse_key(&date.to_string());
            assert!(matches!(fault, Err(KeyFault::Skipped { .. })), "{place}: {fault:?}");
        }
    }
}

fn oracle() -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "a test has no arguments of its own")]
    let path = std::env::var_os("DAYBREAK_ZONE_ORACLE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../build/oracle/zones.txt"),
        PathBuf::from,
    );
    std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}: make the oracle's answers with `make oracle`", path.display()))
}

fn blocks(oracle: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in oracle.lines().skip(1) {
        if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            blocks.push(Block { names: line.split(' ').collect(), starts: Vec::new() });
            continue;
        }
        let (date, start) = line.split_once(' ').expect("a date and when it starts");
        let date = date.parse().expect("a date");
        let start = match start {
            "skipped" => Start::Skipped,
            seconds => Start::Seconds(seconds.parse().expect("seconds")),
        };
        blocks.last_mut().expect("names come first").starts.push((date, start));
    }
    blocks
}
