//! The receiver on a real socket: whom it lets in, what it answers, and that nobody holds it up.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use daybreak::cluster::notifications::{Notifications, Receiver};
use daybreak::seat::metrics::Metrics;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tracing::Level;

use crate::world::{TOKEN, World, answer, changed, status, store};

/// A notification of keys of the bucket `sales`.
fn about(keys: &[&str]) -> String {
    let record = |key: &&str| json!({"s3": {"bucket": {"name": "sales"}, "object": {"key": key}}});
    json!({"Records": keys.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn refused(reason: &str) -> String {
    format!("daybreak_notifications_refused_total{{reason=\"{reason}\"}}")
}

fn received(kind: &str) -> String {
    format!("daybreak_notifications_total{{kind=\"{kind}\"}}")
}

#[tokio::test]
async fn a_key_is_told_for_every_store_in_which_it_lies() {
    let stores = [store("all", "s3://sales"), store("raw", "s3://sales/raw"), store("other", "s3://other")];
    let mut world = World::new(stores).await;
    assert_eq!(status(&world.post(&about(&["raw/2026-01-05.csv", "raw/.daybreak/records/x"])).await), "200");
    let paths = [
        changed("all", "raw/.daybreak/records/x"),
        changed("all", "raw/2026-01-05.csv"),
        changed("raw", "2026-01-05.csv"),
    ];
    assert_eq!(world.heard().await, paths);
    assert_eq!(status(&world.post(&about(&["made/1", "made/2", "made/1"])).await), "200");
    assert_eq!(world.heard().await, [changed("all", "made/1"), changed("all", "made/2")]);
    assert_eq!(world.count(&received("changed")), 2);
}

#[tokio::test]
async fn what_concerns_no_store_is_counted_and_passed_over() {
    let mut world = World::new([store("raw", "s3://sales/raw")]).await;
    for (body, kind) in [
        (about(&["raw/.daybreak/staging/x/part-0"]), "own"),
        (about(&["made/2026-01-05.csv", "raw", "rawer/x"]), "elsewhere"),
        (about(&[]), "elsewhere"),
        (json!({"Event": "s3:TestEvent"}).to_string(), "test"),
        (
            json!({"Type": "SubscriptionConfirmation", "TopicArn": "t", "SubscribeURL": "http://127.0.0.1:1/"}).to_string(),
            "confirmation",
        ),
    ] {
        let before = world.count(&received(kind));
        assert_eq!(status(&world.post(&body).await), "200", "{body}");
        assert_eq!(world.count(&received(kind)), before + 1, "{body}");
    }
    assert_eq!(status(&world.post(&about(&["raw/a"])).await), "200");
    assert_eq!(world.heard().await, [changed("raw", "a")], "nothing else was passed on");
}

/// What a log says, while it is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_person_is_told_which_topic_to_confirm_and_the_token_is_not() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_writer(move || writer.clone()).with_max_level(Level::TRACE);
    let _kept = tracing::subscriber::set_default(subscriber.finish());
    let asked = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?Action=ConfirmSubscription\nFORGED", asked.local_addr().unwrap());
    let world = World::new([]).await;
    let body =
        json!({"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:x:1:sales", "SubscribeURL": url});
    assert_eq!(status(&world.post(&body.to_string()).await), "200");
    assert_eq!(status(&world.post("hello").await), "400");
    assert_eq!(status(&world.post_as("Authorization: Bearer the-token-of-tomorrow\r\n", "").await), "401");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = log.lines().find(|line| line.contains("WARN") && line.contains("arn:aws:sns:x:1:sales"));
    assert!(line.is_some_and(|line| line.contains("?Action=ConfirmSubscription\\nFORGED")), "{log}");
    assert!(!log.contains(TOKEN) && !log.contains("the-token-of-tomorrow"), "{log}");
    let opened = tokio::time::timeout(Duration::from_millis(300), asked.accept()).await;
    assert!(opened.is_err(), "an address that somebody sends is not opened");
}

#[tokio::test]
async fn only_who_gives_the_token_is_let_in() {
    let mut world = World::new([store("raw", "s3://sales")]).await;
    // `any:the-token-of-yesterday`, `any:the-token-of-tomorrow`.
    let good = ["Bearer the-token-of-yesterday", "Basic YW55OnRoZS10b2tlbi1vZi15ZXN0ZXJkYXk="];
    for header in good {
        let answer = world.post_as(&format!("Authorization: {header}\r\n"), &about(&["a"])).await;
        assert_eq!(status(&answer), "200", "{header}");
        assert_eq!(world.heard().await, [changed("raw", "a")]);
    }
    let bad = [
        "",
        "Authorization: Bearer the-token-of-tomorrow\r\n",
        "Authorization: Basic YW55OnRoZS10b2tlbi1vZi10b21vcnJvdw==\r\n",
        "Authorization: the-token-of-yesterday\r\n",
    ];
    for headers in bad {
        for body in [about(&["b"]), "no JSON".to_owned(), "x".repeat(2 << 20)] {
            let answer = world.post_as(headers, &body).await;
            assert_eq!(status(&answer), "401", "{headers}");
            let challenge = "www-authenticate: Basic realm=\"daybreak\"";
            assert!(answer.contains(challenge) && !answer.contains(TOKEN), "{answer}");
        }
    }
    assert_eq!(world.count(&refused("stranger")), 12);
    assert_eq!(status(&world.post(&about(&["c"])).await), "200");
    assert_eq!(world.heard().await, [changed("raw", "c")], "a stranger tells nothing");
}

#[tokio::test]
async fn a_token_is_changed_without_a_pause() {
    let world = World::new([store("raw", "s3://sales")]).await;
    let new = "Authorization: Bearer the-token-of-tomorrow\r\n";
    let test = json!({"Event": "s3:TestEvent"}).to_string();
    assert_eq!(status(&world.post_as(new, &test).await), "401");
    world.write_token(&format!("{TOKEN}\nthe-token-of-tomorrow\n"));
    assert_eq!((status(&world.post_as(new, &test).await), status(&world.post(&test).await)), ("200", "200"));
    world.write_token("the-token-of-tomorrow\n");
    assert_eq!((status(&world.post_as(new, &test).await), status(&world.post(&test).await)), ("200", "401"));
    world.remove_token();
    let answer = world.post_as(new, &test).await;
    assert_eq!(status(&answer), "503", "whoever may not be known is asked to come again");
    assert!(
        answer.ends_with("nobody can be let in at the moment\n"),
        "no path of this machine is told: {answer}"
    );
}

#[tokio::test]
async fn what_is_not_understood_or_too_large_is_told() {
    let world = World::new([store("raw", "s3://sales")]).await;
    let answer = world.post("hello").await;
    assert_eq!(status(&answer), "400");
    assert!(
        answer.contains("the body cannot be read as JSON of a notification: expected value at line 1"),
        "{answer}"
    );
    let answer = world.post("{}").await;
    assert!(status(&answer) == "400" && answer.contains("it is no notification of a bucket"), "{answer}");
    assert_eq!(status(&world.post(&about(&["%FF"])).await), "400");
    let fits = format!("{}{}", about(&["a"]), " ".repeat((1 << 20) - about(&["a"]).len()));
    assert_eq!(status(&world.post(&fits).await), "200");
    assert_eq!(status(&world.post(&format!("{fits} ")).await), "413");
    assert_eq!(status(&world.post(&about(&vec!["a"; 4_001])).await), "413");
    assert_eq!((world.count(&refused("unread")), world.count(&refused("large"))), (3, 2));
    for request in ["GET /notifications", "HEAD /notifications"] {
        let mut stream = world.connect().await;
        stream.write_all(format!("{request} HTTP/1.1\r\nHost: here\r\n\r\n").as_bytes()).await.unwrap();
        assert_eq!(status(&self::answer(&mut stream).await), "405", "{request}");
    }
}

#[tokio::test]
async fn what_was_heard_meanwhile_is_told_at_once() {
    let mut world = World::new([store("raw", "s3://sales")]).await;
    for key in ["b", "a", "b"] {
        assert_eq!(status(&world.post(&about(&[key])).await), "200", "{key}");
    }
    assert_eq!(world.heard().await, [changed("raw", "a"), changed("raw", "b")]);
}

#[tokio::test]
async fn a_sender_is_asked_to_come_again_while_nobody_looks() {
    let mut world = World::new([store("raw", "s3://sales")]).await;
    let many: Vec<_> = (0..4_000).map(|number| number.to_string()).collect();
    let many = about(&many.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..5 {
        assert_eq!(status(&world.post(&many).await), "200");
    }
    let answer = world.post(&about(&["late"])).await;
    assert!(status(&answer) == "503" && answer.contains("send it again later"), "{answer}");
    assert_eq!(world.count(&refused("full")), 1);
    assert_eq!(world.heard().await.len(), 4_000);
    assert_eq!(status(&world.post(&about(&["late"])).await), "200");
    assert_eq!(world.heard().await, [changed("raw", "late")]);
}

#[tokio::test]
async fn a_sender_that_stops_in_the_middle_is_told_and_holds_nobody_up() {
    let world = World::new([store("raw", "s3://sales")]).await;
    let began = Instant::now();
    let head = format!("Authorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n");
    let half = format!("{head}{{\"Records\": [");
    let slow = world.send(&half);
    let others = async {
        for _ in 0..20 {
            assert_eq!(status(&world.post(&about(&["a"])).await), "200");
        }
        began.elapsed()
    };
    let (slow, took) = tokio::join!(slow, others);
    assert_eq!(status(&slow), "408", "{slow}");
    assert!(took < Duration::from_secs(4) && began.elapsed() < Duration::from_secs(15), "{took:?}");
    assert_eq!(world.count(&refused("slow")), 1);
}

#[tokio::test]
async fn an_endless_sender_is_stopped() {
    let world = World::new([store("raw", "s3://sales")]).await;
    let mut stream = world.connect().await;
    let head = "POST /notifications HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n";
    stream.write_all(format!("{head}Authorization: Bearer {TOKEN}\r\n\r\n").as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let mut sent = 0;
    while sent < 100 << 20 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 50 << 20, "{sent} bytes were taken");
    assert_eq!(world.count(&refused("large")), 1);
}

#[tokio::test]
async fn connections_that_say_nothing_give_way() {
    let world = World::new([store("raw", "s3://sales")]).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(world.connect().await);
    }
    let began = Instant::now();
    assert_eq!(status(&world.post(&about(&["a"])).await), "200");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn nothing_is_received_without_a_token_or_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    let metrics = Metrics::new(|| planner::calendar::Instant::from_timestamp_nanos(0));
    let mut configuration =
        Notifications { listen: ([127, 0, 0, 1], 0).into(), token_file: token_file.clone(), service: None };
    let error = Receiver::open(&configuration, [], metrics.clone()).await.expect_err("there is no token");
    assert_eq!(error.to_string(), "no sender of notifications could be known");
    std::fs::write(&token_file, TOKEN).unwrap();
    let (first, _inbox) = Receiver::open(&configuration, [], metrics.clone()).await.expect("there is one");
    configuration.listen = first.address().unwrap();
    let error = Receiver::open(&configuration, [], metrics).await.expect_err("the address is taken");
    assert_eq!(error.to_string(), format!("cannot listen on {} for notifications", configuration.listen));
}
