//! A receiver that listens, and senders of any kind.

use std::net::SocketAddr;
use std::time::Duration;

use daybreak::cluster::notifications::{Inbox, Notifications, Receiver};
use daybreak::seat::metrics::Metrics;
use planner::calendar::Instant;
use storage::{ChangedPath, Credentials, Store};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What senders have to give.
pub(crate) const TOKEN: &str = "the-token-of-yesterday";

/// A receiver that listens, until it is dropped.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) inbox: Inbox,
    pub(crate) metrics: Metrics,
    folder: TempDir,
    serving: JoinHandle<()>,
}

/// A store of a bucket of which nothing is asked.
pub(crate) fn store(name: &str, address: &str) -> Store {
    let address = format!("{address}?endpoint=http://127.0.0.1:1&region=here");
    let keys = Credentials::Keys { access_key_id: "none".to_owned(), secret_access_key: "none".to_owned() };
    Store::bind(name, &address.parse().expect("it is an address"), &keys).expect("nothing is asked")
}

pub(crate) fn changed(store: &str, path: &str) -> ChangedPath {
    ChangedPath { store: store.to_owned(), path: path.to_owned() }
}

impl World {
    pub(crate) async fn new(stores: impl IntoIterator<Item = Store>) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), stores).await
    }

    pub(crate) async fn at(listen: SocketAddr, stores: impl IntoIterator<Item = Store>) -> Self {
        let folder = TempDir::with_prefix("daybreak-test-").expect("there is room for temporary files");
        let token_file = folder.path().join("token");
        std::fs::write(&token_file, TOKEN).expect("the folder is ours");
        let metrics = Metrics::new(|| Instant::from_timestamp_nanos(0));
        let configuration = Notifications { listen, token_file, service: None };
        let opened = Receiver::open(&configuration, stores, metrics.clone()).await;
        let (receiver, inbox) = opened.expect("the address is free");
        let address = receiver.address().expect("it listens");
        Self { address, inbox, metrics, folder, serving: tokio::spawn(receiver.serve()) }
    }

    /// Ends it, and waits until its address is free.
    pub(crate) async fn end(self) -> SocketAddr {
        self.serving.abort();
        let _ = self.serving.await;
        self.address
    }

    pub(crate) fn write_token(&self, text: &str) {
        std::fs::write(self.folder.path().join("token"), text).expect("the folder is ours");
    }

    pub(crate) fn remove_token(&self) {
        std::fs::remove_file(self.folder.path().join("token")).expect("the folder is ours");
    }

    /// The answer to a body, from somebody who gives the token.
    pub(crate) async fn post(&self, body: &str) -> String {
        self.post_as(&format!("Authorization: Bearer {TOKEN}\r\n"), body).await
    }

    /// The answer to a body with these headers.
    pub(crate) async fn post_as(&self, headers: &str, body: &str) -> String {
        let length = body.len();
        self.send(&format!("{headers}Content-Length: {length}\r\n\r\n{body}")).await
    }

    /// The answer to what follows the first line of a request.
    pub(crate) async fn send(&self, rest: &str) -> String {
        let mut stream = self.connect().await;
        stream
            .write_all(format!("POST /notifications HTTP/1.1\r\nHost: here\r\n{rest}").as_bytes())
            .await
            .expect("it reads");
        answer(&mut stream).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// What is heard next, within a time in which anything is.
    pub(crate) async fn heard(&mut self) -> Vec<ChangedPath> {
        let heard = timeout(Duration::from_secs(30), self.inbox.next()).await.expect("something is heard");
        heard.into_iter().collect()
    }

    /// How often something was counted.
    pub(crate) fn count(&self, series: &str) -> u32 {
        let (_, text) = self.metrics.render().expect("a text can be written");
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().expect("a counter is a number"))
    }
}

/// All that is answered before the connection ends.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(30), stream.read_to_string(&mut answer));
    read.await.expect("it answers in time").expect("the connection is not broken");
    answer
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}
