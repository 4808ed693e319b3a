//! The scribe: keeps the log of each launch in the archive, while it runs and beyond its pod.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::channel::mpsc::UnboundedSender;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client};
use tokio::task::JoinSet;

use crate::cluster::mind::Id;

/// Keeps logs.
pub(crate) struct Scribe {
    client: Client,
    wakes: UnboundedSender<ObjectRef<crds::Pipeline>>,
    at_work: Arc<Mutex<BTreeSet<PathBuf>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Scribe {
    pub(crate) fn new(client: Client, wakes: UnboundedSender<ObjectRef<crds::Pipeline>>) -> Self {
        Self { client, wakes, at_work: Arc::default(), tasks: Mutex::default() }
    }

    /// Keeps the log of a pod from now on, unless it is kept already.
    pub(crate) fn follow(&self, id: &Id, (log, pod): (PathBuf, String)) {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        if log.exists() || !at_work.insert(log.clone()) {
            return;
        }
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &id.namespace);
        let (busy, wakes) = (Arc::clone(&self.at_work), self.wakes.clone());
        let pipeline = ObjectRef::new(&id.name).within(&id.namespace);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // What has ended is taken off, so that the set holds what is at work.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            if let Err(error) = executor::kubernetes::keep_log(&api, &pod, &log).await {
                tracing::warn!(error = &error as &dyn std::error::Error, log = %log.display(), "a log is not kept yet");
            }
            busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&log);
            let _ = wakes.unbounded_send(pipeline);
        });
    }
}
