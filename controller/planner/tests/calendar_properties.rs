//! What holds of every calendar and every partition.

use chrono::{DateTime, NaiveDate, TimeDelta};
use chrono_tz::{TZ_VARIANTS, Tz};
use planner::calendar::{Calendar, Every, Instant, Partition};
use proptest::prelude::*;
use proptest::sample::select;

/// Every length of minutes that divides a day.
fn minutes() -> Vec<u16> {
    (5..=720).filter(|minutes| 1440_u16.is_multiple_of(*minutes)).collect()
}

fn calendars() -> impl Strategy<Value = Calendar> {
    let below_a_day = select(minutes()).prop_map(|minutes| (Every::Minutes(minutes), Tz::UTC));
    let in_a_zone = (select(&[Every::Day, Every::Week, Every::Month][..]), select(&TZ_VARIANTS[..]));
    prop_oneof![below_a_day, in_a_zone]
        .prop_map(|(every, zone)| Calendar::new(every, zone).expect("each pair is a calendar"))
}

/// Instants of the years 1 to 9999, most of them since 1970.
fn instants() -> impl Strategy<Value = Instant> {
    prop_oneof![1 => -62_135_510_400..253_402_214_400_i64, 3 => 0..4_000_000_000_i64]
        .prop_map(|seconds| DateTime::from_timestamp(seconds, 0).expect("a time within chrono's years"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_instant_lies_in_its_partition_and_in_no_other(calendar in calendars(), instant in instants()) {
        let partition = calendar.at(instant);
        prop_assert!(calendar.exists(partition));
        prop_assert!(calendar.start(partition) <= instant && instant < calendar.end(partition));
        prop_assert_eq!(calendar.at(calendar.start(partition)), partition);
        prop_assert_eq!(calendar.at(calendar.end(partition)), calendar.shift(partition, 1));
        let moment = TimeDelta::nanoseconds(1);
        prop_assert_eq!(calendar.at(calendar.end(partition) - moment), partition);
        prop_assert_eq!(calendar.at(calendar.start(partition) - moment), calendar.shift(partition, -1));
    }

    #[test]
    fn a_key_names_its_partition(calendar in calendars(), instant in instants()) {
        let partition = calendar.at(instant);
        let key = calendar.key(partition);
        prop_assert_eq!(calendar.parse_key(&key), Ok(partition));
        prop_assert_eq!(calendar.parse_key(&calendar.object_key(partition)), Ok(partition));
        prop_assert!(key < calendar.key(calendar.shift(partition, 1)));
    }

    #[test]
    fn parsing_a_key_never_panics(calendar in calendars(), key in "[0-9TtWw-]{0,16}|\\PC{0,12}") {
        if let Ok(partition) = calendar.parse_key(&key) {
            prop_assert!(calendar.exists(partition));
        }
    }

    #[test]
    fn shifts_add_up_and_pass_only_what_exists(
        calendar in calendars(), instant in instants(), n in -50_000..50_000_i64, m in -50_000..50_000_i64,
    ) {
        let partition = calendar.at(instant);
        let there = calendar.shift(partition, n);
        prop_assume!(calendar.exists(Partition(there.0 - 60_000)) && calendar.exists(Partition(there.0 + 60_000)));
        prop_assume!(calendar.exists(Partition(partition.0 - 60_000)) && calendar.exists(Partition(partition.0 + 60_000)));
        prop_assert!(calendar.exists(there));
        prop_assert_eq!(calendar.shift(there, m), calendar.shift(partition, n + m));
        let (low, high) = (partition.0.min(there.0), partition.0.max(there.0));
        let passed = (low..high).filter(|&index| calendar.exists(Partition(index))).count();
        prop_assert_eq!(passed, usize::try_from(n.abs()).expect("a length"));
    }

    #[test]
    fn overlapping_is_exact(calendar in calendars(), from in instants(), seconds in 1..10_000_000_i64) {
        let to = from + TimeDelta::seconds(seconds);
        let overlapping = calendar.overlapping(from, to);
        let meets = |index: i64| {
            let partition = Partition(index);
            calendar.start(partition) < to && calendar.end(partition) > from
        };
        let (first, last) = (overlapping.start, overlapping.end - 1);
        prop_assert!(meets(first) && meets(last));
        prop_assert!(!meets(first - 1) || !calendar.exists(Partition(first - 1)));
        prop_assert!(!meets(last + 1) || !calendar.exists(Partition(last + 1)));
    }

    #[test]
    fn weeks_and_months_start_with_their_first_day(zone in select(&TZ_VARIANTS[..]), instant in instants()) {
        let days = Calendar::new(Every::Day, zone).expect("days");
        for every in [Every::Week, Every::Month] {
            let calendar = Calendar::new(every, zone).expect("a calendar");
            let partition = calendar.at(instant);
            let first_day = (calendar.local(partition).date() - NaiveDate::default()).num_days();
            prop_assert_eq!(calendar.start(partition), days.start(Partition(first_day)));
        }
    }
}
