//! The export of spans: OTLP, as protobuf over HTTP, through the HTTP and TLS that the client of Kubernetes brings.

use std::fmt::Debug;

use async_trait::async_trait;
use http::{Request, Response, Uri};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use super::TelemetryError;
use crate::seat::limits::EXPORT_TIMEOUT;

/// The path of spans below the endpoint, by the OTLP specification.
const PATH: &str = "/v1/traces";

/// Sends through the runtime that it was made in, since spans are collected by a thread outside of it.
#[derive(Debug)]
struct InRuntime<Client> {
    client: Client,
    runtime: Handle,
}

#[async_trait]
impl<Client: HttpClient + Clone + 'static> HttpClient for InRuntime<Client> {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.runtime.spawn(async move { client.send_bytes(request).await }).await?
    }
}

/// What collects spans and sends them in batches.
pub(super) fn provider(endpoint: &Uri) -> Result<SdkTracerProvider, TelemetryError> {
    let mut http = HttpConnector::new();
    let exporter = if endpoint.scheme() == Some(&http::uri::Scheme::HTTPS) {
        http.enforce_http(false);
        let builder =
            HttpsConnectorBuilder::new().with_native_roots().map_err(TelemetryError::Certificates)?;
        exporter(endpoint, builder.https_only().enable_http1().wrap_connector(http))?
    } else {
        exporter(endpoint, http)?
    };
    let resource = Resource::builder().with_service_name("daybreak").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

fn exporter<Connector>(endpoint: &Uri, connector: Connector) -> Result<SpanExporter, TelemetryError>
where
    Connector: Connect + Clone + Debug + Send + Sync + 'static,
{
    let client =
        InRuntime { client: HyperClient::new(connector, EXPORT_TIMEOUT, None), runtime: Handle::current() };
    SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(EXPORT_TIMEOUT)
        .with_endpoint(address(endpoint))
        .build()
        .map_err(TelemetryError::Export)
}

/// Where spans go: below the endpoint, which may say so itself.
fn address(endpoint: &Uri) -> String {
    let endpoint = endpoint.to_string();
    let base = endpoint.trim_end_matches('/');
    if base.ends_with(PATH) { base.to_owned() } else { format!("{base}{PATH}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_below_the_endpoint_whichever_way_it_is_written() {
        for endpoint in ["http://collector:4318", "http://collector:4318/", "http://collector:4318/v1/traces"]
        {
            assert_eq!(address(&Uri::from_static(endpoint)), "http://collector:4318/v1/traces");
        }
        let below = Uri::from_static("https://otlp.example.com/team/");
        assert_eq!(address(&below), "https://otlp.example.com/team/v1/traces");
    }
}
