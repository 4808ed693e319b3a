//! People: what they do, and what they wait for before they do it.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use crate::apiserver::cluster::{Author, Cluster};
use crate::apiserver::delete::Deletion;
use crate::apiserver::ownership::{Operation, Writer};
use crate::apiserver::resource::{Id, Resource};
use crate::apiserver::server::Server;
use crate::apiserver::write::Part;
use crate::node::Node;
use crate::promises::Referee;

/// The namespace in which everything happens.
pub(crate) const NAMESPACE: &str = "data";

/// What a person waits for.
#[derive(Clone, Debug)]
pub(crate) enum When {
    /// So long after the scene before.
    After(Duration),
    /// The partition of this name is complete.
    Complete(&'static str),
    /// A process of this step runs.
    Runs(&'static str),
}

/// What a person does.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Write(&'static str, &'static str),
    Remove(&'static str),
    /// Applies a manifest, as `kubectl apply --server-side` does.
    Apply(Value),
    /// Deletes the pipeline of this name.
    DeletePipeline(&'static str),
    /// The store can't be reached any more.
    Unmount,
    /// The store can be reached again.
    Mount,
}

/// One thing that somebody does.
#[derive(Clone, Debug)]
pub(crate) struct Scene(pub(crate) When, pub(crate) What);

/// Those who act.
#[derive(Debug)]
pub(crate) struct People {
    server: Server,
    root: PathBuf,
    scenes: VecDeque<Scene>,
    /// When the last scene was played.
    since: Instant,
    referee: Arc<Mutex<Referee>>,
}

impl People {
    pub(crate) fn new(
        server: Server,
        (root, scenes): (&Path, Vec<Scene>),
        referee: Arc<Mutex<Referee>>,
    ) -> Self {
        Self { server, root: root.to_owned(), scenes: scenes.into(), since: Instant::now(), referee }
    }

    pub(crate) fn have_done(&self) -> bool {
        self.scenes.is_empty()
    }

    /// Plays the scenes whose time has come; says when to look again.
    pub(crate) fn advance(&mut self, node: &Node) -> Option<Instant> {
        while let Some(Scene(when, _)) = self.scenes.front() {
            if !self.has_come(when, node) {
                return match when {
                    When::After(time) => Some(self.since + *time),
                    When::Complete(_) | When::Runs(_) => None,
                };
            }
            if let Some(Scene(_, what)) = self.scenes.pop_front() {
                self.play(what);
                self.since = Instant::now();
            }
        }
        None
    }

    fn has_come(&self, when: &When, node: &Node) -> bool {
        match when {
            When::After(time) => self.since.elapsed() >= *time,
            When::Complete(name) => {
                let id = Id::new(Resource::Partitions, NAMESPACE, name);
                self.server.cluster().get(&id).is_ok_and(|it| it.condition("Complete") == "True")
            }
            When::Runs(step) => node.processes().any(|process| process.key.step == *step),
        }
    }

    fn play(&self, what: What) {
        let away = self.root.with_extension("away");
        match what {
            What::Write(path, text) => write(&self.root, path, text),
            What::Remove(path) => {
                self.judge(|referee| referee.removes(path));
                fs::remove_file(self.root.join(path)).expect("what is to be removed is there");
            }
            What::Apply(value) => self.server.with(|cluster| apply(cluster, value)),
            What::DeletePipeline(name) => {
                let id = Id::new(Resource::Pipelines, NAMESPACE, name);
                let how = Deletion::default();
                let deleted = self.server.with(|cluster| cluster.delete(&id, &how, &person()));
                deleted.expect("the pipeline is there");
            }
            What::Unmount => {
                self.judge(|referee| referee.away_since = Some(Instant::now()));
                fs::rename(&self.root, &away).expect("the store can be moved");
            }
            What::Mount => {
                fs::rename(&away, &self.root).expect("the store can be moved back");
                self.judge(|referee| referee.away_since = None);
            }
        }
    }

    fn judge(&self, tell: impl FnOnce(&mut Referee)) {
        tell(&mut self.referee.lock().expect("nobody panics while holding the referee"));
    }
}

/// Writes a file that was there long before, in folders that were.
pub(crate) fn write_old(root: &Path, (path, text): (&str, &str), at: SystemTime) {
    write(root, path, text);
    for path in Path::new(path).ancestors().filter(|it| !it.as_os_str().is_empty()) {
        let file = fs::File::open(root.join(path)).expect("it was written");
        file.set_modified(at).expect("its time can be set");
    }
}

/// Writes a file of a store, all at once.
pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    let folder = path.parent().expect("a file has a folder");
    fs::create_dir_all(folder).expect("a folder can be made");
    fs::write(&path, text).expect("a file can be written");
}

/// Applies a manifest as a person.
pub(crate) fn apply(cluster: &mut Cluster, value: Value) {
    let resource = match value["kind"].as_str() {
        Some("Pipeline") => Resource::Pipelines,
        Some("Backfill") => Resource::Backfills,
        _ => Resource::ConfigMaps,
    };
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let id = Id::new(resource, NAMESPACE, &name);
    let writer =
        Writer { manager: "kubectl".to_owned(), operation: Operation::Apply, subresource: String::new() };
    let author = Author { writer, ..person() };
    cluster.apply(&id, (Part::Main, value, true), &author).expect("a manifest of a workload is accepted");
}

fn person() -> Author {
    Author::process("person")
}
