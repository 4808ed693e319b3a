//! One lease behind a client of Kubernetes, with the faults that a table of real answers can't time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};

use http::{Method, Request, Response, StatusCode};
use k8s_openapi::api::coordination::v1::Lease;
use kube::client::Body;
use kube::{Api, Client};
use serde_json::{Value, json};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is done and answered.
    None,
    /// It is not done, and never answered.
    Hang,
    /// It is not done: 503.
    Refuse,
    /// It is done, and never answered.
    Swallow,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    lease: Option<Value>,
    version: u64,
    calls: BTreeMap<String, u32>,
    fault: Option<Fault>,
}

impl Model {
    /// A client of its own for each process.
    pub(crate) fn api(&self) -> Api<Lease> {
        let model = self.clone();
        let service = tower::service_fn(move |request| model.clone().serve(request));
        Api::namespaced(Client::new(service, "default"), "daybreak")
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// The holder that stands in the lease.
    pub(crate) fn holder(&self) -> Option<String> {
        let state = self.state();
        state.lease.as_ref()?["spec"]["holderIdentity"].as_str().map(str::to_owned)
    }

    pub(crate) fn field(&self, name: &str) -> Value {
        self.state().lease.as_ref().map_or(Value::Null, |lease| lease["spec"][name].clone())
    }

    /// The calls since the last time, by method.
    pub(crate) fn calls(&self) -> BTreeMap<String, u32> {
        std::mem::take(&mut self.state().calls)
    }

    /// Puts a lease there, as another controller would.
    pub(crate) fn hold(&self, holder: &str) {
        let lease = json!({"metadata": {"name": "controller"}, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15}});
        self.state().write(lease);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in it")
    }

    async fn serve(self, request: Request<Body>) -> Result<Response<Body>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.expect("it is whole");
        let (fault, answer) = {
            let mut state = self.state();
            *state.calls.entry(parts.method.to_string()).or_default() += 1;
            match state.fault.unwrap_or(Fault::None) {
                Fault::Refuse => (Fault::Refuse, refuse(StatusCode::SERVICE_UNAVAILABLE)),
                Fault::Hang => (Fault::Hang, refuse(StatusCode::OK)),
                fault @ (Fault::None | Fault::Swallow) => (fault, state.answer(&parts.method, &body)),
            }
        };
        match fault {
            Fault::None | Fault::Refuse => {}
            Fault::Hang | Fault::Swallow => pending().await,
        }
        let (status, body) = answer;
        let mut response = Response::new(Body::from(body.to_string().into_bytes()));
        *response.status_mut() = status;
        Ok(response)
    }
}

impl State {
    fn answer(&mut self, method: &Method, body: &[u8]) -> (StatusCode, Value) {
        let known = self.lease.as_ref().map(|lease| lease["metadata"]["resourceVersion"].clone());
        let sent = || serde_json::from_slice::<Value>(body).expect("a lease is JSON");
        match (method, known) {
            (&Method::GET, Some(_)) => (StatusCode::OK, self.lease.clone().unwrap_or_default()),
            (&Method::PUT, Some(known)) if known == sent()["metadata"]["resourceVersion"] => {
                (StatusCode::OK, self.write(sent()))
            }
            (&Method::POST, None) => (StatusCode::CREATED, self.write(sent())),
            (&Method::GET | &Method::PUT, None) => refuse(StatusCode::NOT_FOUND),
            _ => refuse(StatusCode::CONFLICT),
        }
    }

    fn write(&mut self, mut lease: Value) -> Value {
        self.version += 1;
        lease["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.lease = Some(lease.clone());
        lease
    }
}

fn refuse(status: StatusCode) -> (StatusCode, Value) {
    let reason = status.canonical_reason().unwrap_or_default().replace(' ', "");
    (
        status,
        json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status.as_u16()}),
    )
}
