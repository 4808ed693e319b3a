//! docs/metrics.md says what is exposed; `make generate` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use daybreak::seat::metrics::Metrics;
use http::{Request, Response};
use planner::facts::Outcome;
use tower::{Layer as _, ServiceExt as _};

use crate::metrics::{impressions, now, status, two_minutes_ago};

const HEAD: &str = "# Metrics

What `daybreak controller` exposes at `/metrics`. Written by `make generate` from the controller itself.

Scrape with `honorLabels: true`: `namespace` is the pipeline's, not the controller's.

| name | type | labels | meaning |
|---|---|---|---|
";

/// Metrics after everything that can happen has happened once.
async fn seasoned() -> Metrics {
    let metrics = Metrics::new(now);
    metrics.pipeline(&impressions(), &status(), Some(two_minutes_ago()));
    metrics.launched(&impressions(), Duration::ZERO);
    metrics.ended(&impressions(), &Outcome::Succeeded);
    metrics.reconciled(Duration::ZERO);
    metrics.reconcile_failed();
    metrics.asked_storage("warehouse", "list", Duration::ZERO);
    metrics.listed("warehouse", now());
    metrics.requested("warehouse", [("list", 1)]);
    metrics.swept("warehouse", 1);
    metrics.notified("changed");
    metrics.refused_notification("stranger");
    let answer = tower::service_fn(async |_| Ok::<_, std::io::Error>(Response::new(())));
    let call = metrics.calls().layer(answer).oneshot(Request::new(()));
    call.await.expect("the service answers");
    metrics
}

/// The labels of a series, save the bounds of a histogram's buckets.
fn labels(series: &str) -> Vec<&str> {
    let inside = series.split_once('{').map_or("", |(_, rest)| rest);
    let names = inside.split("\",").filter_map(|pair| pair.split_once('=').map(|(name, _)| name));
    names.filter(|name| *name != "le").collect()
}

/// A row for each metric, in the order in which they are exposed.
fn table(exposed: &str) -> String {
    let mut meanings = BTreeMap::new();
    let mut rows = String::new();
    let mut lines = exposed.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some((name, meaning)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            meanings.insert(name, meaning);
        }
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        // A histogram without labels begins with its sum.
        let series = lines.peek().expect("everything has happened, so every metric has a series");
        assert!(series.starts_with(name), "{name} has no series: {series}");
        let labels: Vec<_> = labels(series).iter().map(|label| format!("`{label}`")).collect();
        let _ = writeln!(rows, "| `{name}` | {kind} | {} | {} |", labels.join(", "), meanings[name]);
    }
    rows
}

#[tokio::test]
async fn the_table_of_metrics_is_up_to_date() {
    let (_, exposed) = seasoned().await.render().expect("a text can be written");
    let expected = format!("{HEAD}{}", table(&exposed));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    #[expect(clippy::disallowed_methods, reason = "a test has no arguments")]
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(&path, expected).expect("the generated file can be written");
    }
    let actual = fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} is out of date: run `make generate`", path.display());
}
