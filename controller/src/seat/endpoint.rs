//! The endpoint: a Service leads to the one controller that is at work.
//!
//! The Service has no selector, for that would find those as well that wait for the lease. They have to be ready all the
//! same, or no new version could be rolled out beside an old one. So whoever works writes the Service's `EndpointSlice`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Api;
use kube::api::{Patch, PatchParams};
use tokio::time::sleep;

use super::limits::{ENDPOINT_PAUSE, RETRY_PERIOD};

/// Who writes it, for its managed fields.
const FIELD_MANAGER: &str = "daybreak-endpoint";

/// The label by which a slice is found for its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// The pod of this process, as far as it is told.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid. The slice goes with the pod, if no other pod takes it over.
    pub uid: Option<String>,
    /// Its node, which some load balancers ask for.
    pub node: Option<String>,
}

/// What a Service is to lead to.
#[derive(Debug)]
pub struct Lead {
    slices: Api<EndpointSlice>,
    slice: EndpointSlice,
}

impl Lead {
    /// A Service without a selector, in the namespace of the pod, is to lead to the pod at this address. Its slice has its
    /// name.
    pub fn new(slices: Api<EndpointSlice>, service: &str, (pod, address): (&Pod, SocketAddr)) -> Self {
        Self { slices, slice: slice(service, (pod, address)) }
    }

    /// Has the Service lead here, for as long as this goes on.
    pub async fn hold(&self) -> Infallible {
        loop {
            match self.claim().await {
                Ok(()) => sleep(ENDPOINT_PAUSE).await,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, service = self.service(), "the service does not lead here");
                    sleep(RETRY_PERIOD).await;
                }
            }
        }
    }

    fn service(&self) -> &str {
        self.slice.metadata.name.as_deref().unwrap_or_default()
    }

    async fn claim(&self) -> Result<(), kube::Error> {
        let found = self.slices.get_opt(self.service()).await?;
        if found.is_none_or(|found| !leads_alike(&found, &self.slice)) {
            let parameters = PatchParams::apply(FIELD_MANAGER).force();
            self.slices.patch(self.service(), &parameters, &Patch::Apply(&self.slice)).await?;
            tracing::info!(service = self.service(), "the service leads here");
        }
        Ok(())
    }
}

fn leads_alike(found: &EndpointSlice, wanted: &EndpointSlice) -> bool {
    let service =
        |slice: &EndpointSlice| slice.metadata.labels.as_ref().and_then(|it| it.get(SERVICE_NAME).cloned());
    let owners = |slice: &EndpointSlice| slice.metadata.owner_references.clone().unwrap_or_default();
    (&found.endpoints, &found.ports) == (&wanted.endpoints, &wanted.ports)
        && (service(found), owners(found)) == (service(wanted), owners(wanted))
}

fn slice(service: &str, (pod, address): (&Pod, SocketAddr)) -> EndpointSlice {
    let managed_by = "endpointslice.kubernetes.io/managed-by";
    let labels = [(SERVICE_NAME, service), (managed_by, "daybreak.dev")];
    let labels: BTreeMap<_, _> = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (api_version, kind) = ("v1".to_owned(), "Pod".to_owned());
    let target = ObjectReference {
        kind: Some(kind.clone()),
        namespace: Some(pod.namespace.clone()),
        name: Some(pod.name.clone()),
        uid: pod.uid.clone(),
        ..ObjectReference::default()
    };
    let owner = pod.uid.clone().map(|uid| {
        let name = pod.name.clone();
        OwnerReference { api_version, kind, name, uid, ..OwnerReference::default() }
    });
    let endpoint = Endpoint {
        addresses: vec![address.ip().to_string()],
        conditions: Some(EndpointConditions { ready: Some(true), ..EndpointConditions::default() }),
        node_name: pod.node.clone(),
        target_ref: Some(target),
        ..Endpoint::default()
    };
    let port = EndpointPort {
        name: Some("notifications".to_owned()),
        port: Some(address.port().into()),
        protocol: Some("TCP".to_owned()),
        ..EndpointPort::default()
    };
    EndpointSlice {
        address_type: if address.is_ipv4() { "IPv4" } else { "IPv6" }.to_owned(),
        endpoints: vec![endpoint],
        metadata: ObjectMeta {
            name: Some(service.to_owned()),
            labels: Some(labels),
            owner_references: owner.map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        ports: Some(vec![port]),
    }
}
