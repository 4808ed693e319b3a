//! The model beside the real thing: one script of calls, put to both, must get the same answers.

use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::apiserver::cluster::Author;
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::server::Server;
use crate::clock::Clock;
use crate::testbed::Testbed;

const PARTITIONS: &str = "/apis/daybreak.dev/v1alpha1/namespaces/data/partitions";
const JOBS: &str = "/apis/batch/v1/namespaces/data/jobs";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/data/leases";
/// A watch of a second that begins with what there is.
const WATCH: &str = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1";
const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const PATCH: &str = "application/json-patch+json";
const JSON: &str = "application/json";

/// One call: method, path, type of content, body.
type Line = (&'static str, String, &'static str, Value);

fn partition(name: &str) -> Value {
    json!({
        "apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition",
        "metadata": {"name": name, "labels": {"a": "b"}},
        "spec": {"pipelineRef": {"name": "p"}, "key": "2026-01-01"},
        "status": {"observedGeneration": 7},
    })
}

fn status(manager: &str, status: &Value) -> Line {
    let path = format!("{PARTITIONS}/p-1/status?fieldManager={manager}");
    let body = json!({"apiVersion": "daybreak.dev/v1alpha1", "kind": "Partition", "status": status});
    ("PATCH", path, APPLY, body)
}

fn step(name: &str, message: &str) -> Value {
    json!({"name": name, "state": "Waiting", "reason": "NotDue", "message": message})
}

fn condition(value: &str) -> Value {
    json!([{
        "type": "Complete", "status": value, "reason": "InProgress", "message": "m",
        "lastTransitionTime": "2026-01-05T12:00:00Z",
    }])
}

/// What is asked of custom objects: create, update, patch, apply, delete, each also where it is refused.
fn objects() -> Vec<Line> {
    let at = |name: &str| format!("{PARTITIONS}/{name}");
    let suspend = json!({"spec": {"suspend": true}, "status": {"observedGeneration": 9}});
    let both = json!({"observedGeneration": 1, "conditions": condition("False"), "steps": [step("a", "m"), step("b", "m")]});
    vec![
        ("POST", PARTITIONS.to_owned(), JSON, partition("p-1")),
        ("POST", PARTITIONS.to_owned(), JSON, partition("p-1")),
        ("POST", PARTITIONS.to_owned(), JSON, partition("P_1")),
        ("POST", PARTITIONS.replace("data", "none"), JSON, partition("p-1")),
        ("GET", at("p-2"), JSON, Value::Null),
        ("PATCH", at("p-1"), MERGE, suspend.clone()),
        ("PATCH", at("p-1"), MERGE, suspend.clone()),
        ("PATCH", at("p-1/status"), MERGE, suspend),
        (
            "PATCH",
            at("p-1"),
            MERGE,
            json!({"metadata": {"resourceVersion": "1"}, "spec": {"suspend": false}}),
        ),
        ("PATCH", at("p-1"), MERGE, json!({"metadata": {"uid": "another"}, "spec": {"suspend": false}})),
        ("PATCH", at("p-1"), MERGE, json!({"metadata": {"labels": {"a": null, "c": "d"}}})),
        ("PUT", at("p-1"), JSON, partition("p-1")),
        status("one", &both),
        status("one", &both),
        status(
            "one",
            &json!({"observedGeneration": 1, "conditions": condition("True"), "steps": [step("b", "m")]}),
        ),
        status("other", &json!({"observedGeneration": 2})),
        status("other&force=true", &json!({"observedGeneration": 2})),
        status("other", &json!({"observedGeneration": 2, "steps": [step("c", "m")]})),
        status("one&force=true", &json!({"steps": [step("b", "n")]})),
        status("other", &json!({})),
        ("PATCH", at("p-9/status?fieldManager=one"), APPLY, partition("p-9")),
        ("PATCH", at("p-9?fieldManager=one"), APPLY, partition("p-9")),
        ("PATCH", at("p-1"), PATCH, json!([{"op": "test", "path": "/metadata/name", "value": "q"}])),
        (
            "PATCH",
            at("p-1"),
            PATCH,
            json!([{"op": "add", "path": "/metadata/finalizers", "value": ["a.dev/b"]}]),
        ),
        ("DELETE", at("p-1"), JSON, json!({"preconditions": {"uid": "another"}})),
        ("DELETE", at("p-1"), JSON, json!({"propagationPolicy": "Background"})),
        ("DELETE", at("p-1"), JSON, json!({"propagationPolicy": "Background"})),
        ("PATCH", at("p-1"), PATCH, json!([{"op": "remove", "path": "/metadata/finalizers"}])),
        ("GET", at("p-1"), JSON, Value::Null),
        ("DELETE", at("p-1"), JSON, Value::Null),
        ("POST", PARTITIONS.to_owned(), JSON, partition("p-3")),
        ("POST", PARTITIONS.to_owned(), JSON, partition("p-4")),
        ("GET", format!("{PARTITIONS}?{WATCH}"), JSON, Value::Null),
        ("GET", format!("{PARTITIONS}?labelSelector=a%20in%20(b,c),!x"), JSON, Value::Null),
        ("GET", format!("{PARTITIONS}?labelSelector=a!%3Db"), JSON, Value::Null),
        ("GET", format!("{PARTITIONS}?fieldSelector=metadata.name%3Dp-4"), JSON, Value::Null),
        ("GET", format!("{PARTITIONS}?fieldSelector=spec.key%3D2026-01-01"), JSON, Value::Null),
        ("DELETE", format!("{PARTITIONS}?labelSelector=a%3Db"), JSON, Value::Null),
        ("GET", PARTITIONS.to_owned(), JSON, Value::Null),
    ]
}

/// What is asked of built-in kinds: Jobs, and a lease.
fn built_in() -> Vec<Line> {
    let container = json!({"name": "step", "image": "example.com/tool:1", "command": ["make"]});
    let spec = json!({
        "backoffLimit": 0, "suspend": true,
        "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
    });
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j-1"}, "spec": spec});
    let lease = |holder: &str| {
        json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
            "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15},
        })
    };
    let image = json!({"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}});
    vec![
        ("POST", JOBS.to_owned(), JSON, job.clone()),
        ("POST", JOBS.to_owned(), JSON, job),
        ("PATCH", format!("{JOBS}/j-1"), MERGE, json!({"spec": {"ttlSecondsAfterFinished": 60}})),
        ("PATCH", format!("{JOBS}/j-1"), MERGE, image),
        ("PATCH", format!("{JOBS}/j-1"), MERGE, json!({"metadata": {"uid": "another"}})),
        ("DELETE", format!("{JOBS}/j-1"), JSON, json!({"propagationPolicy": "Background"})),
        ("GET", format!("{JOBS}/j-1"), JSON, Value::Null),
        ("POST", LEASES.to_owned(), JSON, lease("one")),
        ("PUT", format!("{LEASES}/l"), JSON, lease("two")),
        ("PUT", format!("{LEASES}/m"), JSON, lease("two")),
        ("GET", format!("{LEASES}/l"), JSON, Value::Null),
    ]
}

/// An answer, without what must differ.
async fn answer(client: &Client, (method, path, content, body): &Line) -> (StatusCode, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(*method).uri(path).header(header::CONTENT_TYPE, *content);
    let response = client.send(request.body(Body::from(body)).expect("this is a request")).await;
    let (parts, body) = response.expect("the server answers").into_parts();
    let text = body.collect().await.expect("the answer is whole").to_bytes();
    // A watch is a line for each event.
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut value = Value::Array(lines.collect());
    strip(&mut value);
    (parts.status, value)
}

/// Takes out what is of one server alone, and of a refusal all but its reason.
fn strip(value: &mut Value) {
    if value["kind"] == "Status" {
        *value = json!({"reason": value["reason"]});
        return;
    }
    let Some(fields) = value.as_object_mut() else {
        value.as_array_mut().into_iter().flatten().for_each(strip);
        return;
    };
    for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "deletionTimestamp"] {
        fields.remove(field);
    }
    fields.retain(|name, _| !name.contains("controller-uid") && name != "continue");
    fields.values_mut().for_each(strip);
}

/// Whether everything that the model says is said by the real one, too. Of built-in kinds the real one says more.
fn says_at_least(real: &Value, model: &Value) -> bool {
    match (real, model) {
        (Value::Object(real), Value::Object(model)) => {
            model.iter().all(|(name, it)| real.get(name).is_some_and(|real| says_at_least(real, it)))
        }
        (Value::Array(real), Value::Array(model)) => {
            real.len() == model.len() && real.iter().zip(model).all(|(real, it)| says_at_least(real, it))
        }
        (real, model) => real == model,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_answers_as_a_real_server_does() {
    let testbed = Testbed::start();
    let real = testbed.client().await;
    let server = Server::new(Clock::start());
    let model = Client::new(server.reached_by("test"), "data");
    let namespace = Id::new(Resource::Namespaces, "", "data");
    let made = server.with(|cluster| cluster.create(&namespace, json!({}), &Author::process("person")));
    made.expect("the namespace is new");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "data"}});
    answer(&real, &("POST", "/api/v1/namespaces".to_owned(), JSON, namespace)).await;
    let mut differences = Vec::new();
    for line in objects().iter().chain(&built_in()) {
        let (theirs, ours) = (answer(&real, line).await, answer(&model, line).await);
        let is_same = if line.1.starts_with(PARTITIONS) {
            theirs == ours
        } else {
            theirs.0 == ours.0 && says_at_least(&theirs.1, &ours.1)
        };
        if !is_same {
            differences
                .push(format!("{} {} {}\n  real  {theirs:?}\n  model {ours:?}", line.0, line.1, line.3));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
