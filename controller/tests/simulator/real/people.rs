//! People at a real server: they do what the scenes of a workload say.

use std::fs;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Namespace, ServiceAccount};
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::observed::api_resource;
use super::server::Server;
use crate::apiserver::resource::Resource;
use crate::people::{Scene, What, When, write};

/// How often it is looked whether a scene's time has come.
const LOOKS: Duration = Duration::from_millis(50);

/// Makes a namespace in which pods can be made at once.
pub(super) async fn make_namespace(client: &Client, name: &str) {
    let made = |what: &str| json!({"metadata": {"name": what}});
    let params = PostParams::default();
    let namespace: Namespace = serde_json::from_value(made(name)).expect("this is a namespace");
    let namespaces = Api::all(client.clone());
    namespaces.create(&params, &namespace).await.expect("the namespace is new");
    let account: ServiceAccount = serde_json::from_value(made("default")).expect("this is an account");
    // The cluster makes it, too, a moment later or earlier.
    let _ = Api::namespaced(client.clone(), name).create(&params, &account).await;
}

/// Forgets what fills the server's storage when thousands of runs come one after another.
pub(super) async fn clear_events(client: &Client, namespace: &str) {
    let events = Api::<Event>::namespaced(client.clone(), namespace);
    let _ = events.delete_collection(&DeleteParams::default(), &ListParams::default()).await;
}

/// Plays all scenes, each when its time has come.
pub(super) async fn play(
    server: Server,
    (namespace, root): (String, std::path::PathBuf),
    scenes: Vec<Scene>,
) {
    for Scene(when, what) in scenes {
        wait(&server, &namespace, when).await;
        act(&server, (&namespace, &root), what).await;
    }
}

async fn wait(server: &Server, namespace: &str, when: When) {
    let has_come = || match &when {
        When::After(_) => true,
        When::Complete(name) => server.observed.is_complete(namespace, name),
        When::Runs(step) => server.kubelet.runs(namespace, step),
    };
    if let When::After(time) = when {
        sleep(time).await;
    }
    while !has_come() {
        sleep(LOOKS).await;
    }
}

async fn act(server: &Server, (namespace, root): (&str, &Path), what: What) {
    let away = root.with_extension("away");
    match what {
        What::Write(path, text) => write(root, path, text),
        What::Remove(path) => fs::remove_file(root.join(path)).expect("what is to be removed is there"),
        What::Apply(manifest) => apply(&server.client, namespace, &manifest).await,
        What::DeletePipeline(name) => {
            let pipelines = objects(&server.client, namespace, Resource::Pipelines);
            pipelines.delete(name, &DeleteParams::default()).await.expect("the pipeline is there");
        }
        What::Unmount => fs::rename(root, &away).expect("the store can be moved"),
        What::Mount => fs::rename(&away, root).expect("the store can be moved back"),
    }
}

/// Applies a manifest as a person does.
pub(super) async fn apply(client: &Client, namespace: &str, manifest: &Value) {
    let resource = match manifest["kind"].as_str() {
        Some("Pipeline") => Resource::Pipelines,
        Some("Backfill") => Resource::Backfills,
        _ => Resource::ConfigMaps,
    };
    let name = manifest["metadata"]["name"].as_str().unwrap_or_default();
    let params = PatchParams::apply("kubectl").force();
    let applied = objects(client, namespace, resource).patch(name, &params, &Patch::Apply(manifest)).await;
    applied.expect("a manifest of a workload is accepted");
}

fn objects(client: &Client, namespace: &str, resource: Resource) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, &api_resource(resource))
}
