//! The scribe: keeps the log of each launch in the archive, while it runs and beyond its pod.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use executor::LogError;
use executor::kubernetes::PodLog;
use futures::channel::mpsc::UnboundedSender;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::cluster::limits::LOG_RETRY;
use crate::cluster::mind::Id;
use crate::work::launch::chain;

/// A log that is to be kept.
#[derive(Clone, Debug)]
pub(crate) struct Follow {
    /// The file.
    pub(crate) log: PathBuf,
    /// The pod.
    pub(crate) pod: String,
    /// Whether the launch is over, so that the log is whole once it is read to its end.
    pub(crate) is_over: bool,
}

/// Keeps logs.
pub(crate) struct Scribe {
    client: Client,
    wakes: UnboundedSender<ObjectRef<crds::Pipeline>>,
    /// The logs at work, and what tells each that its launch is over.
    at_work: Arc<Mutex<BTreeMap<PathBuf, Arc<Notify>>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Scribe {
    pub(crate) fn new(client: Client, wakes: UnboundedSender<ObjectRef<crds::Pipeline>>) -> Self {
        Self { client, wakes, at_work: Arc::default(), tasks: Mutex::default() }
    }

    /// Keeps the log of a pod from now on; asked again it only takes in whether the launch is over.
    pub(crate) fn follow(&self, id: &Id, follow: Follow) {
        let Follow { log, pod, is_over } = follow;
        let mut at_work = lock(&self.at_work);
        let is_new = !at_work.contains_key(&log);
        if is_new && log.exists() {
            return;
        }
        let over = Arc::clone(at_work.entry(log.clone()).or_default());
        if is_over {
            // Kept until the keeper asks for it.
            over.notify_one();
        }
        drop(at_work);
        if is_new {
            let pods = Api::namespaced(self.client.clone(), &id.namespace);
            self.spawn(id, (PodLog { pods, pod, path: log }, over));
        }
    }

    fn spawn(&self, id: &Id, (log, over): (PodLog, Arc<Notify>)) {
        let (at_work, wakes) = (Arc::clone(&self.at_work), self.wakes.clone());
        let pipeline = ObjectRef::new(&id.name).within(&id.namespace);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // What has ended is taken off, so that the set holds what is at work.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            if let Err(error) = keep(&log, over.notified()).await {
                tracing::warn!("a log is not kept yet: {}", chain(&error));
                tokio::time::sleep(LOG_RETRY).await;
            }
            lock(&at_work).remove(&log.path);
            // A controller that ends takes no more.
            let _ = wakes.unbounded_send(pipeline);
        });
    }
}

async fn keep(log: &PodLog, over: impl Future<Output = ()>) -> Result<(), LogError> {
    // The folder is there since the launch was recorded, unless its store is not mounted.
    log.keep(over).await.map(|_| ())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one insertion or removal, so whoever panicked left it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
