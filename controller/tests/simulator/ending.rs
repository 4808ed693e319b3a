//! How a world stands: its files and what its objects tell, without anything that depends on the time.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::apiserver::cluster::Cluster;
use crate::apiserver::resource::{Id, Resource};

/// The kinds whose objects tell something.
const TOLD: [Resource; 3] = [Resource::Pipelines, Resource::Partitions, Resource::Backfills];

/// How a world stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// The files of the store, without Daybreak's own.
    pub(crate) files: BTreeMap<String, String>,
    /// What is left in staging; an empty folder may serve the next launch.
    pub(crate) staged: BTreeSet<String>,
    /// What each of our objects tells.
    pub(crate) objects: BTreeMap<Id, Value>,
}

impl End {
    pub(crate) fn of(cluster: &Cluster, root: &Path) -> Self {
        let all = TOLD.iter().flat_map(|resource| cluster.list(*resource, None));
        Self::of_objects(all.map(|(id, object)| (id.clone(), &object.value)), root)
    }

    /// The same of objects from wherever they are; others than ours don't count.
    pub(crate) fn of_objects<'a>(objects: impl Iterator<Item = (Id, &'a Value)>, root: &Path) -> Self {
        let mut end = Self::default();
        walk(root, root, &mut end);
        let ours = objects.filter(|(id, _)| TOLD.contains(&id.resource));
        end.objects.extend(ours.map(|(id, object)| (id, essence(object))));
        end
    }

    /// The same without the numbers of attempts.
    pub(crate) fn without_attempts(mut self) -> Self {
        for object in self.objects.values_mut() {
            let steps = object["steps"].as_object_mut().into_iter().flatten();
            steps.for_each(|(_, step)| step[2] = Value::Null);
        }
        self
    }

    pub(crate) fn status(&self, resource: Resource, name: &str) -> Option<&Value> {
        self.objects.iter().find(|(id, _)| id.resource == resource && id.name == name).map(|(_, it)| it)
    }

    /// In what it differs from another, for people.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let mut lines = Vec::new();
        if self.files != other.files {
            lines.push(format!("files {:?}, not {:?}", self.files, other.files));
        }
        if self.staged != other.staged {
            lines.push(format!("staged {:?}, not {:?}", self.staged, other.staged));
        }
        for id in self.objects.keys().chain(other.objects.keys()).collect::<BTreeSet<_>>() {
            let (mine, theirs) = (self.objects.get(id), other.objects.get(id));
            if mine != theirs {
                let text = |it: Option<&Value>| it.map_or_else(|| "nothing".to_owned(), Value::to_string);
                lines.push(format!("{id} {}, not {}", text(mine), text(theirs)));
            }
        }
        lines.join("; ")
    }
}

/// The files of the archive below a store's root.
pub(crate) fn archive(root: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![root.join(".daybreak/archive")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root.join(".daybreak/archive")).unwrap_or(&path);
                files.insert(name.to_string_lossy().into_owned());
            }
        }
    }
    files
}

fn walk(root: &Path, folder: &Path, end: &mut End) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if path.is_dir() {
            walk(root, &path, end);
        } else if name.starts_with(".daybreak/staging/") {
            end.staged.insert(name);
        } else if !name.starts_with(".daybreak/") {
            end.files.insert(name, fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

/// Conditions by type, counts, steps with their reasons and attempts: all but times and sentences.
fn essence(object: &Value) -> Value {
    let status = &object["status"];
    let list = |field: &str| status[field].as_array().into_iter().flatten();
    let conditions: BTreeMap<_, _> = list("conditions")
        .map(|it| (it["type"].as_str().unwrap_or_default(), json!([it["status"], it["reason"]])))
        .collect();
    let steps: BTreeMap<_, _> = list("steps")
        .map(|it| {
            (it["name"].as_str().unwrap_or_default(), json!([it["state"], it["reason"], it["attempts"]]))
        })
        .collect();
    let has_seen = status["observedGeneration"] == object["metadata"]["generation"];
    json!({
        "conditions": conditions, "steps": steps, "hasSeenSpec": has_seen, "partitions": status["partitions"],
        "completeThrough": status["completeThrough"], "completeRanges": status["completeRanges"],
    })
}
