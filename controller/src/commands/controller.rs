//! `daybreak controller`: looks after the pipelines of a cluster.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::args;
use crate::clock;
use crate::cluster::{self, Configuration, Surroundings};
use crate::commands::{EXIT_COMPLETE, Failure};
use crate::seat::client::{configure, connect};
use crate::seat::endpoint::{Lead, Pod};
use crate::seat::health::{self, Health};
use crate::seat::lease::{Elector, Leadership};
use crate::seat::metrics::Metrics;
use crate::seat::signals::{Signals, drain};
use crate::seat::telemetry;
use crate::work::launch::chain;

/// Looks after the pipelines of a cluster until told to stop.
pub(crate) fn controller(arguments: &args::Controller) -> Result<ExitCode, Failure> {
    let configuration = Configuration::read(&arguments.config).map_err(failure)?;
    if !arguments.check {
        let runtime = Runtime::new().map_err(failure)?;
        runtime.block_on(work(arguments, configuration))?;
    }
    Ok(ExitCode::from(EXIT_COMPLETE))
}

fn failure(error: impl std::error::Error) -> Failure {
    Failure::new(chain(&error))
}

async fn work(arguments: &args::Controller, configuration: Configuration) -> Result<(), Failure> {
    let service = service(arguments, &configuration)?;
    let mut signals = Signals::listen().map_err(failure)?;
    let telemetry = telemetry::start(&arguments.telling).map_err(failure)?;
    let (metrics, health) = (Metrics::new(clock::now), Health::default());
    let listener = TcpListener::bind(configuration.listen).await;
    let listener = listener
        .map_err(|error| Failure::new(format!("cannot listen on {}: {error}", configuration.listen)))?;
    let config = configure(&arguments.cluster).await.map_err(failure)?;
    let client = connect(config.clone(), &metrics.calls()).map_err(failure)?;
    let (end, ended) = watch::channel(false);
    let served = health::serve(listener, health.clone(), metrics.clone(), over(ended.clone()));
    let served = tokio::spawn(served);
    let surroundings =
        Surroundings { client, configuration, clock: Arc::new(clock::now), metrics: metrics.clone(), health };
    let leases = connect(config.clone(), &metrics.calls()).map_err(failure)?;
    let namespace = arguments.pod_namespace.as_deref().unwrap_or(&config.default_namespace);
    let identity = format!("{}_{}", arguments.pod, std::process::id());
    let slices = Api::<EndpointSlice>::namespaced(surroundings.client.clone(), namespace);
    let pod = Pod {
        namespace: namespace.to_owned(),
        name: arguments.pod.clone(),
        uid: arguments.pod_uid.clone(),
        node: arguments.node.clone(),
    };
    let service = service.map(|(name, address)| Lead::new(slices, &name, (&pod, address)));
    let leases = Api::<Lease>::namespaced(leases, namespace);
    let (elector, leadership) = Elector::new(leases, &surroundings.configuration.lease.name, &identity);
    let elected = tokio::spawn(elector.run(over(ended.clone())));
    let outcome = tokio::select! {
        outcome = lead(surroundings, leadership, service) => outcome.map_err(failure),
        _ = signals.next() => Ok(()),
    };
    end.send_replace(true);
    drain(&mut signals, async {
        // Whatever became of them, there is nobody left who could do anything about it.
        let _ = tokio::join!(elected, served);
        telemetry.finish().await;
    })
    .await;
    outcome
}

/// The Service that is to lead here, and to which address, if the configuration names one.
fn service(
    arguments: &args::Controller,
    configuration: &Configuration,
) -> Result<Option<(String, SocketAddr)>, Failure> {
    let Some(notifications) = &configuration.notifications else { return Ok(None) };
    let Some(service) = notifications.service.clone() else { return Ok(None) };
    let Some(host) = arguments.pod_ip else {
        let why = format!(
            "notifications.service: {service} can't lead here without an address; set POD_IP to the pod's"
        );
        return Err(Failure::new(why));
    };
    Ok(Some((service, SocketAddr::new(host, notifications.listen.port()))))
}

/// Works while this process leads. Who leads again starts anew, from what is recorded.
async fn lead(
    surroundings: Surroundings,
    mut leadership: watch::Receiver<Leadership>,
    service: Option<Lead>,
) -> Result<(), cluster::RunError> {
    let leads = |leadership: &Leadership| *leadership == Leadership::Leading;
    loop {
        if leadership.wait_for(leads).await.is_err() {
            return Ok(());
        }
        let deposed = leadership.wait_for(|leadership| !leads(leadership));
        let deposed = async { deposed.await.map_or((), |_| ()) };
        let held = async {
            match &service {
                Some(service) => service.hold().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            outcome = cluster::run(surroundings.clone(), deposed) => outcome?,
            never = held => match never {},
        }
        surroundings.metrics.stepped_down();
        surroundings.health.stepped_down();
    }
}

async fn over(mut ended: watch::Receiver<bool>) {
    // A sender that is gone has ended too.
    let _ = ended.wait_for(|ended| *ended).await;
}
