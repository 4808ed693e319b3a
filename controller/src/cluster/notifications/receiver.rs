//! The receiver: listens for notifications, and lets nobody take more than their share of it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use storage::Store;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cluster::notifications::configuration::Notifications;
use crate::cluster::notifications::inbox::Inbox;
use crate::cluster::notifications::limits::{ACCEPT_PAUSE, CONNECTION_MAX, CONNECTIONS, HEAD_TIMEOUT};
use crate::cluster::notifications::reception::{Reception, receive};
use crate::cluster::notifications::tokens::{TokenError, Tokens};
use crate::seat::metrics::Metrics;

/// What listens for notifications.
#[derive(Debug)]
pub struct Receiver {
    listener: TcpListener,
    router: Router,
}

/// Why nothing can be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// There is no token.
    #[error("no sender of notifications could be known")]
    Token(#[source] TokenError),
    /// The address can't be listened on.
    #[error("cannot listen on {address} for notifications")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Receiver {
    /// Listens. What is heard of `stores` gets into the inbox, while [`Receiver::serve`] goes on.
    pub async fn open(
        configuration: &Notifications,
        stores: impl IntoIterator<Item = Store>,
        metrics: Metrics,
    ) -> Result<(Self, Inbox), ReceiverError> {
        let Notifications { listen: address, token_file, .. } = configuration.clone();
        Tokens::read(&token_file).map_err(ReceiverError::Token)?;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| ReceiverError::Listen { address, source })?;
        let (slot, inbox) = Inbox::new();
        let reception = Reception { token_file, stores: stores.into_iter().collect(), slot, metrics };
        let router = Router::new().route("/notifications", post(receive)).with_state(Arc::new(reception));
        Ok((Self { listener, router }, inbox))
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Receives until it is dropped, and with it every connection.
    pub async fn serve(self) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(answer(stream, self.router.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection for notifications could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// Answers the one request of a connection: senders come once in a while, and one that stays would take another's place.
async fn answer(stream: TcpStream, router: Router) {
    let mut protocol = Builder::new(TokioExecutor::new()).http1_only();
    protocol.http1().keep_alive(false).timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let served = protocol.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A sender that is gone has nobody to be told.
    let _ = timeout(CONNECTION_MAX, served).await;
}
