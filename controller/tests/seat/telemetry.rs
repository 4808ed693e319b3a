//! What a log line and a span carry, and that spans arrive at a collector.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use daybreak::seat::spans;
use daybreak::seat::telemetry::{LogFormat, Telling, subscriber};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tracing::subscriber::with_default;

use crate::metrics::impressions;

/// Where a log is written to in a test.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no test panics in it").clone()).expect("a log is text")
    }
}

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panics in it").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn telling(level: &str, format: LogFormat) -> Telling {
    Telling { log_level: level.parse().expect("a level"), log_format: format, otlp_endpoint: None }
}

/// What is logged while a step is worked on.
fn work() {
    let reconcile = spans::reconcile(&impressions()).entered();
    tracing::debug!("looked");
    let step = spans::step(&impressions(), "2026-01-05T07", "join", 2).entered();
    tracing::info!(job = "join-1", "launched");
    drop((step, reconcile));
}

/// What stands on paper after the work.
fn logged(telling: &Telling) -> String {
    let paper = Paper::default();
    let writer = paper.clone();
    let (subscriber, _) = subscriber(telling, move || writer.clone()).expect("it needs nothing");
    with_default(subscriber, work);
    paper.text()
}

#[test]
fn a_line_of_json_says_which_attempt_it_is_about() {
    let line: Value =
        serde_json::from_str(&logged(&telling("info", LogFormat::Json))).expect("one line of JSON");
    let span = json!({"name": "step", "namespace": "ads", "pipeline": "impressions", "partition": "2026-01-05T07",
        "step": "join", "attempt": 2});
    assert_eq!(
        (&line["message"], &line["job"], &line["level"]),
        (&json!("launched"), &json!("join-1"), &json!("INFO"))
    );
    assert_eq!(line["span"], span);
}

#[test]
fn a_line_of_text_says_it_too() {
    let line = logged(&telling("info", LogFormat::Text));
    for part in [
        "INFO",
        "pipeline=\"impressions\"",
        "partition=\"2026-01-05T07\"",
        "step=\"join\"",
        "attempt=2",
        "launched",
    ] {
        assert!(line.contains(part), "{part} is not in: {line}");
    }
}

#[test]
fn a_level_holds_for_all_or_for_a_module() {
    for (level, lines) in
        [("error", 0), ("info", 1), ("debug", 2), ("error,seat=debug", 2), ("debug,seat=warn", 0)]
    {
        assert_eq!(logged(&telling(level, LogFormat::Text)).lines().count(), lines, "{level}");
    }
}

async fn collect(
    State(batches): State<UnboundedSender<(HeaderMap, Bytes)>>,
    head: HeaderMap,
    body: Bytes,
) -> StatusCode {
    batches.send((head, body)).map_or(StatusCode::GONE, |()| StatusCode::OK)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn spans_arrive_at_a_collector_even_when_nothing_is_logged() {
    let (sender, mut batches) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(collect)).with_state(sender);
    tokio::spawn(axum::serve(listener, router).into_future());

    let telling =
        Telling { otlp_endpoint: Some(endpoint.parse().unwrap()), ..telling("off", LogFormat::Text) };
    let (subscriber, telemetry) = subscriber(&telling, io::sink).unwrap();
    with_default(subscriber, work);
    telemetry.finish().await;

    let (head, body) = batches.recv().await.unwrap();
    assert_eq!(head["content-type"], "application/x-protobuf");
    for part in ["daybreak", "reconcile", "step", "impressions", "2026-01-05T07", "attempt"] {
        let is_there = body.windows(part.len()).any(|window| window == part.as_bytes());
        assert!(is_there, "{part} did not arrive");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_collector_that_is_away_holds_up_the_end_by_two_seconds_at_most() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let telling =
        Telling { otlp_endpoint: Some(endpoint.parse().unwrap()), ..telling("off", LogFormat::Text) };
    let (subscriber, telemetry) = subscriber(&telling, io::sink).unwrap();
    with_default(subscriber, work);
    let start = tokio::time::Instant::now();
    telemetry.finish().await;
    assert!(start.elapsed().as_secs_f64() < 4.0, "it took {:?}", start.elapsed());
}
