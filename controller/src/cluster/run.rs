//! Run: the caches are filled, storage is sensed, and each pipeline is reconciled whenever something of it was touched.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crds::Pipeline;
use executor::kubernetes::Jobs;
use futures::channel::mpsc;
use futures::{StreamExt as _, future};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::events::{Recorder, Reporter};
use kube::runtime::reflector::ObjectRef;
use kube::{Client, ResourceExt as _};
use planner::admission::Capacity;
use storage::{Catalogue, Store};
use tokio::sync::{Notify, Semaphore, watch};
use tracing::Instrument as _;

use crate::cluster::caches::{self, Feeds, of_backfill, of_labels, of_partition, owner};
use crate::cluster::configuration::Configuration;
use crate::cluster::desk::{Clock, Desk};
use crate::cluster::events::{Told, tell};
use crate::cluster::limits::{DEBOUNCE, EVENTS, LOOP_MAX, ORDERS, RECONCILES, RETRY};
use crate::cluster::mind::{Id, Mind};
use crate::cluster::notifications::{Inbox, Receiver, ReceiverError};
use crate::cluster::reconcile::{ReconcileError, reconcile};
use crate::cluster::rounds::go_rounds;
use crate::cluster::scribe::Scribe;
use crate::cluster::senses::sense;
use crate::cluster::tidy::tidy;
use crate::seat::health::Health;
use crate::seat::metrics::Metrics;
use crate::seat::spans;
use crate::work::launch::chain;

/// What a controller is put into.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a client has nothing to show")]
pub struct Surroundings {
    /// What reaches the API server. It must not retry by itself.
    pub client: Client,
    /// What it was told.
    pub configuration: Configuration,
    /// What tells the time.
    pub clock: Clock,
    /// Where what happens is counted.
    pub metrics: Metrics,
    /// What is asked whether all goes on.
    pub health: Health,
}

/// Why a controller can't work.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A store can't be used.
    #[error("cannot use a store")]
    Store(#[source] storage::StoreError),
    /// Nothing can be heard of what buckets tell.
    #[error("cannot listen to buckets")]
    Notifications(#[source] ReceiverError),
}

/// Works until told to stop. It may be dropped at any point: whoever works next goes on from what is recorded.
pub async fn run(surroundings: Surroundings, stop: impl Future<Output = ()> + Send) -> Result<(), RunError> {
    let (wakes, woken) = mpsc::unbounded();
    let (gate, (fill, is_filled)) = (surroundings.health.gate("caches"), watch::channel(false));
    let pulse = surroundings.health.pulse("storage", LOOP_MAX);
    let reporter = Reporter { controller: "daybreak.dev/controller".to_owned(), instance: None };
    let recorder = Recorder::new(surroundings.client.clone(), reporter);
    let (events, told) = tokio::sync::mpsc::channel(EVENTS);
    let (desk, feeds) = desk(surroundings, (wakes, is_filled, events))?;
    let Feeds { pipelines, partitions, backfills, jobs, pods, filled } = feeds;
    let config = controller::Config::default().concurrency(RECONCILES).debounce(DEBOUNCE);
    let (pipelines_of_backfills, orphans) = (desk.caches.pipelines.clone(), Arc::clone(&desk));
    let reconciles = Controller::for_stream(pipelines, desk.caches.pipelines.clone())
        .with_config(config)
        .watches_stream(partitions, |it| owner(&it, of_partition))
        .watches_stream(backfills, move |it| {
            if pipelines_of_backfills
                .get(&ObjectRef::new(&it.spec.pipeline_ref.name).within(&it.namespace().unwrap_or_default()))
                .is_none()
            {
                orphans.orphaned.notify_one();
            }
            owner(&it, of_backfill)
        })
        .watches_stream(jobs, |it| owner(&it, of_labels))
        .watches_stream(pods, |it| owner(&it, of_labels))
        .reconcile_on(woken)
        .run(reconcile_in_span, again, Arc::clone(&desk))
        .for_each(|result| {
            if let Err(error) = result {
                tracing::warn!("{}", chain(&error));
            }
            future::ready(())
        });
    let ready = async {
        if filled.await.is_ok() {
            gate.open();
            fill.send_replace(true);
        }
    };
    let (receiver, inbox) = listen(&desk).await?;
    let receive = future::OptionFuture::from(receiver.map(Receiver::serve));
    let senses = future::join3(sense(Arc::clone(&desk), pulse), go_rounds(&desk, inbox), receive);
    let work = future::join5(reconciles, senses, tell(&recorder, told), tidy(Arc::clone(&desk)), ready);
    future::select(pin!(stop), pin!(work)).await;
    Ok(())
}

/// Listens to what buckets tell, if the configuration says where.
async fn listen(desk: &Desk) -> Result<(Option<Receiver>, Option<Inbox>), RunError> {
    let Some(configuration) = &desk.configuration.notifications else { return Ok((None, None)) };
    let stores = Arc::clone(&desk.mind().stores);
    let opened = Receiver::open(configuration, stores.values().cloned(), desk.metrics.clone()).await;
    let (receiver, inbox) = opened.map_err(RunError::Notifications)?;
    Ok((Some(receiver), Some(inbox)))
}

async fn reconcile_in_span(pipeline: Arc<Pipeline>, desk: Arc<Desk>) -> Result<Action, ReconcileError> {
    let id = Id::new(&pipeline.namespace().unwrap_or_default(), &pipeline.name_any());
    reconcile(pipeline, desk).instrument(spans::reconcile(&id.labels())).await
}

/// Another try after a pause, which grows the more the longer a pipeline fails, and differs between pipelines.
#[expect(clippy::needless_pass_by_value, reason = "kube calls it so")]
fn again(pipeline: Arc<Pipeline>, _: &ReconcileError, desk: Arc<Desk>) -> Action {
    desk.metrics.reconcile_failed();
    let mut hasher = DefaultHasher::new();
    (&pipeline.metadata.uid, &pipeline.metadata.resource_version).hash(&mut hasher);
    let spread = hasher.finish() % 1_000;
    Action::requeue(RETRY + Duration::from_millis(spread))
}

fn desk(
    surroundings: Surroundings,
    (wakes, filled, events): (
        mpsc::UnboundedSender<ObjectRef<Pipeline>>,
        watch::Receiver<bool>,
        tokio::sync::mpsc::Sender<Told>,
    ),
) -> Result<(Arc<Desk>, Feeds), RunError> {
    let Surroundings { client, configuration, clock, metrics, .. } = surroundings;
    let stores = stores(&configuration)?;
    let archive = stores.get(configuration.archive_store()).cloned();
    let archive = archive.expect("a configuration that is sound names a store for the archive");
    let services = stores.values().filter(|store| store.directory().is_none()).cloned().collect();
    let (caches, feeds) = caches::watch(&client, configuration.namespace.as_deref());
    let mind = Mind {
        catalogue: Catalogue::new(stores.values().cloned()).that_waits_for_directories_only(),
        stores: Arc::new(stores),
        pipelines: BTreeMap::new(),
        capacity: Capacity {
            slots: configuration.slots,
            resources: None,
            pools: configuration.pools.clone(),
        },
        archive,
        unusable: BTreeMap::new(),
        looks: 0,
    };
    let desk = Desk {
        jobs: Jobs::new(client.clone()),
        events,
        scribe: Scribe::new(client.clone(), wakes.clone()),
        services,
        orders: Arc::new(Semaphore::new(ORDERS)),
        late: Mutex::default(),
        client,
        configuration,
        caches,
        filled,
        clock,
        metrics,
        mind: Mutex::new(mind),
        wakes,
        looked: Notify::new(),
        orphaned: Notify::new(),
    };
    Ok((Arc::new(desk), feeds))
}

fn stores(configuration: &Configuration) -> Result<BTreeMap<String, Store>, RunError> {
    let bindings = configuration.stores.iter();
    let open = bindings.map(|(name, binding)| {
        let store = binding.bind(name).map_err(RunError::Store)?;
        if store.directory().is_some() {
            // A service may be away for a while: its own round asks it, and its pipelines tell what it says.
            store.preflight().map_err(RunError::Store)?;
        }
        Ok((name.clone(), store))
    });
    open.collect()
}
