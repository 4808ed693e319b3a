//! The desk: what all reconciles of one controller share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crds::Pipeline;
use executor::kubernetes::{CallError, CallFault, Jobs};
use futures::channel::mpsc::UnboundedSender;
use k8s_openapi::NamespaceResourceScope;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, Resource};
use planner::calendar::Instant;
use storage::Store;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::cluster::caches::Caches;
use crate::cluster::configuration::Configuration;
use crate::cluster::events::Told;
use crate::cluster::limits::CALL_TIMEOUT;
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::reconcile::ReconcileError;
use crate::cluster::scribe::Scribe;
use crate::seat::metrics::Metrics;

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What all reconciles of one controller share.
pub(crate) struct Desk {
    pub(crate) client: Client,
    pub(crate) configuration: Configuration,
    pub(crate) caches: Caches,
    /// Whether the caches hold what there was at the start.
    pub(crate) filled: watch::Receiver<bool>,
    pub(crate) jobs: Jobs,
    /// What is to be told of objects.
    pub(crate) events: mpsc::Sender<Told>,
    pub(crate) scribe: Scribe,
    /// The stores that answer over a network.
    pub(crate) services: Vec<Store>,
    /// Whoever carries an order out has one of these.
    pub(crate) orders: Arc<Semaphore>,
    /// What waits for orders that take long. They end with the desk.
    pub(crate) late: Mutex<JoinSet<()>>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) mind: Mutex<Mind>,
    /// Pipelines that have something to do.
    pub(crate) wakes: UnboundedSender<ObjectRef<Pipeline>>,
    /// Rings when storage was looked at where nobody looked before.
    pub(crate) looked: Notify,
    /// Rings when a backfill was touched of which there is no pipeline.
    pub(crate) orphaned: Notify,
}

impl Desk {
    /// The time.
    pub(crate) fn now(&self) -> Instant {
        (self.clock)()
    }

    /// The mind, once nobody else thinks. To be asked for on a thread that may wait.
    pub(crate) fn mind(&self) -> MutexGuard<'_, Mind> {
        // A thought that panicked may have left half a thought: facts are read anew, and decisions made anew.
        self.mind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how often stores were asked.
    pub(crate) fn count_requests(&self) {
        for store in &self.services {
            self.metrics.requested(store.name(), store.requests());
        }
    }

    /// Has a pipeline reconciled.
    pub(crate) fn wake(&self, id: &Id) {
        // A controller that ends takes no more.
        let _ = self.wakes.unbounded_send(ObjectRef::new(&id.name).within(&id.namespace));
    }

    /// Thinks, with the lock in hand. Thinking reads files, so it is done on a thread that may wait for them; of services it
    /// asks nothing.
    pub(crate) async fn think<A, T>(
        self: &Arc<Self>,
        mut about: A,
        thought: fn(&mut Mind, &Self, &mut A) -> Result<T, ReconcileError>,
    ) -> Result<T, ReconcileError>
    where
        A: Send + 'static,
        T: Send + 'static,
    {
        let desk = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let mut mind = desk.mind();
            let before = mind.looks;
            let result = storage::holding_up(|| thought(&mut mind, &desk, &mut about));
            if mind.looks != before {
                desk.looked.notify_one();
            }
            result
        });
        task.await.map_err(ReconcileError::Thought)?
    }

    /// Takes a note about a pipeline, if it is still looked after.
    pub(crate) async fn note<A: Send + 'static>(
        self: &Arc<Self>,
        id: &Id,
        what: A,
        note: fn(&mut Kept, A),
    ) -> Result<(), ReconcileError> {
        let about = (id.clone(), Some(what), note);
        self.think(about, |mind, _, (id, what, note)| {
            if let Some((kept, what)) = mind.pipelines.get_mut(id).zip(what.take()) {
                note(kept, what);
            }
            Ok(())
        })
        .await
    }

    /// The API of one kind in the namespace of a pipeline.
    pub(crate) fn api<K>(&self, id: &Id) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &id.namespace)
    }

    /// A call to the API server, with a limit to its time.
    pub(crate) async fn call<T>(
        &self,
        name: &str,
        call: impl Future<Output = kube::Result<T>>,
    ) -> Result<T, CallError> {
        let fault = match tokio::time::timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => CallFault::from(error),
            Err(_) => CallFault::TimedOut(CALL_TIMEOUT),
        };
        Err(CallError { call: name.to_owned(), fault })
    }
}
