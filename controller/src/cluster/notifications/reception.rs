//! What becomes of a request: its sender is known, its body read, its keys found in the stores, and the word passed on.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse as _, Response};
use futures::TryStreamExt as _;
use storage::{ChangedPath, Store, is_reserved};
use tokio::time::timeout;

use crate::cluster::notifications::inbox::{Full, Slot};
use crate::cluster::notifications::limits::{BODY_MAX, BODY_TIMEOUT, DISCARD_MAX};
use crate::cluster::notifications::message::{Key, Message};
use crate::cluster::notifications::refusal::Refusal;
use crate::cluster::notifications::tokens::Tokens;
use crate::seat::metrics::Metrics;
use crate::work::launch::chain;

/// What requests are answered with.
#[derive(Debug)]
pub(crate) struct Reception {
    pub(crate) token_file: PathBuf,
    pub(crate) stores: Vec<Store>,
    pub(crate) slot: Slot,
    pub(crate) metrics: Metrics,
}

/// What was received, as it is counted.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A key of a store.
    Changed,
    /// Only what we write ourselves.
    Own,
    /// No key of a store.
    Elsewhere,
    Test,
    Confirmation,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Own => "own",
            Self::Elsewhere => "elsewhere",
            Self::Test => "test",
            Self::Confirmation => "confirmation",
        }
    }
}

/// Answers a request.
pub(crate) async fn receive(State(reception): State<Arc<Reception>>, request: Request) -> Response {
    match reception.take(request).await {
        Ok(kind) => {
            reception.metrics.notified(kind.as_str());
            "ok\n".into_response()
        }
        Err(refusal) => {
            reception.metrics.refused_notification(refusal.reason());
            match &refusal {
                // Anybody can cause these, as often as they like.
                Refusal::Stranger | Refusal::Slow | Refusal::Torn(_) => {
                    tracing::debug!("a notification is refused: {}", chain(&refusal));
                }
                Refusal::NoToken(_) | Refusal::Large | Refusal::Unread(_) | Refusal::Full => {
                    tracing::warn!("a notification is refused: {}", chain(&refusal));
                }
            }
            refusal.into_response()
        }
    }
}

impl Reception {
    async fn take(&self, request: Request) -> Result<Kind, Refusal> {
        let (head, body) = request.into_parts();
        if let Err(refusal) = self.check_sender(&head.headers) {
            // Whoever is answered before all was sent may find a broken connection in place of the answer.
            let _ = read(body, 0).await;
            return Err(refusal);
        }
        let body = read(body, BODY_MAX).await?;
        match Message::read(&body).map_err(Refusal::Unread)? {
            Message::Changed { keys, faults } => {
                if let Some(fault) = faults.first() {
                    tracing::warn!("{} records of a notification are passed over: {fault}", faults.len());
                }
                self.pass_on(&keys)
            }
            Message::Test => Ok(Kind::Test),
            Message::Confirm { topic, subscribe_url } => {
                ask_for_confirmation(topic.as_deref(), subscribe_url.as_deref());
                Ok(Kind::Confirmation)
            }
        }
    }

    /// The file is small and read each time: a token that was changed is good, or no longer good, at once.
    fn check_sender(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let tokens = Tokens::read(&self.token_file).map_err(Refusal::NoToken)?;
        let given = headers.get(AUTHORIZATION).filter(|given| tokens.admit(given.as_bytes()));
        given.map(|_| ()).ok_or(Refusal::Stranger)
    }

    /// Passes on what lies in stores and is not our own.
    fn pass_on(&self, keys: &BTreeSet<Key>) -> Result<Kind, Refusal> {
        let located = keys.iter().flat_map(|Key { bucket, key }| {
            let located = move |store: &Store| {
                let path = store.locate(bucket, key)?;
                Some(ChangedPath { store: store.name().to_owned(), path })
            };
            self.stores.iter().filter_map(located)
        });
        let (own, changed): (BTreeSet<_>, BTreeSet<_>) = located.partition(|it| is_reserved(&it.path));
        if changed.is_empty() {
            return Ok(if own.is_empty() { Kind::Elsewhere } else { Kind::Own });
        }
        self.slot.put(changed).map_err(|Full| Refusal::Full)?;
        Ok(Kind::Changed)
    }
}

/// All of a body that has no more than `most` bytes. What is more is thrown away.
async fn read(body: Body, most: usize) -> Result<Vec<u8>, Refusal> {
    let reading = async {
        let (mut kept, mut length) = (Vec::new(), 0);
        let mut chunks = body.into_data_stream();
        while length <= DISCARD_MAX
            && let Some(chunk) = chunks.try_next().await.map_err(Refusal::Torn)?
        {
            length += chunk.len();
            if length <= most {
                kept.extend_from_slice(&chunk);
            }
        }
        if length <= most { Ok(kept) } else { Err(Refusal::Large) }
    };
    timeout(BODY_TIMEOUT, reading).await.unwrap_or(Err(Refusal::Slow))
}

/// Tells whoever reads the log. The URL is not opened from here: it is what somebody sent, and could lead anywhere.
fn ask_for_confirmation(topic: Option<&str>, subscribe_url: Option<&str>) {
    let (topic, url) =
        (topic.unwrap_or("without a name"), subscribe_url.unwrap_or("the URL that it has sent"));
    tracing::warn!(
        "the SNS topic {topic:?} sends no notifications until somebody who knows it opens {url:?}, or runs \
         `aws sns confirm-subscription` with its token"
    );
}
