//! The table of cases that all judges of a manifest share: what the rules of the API refuse is refused here, and what
//! they accept is accepted here, but for what is not built yet.

use crate::{good, root, sound};
use authoring::{Setting, parse, pipeline, request};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
struct Table {
    base: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    put: Map<String, Value>,
    /// Changes of an object are for the API server alone to judge.
    before: Option<Value>,
    #[serde(default)]
    faults: Vec<Value>,
}

fn table(name: &str) -> Table {
    let file = root().join("crds/tests/cases").join(name).with_extension("yaml");
    let text = fs::read_to_string(file).expect("a table of cases");
    serde_saphyr::from_str(&text).expect("a table of cases")
}

/// The base with the values of a case put in.
fn object(base: &Value, case: &Case) -> Value {
    let mut object = base.clone();
    for (path, value) in &case.put {
        put(&mut object, path, value);
    }
    object
}

fn put(object: &mut Value, path: &str, value: &Value) {
    let mut place = object;
    let steps = path.replace('[', ".[");
    let mut steps = steps.split('.').peekable();
    while let Some(step) = steps.next() {
        let is_last = steps.peek().is_none();
        if let Some(index) = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            let index: usize = index.parse().expect("an index");
            let list = place.as_array_mut().expect("a list");
            if index == list.len() {
                list.push(json!({}));
            }
            place = &mut list[index];
        } else {
            if !place.is_object() {
                *place = json!({});
            }
            let map = place.as_object_mut().expect("a map");
            if is_last && value.is_null() {
                map.remove(step);
                return;
            }
            place = map.entry(step).or_insert(Value::Null);
        }
    }
    *place = value.clone();
}

/// What is said of an object.
fn said(object: &Value) -> Vec<String> {
    let loaded = parse(Path::new("case.json"), &object.to_string());
    let mut said: Vec<String> = loaded.problems.iter().map(|problem| problem.message.clone()).collect();
    for manifest in &loaded.manifests {
        if let Err(problems) = pipeline(manifest, &Setting::default()) {
            said.extend(problems.into_iter().map(|problem| problem.message));
        }
    }
    for manifest in &loaded.backfills {
        let name = &manifest.backfill.spec.pipeline_ref.name;
        let steps = "    - {name: join, outputs: [joined], command: [x]}\n    - {name: count, outputs: [counts], command: [x]}\n";
        let text = good::SHORTEST.replace("name: shortest", &format!("name: {name}")).replace(
            "  steps:\n",
            &format!("    - {{name: joined, path: j%Y%m%d}}\n    - {{name: counts, path: c%Y%m%d}}\n  steps:\n{steps}"),
        );
        let faults = request(&manifest.backfill, &sound(&text).pipeline).err().unwrap_or_default();
        said.extend(faults.into_iter().map(|fault| fault.message));
    }
    said
}

/// Sound by the rules, which know neither parameters nor which partitions share a path.
const STRICTER: [&str; 3] = [
    "every field of a dataset",
    "a path of ISO weeks with a percent sign",
    "a flag where a parameter may be a directory",
];

#[test]
fn the_rules_of_the_api_and_the_conversion_agree() {
    let mut differences = Vec::new();
    for name in ["pipeline", "dataset", "step", "pod", "backfill"] {
        let table = table(name);
        for case in table.cases.iter().filter(|case| case.before.is_none()) {
            let said = said(&object(&table.base, case));
            let is_built =
                |message: &&String| !message.starts_with("Spark applications are not supported yet");
            let is_refused = if case.faults.is_empty() {
                said.iter().any(|said| is_built(&said))
            } else {
                !said.is_empty()
            };
            let is_unsound = !case.faults.is_empty() || STRICTER.contains(&case.name.as_str());
            if is_refused != is_unsound {
                differences.push(format!("{name}: {}: {said:?}", case.name));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
