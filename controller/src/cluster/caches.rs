//! The caches: what the cluster holds, followed by watches with bounded memory.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use crds::labels::{MANAGED_BY, MANAGER, PIPELINE};
use crds::{Backfill, Partition, Pipeline};
use futures::channel::oneshot;
use futures::future::{self, BoxFuture};
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, TryFutureExt as _, TryStreamExt as _};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use crate::cluster::mind::Id;

/// What the cluster holds, as last heard.
#[derive(Clone)]
pub(crate) struct Caches {
    pub(crate) pipelines: Store<Pipeline>,
    pub(crate) partitions: Store<Partition>,
    pub(crate) backfills: Store<Backfill>,
    pub(crate) jobs: Store<Job>,
    pub(crate) pods: Store<Pod>,
}

/// The objects that were touched, as they come.
pub(crate) type Touched<K> = BoxStream<'static, Result<K, watcher::Error>>;

/// The streams that fill the caches.
pub(crate) struct Feeds {
    pub(crate) pipelines: Touched<Pipeline>,
    pub(crate) partitions: Touched<Partition>,
    pub(crate) backfills: Touched<Backfill>,
    pub(crate) jobs: Touched<Job>,
    pub(crate) pods: Touched<Pod>,
    /// Ends once every cache holds what there was at the start. The streams must be followed meanwhile.
    pub(crate) filled: BoxFuture<'static, Result<(), oneshot::Canceled>>,
}

/// A cache, the stream that fills it, and word of when it holds what there was at the start.
type Followed<K> = (Store<K>, Touched<K>, oneshot::Receiver<()>);

impl Debug for Caches {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Caches").finish_non_exhaustive()
    }
}

/// Watches one namespace, or all.
pub(crate) fn watch(client: &Client, namespace: Option<&str>) -> (Caches, Feeds) {
    let ours = format!("{MANAGED_BY}={MANAGER}");
    let (pipelines, pipeline_feed, has_pipelines) = follow(api(client, namespace), None, drop_managed_fields);
    let (partitions, partition_feed, has_partitions) =
        follow(api(client, namespace), None, drop_managed_fields);
    let (backfills, backfill_feed, has_backfills) = follow(api(client, namespace), None, drop_managed_fields);
    let (jobs, job_feed, has_jobs) = follow(api(client, namespace), Some(&ours), slim_job);
    let (pods, pod_feed, has_pods) = follow(api(client, namespace), Some(&ours), slim_pod);
    let all = [has_pipelines, has_partitions, has_backfills, has_jobs, has_pods];
    let caches = Caches { pipelines, partitions, backfills, jobs, pods };
    let feeds = Feeds {
        pipelines: pipeline_feed,
        partitions: partition_feed,
        backfills: backfill_feed,
        jobs: job_feed,
        pods: pod_feed,
        filled: future::try_join_all(all).map_ok(drop).boxed(),
    };
    (caches, feeds)
}

/// An API of one namespace, or of all.
pub(crate) fn api<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    namespace.map_or_else(|| Api::all(client.clone()), |namespace| Api::namespaced(client.clone(), namespace))
}

fn follow<K>(api: Api<K>, labels: Option<&str>, slim: fn(&mut K)) -> Followed<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Clone + Default + Eq + Hash,
{
    let mut config = watcher::Config::default().streaming_lists();
    if let Some(labels) = labels {
        config = config.labels(labels);
    }
    let (reader, writer) = reflector::store();
    // Of several who wait for one cache kube wakes only the last, and its controller is one of them.
    let (fill, filled) = oneshot::channel();
    let mut fill = Some(fill);
    let stream = watcher(api, config).default_backoff().modify(slim).reflect(writer);
    let stream = stream.inspect_ok(move |event| {
        if matches!(event, watcher::Event::InitDone)
            && let Some(fill) = fill.take()
        {
            let _ = fill.send(());
        }
    });
    (reader, stream.touched_objects().boxed(), filled)
}

fn drop_managed_fields<K: Resource>(object: &mut K) {
    object.meta_mut().managed_fields = None;
}

/// Of a Job only its identity and its standing matter; its pod template is the most of it.
fn slim_job(job: &mut Job) {
    drop_managed_fields(job);
    if let Some(spec) = &mut job.spec {
        spec.template.spec = None;
        spec.template.metadata = None;
    }
}

/// Of a pod's spec only the node and what limits its container have to be told.
fn slim_pod(pod: &mut Pod) {
    drop_managed_fields(pod);
    if let Some(spec) = &mut pod.spec {
        spec.volumes = None;
        spec.tolerations = None;
        spec.affinity = None;
        for container in &mut spec.containers {
            container.env = None;
            container.args = None;
            container.command = None;
            container.volume_mounts = None;
        }
    }
}

impl Caches {
    /// The objects of one kind that belong to a pipeline.
    pub(crate) fn of<K>(store: &Store<K>, id: &Id, pipeline: PipelineOf<K>) -> Vec<Arc<K>>
    where
        K: Resource<DynamicType = ()> + Clone + 'static,
        K::DynamicType: Clone + Eq + Hash,
    {
        let is_of = |object: &Arc<K>| {
            pipeline(object) == Some(&id.name)
                && object.meta().namespace.as_deref() == Some(id.namespace.as_str())
        };
        store.state().into_iter().filter(is_of).collect()
    }
}

/// The name of the pipeline that an object belongs to, if it says so.
type PipelineOf<K> = fn(&K) -> Option<&str>;

/// The pipeline of a Partition.
#[expect(clippy::unnecessary_wraps, reason = "labels may be missing")]
pub(crate) fn of_partition(partition: &Partition) -> Option<&str> {
    Some(&partition.spec.pipeline_ref.name)
}

/// The pipeline of a Backfill.
#[expect(clippy::unnecessary_wraps, reason = "labels may be missing")]
pub(crate) fn of_backfill(backfill: &Backfill) -> Option<&str> {
    Some(&backfill.spec.pipeline_ref.name)
}

/// The pipeline of a Job or a pod.
pub(crate) fn of_labels<K: Resource>(object: &K) -> Option<&str> {
    object.meta().labels.as_ref()?.get(PIPELINE).map(String::as_str)
}

/// What is to be reconciled once an object of a pipeline was touched.
pub(crate) fn owner<K: Resource>(
    object: &K,
    pipeline: fn(&K) -> Option<&str>,
) -> Option<ObjectRef<Pipeline>> {
    let namespace = object.meta().namespace.as_deref()?;
    Some(ObjectRef::new(pipeline(object)?).within(namespace))
}
