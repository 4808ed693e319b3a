//! What tells this very process to end. One test, since a signal reaches all of them.

use std::future::pending;
use std::time::Duration;

use daybreak::seat::signals::{Signals, drain};
use rustix::process::{Signal, getpid, kill_process};
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn either_signal_ends_and_a_second_one_ends_at_once() {
    let mut signals = Signals::listen().unwrap();
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        kill_process(getpid(), signal).unwrap();
        assert_eq!(signals.next().await, name);
    }
    assert!(drain(&mut signals, sleep(Duration::from_millis(1))).await);

    kill_process(getpid(), Signal::TERM).unwrap();
    let start = Instant::now();
    assert!(!drain(&mut signals, pending()).await);
    assert!(start.elapsed() < Duration::from_secs(5), "it did not wait for the limit");

    tokio::time::pause();
    let start = Instant::now();
    assert!(!drain(&mut signals, pending()).await);
    let waited = start.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_secs(11)).contains(&waited), "{waited:?}");
}
