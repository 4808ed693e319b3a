//! What a notification says: at which keys to look, that somebody tries the way, or that a person has to confirm it.
//!
//! | shape | known by | sent by |
//! |---|---|---|
//! | `{"Records": [{"s3": {"bucket": {"name"}, "object": {"key"}}}]}` | `Records` | S3, MinIO, Ceph, versitygw |
//! | `{"Event": "s3:TestEvent"}` | `Event` | the same, when they are set up |
//! | `{"Type": "Notification", "Message": "…"}`, one of these as a text | `Type` | SNS, unless its delivery is raw |
//! | `{"detail": {"bucket": {"name"}, "object": {"key"}}}` | `detail` | EventBridge |
//!
//! What happened to a key is not read: whatever it was, the key is looked at. Nor are sizes and names of resources, which
//! some servers get wrong.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>,
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::cluster::notifications::limits::RECORDS_MAX;

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Something happened to these keys.
    Changed {
        /// Where to look.
        keys: BTreeSet<Key>,
        /// What could not be understood beside these, a sentence each.
        faults: Vec<String>,
    },
    /// Somebody tries whether notifications arrive.
    Test,
    /// SNS sends nothing until a person has opened a URL.
    Confirm {
        /// The topic.
        topic: Option<String>,
        /// The URL, which is whatever the sender says that it is.
        subscribe_url: Option<String>,
    },
}

/// A key of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// Why a notification is not understood.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// It can't be read.
    #[error("the {part} cannot be read as JSON of a notification")]
    Unreadable {
        /// Which part of it.
        part: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It is something else.
    #[error(
        "it is no notification of a bucket: send `Records` of S3, those in `Message` of SNS, or an event of EventBridge"
    )]
    Unknown,
    /// It has more records than anybody sends.
    #[error("it has {records} records, at most {RECORDS_MAX}: send them in parts")]
    TooMany {
        /// How many.
        records: usize,
    },
    /// None of its records says where to look.
    #[error("it says of no key that it changed: {}", faults.first().map_or("", String::as_str))]
    Faults {
        /// A sentence for each record.
        faults: Vec<String>,
    },
}

/// What any of the shapes may hold.
#[derive(Deserialize)]
struct Body {
    #[serde(rename = "Records")]
    records: Option<Vec<Record>>,
    #[serde(rename = "Event")]
    event: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "TopicArn")]
    topic: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    detail: Option<Subject>,
}

#[derive(Deserialize)]
struct Record {
    s3: Option<Subject>,
}

/// What a record or an event is about.
#[derive(Deserialize)]
struct Subject {
    bucket: Option<Bucket>,
    object: Option<Object>,
}

#[derive(Deserialize)]
struct Bucket {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Object {
    key: Option<String>,
}

impl Message {
    /// Reads the body of a request.
    pub fn read(body: &[u8]) -> Result<Self, MessageError> {
        let body = Body::read("body", body)?;
        match body.kind.as_deref() {
            // An envelope holds no other.
            Some("Notification") => {
                Body::read("`Message` in it", &body.message.unwrap_or_default().into_bytes())?.event()
            }
            Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => {
                Ok(Self::Confirm { topic: body.topic, subscribe_url: body.subscribe_url })
            }
            Some(_) | None => body.event(),
        }
    }
}

impl Body {
    fn read(part: &'static str, text: &[u8]) -> Result<Self, MessageError> {
        serde_json::from_slice(text).map_err(|source| MessageError::Unreadable { part, source })
    }

    fn event(self) -> Result<Message, MessageError> {
        match self {
            Self { records: Some(records), .. } if records.len() > RECORDS_MAX => {
                Err(MessageError::TooMany { records: records.len() })
            }
            Self { records: Some(records), .. } => {
                let read = |(place, record): (usize, Record)| {
                    record.keys().map_err(|fault| format!("record {}: {fault}", place + 1))
                };
                changed(records.into_iter().enumerate().map(read))
            }
            Self { detail: Some(detail), .. } => {
                // EventBridge writes a key as it is.
                let key = detail.names().map(|(bucket, key)| vec![Key { bucket, key }]);
                changed([key.map_err(str::to_owned)])
            }
            Self { event: Some(event), .. } if event == "s3:TestEvent" => Ok(Message::Test),
            Self { .. } => Err(MessageError::Unknown),
        }
    }
}

fn changed(read: impl IntoIterator<Item = Result<Vec<Key>, String>>) -> Result<Message, MessageError> {
    let (mut keys, mut faults) = (BTreeSet::new(), Vec::new());
    for record in read {
        match record {
            Ok(some) => keys.extend(some),
            Err(fault) => faults.push(fault),
        }
    }
    if keys.is_empty() && !faults.is_empty() {
        return Err(MessageError::Faults { faults });
    }
    Ok(Message::Changed { keys, faults })
}

impl Record {
    /// The keys that it may be about.
    fn keys(self) -> Result<Vec<Key>, &'static str> {
        let (bucket, written) = self.s3.ok_or("it has no `s3`")?.names()?;
        let keys = readings(written)?.into_iter();
        Ok(keys.map(|key| Key { bucket: bucket.clone(), key }).collect())
    }
}

impl Subject {
    /// The bucket and the key, as they are written.
    fn names(self) -> Result<(String, String), &'static str> {
        let is_there = |name: &String| !name.is_empty();
        let bucket = self.bucket.and_then(|bucket| bucket.name).filter(is_there);
        let key = self.object.and_then(|object| object.key).filter(is_there);
        Ok((bucket.ok_or("it names no bucket")?, key.ok_or("it names no key")?))
    }
}

/// What a key may be that is written so.
///
/// S3 and MinIO encode it as forms do. Ceph writes it as it is, and versitygw some that it deletes. Nothing tells which
/// was meant, and a look at a key too many is cheap: where both differ, both are looked at.
fn readings(written: String) -> Result<Vec<String>, &'static str> {
    let spaced = written.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let decoded = decoded.map_err(|_| "its key is not UTF-8 when it is decoded")?.into_owned();
    Ok(if decoded == written { vec![decoded] } else { vec![decoded, written] })
}
