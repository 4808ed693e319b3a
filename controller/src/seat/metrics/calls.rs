//! A layer of a Kubernetes client that measures each call, by what was asked of which resource and the answer's code.

use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Method, Request, Response, Uri};
use tokio::time::Instant;
use tower::{Layer, Service};

use super::Histograms;
use super::labels::Call;

/// The code of a call that came to no answer: it failed below HTTP, or whoever made it gave up.
const NO_ANSWER: &str = "none";

/// What a path that names no resource is about: versions, discovery, health.
const NO_RESOURCE: &str = "other";

/// The layer.
#[derive(Clone, Debug)]
pub struct Calls(Histograms<Call>);

/// A service under the layer.
#[derive(Clone, Debug)]
pub struct Measured<Inner> {
    inner: Inner,
    calls: Calls,
}

/// A call under way. It is told when dropped, so that one that was given up counts too.
#[derive(Debug)]
struct Measurement {
    calls: Calls,
    start: Instant,
    call: Call,
}

impl Calls {
    pub(super) const fn new(histograms: Histograms<Call>) -> Self {
        Self(histograms)
    }
}

impl<Inner> Layer<Inner> for Calls {
    type Service = Measured<Inner>;

    fn layer(&self, inner: Inner) -> Measured<Inner> {
        Measured { inner, calls: self.clone() }
    }
}

impl<Inner, Sent, Answer> Service<Request<Sent>> for Measured<Inner>
where
    Inner: Service<Request<Sent>, Response = Response<Answer>, Future: Send + 'static>,
{
    type Response = Response<Answer>;
    type Error = Inner::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Sent>) -> Self::Future {
        let (verb, resource) = classify(request.method(), request.uri());
        let call = Call { verb, resource, code: NO_ANSWER.to_owned() };
        let mut measurement = Measurement { calls: self.calls.clone(), start: Instant::now(), call };
        let answer = self.inner.call(request);
        async move {
            let answer = answer.await?;
            answer.status().as_str().clone_into(&mut measurement.call.code);
            Ok(answer)
        }
        .boxed()
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        self.calls.0.get_or_create(&self.call).observe(self.start.elapsed().as_secs_f64());
    }
}

/// The verb, as RBAC has it, and the resource with its subresource.
///
/// `/api/VERSION/...` or `/apis/GROUP/VERSION/...`, then `[namespaces/NAME/]RESOURCE[/NAME[/SUBRESOURCE]]`.
fn classify(method: &Method, uri: &Uri) -> (&'static str, String) {
    let parts: Vec<_> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    let within = match parts.as_slice() {
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        _ => &[],
    };
    let within = match within {
        ["namespaces", _, rest @ ..] if !matches!(rest, [] | ["status" | "finalize"]) => rest,
        other => other,
    };
    let (resource, is_named) = match within {
        [] => (NO_RESOURCE.to_owned(), true),
        [resource] => ((*resource).to_owned(), false),
        [resource, _] => ((*resource).to_owned(), true),
        [resource, _, subresource, ..] => (format!("{resource}/{subresource}"), true),
    };
    let is_watch = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"));
    let verb = match (method, is_named) {
        (&Method::GET, _) if is_watch => "watch",
        (&Method::GET, true) => "get",
        (&Method::GET, false) => "list",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "delete",
        (&Method::DELETE, false) => "deletecollection",
        _ => NO_RESOURCE,
    };
    (verb, resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_verb_and_resource_and_by_no_name() {
        let table = [
            (Method::GET, "/apis/daybreak.dev/v1alpha1/pipelines?limit=500", "list pipelines"),
            (
                Method::GET,
                "/apis/daybreak.dev/v1alpha1/pipelines?watch=true&timeoutSeconds=290",
                "watch pipelines",
            ),
            (Method::GET, "/apis/batch/v1/namespaces/ads/jobs", "list jobs"),
            (Method::POST, "/apis/batch/v1/namespaces/ads/jobs?", "create jobs"),
            (Method::DELETE, "/apis/batch/v1/namespaces/ads/jobs/join", "delete jobs"),
            (Method::DELETE, "/apis/batch/v1/namespaces/ads/jobs", "deletecollection jobs"),
            (
                Method::PATCH,
                "/apis/daybreak.dev/v1alpha1/namespaces/ads/partitions/a/status",
                "patch partitions/status",
            ),
            (Method::GET, "/api/v1/namespaces/ads/pods/join/log?follow=true", "get pods/log"),
            (
                Method::PUT,
                "/apis/coordination.k8s.io/v1/namespaces/daybreak/leases/controller",
                "update leases",
            ),
            (Method::GET, "/api/v1/namespaces", "list namespaces"),
            (Method::GET, "/api/v1/namespaces/ads", "get namespaces"),
            (Method::PATCH, "/api/v1/namespaces/ads/status", "patch namespaces/status"),
            (Method::GET, "/version", "get other"),
            (Method::GET, "/apis", "get other"),
        ];
        for (method, uri, expected) in table {
            let (verb, resource) = classify(&method, &Uri::from_static(uri));
            assert_eq!(format!("{verb} {resource}"), expected, "{method} {uri}");
        }
    }
}
