//! What an administrator observes of a real server: the objects as they are, and how often each was made and deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use futures::StreamExt as _;
use kube::api::{Api, DynamicObject};
use kube::core::ApiResource;
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::Value;

use crate::apiserver::resource::{Id, Resource};
use crate::ending::End;
use crate::people::NAMESPACE;
use crate::sweeps::asked;
use crate::trace;

/// What is watched, in all namespaces.
const WATCHED: [Resource; 5] =
    [Resource::Pipelines, Resource::Partitions, Resource::Backfills, Resource::Jobs, Resource::Pods];

/// How often an object of one name was made, and how often deleted.
pub(crate) type Counts = BTreeMap<(Resource, String), (u32, u32)>;

/// What is observed; whoever holds a clone looks at the same.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    state: Arc<Mutex<State>>,
    start: Instant,
    /// Whether every change is told.
    traces: bool,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<Id, Value>,
    uids: BTreeSet<String>,
    counts: BTreeMap<String, Counts>,
}

impl Observed {
    /// Observes until the runtime ends.
    pub(crate) fn start(client: &Client) -> Self {
        let traces = asked("DAYBREAK_TRACE").is_some();
        let observed = Self { state: Arc::default(), start: Instant::now(), traces };
        for resource in WATCHED {
            let api = Api::<DynamicObject>::all_with(client.clone(), &api_resource(resource));
            tokio::spawn(observed.clone().follow(resource, api));
        }
        observed
    }

    async fn follow(self, resource: Resource, api: Api<DynamicObject>) {
        let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                    self.note(resource, &object);
                }
                Ok(watcher::Event::Delete(object)) => self.forget(resource, &object),
                // A watch that broke off begins anew.
                Ok(watcher::Event::Init | watcher::Event::InitDone) | Err(_) => {}
            }
        }
    }

    fn note(&self, resource: Resource, object: &DynamicObject) {
        let id = id(resource, object);
        let mut state = self.state();
        if state.uids.insert(object.uid().unwrap_or_default()) {
            count(&mut state, &id).0 += 1;
        }
        let value = serde_json::to_value(object).expect("an object can be written");
        self.trace("", &id, &value);
        state.objects.insert(id, value);
    }

    fn forget(&self, resource: Resource, object: &DynamicObject) {
        let id = id(resource, object);
        self.trace("deleted", &id, &Value::Null);
        let mut state = self.state();
        count(&mut state, &id).1 += 1;
        state.objects.remove(&id);
    }

    fn trace(&self, what: &str, id: &Id, value: &Value) {
        if self.traces {
            let (seconds, namespace) = (self.start.elapsed().as_secs_f64(), &id.namespace);
            eprintln!("{seconds:>9.3} {namespace:>24} {id} {what}{}", trace::standing(value));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding what is observed")
    }

    /// Whether a namespace has neither Jobs nor pods.
    pub(crate) fn is_idle(&self, namespace: &str) -> bool {
        let runs = |id: &Id| matches!(id.resource, Resource::Jobs | Resource::Pods);
        self.state().objects.keys().all(|id| id.namespace != namespace || !runs(id))
    }

    /// Whether a partition is complete.
    pub(crate) fn is_complete(&self, namespace: &str, partition: &str) -> bool {
        let state = self.state();
        let object = state.objects.get(&Id::new(Resource::Partitions, namespace, partition));
        let conditions = object.and_then(|it| it["status"]["conditions"].as_array());
        conditions.into_iter().flatten().any(|it| it["type"] == "Complete" && it["status"] == "True")
    }

    /// How a namespace and its store stand, as if it were the simulator's.
    pub(crate) fn end(&self, namespace: &str, root: &Path) -> End {
        let state = self.state();
        let own = state.objects.iter().filter(|(id, _)| id.namespace == namespace);
        let renamed = own.map(|(id, value)| (Id::new(id.resource, NAMESPACE, &id.name), value));
        End::of_objects(renamed, root)
    }

    /// How often each Job and each Partition of a namespace was made and deleted.
    pub(crate) fn counts(&self, namespace: &str) -> Counts {
        let mut counts = self.state().counts.get(namespace).cloned().unwrap_or_default();
        counts.retain(|(resource, _), _| matches!(resource, Resource::Jobs | Resource::Partitions));
        counts
    }
}

fn id(resource: Resource, object: &DynamicObject) -> Id {
    Id::new(resource, &object.namespace().unwrap_or_default(), &object.name_any())
}

fn count<'a>(state: &'a mut State, id: &Id) -> &'a mut (u32, u32) {
    let counts = state.counts.entry(id.namespace.clone()).or_default();
    counts.entry((id.resource, id.name.clone())).or_default()
}

/// A kind as a client asks for it.
pub(crate) fn api_resource(resource: Resource) -> ApiResource {
    let traits = resource.traits();
    ApiResource {
        group: traits.group.to_owned(),
        version: traits.version.to_owned(),
        api_version: resource.api_version(),
        kind: traits.kind.to_owned(),
        plural: traits.plural.to_owned(),
    }
}
