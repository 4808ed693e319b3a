//! Health over a real socket.

use std::time::Duration;

use daybreak::seat::health::{Health, serve};
use daybreak::seat::metrics::Metrics;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::metrics::now;

/// The status and the body of what an address answers to a path.
pub(crate) async fn ask(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("an answer has a status"), body.to_owned())
}

#[tokio::test]
async fn the_process_is_ready_once_every_gate_is_open() {
    let health = Health::default();
    let (pipelines, jobs) = (health.gate("the cache of pipelines"), health.gate("the cache of jobs"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (end, ended) = oneshot::channel::<()>();
    let server =
        tokio::spawn(serve(listener, health, Metrics::new(now), async { ended.await.unwrap_or_default() }));

    let waiting = "waiting for the cache of jobs\nwaiting for the cache of pipelines\n";
    assert_eq!(ask(&address, "/readyz").await, (503, waiting.to_owned()));
    pipelines.open();
    assert_eq!(ask(&address, "/readyz").await, (503, "waiting for the cache of jobs\n".to_owned()));
    jobs.open();
    assert_eq!(ask(&address, "/readyz").await, (200, "ok\n".to_owned()));
    assert_eq!(ask(&address, "/livez").await, (200, "ok\n".to_owned()));
    let (status, metrics) = ask(&address, "/metrics").await;
    assert!(status == 200 && metrics.contains("daybreak_build_info"), "{status}: {metrics}");
    assert_eq!(ask(&address, "/elsewhere").await.0, 404);

    end.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(&address).await.is_err(), "nobody listens any longer");
}

#[tokio::test]
async fn a_loop_that_ended_is_named_by_livez() {
    let health = Health::default();
    drop(health.pulse("reconcile", Duration::from_mins(1)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(listener, health, Metrics::new(now), std::future::pending()));
    assert_eq!(ask(&address, "/livez").await, (503, "the loop `reconcile` has ended\n".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_hangs_is_named_after_its_limit_and_forgiven_when_it_goes_on() {
    let health = Health::default();
    let pulse = health.pulse("reconcile", Duration::from_mins(1));
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(health.stuck(Instant::now()), [""; 0]);
    tokio::time::advance(Duration::from_secs(15)).await;
    let fault = "the loop `reconcile` has not gone round for 75 s, at most 60 s";
    assert_eq!(health.stuck(Instant::now()), [fault]);
    pulse.beat();
    assert_eq!(health.stuck(Instant::now()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_waits_for_work_is_alive_however_long_it_waits() {
    let health = Health::default();
    let pulse = health.pulse("reconcile", Duration::from_mins(1));
    pulse.idle(tokio::time::sleep(Duration::from_hours(1))).await;
    assert_eq!(health.stuck(Instant::now()), [""; 0]);
}

#[tokio::test]
async fn a_process_that_no_longer_leads_is_alive_and_ready() {
    let health = Health::default();
    let gate = health.gate("the caches");
    drop(health.pulse("storage", Duration::from_mins(1)));
    health.stepped_down();
    assert_eq!((health.stuck(Instant::now()), health.missing()), (vec![], vec![]));
    drop(gate);

    let _pulse = health.pulse("storage", Duration::from_mins(1));
    let _gate = health.gate("the caches");
    assert_eq!(health.missing(), ["the caches"], "leading again, it fills them anew");
}
