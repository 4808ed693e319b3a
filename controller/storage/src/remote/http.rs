//! Counts the requests of a store that speaks HTTP, each page of a listing too, and holds them back.

use std::sync::Arc;

use ::http::{Request, Response};
use opendal::raw::{Layer, Operation, Servicer};
use opendal::{Buffer, HttpBody, HttpTransport, HttpTransporter, OperationContext, Result};

use crate::remote::traffic::{self, Traffic};

/// What counts.
#[derive(Debug)]
pub(super) struct Counted(pub(super) Arc<Traffic>);

struct Transport {
    traffic: Arc<Traffic>,
    inner: HttpTransporter,
}

impl Layer for Counted {
    fn apply_context(&self, _: Servicer, inner: OperationContext) -> OperationContext {
        let transport = Transport { traffic: Arc::clone(&self.0), inner: inner.http_transport().clone() };
        inner.with_http_transport(HttpTransporter::new(transport))
    }
}

impl HttpTransport for Transport {
    async fn fetch(&self, request: Request<Buffer>) -> Result<Response<HttpBody>> {
        let call = self.traffic.begin(asked(&request))?;
        let answer = self.inner.fetch(request).await;
        match &answer {
            Ok(answer) => call.hear(answer.status().as_u16()),
            Err(_) => call.failed(),
        }
        answer
    }
}

fn asked(request: &Request<Buffer>) -> traffic::Request {
    match request.extensions().get::<Operation>() {
        Some(Operation::Stat) => traffic::Request::Look,
        Some(Operation::List) => traffic::Request::List,
        Some(Operation::Read) => traffic::Request::Read,
        Some(Operation::Write) => traffic::Request::Write,
        Some(Operation::Copy) => traffic::Request::Copy,
        Some(Operation::Delete) => traffic::Request::Remove,
        Some(Operation::CreateDir) => traffic::Request::Make,
        // Listings of WebHDFS say so in their URL alone.
        _ if request.uri().query().is_some_and(|query| query.contains("op=LISTSTATUS")) => {
            traffic::Request::List
        }
        _ => traffic::Request::Other,
    }
}
