//! The endpoint: a Service leads to the one controller that is at work.
//!
//! The Service has no selector, for that would find those as well that wait for the lease. They have to be ready all the
//! same, or no new version could be rolled out beside an old one. So whoever works writes the Service's `EndpointSlice`.

use std::convert::Infallible;
use std::net::SocketAddr;

use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::limits::{ENDPOINT_PAUSE, RETRY_PERIOD};

/// Who writes it, for its managed fields.
const FIELD_MANAGER: &str = "daybreak-endpoint";

/// Where a Service is to lead.
#[derive(Debug)]
pub struct Endpoint {
    slices: Api<EndpointSlice>,
    service: String,
    address: SocketAddr,
    /// The pod, so that its end is the end of what leads to it.
    owner: Option<OwnerReference>,
}

impl Endpoint {
    /// The slice of a Service without a selector, in the namespace of `slices`; it has the Service's name. `address` is
    /// that of this pod, with the port that it listens on.
    pub fn new(slices: Api<EndpointSlice>, service: &str, address: SocketAddr) -> Self {
        Self { slices, service: service.to_owned(), address, owner: None }
    }

    /// The slice goes with this pod, if no other pod takes it over.
    #[must_use]
    pub fn of_pod(self, name: &str, uid: &str) -> Self {
        let (api_version, kind) = ("v1".to_owned(), "Pod".to_owned());
        let (name, uid) = (name.to_owned(), uid.to_owned());
        let owner = OwnerReference { api_version, kind, name, uid, ..OwnerReference::default() };
        Self { owner: Some(owner), ..self }
    }

    /// Has the Service lead here, for as long as this goes on.
    pub async fn hold(&self) -> Infallible {
        loop {
            match self.claim().await {
                Ok(()) => sleep(ENDPOINT_PAUSE).await,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, service = self.service, "the service does not lead here");
                    sleep(RETRY_PERIOD).await;
                }
            }
        }
    }

    async fn claim(&self) -> Result<(), kube::Error> {
        let found = self.slices.get_opt(&self.service).await?;
        if found.is_none_or(|slice| !self.is_held(&slice)) {
            let parameters = PatchParams::apply(FIELD_MANAGER).force();
            self.slices.patch(&self.service, &parameters, &Patch::Apply(self.slice())).await?;
            tracing::info!(service = self.service, address = %self.address, "the service leads here");
        }
        Ok(())
    }

    fn is_held(&self, slice: &EndpointSlice) -> bool {
        let host = self.address.ip().to_string();
        let addresses = slice.endpoints.iter().flat_map(|endpoint| &endpoint.addresses);
        let ports = slice.ports.iter().flatten().filter_map(|port| port.port);
        addresses.eq([&host]) && ports.eq([i32::from(self.address.port())])
    }

    fn slice(&self) -> Value {
        json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": self.service,
                "ownerReferences": self.owner.as_slice(),
                "labels": {
                    "kubernetes.io/service-name": self.service,
                    "endpointslice.kubernetes.io/managed-by": "daybreak.dev",
                },
            },
            "addressType": if self.address.is_ipv4() { "IPv4" } else { "IPv6" },
            "endpoints": [{"addresses": [self.address.ip()], "conditions": {"ready": true}}],
            "ports": [{"name": "notifications", "port": self.address.port(), "protocol": "TCP"}],
        })
    }
}
