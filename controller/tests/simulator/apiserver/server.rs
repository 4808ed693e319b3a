//! The server as processes see it: a service that answers requests after a while, as a network does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use kube::client::Body;
use tokio::time::sleep;
use tower::{BoxError, Service};

use crate::apiserver::cluster::Cluster;
use crate::apiserver::refusal::Refusal;
use crate::apiserver::request::{Action, Call};
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::watch::watch;
use crate::clock::Clock;

/// How long a call is under way, there and back.
const WAY: Duration = Duration::from_millis(2);

/// The body of an answer.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// What a container has said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) text: String,
    pub(crate) is_over: bool,
}

/// A write that a process asked for, whatever became of it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) seconds: f64,
    pub(crate) process: Arc<str>,
    pub(crate) call: Call,
    pub(crate) code: u16,
}

/// The API server of the world; whoever holds a clone speaks to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    cluster: Arc<Mutex<Cluster>>,
    changed: Arc<tokio::sync::watch::Sender<u64>>,
    logs: Arc<Mutex<BTreeMap<String, Log>>>,
    writes: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            cluster: Arc::new(Mutex::new(Cluster::new(clock))),
            changed: Arc::new(tokio::sync::watch::Sender::new(0)),
            logs: Arc::default(),
            writes: Arc::default(),
        }
    }

    /// The state, to be let go of before anything is awaited.
    pub(crate) fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().expect("nobody panics while holding the cluster")
    }

    /// Does something to the state, and wakes whoever watches.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Cluster) -> T) -> T {
        let mut cluster = self.cluster();
        let done = act(&mut cluster);
        let version = cluster.version;
        drop(cluster);
        self.changed.send_if_modified(|seen| std::mem::replace(seen, version) != version);
        done
    }

    pub(crate) fn changed(&self) -> tokio::sync::watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The writes that were asked for since the last time that this was asked.
    pub(crate) fn take_writes(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.writes.lock().expect("nobody panics while holding the writes"))
    }

    /// Notes what a pod's container said.
    pub(crate) fn say(&self, pod: &str, log: Log) {
        self.logs.lock().expect("nobody panics while holding the logs").insert(pod.to_owned(), log);
        self.changed.send_modify(|_| {});
    }

    fn log(&self, pod: &str) -> Option<Log> {
        self.logs.lock().expect("nobody panics while holding the logs").get(pod).cloned()
    }

    /// The server as a process of this name reaches it.
    pub(crate) fn reached_by(&self, process: &str) -> Reached {
        Reached { server: self.clone(), process: process.into() }
    }

    fn carry_out(
        &self,
        call: Call,
        body: &[u8],
        process: &Arc<str>,
    ) -> Result<Response<AnswerBody>, Refusal> {
        if call.action == Action::Watch {
            return Ok(streamed(watch(self, call)));
        }
        if call.resource == Resource::Pods && call.subresource == "log" {
            return self.answer_log(&call);
        }
        let answer = self.with(|cluster| cluster.answer(&call, body, process));
        if call.is_write() {
            let code = answer.as_ref().map_or_else(|refusal| refusal.code, |(code, _)| *code);
            let seconds = self.cluster().clock.seconds();
            let asked = Asked { seconds, process: process.clone(), call, code };
            self.writes.lock().expect("nobody panics while holding the writes").push(asked);
        }
        answer.map(|(code, text)| respond(code, text))
    }

    fn answer_log(&self, call: &Call) -> Result<Response<AnswerBody>, Refusal> {
        let Id { name, .. } = call.id();
        self.cluster().get(&call.id())?;
        let log = self.log(&name).ok_or_else(|| {
            Refusal::bad_request(format!("container \"step\" in pod \"{name}\" is waiting to start"))
        })?;
        if call.asked("follow") != Some("true") || log.is_over {
            return Ok(respond(200, log.text.into()));
        }
        let first = futures::stream::iter([Bytes::from(log.text.clone())]);
        let rest = self.clone().rest_of_log(name, log.text.len());
        Ok(streamed(first.chain(rest.into_stream())))
    }

    /// What a container says from there to its end.
    async fn rest_of_log(self, pod: String, told: usize) -> Bytes {
        let mut changed = self.changed();
        while self.log(&pod).is_some_and(|log| !log.is_over) && changed.changed().await.is_ok() {}
        let all = self.log(&pod).unwrap_or_default().text;
        Bytes::from(all.get(told..).unwrap_or_default().to_owned())
    }
}

/// The server as one process reaches it.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    server: Server,
    process: Arc<str>,
}

impl Service<Request<Body>> for Reached {
    type Response = Response<AnswerBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { server, process } = self.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            sleep(WAY / 2).await;
            let call = Call::parse(&parts.method, &parts.uri, &parts.headers);
            let answer = call.and_then(|call| server.carry_out(call, &body, &process));
            sleep(WAY / 2).await;
            Ok(answer.unwrap_or_else(|refusal| respond(refusal.code, refusal.text())))
        }
        .boxed()
    }
}

fn respond(code: u16, text: Bytes) -> Response<AnswerBody> {
    let body = Full::new(text).map_err(|never| match never {}).boxed_unsync();
    with_code(code, body)
}

fn streamed(stream: impl Stream<Item = Bytes> + Send + 'static) -> Response<AnswerBody> {
    let frames = stream.map(|bytes| Ok::<_, BoxError>(Frame::data(bytes)));
    with_code(200, StreamBody::new(frames).boxed_unsync())
}

fn with_code(code: u16, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(code).expect("the model answers with real codes");
    response
}
