//! Health over HTTP: `/livez` says that the loops run, `/readyz` that the caches are filled, `/metrics` everything else.
//!
//! Liveness is never backlog: a controller with too much to do is not helped by a restart.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::limits::IDLE_BEATS;
use super::metrics::Metrics;

/// What the process is asked about its health.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Vitals>>);

#[derive(Debug, Default)]
struct Vitals {
    loops: BTreeMap<String, Watched>,
    gates: BTreeMap<String, watch::Receiver<bool>>,
}

/// A loop that must go on.
#[derive(Debug)]
struct Watched {
    beat: watch::Receiver<Instant>,
    limit: Duration,
}

/// A loop's sign of life. Without it the loop has ended, and the process is not alive.
#[derive(Debug)]
pub struct Pulse {
    beat: watch::Sender<Instant>,
    limit: Duration,
}

/// What must have happened before the process is ready. Closed until then.
#[derive(Debug)]
pub struct Gate(watch::Sender<bool>);

impl Health {
    /// Watches a loop: it beats once in `limit`, or the process is not alive.
    pub fn pulse(&self, name: &str, limit: Duration) -> Pulse {
        let (sender, beat) = watch::channel(Instant::now());
        self.vitals().loops.insert(name.to_owned(), Watched { beat, limit });
        Pulse { beat: sender, limit }
    }

    /// Makes the process wait for something before it is ready.
    pub fn gate(&self, name: &str) -> Gate {
        let (sender, gate) = watch::channel(false);
        self.vitals().gates.insert(name.to_owned(), gate);
        Gate(sender)
    }

    /// Another controller leads: no loop has to go on here, and nothing is waited for.
    pub fn stepped_down(&self) {
        *self.vitals() = Vitals::default();
    }

    /// What is wrong with the loops at a moment, a sentence each.
    pub fn stuck(&self, now: Instant) -> Vec<String> {
        let vitals = self.vitals();
        vitals.loops.iter().filter_map(|(name, watched)| watched.fault(name, now)).collect()
    }

    /// What the process still waits for before it is ready, by name.
    pub fn missing(&self) -> Vec<String> {
        let vitals = self.vitals();
        vitals.gates.iter().filter(|(_, gate)| !*gate.borrow()).map(|(name, _)| name.clone()).collect()
    }

    fn vitals(&self) -> MutexGuard<'_, Vitals> {
        // Each change is one insertion, so whoever panicked left it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn fault(&self, name: &str, now: Instant) -> Option<String> {
        if self.beat.has_changed().is_err() {
            return Some(format!("the loop `{name}` has ended"));
        }
        let age = now.saturating_duration_since(*self.beat.borrow());
        let (age_seconds, limit_seconds) = (age.as_secs(), self.limit.as_secs());
        (age > self.limit).then(|| {
            format!("the loop `{name}` has not gone round for {age_seconds} s, at most {limit_seconds} s")
        })
    }
}

impl Pulse {
    /// Says that the loop goes on.
    pub fn beat(&self) {
        self.beat.send_replace(Instant::now());
    }

    /// Waits, for as long as it takes, for something that is no work of this loop: a wake-up, a notification.
    pub async fn idle<F: Future>(&self, wait: F) -> F::Output {
        let mut beats = interval(self.limit / IDLE_BEATS);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut wait = std::pin::pin!(wait);
        loop {
            tokio::select! {
                output = &mut wait => return output,
                _ = beats.tick() => self.beat(),
            }
        }
    }
}

impl Gate {
    /// Says that it has happened.
    pub fn open(&self) {
        self.0.send_replace(true);
    }
}

/// Answers on an address until told to end; requests under way are answered first.
pub async fn serve(
    listener: TcpListener,
    health: Health,
    metrics: Metrics,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let health = Router::new().route("/livez", get(livez)).route("/readyz", get(readyz)).with_state(health);
    let metrics = Router::new().route("/metrics", get(read_metrics)).with_state(metrics);
    let router = health.merge(metrics);
    axum::serve(listener, router).with_graceful_shutdown(until).await
}

async fn livez(State(health): State<Health>) -> (StatusCode, String) {
    answer(&health.stuck(Instant::now()))
}

async fn readyz(State(health): State<Health>) -> (StatusCode, String) {
    let missing = health.missing();
    answer(&missing.iter().map(|name| format!("waiting for {name}")).collect::<Vec<_>>())
}

async fn read_metrics(State(metrics): State<Metrics>) -> Result<impl IntoResponse, StatusCode> {
    let (kind, text) = metrics.render().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(CONTENT_TYPE, kind)], text))
}

/// All is well, or what is not, a line each.
fn answer(faults: &[String]) -> (StatusCode, String) {
    if faults.is_empty() {
        return (StatusCode::OK, "ok\n".to_owned());
    }
    let mut text = String::new();
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    (StatusCode::SERVICE_UNAVAILABLE, text)
}
