//! Lengths of time, and amounts of CPU and of bytes, as manifests write them.

use chrono_tz::Tz;
use planner::calendar::Instant;
use planner::duration::Span;
use planner::quantity::{bytes, millicores};
use proptest::prelude::*;

fn instant(text: &str) -> Instant {
    text.parse().expect("an instant")
}

#[test]
fn a_duration_is_read_and_shown() {
    for (text, seconds, shown) in [
        ("0s", 0, "0s"),
        ("90s", 90, "90s"),
        ("60s", 60, "1m"),
        ("10m", 600, "10m"),
        ("5h", 18_000, "5h"),
        ("24h", 86_400, "24h"),
        ("90d", 90 * 86_400, "90d"),
        ("0d", 0, "0d"),
        ("1w", 7 * 86_400, "1w"),
        ("14d", 14 * 86_400, "2w"),
        ("36500d", 36_500 * 86_400, "36500d"),
    ] {
        let span: Span = text.parse().expect("a duration");
        assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, shown));
    }
}

#[test]
fn a_wrong_duration_is_told_what_would_be_right() {
    for text in ["", "5", "h", "-1h", "1.5h", "1h30m", "5 m", "5min", "1mo", "1y", "PT1H", "1ü"] {
        assert_eq!(
            text.parse::<Span>().expect_err(text).to_string(),
            format!(
                "`{text}` is no duration: write a whole number and s, m, h, d or w, such as 90s, 10m, 2h, 90d or 1w"
            )
        );
    }
    for text in ["36501d", "5300w", "99999999999999999999999s", "18446744073709551615h"] {
        assert_eq!(
            text.parse::<Span>().expect_err(text).to_string(),
            format!("`{text}` is too long: write at most 36500d, a hundred years")
        );
    }
}

#[test]
fn a_day_of_a_duration_is_a_calendar_day_and_24_hours_are_not() {
    let noon = instant("2026-03-28T11:00:00Z");
    let zone = Tz::Europe__Berlin;
    assert_eq!(Span::Days(1).after(noon, zone), instant("2026-03-29T10:00:00Z"));
    assert_eq!(Span::Days(1).before(instant("2026-03-29T10:00:00Z"), zone), noon);
    assert_eq!(Span::Fixed { seconds: 86_400 }.after(noon, zone), instant("2026-03-29T11:00:00Z"));
    assert_eq!(Span::Days(1).after(noon, Tz::UTC), instant("2026-03-29T11:00:00Z"));
    // 02:30 does not exist on the 29th: the clocks next show 03:00.
    assert_eq!(Span::Days(1).after(instant("2026-03-28T01:30:00Z"), zone), instant("2026-03-29T01:00:00Z"));
    // The second 02:30 of the 25th stays itself.
    let again = instant("2026-10-25T01:30:00Z");
    assert_eq!(Span::Days(0).after(again, zone), again);
}

#[test]
fn durations_end_with_time_itself() {
    for span in [Span::Days(u32::MAX), Span::Fixed { seconds: u64::MAX }] {
        for instant in [Instant::MIN_UTC, Instant::default(), Instant::MAX_UTC] {
            for zone in [Tz::UTC, Tz::Pacific__Kiritimati, Tz::America__Adak] {
                assert_eq!(span.after(instant, zone), Instant::MAX_UTC);
                assert_eq!(span.before(instant, zone), Instant::MIN_UTC);
            }
        }
    }
}

#[test]
fn cpu_is_read_into_thousandths_of_a_core() {
    for (text, expected) in [
        ("1", 1000),
        ("500m", 500),
        ("0.5", 500),
        (".5", 500),
        ("2.", 2000),
        ("+1.25", 1250),
        ("0.0001", 1),
        ("1500000u", 1500),
        ("1n", 1),
        ("1e1", 10_000),
        ("1E-3", 1),
        ("1k", 1_000_000),
        ("0", 0),
        ("-0", 0),
        ("0e999", 0),
        ("1e-999", 1),
    ] {
        assert_eq!(millicores(text), Ok(expected), "{text}");
    }
}

#[test]
fn bytes_are_read_with_both_kinds_of_suffix() {
    for (text, expected) in [
        ("64Mi", 67_108_864),
        ("100Mi", 104_857_600),
        ("1G", 1_000_000_000),
        ("1e3", 1000),
        ("1.5Gi", 1_610_612_736),
        ("128974848000m", 128_974_848),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1E", 1_000_000_000_000_000_000),
        ("7Ei", 7 << 60),
        ("0.1", 1),
        ("1024", 1024),
    ] {
        assert_eq!(bytes(text), Ok(expected), "{text}");
    }
}

#[test]
fn a_wrong_amount_is_told_what_would_be_right() {
    for (text, message) in [
        ("100m", "`100m` counts thousandths of a byte: write 100M for megabytes"),
        ("-1Gi", "`-1Gi` is negative: write an amount of 0 or more"),
        ("8Ei", "`8Ei` is more than any machine has: write less"),
        ("1e400", "`1e400` is more than any machine has: write less"),
        (
            "99999999999999999999999999999999999999999",
            "`99999999999999999999999999999999999999999` is more than any machine has: write less",
        ),
    ] {
        assert_eq!(bytes(text).expect_err(text).to_string(), message);
    }
    for text in ["", "Mi", "64MB", "64mi", "64 Mi", "1.2.3", "1e", "--1", "0x10", "1,5G", "."] {
        let message = format!(
            "`{text}` is no amount of bytes: write a number, then Ki, Mi, Gi, Ti or k, M, G, T, such as 64Mi"
        );
        assert_eq!(bytes(text).expect_err(text).to_string(), message);
    }
    assert_eq!(
        millicores("two").expect_err("a fault").to_string(),
        "`two` is no amount of CPU: write cores such as 2 or 0.5, or thousandths of one such as 500m"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_an_amount_never_panics(text in "[+-]?[0-9.]{0,44}([numkKMGTPEie]|[eE][+-]?[0-9]{0,6})?|\\PC{0,8}") {
        let _either = (bytes(&text), millicores(&text), text.parse::<Span>());
    }

    #[test]
    fn a_duration_is_read_as_it_is_shown(seconds in 0..3_153_600_000_u64, days in 0..36_500_u32) {
        for span in [Span::Fixed { seconds }, Span::Days(days)] {
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
