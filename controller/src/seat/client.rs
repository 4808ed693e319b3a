//! The client of the API server: which cluster, and how long an answer may take.
//!
//! No call is retried here. Kubernetes' own advice is to look again and decide anew, and a create whose answer was lost
//! may have been done.

use std::path::PathBuf;

use clap::Args;
use http::header::{HeaderValue, USER_AGENT};
use kube::client::ClientBuilder;
use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tower::timeout::TimeoutLayer;

use super::limits::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, SILENCE_TIMEOUT};
use super::metrics::Calls;

/// Which cluster, as kubectl is told it.
#[derive(Args, Clone, Debug, Default)]
pub struct Cluster {
    /// The kubeconfig. Default: $KUBECONFIG, ~/.kube/config, or the cluster that this runs in.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig. Default: its current one.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The kubeconfig that was asked for can't be used.
    #[error("cannot use the kubeconfig")]
    Kubeconfig(#[source] KubeconfigError),
    /// There is no kubeconfig, and this runs in no cluster.
    #[error("no kubeconfig ({kubeconfig}), and not within a cluster")]
    NoCluster {
        /// What is wrong with the kubeconfig.
        kubeconfig: KubeconfigError,
        /// What is missing of a cluster.
        #[source]
        cluster: InClusterError,
    },
    /// What the configuration asks for is not to be had.
    #[error("cannot make a client")]
    Client(#[source] kube::Error),
}

/// Where the cluster is and who we are there.
pub async fn configure(cluster: &Cluster) -> Result<Config, ClientError> {
    let mut config = match from_kubeconfig(cluster).await {
        Ok(config) => config,
        Err(error) if cluster.kubeconfig.is_some() || cluster.context.is_some() => {
            return Err(ClientError::Kubeconfig(error));
        }
        Err(kubeconfig) => {
            Config::incluster().map_err(|cluster| ClientError::NoCluster { kubeconfig, cluster })?
        }
    };
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.write_timeout = Some(ANSWER_TIMEOUT);
    config.read_timeout = Some(SILENCE_TIMEOUT);
    // A connection that rested in the pool is not silent.
    config.reset_reader_on_write = true;
    let agent = HeaderValue::from_static(concat!("daybreak/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    Ok(config)
}

/// A client with connections of its own, each call of which is measured and begins to be answered in time.
pub fn connect(config: Config, calls: &Calls) -> Result<Client, ClientError> {
    let builder = ClientBuilder::try_from(config).map_err(ClientError::Client)?;
    Ok(builder.with_layer(&TimeoutLayer::new(ANSWER_TIMEOUT)).with_layer(calls).build())
}

async fn from_kubeconfig(cluster: &Cluster) -> Result<Config, KubeconfigError> {
    let kubeconfig = cluster.kubeconfig.as_ref().map_or_else(Kubeconfig::read, Kubeconfig::read_from)?;
    let proxies: Vec<http::Uri> = kubeconfig
        .clusters
        .iter()
        .filter_map(|named| named.cluster.as_ref()?.proxy_url.as_ref()?.parse().ok())
        .collect();
    let options = KubeConfigOptions { context: cluster.context.clone(), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    // The proxy of HTTPS_PROXY is the way out to the internet, and a cluster is rarely there.
    config.proxy_url = config.proxy_url.filter(|proxy| proxies.contains(proxy));
    Ok(config)
}
