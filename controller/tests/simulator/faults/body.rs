//! The body of a watch, broken event by event.

use std::collections::VecDeque;
use std::future::pending;

use bytes::{Bytes, BytesMut};
use futures::stream::unfold;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::time::{Instant, sleep, timeout_at};
use tower::BoxError;

use super::{EventFault, FaultyBody, Life};

/// What the server says of a version that it no longer knows.
const GONE: &[u8] = br#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version","reason":"Expired","code":410}}
"#;

/// A watch under way.
struct Watched {
    inner: FaultyBody,
    life: Life,
    /// What is watched.
    collection: String,
    /// What has come of the next line.
    begun: BytesMut,
    /// Lines that are told before anything else is taken in.
    next: VecDeque<Bytes>,
    is_over: bool,
}

/// Lets the plan at the events of a watch.
pub(super) fn watched(inner: FaultyBody, life: Life, collection: String) -> FaultyBody {
    let watch =
        Watched { inner, life, collection, begun: BytesMut::new(), next: VecDeque::new(), is_over: false };
    let lines = unfold(watch, |mut watch| async move {
        let told = watch.next().await?;
        Some((told.map(Frame::data), watch))
    });
    StreamBody::new(lines).boxed_unsync()
}

impl Watched {
    async fn next(&mut self) -> Option<Result<Bytes, BoxError>> {
        if self.next.is_empty() && !self.is_over {
            match self.line().await? {
                Ok(line) => self.take_in(line).await,
                Err(error) => return Some(Err(error)),
            }
        }
        self.life.go_on().await;
        self.next.pop_front().map(Ok)
    }

    async fn take_in(&mut self, line: Bytes) {
        match self.life.course.next_event(&self.collection) {
            None => self.next.push_back(line),
            Some(EventFault::Gone) => {
                self.next.push_back(Bytes::from_static(GONE));
                self.is_over = true;
            }
            Some(EventFault::End) => self.is_over = true,
            Some(EventFault::Delay(time)) => {
                sleep(time).await;
                self.next.push_back(line);
            }
            Some(EventFault::Coalesce(time)) => self.coalesce(line, Instant::now() + time).await,
            Some(EventFault::Twice) => self.next.extend([line.clone(), line]),
            Some(EventFault::Stall) => pending().await,
        }
    }

    /// Holds back what comes until a time, and keeps the last event of each object.
    async fn coalesce(&mut self, first: Bytes, until: Instant) {
        let mut held = vec![first];
        while let Ok(Some(Ok(line))) = timeout_at(until, self.line()).await {
            self.life.course.next_event(&self.collection);
            held.push(line);
        }
        for (place, line) in held.iter().enumerate() {
            let object = object_of(line);
            let is_last = held[place + 1..].iter().all(|later| object_of(later) != object);
            if is_last || object.is_empty() {
                self.next.push_back(line.clone());
            }
        }
    }

    /// The next line of the server.
    async fn line(&mut self) -> Option<Result<Bytes, BoxError>> {
        loop {
            if let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
                return Some(Ok(self.begun.split_to(end + 1).freeze()));
            }
            match self.inner.frame().await? {
                // What is no data is a trailer.
                Ok(frame) => self.begun.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The uid of the object that an event is about; empty for a bookmark.
fn object_of(line: &[u8]) -> String {
    let event: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    event["object"]["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}
