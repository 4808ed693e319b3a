//! Path templates: what is refused and why, and that a path and its partition are each other's inverse.

use chrono::{DateTime, NaiveDate};
use chrono_tz::{TZ_VARIANTS, Tz};
use planner::calendar::{Calendar, Every, Instant, Partition};
use planner::template::PathTemplate;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeSet;

fn template(text: &str) -> PathTemplate {
    PathTemplate::parse(text).expect("a template")
}

fn calendar(every: &str) -> Calendar {
    Calendar::new(every.parse().expect("a length"), Tz::UTC).expect("a calendar")
}

#[test]
fn a_path_shows_the_start_of_its_partition() {
    for (text, every, key, path) in [
        ("impressions_%Y%m%d-%H.txt", "1h", "2026-01-05T07", "impressions_20260105-07.txt"),
        ("%Y/%m/%d/%H%M/part.csv", "15m", "2026-01-05T0715", "2026/01/05/0715/part.csv"),
        ("day=%Y-%j/", "1d", "2026-02-01", "day=2026-032/"),
        ("%G-W%V.parquet", "1w", "2026-W01", "2026-W01.parquet"),
        ("%Y%m%d", "1w", "2026-W01", "20251229"),
        ("%Y/%Y-%m", "1mo", "0987-12", "0987/0987-12"),
        ("100%%/%Y.%m", "1mo", "2026-01", "100%/2026.01"),
        ("a..b/...x/%Y%m", "1mo", "2026-01", "a..b/...x/202601"),
    ] {
        let (template, calendar) = (template(text), calendar(every));
        let partition = calendar.parse_key(key).expect("a key");
        assert_eq!(template.render(&calendar, partition), path);
        assert_eq!(template.check_injective(&calendar), Ok(()));
        assert_eq!(template.matches(&calendar, path), Some(partition));
    }
}

#[test]
fn a_template_says_what_it_is() {
    let dated = template("raw%%/events_%Y%m%d/");
    assert!(dated.is_directory() && !dated.is_static());
    assert_eq!(dated.literal_prefix(), "raw%/events_");
    assert_eq!(dated.as_str(), "raw%%/events_%Y%m%d/");
    let fixed = template("lookup/airlines.csv");
    assert!(fixed.is_static() && !fixed.is_directory());
    assert_eq!(fixed.literal_prefix(), "lookup/airlines.csv");
    assert_eq!(template("%Y%m").literal_prefix(), "");
}

#[test]
fn a_day_without_midnight_keeps_its_date() {
    let calendar = Calendar::new(Every::Day, Tz::Africa__Cairo).expect("a calendar");
    let day = calendar.parse_key("2026-04-24").expect("a day");
    assert_eq!(template("%Y%m%d-%H%M").render(&calendar, day), "20260424-0000");
}

#[test]
fn a_bad_path_is_told_what_would_be_right() {
    for (text, message) in [
        ("", "the path is empty: write one such as `events_%Y%m%d.csv`"),
        (" a", "the path ` a` starts or ends with white space: leave it out"),
        ("a\u{a0}", "the path `a\u{a0}` starts or ends with white space: leave it out"),
        (
            "/a",
            "the path `/a` starts with a slash: paths start at the root of their store, leave the slash out",
        ),
        (
            "/",
            "the path `/` starts with a slash: paths start at the root of their store, leave the slash out",
        ),
        ("a/../b", "the path `a/../b` has the segment `..`: name the place below the store's root directly"),
        ("..", "the path `..` has the segment `..`: name the place below the store's root directly"),
        ("./a", "the path `./a` has the segment `.`: name the place below the store's root directly"),
        ("a/./", "the path `a/./` has the segment `.`: name the place below the store's root directly"),
        (
            "s3://bucket/a",
            "the path `s3://bucket/a` has two slashes in a row: write one, below the store's root and without an address",
        ),
        (
            "a//",
            "the path `a//` has two slashes in a row: write one, below the store's root and without an address",
        ),
        ("a\\b", "the path \"a\\\\b\" holds '\\\\': write paths with slashes, without control characters"),
        ("a\0b", "the path \"a\\0b\" holds '\\0': write paths with slashes, without control characters"),
        (
            "a%%2E%%2e/b",
            "the path `a%%2E%%2e/b` holds a percent-encoded dot, slash or backslash: write names without them",
        ),
        (
            "%2e%2e/b",
            "the path `%2e%2e/b` holds a percent-encoded dot, slash or backslash: write names without them",
        ),
        (
            "a_%y",
            "in the path `a_%y` `%y` is no date code: write one of %Y %m %d %H %M %j %G %V, or %% for a percent sign",
        ),
        (
            "a_%S",
            "in the path `a_%S` `%S` is no date code: write one of %Y %m %d %H %M %j %G %V, or %% for a percent sign",
        ),
        ("a_%", "in the path `a_%` the `%` at the end lacks its date code: write %% for a percent sign"),
        (
            "a_%ä",
            "in the path `a_%ä` `%ä` is no date code: write one of %Y %m %d %H %M %j %G %V, or %% for a percent sign",
        ),
        (
            "%Y-W%V",
            "in the path `%Y-W%V` `%Y` is not the year that `%V` counts its weeks in: write %G with %V",
        ),
    ] {
        assert_eq!(PathTemplate::parse(text).expect_err(text).to_string(), message);
    }
    let long = format!("{}%Y", "x".repeat(1021));
    let message = PathTemplate::parse(&long).expect_err("a fault").to_string();
    assert!(message.ends_with("has 1025 bytes when it is rendered: write at most 1024"), "{message}");
    assert!(PathTemplate::parse(&long[1..]).is_ok());
}

#[test]
fn a_template_that_two_partitions_share_names_both() {
    for (text, every, message) in [
        (
            "x_%Y%m%d.txt",
            "1h",
            "`x_%Y%m%d.txt` gives 2026-01-01T00 and 2026-01-01T01 the same path, `x_20260101.txt`: \
             tell them apart, as %Y%m%d-%H does",
        ),
        (
            "%Y%m%d%H",
            "30m",
            "`%Y%m%d%H` gives 2026-01-01T0000 and 2026-01-01T0030 the same path, `2026010100`: \
             tell them apart, as %Y%m%d-%H%M does",
        ),
        (
            "%Y%m%d%M",
            "90m",
            "`%Y%m%d%M` gives 2026-01-01T0000 and 2026-01-01T0300 the same path, `2026010100`: \
             tell them apart, as %Y%m%d-%H%M does",
        ),
        (
            "%m%d",
            "1d",
            "`%m%d` gives 2026-01-01 and 2027-01-01 the same path, `0101`: tell them apart, as %Y%m%d does",
        ),
        (
            "%G-%m-%d",
            "1d",
            "`%G-%m-%d` gives 2026-01-01 and 2027-01-01 the same path, `2026-01-01`: \
             tell them apart, as %Y%m%d does",
        ),
        (
            "%G-W%V",
            "1d",
            "`%G-W%V` gives 2026-01-01 and 2026-01-02 the same path, `2026-W01`: tell them apart, as %Y%m%d does",
        ),
        (
            "W%V",
            "1w",
            "`W%V` gives 2026-W02 and 2027-W02 the same path, `W02`: tell them apart, as %G-W%V does",
        ),
        (
            "%Y-%m",
            "1w",
            "`%Y-%m` gives 2026-W02 and 2026-W03 the same path, `2026-01`: tell them apart, as %G-W%V does",
        ),
        ("%Y", "1mo", "`%Y` gives 2026-01 and 2026-02 the same path, `2026`: tell them apart, as %Y-%m does"),
        (
            "fixed",
            "1d",
            "`fixed` gives 2026-01-01 and 2026-01-02 the same path, `fixed`: tell them apart, as %Y%m%d does",
        ),
        (
            "%G-%m-%d",
            "1w",
            "`%G-%m-%d` does not say the week by codes that go together: write it as %G-W%V does",
        ),
    ] {
        let fault = template(text).check_injective(&calendar(every)).expect_err(text);
        assert_eq!(fault.to_string(), message);
    }
}

#[test]
fn only_the_very_path_matches() {
    let (template, calendar) = (template("a/%Y/x_%Y%m%d-%H.txt"), calendar("1h"));
    assert!(template.matches(&calendar, "a/2026/x_20260105-07.txt").is_some());
    for path in [
        "a/2025/x_20260105-07.txt",
        "a/2026/x_20260105-7.txt",
        "a/2026/x_20260105-07.txt.gz",
        "a/2026/x_20260105-07.tx",
        "a/2026/x_20260230-07.txt",
        "a/2026/x_20260105-24.txt",
        "a/2026/x_2026+105-07.txt",
        "a/2026/x_２０２６0105-07.txt",
        "a/0000/x_00000105-07.txt",
        "b/2026/x_20260105-07.txt",
        "",
    ] {
        assert_eq!(template.matches(&calendar, path), None, "{path}");
    }
}

#[test]
fn a_path_between_two_partitions_matches_neither() {
    let calendar = calendar("6h");
    assert_eq!(template("%Y%m%d%H").matches(&calendar, "2026010507"), None);
    assert_eq!(template("%Y%m%d%H%M").matches(&calendar, "202601050601"), None);
    let apia = Calendar::new(Every::Day, Tz::Pacific__Apia).expect("a calendar");
    assert_eq!(template("%Y%m%d").matches(&apia, "20111230"), None);
    assert_eq!(template("fixed").matches(&apia, "fixed"), None);
}

#[test]
fn injectivity_is_decided_as_sixty_years_of_paths_decide_it() {
    let codes = ["%Y", "%m", "%d", "%j", "%G", "%V"];
    // Within 28 years each kind of year, by weekday and leap day, follows each kind that it ever follows.
    let (from, to) = (NaiveDate::from_ymd_opt(1999, 1, 1), NaiveDate::from_ymd_opt(2059, 1, 1));
    let midnight =
        |date: Option<NaiveDate>| date.expect("a date").and_hms_opt(0, 0, 0).expect("a time").and_utc();
    for every in [Every::Day, Every::Week, Every::Month] {
        let calendar = Calendar::new(every, Tz::UTC).expect("a calendar");
        let partitions = calendar.overlapping(midnight(from), midnight(to));
        for set in 0..1_usize << codes.len() {
            let chosen = (0..codes.len()).filter(|code| set >> code & 1 == 1).map(|code| codes[code]);
            let text: String = std::iter::once("x").chain(chosen).collect();
            let Ok(template) = PathTemplate::parse(&text) else { continue };
            let mut paths = BTreeSet::new();
            let is_injective =
                partitions.clone().all(|index| paths.insert(template.render(&calendar, Partition(index))));
            let verdict = template.check_injective(&calendar);
            let message = verdict.as_ref().map_or_else(ToString::to_string, |()| String::new());
            if is_injective {
                assert!(verdict.is_ok() || message.contains("go together"), "{every} {text}: {message}");
            } else {
                assert!(message.contains("the same path"), "{every} {text}: {message}");
            }
        }
    }
}

/// Calendars with templates that tell their partitions apart.
fn dated() -> impl Strategy<Value = (Calendar, PathTemplate)> {
    let minutes: Vec<u16> = (5..=720).filter(|minutes| 1440_u16.is_multiple_of(*minutes)).collect();
    let below_a_day = select(minutes).prop_map(|minutes| (Every::Minutes(minutes), Tz::UTC));
    let in_a_zone = (select(&[Every::Day, Every::Week, Every::Month][..]), select(&TZ_VARIANTS[..]));
    let pieces = ["%Y", "%m", "%d", "%j", "%G", "%V", "%H", "%M", "%%", "/x", "-", "_ü"];
    let text = subsequence(pieces.to_vec(), 2..=12).prop_shuffle().prop_map(|pieces| pieces.concat());
    (prop_oneof![below_a_day, in_a_zone], text).prop_filter_map("not injective", |((every, zone), text)| {
        let calendar = Calendar::new(every, zone).ok()?;
        let template = PathTemplate::parse(&format!("p{text}")).ok()?;
        template.check_injective(&calendar).ok()?;
        Some((calendar, template))
    })
}

fn instants() -> impl Strategy<Value = Instant> {
    prop_oneof![1 => -62_135_510_400..253_402_214_400_i64, 3 => 0..4_000_000_000_i64]
        .prop_map(|seconds| DateTime::from_timestamp(seconds, 0).expect("a time within chrono's years"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2048, failure_persistence: None, max_global_rejects: 1_000_000, ..ProptestConfig::default()
    })]

    #[test]
    fn a_path_maps_back_to_its_partition((calendar, template) in dated(), instant in instants()) {
        let partition = calendar.at(instant);
        let path = template.render(&calendar, partition);
        prop_assert_eq!(template.matches(&calendar, &path), Some(partition), "{:?} {}", &template, path);
        prop_assert!(path.starts_with(template.literal_prefix()));
    }

    #[test]
    fn what_matches_renders_to_the_same_path((calendar, template) in dated(), path in "p[0-9/x_ü%-]{0,24}") {
        if let Some(partition) = template.matches(&calendar, &path) {
            prop_assert_eq!(template.render(&calendar, partition), path);
        }
    }

    #[test]
    fn parsing_never_panics_and_never_leaves_the_root(text in "([.%/YmdHjGV2eE \\\\]|\\PC){0,16}") {
        if let Ok(template) = PathTemplate::parse(&text) {
            let calendar = calendar("1d");
            let path = template.render(&calendar, Partition(0));
            prop_assert!(!path.starts_with('/') && !path.contains("//"));
            prop_assert!(path.split('/').all(|segment| segment != ".." && segment != "."));
        }
    }
}
