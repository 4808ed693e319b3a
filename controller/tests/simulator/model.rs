//! Tests of the model itself, through the client and the watchers that the controller uses.

use std::time::Duration;

use crds::{Partition, Pipeline};
use futures::StreamExt as _;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};
use tower::Layer as _;

use crate::apiserver::cluster::{Author, Cluster};
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::server::Server;
use crate::clock::Clock;
use crate::faults::{CallFault, Course, EventFault, Life, Plan};

fn server() -> Server {
    let server = Server::new(Clock::start());
    let id = Id::new(Resource::Namespaces, "", "data");
    server
        .with(|cluster| cluster.create(&id, json!({}), &Author::process("person")))
        .expect("the namespace is new");
    server
}

fn client(server: &Server) -> Client {
    Client::new(server.reached_by("test"), "data")
}

fn with_plan(server: &Server, plan: Plan) -> Client {
    let life = Life::new(Course::new(plan));
    Client::new(life.layer(server.reached_by("test")), "data")
}

fn partition(name: &str) -> Partition {
    let value = json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition", "metadata": {"name": name, "labels": {"a": "b"}},
        "spec": {"pipelineRef": {"name": "p"}, "key": "2026-01-01"},
    });
    serde_json::from_value(value).expect("this is a partition")
}

fn code<T>(result: Result<T, kube::Error>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(kube::Error::Api(status)) => status.code,
        Err(_) => 0,
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_once() {
    let api: Api<Partition> = Api::default_namespaced(client(&server()));
    let made = api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    assert_eq!(made.metadata.generation, Some(1));
    assert_eq!(code(api.create(&PostParams::default(), &partition("p-1")).await), 409);
    assert_eq!(code(api.get("p-2").await), 404);
    assert_eq!(code(api.create(&PostParams::default(), &partition("P_1")).await), 422);
}

#[tokio::test(start_paused = true)]
async fn status_and_spec_are_written_apart() {
    let api: Api<Partition> = Api::default_namespaced(client(&server()));
    api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    let patch = json!({"spec": {"suspend": true}, "status": {"observedGeneration": 1}});
    let by_status = api.patch_status("p-1", &PatchParams::default(), &Patch::Merge(&patch)).await;
    let by_status = by_status.expect("a status can be patched");
    assert_eq!((by_status.spec.suspend, by_status.metadata.generation), (None, Some(1)));
    let by_main = api.patch("p-1", &PatchParams::default(), &Patch::Merge(&patch)).await;
    let by_main = by_main.expect("a spec can be patched");
    assert_eq!((by_main.spec.suspend, by_main.metadata.generation), (Some(true), Some(2)));
    let again = api.patch("p-1", &PatchParams::default(), &Patch::Merge(&patch)).await;
    assert_eq!(again.expect("a patch may be empty").resource_version(), by_main.resource_version());
}

fn applied(steps: &Value) -> Value {
    json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition", "metadata": {"name": "p-1"},
        "status": {"observedGeneration": 1, "steps": steps},
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_applied_goes() {
    let api: Api<Partition> = Api::default_namespaced(client(&server()));
    api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    let params = PatchParams::apply("daybreak-status").force();
    let step = |name: &str| json!({"name": name, "state": "Waiting", "reason": "NotDue", "message": "m"});
    let both = applied(&json!([step("a"), step("b")]));
    let first = api.patch_status("p-1", &params, &Patch::Apply(&both)).await.expect("it can be applied");
    assert_eq!(first.status.clone().unwrap_or_default().steps.len(), 2);
    let again = api.patch_status("p-1", &params, &Patch::Apply(&both)).await.expect("it can be applied");
    assert_eq!(again.resource_version(), first.resource_version());
    let one = applied(&json!([{"name": "b", "state": "Waiting", "reason": "NotDue"}]));
    let last = api.patch_status("p-1", &params, &Patch::Apply(&one)).await.expect("it can be applied");
    let steps = last.status.unwrap_or_default().steps;
    assert_eq!((steps.len(), steps[0].name.as_str(), steps[0].message.is_none()), (1, "b", true));
}

#[tokio::test(start_paused = true)]
async fn another_managers_word_is_contested_unless_forced() {
    let api: Api<Partition> = Api::default_namespaced(client(&server()));
    api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    let say = |generation: i64| {
        Patch::Apply(json!({
            "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition", "status": {"observedGeneration": generation},
        }))
    };
    let (one, other) = (PatchParams::apply("one"), PatchParams::apply("other"));
    assert_eq!(code(api.patch_status("p-1", &one, &say(1)).await), 200);
    assert_eq!(code(api.patch_status("p-1", &other, &say(2)).await), 409);
    assert_eq!(code(api.patch_status("p-1", &other.force(), &say(2)).await), 200);
    assert_eq!(code(api.patch_status("p-2", &one, &say(1)).await), 404);
}

#[tokio::test(start_paused = true)]
async fn a_replace_needs_the_newest_version() {
    let api: Api<Partition> = Api::default_namespaced(client(&server()));
    let made = api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    let mut newer = made.clone();
    newer.spec.suspend = Some(true);
    assert_eq!(code(api.replace("p-1", &PostParams::default(), &newer).await), 200);
    assert_eq!(code(api.replace("p-1", &PostParams::default(), &newer).await), 409);
    newer.metadata.resource_version = None;
    assert_eq!(code(api.replace("p-1", &PostParams::default(), &newer).await), 422);
}

#[tokio::test(start_paused = true)]
async fn lists_select_and_come_in_pages() {
    let api: Api<Partition> = Api::default_namespaced(client(&server()));
    for name in ["p-1", "p-2", "p-3"] {
        api.create(&PostParams::default(), &partition(name)).await.expect("the name is free");
    }
    let count = |selector: &str| {
        let (api, params) = (api.clone(), ListParams::default().labels(selector));
        async move { api.list(&params).await.expect("a list is given").items.len() }
    };
    assert_eq!(count("a=b").await, 3);
    assert_eq!(count("a in (c, b),!x").await, 3);
    assert_eq!(count("a notin (b)").await, 0);
    assert_eq!(count("a!=b").await, 0);
    let fields = ListParams::default().fields("metadata.name=p-2");
    assert_eq!(api.list(&fields).await.expect("a list is given").items.len(), 1);
    let page = api.list(&ListParams::default().limit(2)).await.expect("a list is given");
    let token = page.metadata.continue_.unwrap_or_default();
    let rest = api.list(&ListParams::default().limit(2).continue_token(&token)).await;
    let rest = rest.expect("a list is given");
    assert_eq!((page.items.len(), rest.items.len()), (2, 1));
    assert!(rest.metadata.continue_.is_none_or(|it| it.is_empty()));
}

async fn names(events: impl futures::Stream<Item = watcher::Result<Event<Partition>>>) -> Vec<String> {
    let events = events.take_until(tokio::time::sleep(Duration::from_mins(10)));
    let text = |event| async move {
        match event {
            Ok(event) => Some(format!("{event}")),
            Err(_) => Some("error".to_owned()),
        }
    };
    events.filter_map(text).collect().await
}

async fn three_changes(server: &Server) {
    let api: Api<Partition> = Api::default_namespaced(client(server));
    tokio::time::sleep(Duration::from_secs(10)).await;
    api.create(&PostParams::default(), &partition("p-2")).await.expect("the name is free");
    tokio::time::sleep(Duration::from_secs(10)).await;
    let patch = json!({"spec": {"suspend": true}});
    api.patch("p-2", &PatchParams::default(), &Patch::Merge(&patch)).await.expect("it can be patched");
    api.delete("p-1", &DeleteParams::background()).await.expect("it can be deleted");
}

async fn watched(config: watcher::Config, plan: Plan) -> Vec<String> {
    let server = server();
    let api: Api<Partition> = Api::default_namespaced(client(&server));
    api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    let api: Api<Partition> = Api::default_namespaced(with_plan(&server, plan));
    let events = watcher(api, config).default_backoff();
    let (names, ()) = tokio::join!(names(events), three_changes(&server));
    names
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_every_change() {
    let expected = ["Init", "InitApply(p-1)", "InitDone", "Apply(p-2)", "Apply(p-2)", "Delete(p-1)"];
    assert_eq!(watched(watcher::Config::default(), Plan::default()).await, expected);
    assert_eq!(watched(watcher::Config::default().streaming_lists(), Plan::default()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_breaks_is_taken_up_again() {
    let watch =
        |fault| watched(watcher::Config::default().streaming_lists(), Plan::default().with_event(2, fault));
    let gone = watch(EventFault::Gone).await;
    assert_eq!(gone[4..8], ["Init", "InitApply(p-1)", "InitApply(p-2)", "InitDone"]);
    let ended = watch(EventFault::End).await;
    assert_eq!(ended[3..], ["Apply(p-2)", "Apply(p-2)", "Delete(p-1)"]);
    let twice = watch(EventFault::Twice).await;
    assert_eq!(twice[3..], ["Apply(p-2)", "Apply(p-2)", "Apply(p-2)", "Delete(p-1)"]);
    let late = watch(EventFault::Coalesce(Duration::from_mins(1))).await;
    assert_eq!(late[3..], ["Apply(p-2)", "Delete(p-1)"]);
    let stalled = watch(EventFault::Stall).await;
    assert_eq!(stalled.last().map(String::as_str), Some("Delete(p-1)"));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_forgotten_is_gone() {
    let server = server();
    let api: Api<Partition> = Api::default_namespaced(client(&server));
    let made = api.create(&PostParams::default(), &partition("p-1")).await.expect("the name is free");
    api.delete("p-1", &DeleteParams::default()).await.expect("it can be deleted");
    server.with(Cluster::compact);
    let version = made.resource_version().unwrap_or_default();
    let events = api.watch(&WatchParams::default(), &version).await.expect("a watch begins");
    let events: Vec<_> = events.collect().await;
    assert!(matches!(&events[..], [Ok(WatchEvent::Error(status))] if status.code == 410), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_broken_call_is_done_or_not_as_planned() {
    for (fault, seen, is_done) in [
        (CallFault::Refuse(422), 422, false),
        (CallFault::Refuse(503), 503, false),
        (CallFault::RefuseAfterCommit(504), 504, true),
        (CallFault::Disconnect, 0, false),
        (CallFault::DisconnectAfterCommit, 0, true),
    ] {
        let server = server();
        let api: Api<Partition> =
            Api::default_namespaced(with_plan(&server, Plan::default().with_call(0, fault)));
        assert_eq!(code(api.create(&PostParams::default(), &partition("p-1")).await), seen, "{fault:?}");
        assert_eq!(api.get("p-1").await.is_ok(), is_done, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_finalizer_holds_what_is_deleted() {
    let api: Api<Pipeline> = Api::default_namespaced(client(&server()));
    let pipeline: Pipeline = serde_json::from_value(json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Pipeline",
        "metadata": {"name": "p", "finalizers": ["daybreak.dev/launches"]},
        "spec": {"every": "1d", "datasets": [], "steps": []},
    }))
    .expect("this is a pipeline");
    api.create(&PostParams::default(), &pipeline).await.expect("the name is free");
    let left = api.delete("p", &DeleteParams::default()).await.expect("it can be deleted").left();
    assert_eq!(left.and_then(|it| it.metadata.generation), Some(2));
    let patch: json_patch::Patch = serde_json::from_value(json!([
        {"op": "test", "path": "/metadata/finalizers/0", "value": "daybreak.dev/launches"},
        {"op": "remove", "path": "/metadata/finalizers/0"},
    ]))
    .expect("this is a patch");
    let wrong: json_patch::Patch =
        serde_json::from_value(json!([{"op": "test", "path": "/metadata/name", "value": "q"}]))
            .expect("a patch");
    assert_eq!(code(api.patch("p", &PatchParams::default(), &Patch::Json::<()>(wrong)).await), 422);
    api.patch("p", &PatchParams::default(), &Patch::Json::<()>(patch)).await.expect("it can be patched");
    assert_eq!(code(api.get("p").await), 404);
}

#[tokio::test(start_paused = true)]
async fn a_job_gets_its_defaults_and_keeps_its_template() {
    let server = server();
    let api: Api<Job> = Api::default_namespaced(client(&server));
    let job: Job = serde_json::from_value(json!({
        "metadata": {"name": "j"}, "spec": {"template": {"spec": {"containers": [{"name": "step"}]}}},
    }))
    .expect("this is a job");
    let made = api.create(&PostParams::default(), &job).await.expect("the name is free");
    assert_eq!(made.spec.as_ref().and_then(|it| it.completions), Some(1));
    let patch = json!({"spec": {"template": {"spec": {"restartPolicy": "Never"}}}});
    assert_eq!(code(api.patch("j", &PatchParams::default(), &Patch::Merge(&patch)).await), 422);
    let pods: Api<Pod> = Api::default_namespaced(client(&server));
    assert_eq!(pods.list_metadata(&ListParams::default()).await.expect("a list is given").items.len(), 0);
}
