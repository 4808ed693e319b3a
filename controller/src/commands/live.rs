//! Live: the commands on a cluster. What they know stands in its objects.

mod archive;
pub(crate) mod ask;
pub(crate) mod explain;
pub(crate) mod logs;
pub(crate) mod plan;
pub(crate) mod status;
pub(crate) mod suspend;

use std::fmt::Debug;
use std::process::ExitCode;

use crds::labels::PIPELINE;
use executor::kubernetes::{CallError, CallFault};
use k8s_openapi::NamespaceResourceScope;
use kube::api::ListParams;
use kube::{Api, Client, Resource, ResourceExt};
use planner::pipeline::Pipeline;
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::args::{Caller, Reach, WideReach};
use crate::clock;
use crate::commands::Failure;
use crate::commands::show::pipelines::Breadth;
use crate::seat::client::{configure, connect};
use crate::seat::metrics::Metrics;
use crate::work::launch::chain;

/// A cluster, as far as a command looks.
pub(crate) struct Live {
    client: Client,
    namespace: String,
    breadth: Breadth,
    /// As what the program was called.
    caller: Caller,
}

/// Does what is asked of a cluster.
pub(crate) fn block_on(
    command: impl Future<Output = Result<ExitCode, Failure>>,
) -> Result<ExitCode, Failure> {
    Runtime::new().map_err(Failure::new)?.block_on(command)
}

impl Live {
    /// Reaches for a namespace.
    pub(crate) async fn reach(reach: &Reach, caller: Caller) -> Result<Self, Failure> {
        let failure = |error| Failure::new(chain(&error));
        let mut config = configure(&reach.cluster).await.map_err(failure)?;
        // A log that is followed is silent as long as its step is.
        config.read_timeout = None;
        let namespace = reach.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = connect(config, &Metrics::new(clock::now).calls()).map_err(failure)?;
        Ok(Self { client, namespace, breadth: Breadth::OneNamespace, caller })
    }

    /// Reaches for a namespace, or for all.
    pub(crate) async fn reach_widely(reach: &WideReach, caller: Caller) -> Result<Self, Failure> {
        let live = Self::reach(&reach.reach, caller).await?;
        let breadth = if reach.all_namespaces { Breadth::AllNamespaces } else { Breadth::OneNamespace };
        Ok(Self { breadth, ..live })
    }

    fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// All pipelines that are meant, by namespace and name.
    async fn pipelines(&self) -> Result<Vec<crds::Pipeline>, Failure> {
        self.list("").await
    }

    /// The objects of one kind that are meant, by namespace and name.
    async fn list<K>(&self, selector: &str) -> Result<Vec<K>, Failure>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug,
    {
        let api: Api<K> = match self.breadth {
            Breadth::OneNamespace => self.api(),
            Breadth::AllNamespaces => Api::all(self.client.clone()),
        };
        let listed = api.list(&ListParams::default().labels(selector)).await;
        let mut objects = said(&format!("list {}", K::plural(&())), listed)?.items;
        objects.sort_by_key(|object| (object.namespace(), object.name_any()));
        objects.iter_mut().for_each(|object| object.meta_mut().managed_fields = None);
        Ok(objects)
    }

    /// The Partition objects of a pipeline, or of all that are meant.
    async fn partitions(&self, pipeline: Option<&str>) -> Result<Vec<crds::Partition>, Failure> {
        let selector = pipeline.map(|name| format!("{PIPELINE}={name}"));
        self.list(selector.as_deref().unwrap_or_default()).await
    }

    /// An object, if there is one of this name.
    async fn get<K>(&self, name: &str) -> Result<Option<K>, Failure>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug,
    {
        let call = format!("get {} {}/{name}", K::kind(&()).to_lowercase(), self.namespace);
        said(&call, self.api().get_opt(name).await)
    }

    /// The pipeline of this name.
    async fn pipeline(&self, name: &str) -> Result<crds::Pipeline, Failure> {
        if let Some(mut pipeline) = self.get::<crds::Pipeline>(name).await? {
            pipeline.meta_mut().managed_fields = None;
            return Ok(pipeline);
        }
        let known: Vec<_> = self.pipelines().await?.iter().map(ResourceExt::name_any).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(Failure::new(format!(
            "there is no pipeline {name} in the namespace {}: there is {known}",
            self.namespace
        )))
    }
}

/// The answer to a call, or what is to be said of there being none.
fn said<T>(call: &str, answer: kube::Result<T>) -> Result<T, Failure> {
    answer.map_err(|error| {
        Failure::new(chain(&CallError { call: format!("cannot {call}"), fault: CallFault::from(error) }))
    })
}

/// What the spec of a pipeline means. Which stores a cluster has does not matter to who only looks.
fn meaning(pipeline: &crds::Pipeline) -> Result<Pipeline, Failure> {
    let setting = authoring::Setting::default();
    authoring::convert(pipeline, &setting).map(|(meaning, _)| meaning).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Failure::new(format!("the spec of {} has faults:\n{}", pipeline.name_any(), faults.join("\n")))
    })
}
