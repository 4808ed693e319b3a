//! The end: what tells the process to stop, and how long it may take to.

use std::future::Future;
use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::limits::DRAIN_TIMEOUT;

/// The signals that ask the process to end: SIGTERM of a cluster, SIGINT of a person.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on, so that one that comes while the process starts is not lost.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next of them; its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Ends what runs within ten seconds, or less if a second signal asks; whether it came to its end by itself.
///
/// What is left then is dropped as by SIGKILL, which is safe at every point.
pub async fn drain(signals: &mut Signals, ending: impl Future<Output = ()>) -> bool {
    tokio::select! {
        ended = timeout(DRAIN_TIMEOUT, ending) => ended.is_ok(),
        _ = signals.next() => false,
    }
}
