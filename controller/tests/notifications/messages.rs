//! What is read of a notification, in each of the shapes in which senders write it.

use std::collections::BTreeSet;

use daybreak::cluster::notifications::{Key, Message, MessageError};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

fn read(body: &Value) -> Result<Message, MessageError> {
    Message::read(body.to_string().as_bytes())
}

fn key(key: &str) -> Key {
    Key { bucket: "sales".to_owned(), key: key.to_owned() }
}

fn keys(body: &Value) -> BTreeSet<Key> {
    let keys = match read(body).expect("it is understood") {
        Message::Changed { keys, faults } if faults.is_empty() => Some(keys),
        Message::Changed { .. } | Message::Test | Message::Confirm { .. } => None,
    };
    keys.expect("it tells of changes, and all of it is understood")
}

/// As S3 writes it, with all that it says.
fn record(event: &str, key: &str) -> Value {
    json!({
        "eventVersion": "2.6",
        "eventSource": "aws:s3",
        "awsRegion": "us-west-2",
        "eventTime": "2026-01-05T00:00:00.000Z",
        "eventName": event,
        "userIdentity": {"principalId": "AIDAJDPLRKLG7UEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "daybreak",
            "bucket": {
                "name": "sales",
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": "arn:aws:s3:::sales",
            },
            "object": {
                "key": key,
                "size": 1024,
                "eTag": "d41d8cd98f00b204e9800998ecf8427e",
                "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    })
}

fn records(keys: &[&str]) -> Value {
    let records: Vec<_> = keys.iter().map(|key| record("ObjectCreated:Put", key)).collect();
    json!({ "Records": records })
}

fn envelope(message: &Value) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:us-west-2:123456789012:sales",
        "Subject": "Amazon S3 Notification",
        "Message": message.to_string(),
        "Timestamp": "2026-01-05T00:00:01.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLEw6JRN",
        "SigningCertURL": "https://sns.us-west-2.amazonaws.com/SimpleNotificationService.pem",
        "UnsubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe",
    })
}

fn event_bridge(kind: &str, key: &str) -> Value {
    json!({
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-01-05T00:00:00Z",
        "region": "ca-central-1",
        "resources": ["arn:aws:s3:::sales"],
        "detail": {
            "version": "0",
            "event-version": "1.0",
            "bucket": {"name": "sales"},
            "object": {"key": key, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184", "sequencer": "617f08299329d189"},
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "reason": "PutObject",
        },
    })
}

#[test]
fn every_event_of_a_key_means_to_look_at_it() {
    let events = [
        "ObjectCreated:Put",
        "ObjectCreated:CompleteMultipartUpload",
        "s3:ObjectCreated:Copy",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRestore:Completed",
        "LifecycleExpiration:Delete",
        "SomethingNew:In2031",
    ];
    for event in events {
        assert_eq!(
            keys(&json!({"Records": [record(event, "raw/a.csv")]})),
            [key("raw/a.csv")].into(),
            "{event}"
        );
    }
    for kind in ["Object Created", "Object Deleted", "Object Restore Expired", "Something New"] {
        assert_eq!(keys(&event_bridge(kind, "raw/a.csv")), [key("raw/a.csv")].into(), "{kind}");
    }
}

#[test]
fn a_key_is_read_as_it_was_meant_or_as_it_was_written() {
    let table: [(&str, &[&str]); 7] = [
        ("raw/dt=2026-01-05/a.csv", &["raw/dt=2026-01-05/a.csv"]),
        ("raw/dt%3D2026-01-05/a+b.csv", &["raw/dt=2026-01-05/a b.csv", "raw/dt%3D2026-01-05/a+b.csv"]),
        ("a%2Bb", &["a+b", "a%2Bb"]),
        ("hour%253A00", &["hour%3A00", "hour%253A00"]),
        ("caf%C3%A9/%F0%9F%93%88", &["café/📈", "caf%C3%A9/%F0%9F%93%88"]),
        ("100%", &["100%"]),
        ("é", &["é"]),
    ];
    for (written, meant) in table {
        let meant: BTreeSet<_> = meant.iter().map(|it| key(it)).collect();
        assert_eq!(keys(&records(&[written])), meant, "{written}");
    }
    let plain = "raw/dt%3D2026-01-05/a+b.csv";
    assert_eq!(
        keys(&event_bridge("Object Created", plain)),
        [key(plain)].into(),
        "EventBridge encodes nothing"
    );
}

#[test]
fn every_shape_says_the_same() {
    let plain = [key("a"), key("b")].into();
    let expected: BTreeSet<_> = plain;
    assert_eq!(keys(&records(&["a", "b", "a"])), expected);
    assert_eq!(keys(&envelope(&records(&["a", "b"]))), expected);
    assert_eq!(keys(&envelope(&event_bridge("Object Created", "a"))), [key("a")].into());
    let mut minio = records(&["a", "b"]);
    minio["EventName"] = json!("s3:ObjectCreated:Put");
    minio["Key"] = json!("sales/a");
    assert_eq!(keys(&minio), expected);
    let least = json!({"Records": [{"s3": {"bucket": {"name": "sales"}, "object": {"key": "a"}}}]});
    assert_eq!(keys(&least), [key("a")].into());
    let mut wrong = records(&["a"]);
    wrong["Records"][0]["s3"]["bucket"]["arn"] = json!("arn:aws:s3:::/sales/a");
    wrong["Records"][0]["s3"]["object"]["size"] = json!(0);
    wrong["Records"][0]["eventTime"] = json!(7);
    assert_eq!(keys(&wrong), [key("a")].into(), "what is not needed may be wrong");
    assert_eq!(keys(&json!({"Records": []})), BTreeSet::new());
}

#[test]
fn a_test_and_a_confirmation_are_told_from_events() {
    let test = json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-01-05T00:00:00.000Z", "Bucket": "sales",
        "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
    });
    assert_eq!(read(&test).unwrap(), Message::Test);
    assert_eq!(read(&envelope(&test)).unwrap(), Message::Test);
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        let confirmation = json!({
            "Type": kind, "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "Token": "2336412f37f",
            "TopicArn": "arn:aws:sns:us-west-2:123456789012:sales", "Message": "You have chosen to subscribe.",
            "SubscribeURL": "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37f",
        });
        let expected = Message::Confirm {
            topic: Some("arn:aws:sns:us-west-2:123456789012:sales".to_owned()),
            subscribe_url: confirmation["SubscribeURL"].as_str().map(str::to_owned),
        };
        assert_eq!(read(&confirmation).unwrap(), expected);
        assert_eq!(
            read(&json!({"Type": kind})).unwrap(),
            Message::Confirm { topic: None, subscribe_url: None }
        );
    }
}

#[test]
fn a_record_that_is_not_understood_leaves_the_others() {
    let mut body = records(&["a", "%FF%FE", "b", "", "c"]);
    body["Records"][2]["s3"]["bucket"] = json!({});
    body["Records"][4] = json!({"eventSource": "aws:ses"});
    let faults = [
        "record 2: its key is not UTF-8 when it is decoded",
        "record 3: it names no bucket",
        "record 4: it names no key",
        "record 5: it has no `s3`",
    ];
    let expected = Message::Changed { keys: [key("a")].into(), faults: faults.map(str::to_owned).to_vec() };
    assert_eq!(read(&body).unwrap(), expected);
}

#[test]
fn what_is_not_understood_says_what_would_be() {
    let table = [
        ("", "the body cannot be read as JSON"),
        ("hello", "the body cannot be read as JSON"),
        ("{\"Records\": [", "the body cannot be read as JSON"),
        ("[1, 2]", "the body cannot be read as JSON"),
        ("{\"Records\": \"all\"}", "the body cannot be read as JSON"),
        ("{\"Records\": [{\"s3\": {\"object\": {\"key\": 7}}}]}", "the body cannot be read as JSON"),
        ("{}", "it is no notification of a bucket: send `Records` of S3"),
        ("null", "the body cannot be read as JSON"),
        ("{\"Event\": \"s3:Else\"}", "it is no notification of a bucket"),
        ("{\"Type\": \"Else\"}", "it is no notification of a bucket"),
        ("{\"Type\": \"Notification\"}", "the `Message` in it cannot be read as JSON"),
        (
            "{\"Type\": \"Notification\", \"Message\": \"hello\"}",
            "the `Message` in it cannot be read as JSON",
        ),
        (
            "{\"Type\": \"Notification\", \"Message\": \"{\\\"Type\\\": \\\"Notification\\\"}\"}",
            "it is no notification of a bucket",
        ),
        ("{\"detail\": {}}", "it says of no key that it changed: it names no bucket"),
        ("{\"Records\": [{}]}", "it says of no key that it changed: record 1: it has no `s3`"),
    ];
    for (body, fault) in table {
        let error = Message::read(body.as_bytes()).expect_err(body).to_string();
        assert!(error.contains(fault), "{body}: {error}");
    }
    assert!(Message::read(b"\xff{}").is_err());
    assert!(Message::read("[".repeat(100_000).as_bytes()).is_err(), "depth is bounded");
    let many = json!({"Records": vec![json!({}); 4_001]});
    assert_eq!(read(&many).unwrap_err().to_string(), "it has 4001 records, at most 4000: send them in parts");
}

/// JSON of anything, which often has the names that are looked for.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        Just("Notification".to_owned()),
        Just("s3:TestEvent".to_owned()),
        Just("{\"Records\": [{}]}".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    let names =
        ["Records", "s3", "bucket", "object", "name", "key", "detail", "Type", "Message", "Event", "x"];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let name = (0..names.len()).prop_map(move |place| names[place].to_owned());
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map(name, inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_and_no_json_make_it_panic(bytes in collection::vec(any::<u8>(), 0..200), json in anything()) {
        let _ = Message::read(&bytes);
        let _ = read(&json);
        let _ = read(&envelope(&json));
        let _ = read(&json!({"Records": [json]}));
    }

    #[test]
    fn a_key_that_is_encoded_is_always_among_what_is_read(name in "\\PC{1,40}") {
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        prop_assert!(keys(&records(&[&encoded])).contains(&key(&name)), "{encoded}");
        prop_assert_eq!(keys(&event_bridge("Object Created", &name)), [key(&name)].into());
    }
}
