//! The scribe: keeps the log of each launch in the archive, while it runs and beyond its pod.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use executor::kubernetes::PodLog;
use futures::channel::mpsc::UnboundedSender;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client};
use tokio::sync::{Notify, OnceCell};
use tokio::task::JoinSet;

use crate::cluster::kept_log::KeptLog;
use crate::cluster::limits::LOG_RETRY;
use crate::cluster::mind::Id;
use crate::cluster::ship::{KeepError, ship};
use crate::cluster::spool::Spool;
use crate::work::launch::chain;

/// A log that is to be kept.
#[derive(Clone, Debug)]
pub(crate) struct Follow {
    /// Where.
    pub(crate) log: KeptLog,
    /// The pod.
    pub(crate) pod: String,
    /// Whether the launch is over, so that the log is whole once it is read to its end.
    pub(crate) is_over: bool,
}

/// Keeps logs.
pub(crate) struct Scribe {
    client: Client,
    wakes: UnboundedSender<ObjectRef<crds::Pipeline>>,
    /// The logs at work by address, and what tells each that its launch is over.
    at_work: Arc<Mutex<BTreeMap<String, Arc<Notify>>>>,
    /// Where logs grow that go to a service.
    spool: Arc<OnceCell<Spool>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Scribe {
    pub(crate) fn new(client: Client, wakes: UnboundedSender<ObjectRef<crds::Pipeline>>) -> Self {
        Self { client, wakes, at_work: Arc::default(), spool: Arc::default(), tasks: Mutex::default() }
    }

    /// Keeps the log of a pod from now on; asked again it only takes in whether the launch is over.
    pub(crate) fn follow(&self, id: &Id, follow: Follow) {
        let Follow { log, pod, is_over } = follow;
        let mut at_work = lock(&self.at_work);
        let address = log.address();
        let is_new = !at_work.contains_key(&address);
        if is_new && log.is_kept() {
            return;
        }
        let over = Arc::clone(at_work.entry(address).or_default());
        if is_over {
            // Kept until the keeper asks for it.
            over.notify_one();
        }
        drop(at_work);
        if is_new {
            self.spawn(id, (log, pod), over);
        }
    }

    fn spawn(&self, id: &Id, (log, pod): (KeptLog, String), over: Arc<Notify>) {
        let (at_work, wakes, spool) =
            (Arc::clone(&self.at_work), self.wakes.clone(), Arc::clone(&self.spool));
        let pods = Api::namespaced(self.client.clone(), &id.namespace);
        let pipeline = ObjectRef::new(&id.name).within(&id.namespace);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // What has ended is taken off, so that the set holds what is at work.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            if let Err(error) = keep((pods, pod), (&log, &spool), over.notified()).await {
                tracing::warn!("a log is not kept yet: {}", chain(&error));
                tokio::time::sleep(LOG_RETRY).await;
            }
            lock(&at_work).remove(&log.address());
            // A controller that ends takes no more.
            let _ = wakes.unbounded_send(pipeline);
        });
    }
}

async fn keep(
    (pods, pod): (Api<Pod>, String),
    (log, spool): (&KeptLog, &OnceCell<Spool>),
    over: impl Future<Output = ()>,
) -> Result<(), KeepError> {
    if let Some(path) = log.file() {
        // The folder is there since the launch was recorded, unless its store is not mounted.
        return PodLog { pods, pod, path }.keep(over).await.map(|_| ()).map_err(KeepError::Log);
    }
    let failed = |source| KeepError::Spool { path: std::env::temp_dir(), source };
    let spool = spool.get_or_try_init(|| std::future::ready(Spool::open())).await.map_err(failed)?;
    let path = spool.file(log.path()).map_err(failed)?;
    ship(PodLog { pods, pod, path }, log, over).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one insertion or removal, so whoever panicked left it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
