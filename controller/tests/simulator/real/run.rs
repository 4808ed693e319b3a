//! One run on a real server: a namespace and a store of its own, a controller, faults by plan, until it has ended.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use daybreak::cluster::Configuration;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::observed::Counts;
use super::reach::reach;
use super::server::Server;
use super::{clock, people};
use crate::ending::End;
use crate::faults::{Course, Kinds, Plan};
use crate::serve::{Post, serve};
use crate::workloads::Workload;

/// How long a controller that has crashed is away.
const RESTART: Duration = Duration::from_secs(1);

/// How long a controller waits for an answer: an answer that never comes is not to take longer than the rest of a run.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

/// How long a run may take, with as many beside it as there are.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often it is looked whether it has ended.
const LOOKS: Duration = Duration::from_millis(200);

/// How long it must then stay as it is.
const CALM: Duration = Duration::from_secs(1);

/// What came of a run.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) wrong: Vec<String>,
    pub(super) counts: Counts,
    pub(super) kinds: Kinds,
    pub(super) has_met_all: bool,
    pub(super) took: Duration,
}

/// Makes a run, which is to end like this.
pub(super) async fn run(
    server: &Server,
    (workload, namespace): (&Workload, &str),
    plan: Plan,
    wanted: &End,
) -> Finding {
    let begin = Instant::now();
    let folder = crate::run::folder();
    let root = folder.path().join("store");
    begin_world(server, (workload, namespace), &root).await;
    let course = Course::new(plan);
    let mut tasks = JoinSet::new();
    let reached = reach(server.client.clone(), server.kubelet.clone());
    tasks.spawn(serve(reached, course.clone(), post(namespace, &root)));
    let place = (namespace.to_owned(), root.clone());
    let people = tokio::spawn(people::play(server.clone(), place, workload.scenes.clone()));
    let stands = || server.observed.end(namespace, &root);
    let is_there = || people.is_finished() && server.observed.is_idle(namespace) && stands() == *wanted;
    while !is_there() && begin.elapsed() < PATIENCE {
        sleep(LOOKS).await;
    }
    let (took, kinds) = (begin.elapsed(), course.kinds());
    sleep(CALM).await;
    let mut wrong = server.kubelet.wrong(namespace);
    if !is_there() {
        let difference = stands().difference(wanted);
        let what = "it does not come to its end, or does not stay there";
        wrong.push(format!("after {took:.0?} {what}: {difference}"));
    }
    tasks.shutdown().await;
    people.abort();
    let counts = server.observed.counts(namespace);
    people::clear_events(&server.client, namespace).await;
    Finding { wrong, counts, kinds, has_met_all: course.has_met_all(), took }
}

/// Makes what is there at the beginning.
async fn begin_world(server: &Server, (workload, namespace): (&Workload, &str), root: &Path) {
    std::fs::create_dir_all(root).expect("the store's folder can be made");
    for (path, text) in &workload.files {
        crate::people::write(root, path, text);
    }
    people::make_namespace(&server.client, namespace).await;
    server.kubelet.take_on(namespace, workload.fates.clone());
    for manifest in &workload.manifests {
        people::apply(&server.client, namespace, manifest).await;
    }
}

fn post(namespace: &str, root: &Path) -> Post {
    let text = json!({
        "namespace": namespace,
        "stores": {"warehouse": {"directory": root}},
        "steps": {"grace": "1s", "lostAfter": "30m", "keepFinishedJobs": "1s"},
    });
    let configuration = Configuration::parse(&text.to_string()).expect("the configuration is sound");
    Post { configuration, clock: Arc::new(clock::now), patience: ANSWER_PATIENCE, restart: RESTART }
}
