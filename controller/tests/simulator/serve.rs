//! A controller at its post: its client goes through the faults, and after each crash comes the next.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use daybreak::cluster::{Clock, Configuration, Surroundings};
use daybreak::seat::health::Health;
use daybreak::seat::metrics::Metrics;
use futures::FutureExt as _;
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use tokio::time::sleep;
use tower::timeout::TimeoutLayer;
use tower::{BoxError, Layer as _, Service};

use crate::faults::{Course, Life};
use crate::people::NAMESPACE;

/// What controllers are given, one after another.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) configuration: Configuration,
    pub(crate) clock: Clock,
    /// How long each waits for an answer.
    pub(crate) patience: Duration,
    /// How long a controller that has crashed is away.
    pub(crate) restart: Duration,
}

/// Serves without end, at a server that `reach` reaches.
pub(crate) async fn serve<S, B>(reach: S, course: Arc<Course>, post: Post)
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    loop {
        let life = Life::new(course.clone());
        let answers = TimeoutLayer::new(post.patience).layer(life.layer(reach.clone()));
        let surroundings = Surroundings {
            client: Client::new(answers, NAMESPACE),
            configuration: post.configuration.clone(),
            clock: post.clock.clone(),
            metrics: Metrics::new(|| DateTime::UNIX_EPOCH),
            health: Health::default(),
        };
        let controller = daybreak::cluster::run(surroundings, futures::future::pending()).boxed();
        tokio::select! {
            biased;
            () = life.crashed() => {}
            _ = controller => {}
        }
        life.end();
        sleep(post.restart).await;
    }
}
