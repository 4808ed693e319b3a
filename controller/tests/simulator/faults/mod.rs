//! Faults between a client and an API server: a layer that breaks chosen calls and chosen events of watches.
//!
//! It knows nothing of what is behind it, so that it may stand before a real server as well as before a model of one.

mod body;
mod kind;
mod plan;

pub(crate) use plan::{CallFault, EventFault, Place, Plan};

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tower::{BoxError, Layer, Service};

/// The body of an answer that went through the layer.
pub(crate) type FaultyBody = UnsyncBoxBody<Bytes, BoxError>;

/// How many calls there were of each kind, and how many events of each collection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kinds {
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) events: BTreeMap<String, u64>,
}

/// What all connections of a run share: the plan, and how far it has come.
#[derive(Debug, Default)]
pub(crate) struct Course {
    plan: Plan,
    calls: AtomicU64,
    events: AtomicU64,
    /// How many of the planned faults were met.
    met: AtomicUsize,
    /// How many calls there were of each kind, and how many events of each collection.
    kinds: Mutex<Kinds>,
    /// Each call: its method and path.
    journal: Mutex<Vec<String>>,
    /// Nothing comes through before this time.
    paused_until: Mutex<Option<Instant>>,
}

impl Course {
    pub(crate) fn new(plan: Plan) -> Arc<Self> {
        Arc::new(Self { plan, ..Self::default() })
    }

    /// The calls so far, each as its method and path.
    pub(crate) fn journal(&self) -> Vec<String> {
        self.journal.lock().expect("nobody panics while holding the journal").clone()
    }

    /// How many events watches have brought.
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// How many calls and events of each kind there were so far.
    pub(crate) fn kinds(&self) -> Kinds {
        self.kinds.lock().expect("nobody panics while holding the kinds").clone()
    }

    /// Whether every planned fault was met.
    pub(crate) fn has_met_all(&self) -> bool {
        self.met.load(Ordering::Relaxed) >= self.plan.len()
    }

    /// Whether a watch is silent for as long as its client bears that.
    pub(crate) fn has_stall(&self) -> bool {
        self.plan.has_stall()
    }

    /// Lets nothing through for a while, as if the process were stopped.
    pub(crate) fn pause(&self, time: Duration) {
        *self.paused_until.lock().expect("nobody panics while holding the pause") =
            Some(Instant::now() + time);
    }

    async fn wait_while_paused(&self) {
        loop {
            let until = *self.paused_until.lock().expect("nobody panics while holding the pause");
            match until.filter(|it| *it > Instant::now()) {
                Some(until) => sleep_until(until).await,
                None => return,
            }
        }
    }

    fn note(&self, method: &http::Method, uri: &http::Uri) -> Option<CallFault> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let line = format!("{method} {}", uri.path_and_query().map_or("", |it| it.as_str()));
        self.journal.lock().expect("nobody panics while holding the journal").push(line);
        let place = self.place(kind::of_call(method, uri), |kinds| &mut kinds.calls);
        self.meet(self.plan.call(number, &place))
    }

    fn next_event(&self, collection: &str) -> Option<EventFault> {
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        let place = self.place(collection.to_owned(), |kinds| &mut kinds.events);
        self.meet(self.plan.event(number, &place))
    }

    /// The place of the next one of its kind.
    fn place(&self, kind: String, which: impl FnOnce(&mut Kinds) -> &mut BTreeMap<String, u64>) -> Place {
        let mut kinds = self.kinds.lock().expect("nobody panics while holding the kinds");
        let count = which(&mut kinds).entry(kind.clone()).or_default();
        *count += 1;
        Place { kind, number: *count - 1 }
    }

    fn meet<F>(&self, fault: Option<F>) -> Option<F> {
        self.met.fetch_add(usize::from(fault.is_some()), Ordering::Relaxed);
        fault
    }
}

/// The life of one process: once it has crashed nothing of it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    course: Arc<Course>,
    crashed: Arc<Notify>,
    is_over: Arc<AtomicBool>,
}

impl Life {
    pub(crate) fn new(course: Arc<Course>) -> Self {
        Self { course, crashed: Arc::default(), is_over: Arc::default() }
    }

    /// Waits until the process is to crash.
    pub(crate) async fn crashed(&self) {
        self.crashed.notified().await;
        self.end();
    }

    /// From now on nothing of this process reaches the server, and nothing reaches it.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    async fn go_on(&self) {
        self.course.wait_while_paused().await;
        if self.is_over.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
    }

    async fn crash<T>(&self) -> T {
        self.crashed.notify_one();
        pending().await
    }
}

impl<S> Layer<S> for Life {
    type Service = Faulty<S>;

    fn layer(&self, inner: S) -> Faulty<S> {
        Faulty { inner, life: self.clone() }
    }
}

/// A service that breaks where the plan says so.
#[derive(Clone, Debug)]
pub(crate) struct Faulty<S> {
    inner: S,
    life: Life,
}

impl<S, A, B> Service<Request<A>> for Faulty<S>
where
    S: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    A: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<FaultyBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let life = self.life.clone();
        // The service that said that it is ready is the one to call.
        let ready = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, ready);
        async move {
            life.go_on().await;
            let answer = pass(&life, inner, request).await;
            life.go_on().await;
            answer
        }
        .boxed()
    }
}

async fn pass<S, A, B>(
    life: &Life,
    mut inner: S,
    request: Request<A>,
) -> Result<Response<FaultyBody>, BoxError>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let fault = life.course.note(request.method(), request.uri());
    let watched = kind::is_watch(request.uri()).then(|| kind::collection(request.uri()).to_owned());
    match fault {
        Some(CallFault::CrashBefore) => return life.crash().await,
        Some(CallFault::Refuse(code)) => return Ok(refusal(code)),
        Some(CallFault::Disconnect) => return Err("connection reset by peer".into()),
        Some(_) | None => {}
    }
    let response = inner.call(request).await.map_err(Into::into)?;
    match fault {
        Some(CallFault::CrashAfterCommit) => return life.crash().await,
        Some(CallFault::CrashAfterAnswer) => {
            let life = life.clone();
            tokio::spawn(async move {
                // Whoever asked takes in the answer first.
                tokio::task::yield_now().await;
                life.crash::<()>().await;
            });
        }
        Some(CallFault::RefuseAfterCommit(code)) => return Ok(refusal(code)),
        Some(CallFault::DisconnectAfterCommit) => return Err("connection reset by peer".into()),
        Some(CallFault::Silence) => return pending().await,
        Some(CallFault::CrashBefore | CallFault::Refuse(_) | CallFault::Disconnect) | None => {}
    }
    Ok(response.map(|it| {
        let it = it.map_err(Into::into).boxed_unsync();
        match watched {
            Some(collection) => body::watched(it, life.clone(), collection),
            None => it,
        }
    }))
}

fn refusal(code: u16) -> Response<FaultyBody> {
    let reason = match code {
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Expired",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
    let text = format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"a fault was put here","reason":"{reason}","code":{code}}}"#
    );
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if code == 429 {
        response.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("1"));
    }
    response
}
