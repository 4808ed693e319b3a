//! What Prometheus reads after things have happened.

use std::time::Duration;

use crds::pipeline_status::{PartitionCounts, PipelineStatus};
use daybreak::seat::metrics::{Metrics, PipelineId};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;
use planner::calendar::Instant;
use planner::facts::Outcome;

/// The moment at which all metrics here are read.
pub(crate) fn now() -> Instant {
    Instant::from_timestamp_nanos(0) + Duration::from_hours(1)
}

pub(crate) fn impressions() -> PipelineId {
    PipelineId { namespace: "ads".to_owned(), pipeline: "impressions".to_owned() }
}

/// A pipeline of which something is wanting.
pub(crate) fn status() -> PipelineStatus {
    let condition = |kind: &str, status: &str| Condition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason: String::new(),
        message: String::new(),
        last_transition_time: Time(Timestamp::UNIX_EPOCH),
        observed_generation: None,
    };
    PipelineStatus {
        conditions: vec![condition("Ready", "True"), condition("Late", "False")],
        partitions: Some(PartitionCounts {
            due: 5,
            complete: 2,
            running: 1,
            failed: 1,
            waiting: 1,
            stale: 0,
        }),
        ..PipelineStatus::default()
    }
}

/// Since when it is wanting.
pub(crate) fn two_minutes_ago() -> Instant {
    now() - Duration::from_mins(2)
}

/// The value that stands behind a series.
fn value(metrics: &Metrics, series: &str) -> Option<f64> {
    let (_, text) = metrics.render().expect("a text can be written");
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().expect("a value is a number"))
}

#[test]
fn a_pipeline_shows_its_partitions_its_conditions_and_how_far_it_lags() {
    let metrics = Metrics::new(now);
    metrics.pipeline(&impressions(), &status(), Some(two_minutes_ago()));
    let table = [
        ("partitions_due", "", 5.0),
        ("partitions_missing", "", 3.0),
        ("partitions", ",state=\"complete\"", 2.0),
        ("partitions", ",state=\"running\"", 1.0),
        ("partitions", ",state=\"failed\"", 1.0),
        ("partitions", ",state=\"waiting\"", 1.0),
        ("pipeline_condition", ",condition=\"Ready\"", 1.0),
        ("pipeline_condition", ",condition=\"Late\"", 0.0),
        ("pipeline_lag_seconds", "", 120.0),
    ];
    for (name, labels, expected) in table {
        let series = format!("daybreak_{name}{{namespace=\"ads\",pipeline=\"impressions\"{labels}}}");
        assert_eq!(value(&metrics, &series), Some(expected), "{series}");
    }
}

#[test]
fn a_pipeline_with_all_complete_lags_by_nothing() {
    let metrics = Metrics::new(now);
    metrics.pipeline(&impressions(), &status(), None);
    let series = "daybreak_pipeline_lag_seconds{namespace=\"ads\",pipeline=\"impressions\"}";
    assert_eq!(value(&metrics, series), Some(0.0));
}

#[test]
fn launches_are_counted_by_what_they_came_to() {
    let metrics = Metrics::new(now);
    let failed = Outcome::Failed { exit_code: Some(1), why: "exit code 1".to_owned() };
    for outcome in [&Outcome::Succeeded, &failed, &Outcome::Succeeded] {
        metrics.launched(&impressions(), Duration::from_millis(150));
        metrics.ended(&impressions(), outcome);
    }
    let labels = "namespace=\"ads\",pipeline=\"impressions\"";
    let launches = |outcome| format!("daybreak_launches_total{{{labels},outcome=\"{outcome}\"}}");
    assert_eq!(value(&metrics, &launches("succeeded")), Some(2.0));
    assert_eq!(value(&metrics, &launches("failed")), Some(1.0));
    let bucket = |le| format!("daybreak_step_start_delay_seconds_bucket{{{labels},le=\"{le}\"}}");
    assert_eq!((value(&metrics, &bucket("0.1")), value(&metrics, &bucket("0.2"))), (Some(0.0), Some(3.0)));
}

#[test]
fn a_pipeline_that_is_gone_leaves_nothing_behind() {
    let metrics = Metrics::new(now);
    metrics.pipeline(&impressions(), &status(), Some(two_minutes_ago()));
    metrics.launched(&impressions(), Duration::ZERO);
    let failed = Outcome::Failed { exit_code: None, why: String::new() };
    for outcome in [Outcome::Succeeded, Outcome::Discarded, failed, Outcome::Disrupted(String::new())] {
        metrics.ended(&impressions(), &outcome);
    }
    metrics.forget(&impressions());
    let (_, text) = metrics.render().expect("a text can be written");
    assert!(!text.contains("impressions"), "{text}");
}

#[test]
fn a_controller_that_no_longer_leads_tells_of_no_pipeline_and_no_store() {
    let metrics = Metrics::new(now);
    metrics.pipeline(&impressions(), &status(), Some(two_minutes_ago()));
    metrics.listed("warehouse", now());
    metrics.stepped_down();
    let (_, text) = metrics.render().expect("a text can be written");
    assert!(!text.contains("impressions") && !text.contains("warehouse"), "{text}");
}

#[test]
fn names_keep_to_the_conventions_of_prometheus() {
    let (_, text) = Metrics::new(now).render().expect("a text can be written");
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    for (name, kind) in types {
        assert!(name.starts_with("daybreak_"), "{name}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        assert_eq!(
            name.ends_with("_seconds"),
            kind == "histogram" || name.contains("_age_") || name.contains("_lag_")
        );
    }
}
