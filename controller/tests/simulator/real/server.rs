//! A real server with a node that pretends, and an administrator who observes it.

use kube::Client;

use super::kubelet::Kubelet;
use super::node;
use super::observed::Observed;
use crate::testbed::Testbed;

/// All that the runs share.
#[derive(Clone)]
pub(super) struct Server {
    /// A client without faults.
    pub(super) client: Client,
    pub(super) kubelet: Kubelet,
    pub(super) observed: Observed,
}

impl Server {
    pub(super) async fn of(testbed: &Testbed) -> Self {
        let client = testbed.client().await;
        node::join(&client).await;
        let (kubelet, observed) = (Kubelet::start(&client), Observed::start(&client));
        Self { client, kubelet, observed }
    }
}
