//! `daybreak controller`: looks after the pipelines of a cluster.

use std::process::ExitCode;
use std::sync::Arc;

use crate::args;
use crate::clock;
use crate::cluster::{self, Configuration, Surroundings};
use crate::commands::{EXIT_COMPLETE, Failure};
use crate::work::launch::chain;

/// Looks after the pipelines of a cluster until told to stop.
pub(crate) fn controller(arguments: &args::Controller) -> Result<ExitCode, Failure> {
    let configuration =
        Configuration::read(&arguments.config).map_err(|error| Failure::new(chain(&error)))?;
    if arguments.check {
        return Ok(ExitCode::from(EXIT_COMPLETE));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::new)?;
    runtime.block_on(work(configuration))?;
    Ok(ExitCode::from(EXIT_COMPLETE))
}

async fn work(configuration: Configuration) -> Result<(), Failure> {
    let mut config = kube::Config::infer().await.map_err(|error| Failure::new(chain(&error)))?;
    config.default_retry = false;
    let client = kube::Client::try_from(config).map_err(|error| Failure::new(chain(&error)))?;
    let surroundings = Surroundings { client, configuration, clock: Arc::new(clock::now) };
    let mut signals =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(Failure::new)?;
    let stop = async {
        signals.recv().await;
    };
    cluster::run(surroundings, stop).await.map_err(|error| Failure::new(chain(&error)))
}
