//! Watches: a stream of the changes that a selector selects, with bookmarks, until its time is over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures::Stream;
use futures::stream::unfold;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::apiserver::cluster::{Change, Verb};
use crate::apiserver::object::Object;
use crate::apiserver::refusal::Refusal;
use crate::apiserver::request::Call;
use crate::apiserver::selector::Selector;
use crate::apiserver::server::Server;

/// How often a quiet watch hears how far it has seen.
const BOOKMARKS: Duration = Duration::from_mins(1);

/// A watch under way.
struct Watch {
    server: Server,
    call: Call,
    selector: Selector,
    /// All up to this version has been told.
    seen: u64,
    /// What is told next.
    lines: VecDeque<Bytes>,
    changed: tokio::sync::watch::Receiver<u64>,
    next_bookmark: Instant,
    end: Instant,
    is_over: bool,
}

/// Begins a watch.
pub(crate) fn watch(server: &Server, call: Call) -> impl Stream<Item = Bytes> + Send + use<> {
    let now = Instant::now();
    let seconds = call.asked("timeoutSeconds").and_then(|it| it.parse().ok()).unwrap_or(1_800);
    let mut watch = Watch {
        server: server.clone(),
        selector: call.selector(),
        seen: 0,
        lines: VecDeque::new(),
        changed: server.changed(),
        next_bookmark: now + BOOKMARKS,
        end: now + Duration::from_secs(seconds),
        is_over: false,
        call,
    };
    watch.begin();
    unfold(watch, |mut watch| async move {
        let line = watch.next().await?;
        Some((line, watch))
    })
}

impl Watch {
    fn begin(&mut self) {
        let wants_all = self.call.asked("sendInitialEvents") == Some("true");
        let version = self.call.asked("resourceVersion").and_then(|it| it.parse().ok()).unwrap_or(0);
        if version > 0 && !wants_all {
            self.seen = version;
            return;
        }
        let cluster = self.server.cluster();
        self.seen = cluster.version;
        let found: Vec<_> = cluster
            .list(self.call.resource, self.call.namespace.as_deref())
            .map(|(_, object)| object.clone())
            .filter(|object| self.selector.selects(object))
            .collect();
        drop(cluster);
        for object in found {
            self.push("ADDED", &object);
        }
        if wants_all {
            self.push_bookmark(Some("k8s.io/initial-events-end"));
        }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some(line);
            }
            if self.is_over {
                return None;
            }
            self.catch_up();
            if !self.lines.is_empty() {
                continue;
            }
            tokio::select! {
                biased;
                _ = self.changed.changed() => {}
                () = sleep_until(self.end) => self.is_over = true,
                () = sleep_until(self.next_bookmark) => {
                    self.next_bookmark += BOOKMARKS;
                    if self.call.asked("allowWatchBookmarks") == Some("true") {
                        self.push_bookmark(None);
                    }
                }
            }
        }
    }

    /// Takes up what has changed since.
    fn catch_up(&mut self) {
        self.changed.mark_unchanged();
        let cluster = self.server.cluster();
        let Some(changes) = cluster.changes_after(self.seen) else {
            drop(cluster);
            self.lines.push_back(line("ERROR", &Refusal::expired().text()));
            self.is_over = true;
            return;
        };
        let is_here = |change: &&Arc<Change>| {
            change.id.resource == self.call.resource
                && self.call.namespace.as_ref().is_none_or(|it| *it == change.id.namespace)
        };
        let changes: Vec<_> = changes.iter().filter(is_here).cloned().collect();
        self.seen = cluster.version;
        drop(cluster);
        for change in changes {
            let was = change.before.as_ref().is_some_and(|object| self.selector.selects(object));
            let is = change.verb != Verb::Deleted && self.selector.selects(&change.after);
            match (was, is) {
                (false, true) => self.push("ADDED", &change.after),
                (true, true) => self.push("MODIFIED", &change.after),
                (true, false) => self.push("DELETED", &change.after),
                (false, false) => {}
            }
        }
    }

    fn push(&mut self, event: &str, object: &Object) {
        let line = if self.call.is_partial {
            line(event, &object.metadata_text())
        } else {
            line(event, &object.text)
        };
        self.lines.push_back(line);
    }

    fn push_bookmark(&mut self, annotation: Option<&str>) {
        let mut meta = json!({"resourceVersion": self.seen.to_string(), "creationTimestamp": null});
        if let Some(annotation) = annotation {
            meta["annotations"] = json!({annotation: "true"});
        }
        let (kind, api) = (self.call.resource.traits().kind, self.call.resource.api_version());
        let text = json!({"kind": kind, "apiVersion": api, "metadata": meta}).to_string();
        self.lines.push_back(line("BOOKMARK", text.as_bytes()));
    }
}

fn line(event: &str, object: &[u8]) -> Bytes {
    let mut line = BytesMut::with_capacity(object.len() + event.len() + 24);
    line.put_slice(format!(r#"{{"type":"{event}","object":"#).as_bytes());
    line.put_slice(object);
    line.put_slice(b"}\n");
    line.freeze()
}
