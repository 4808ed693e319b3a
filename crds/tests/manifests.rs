//! The examples that people copy are manifests, and the schema for editors knows what they write.

use crds::Pipeline;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The manifests of the examples.
fn examples() -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines");
    let folders = fs::read_dir(folder)
        .expect("the examples are a folder")
        .map(|entry| entry.expect("it can be listed"));
    let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten();
    let paths = files.map(|file| file.expect("it can be listed").path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("an example is text");
            let manifest: Result<_, String> =
                serde_saphyr::from_str(&text).map_err(|error| format!("{}: {error}", path.display()));
            (path, manifest.expect("an example is YAML"))
        })
        .collect()
}

fn editor() -> jsonschema::Validator {
    let schema = serde_json::from_str(crds::EDITOR_SCHEMA).expect("the schema for editors is JSON");
    jsonschema::draft7::new(&schema).expect("the schema for editors is one")
}

#[test]
fn every_example_is_a_pipeline() {
    let examples = examples();
    assert!(!examples.is_empty());
    for (path, manifest) in examples {
        let pipeline: Result<Pipeline, _> = serde_json::from_value(manifest.clone());
        let pipeline = pipeline.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let again = serde_json::to_value(pipeline).expect("a pipeline is JSON");
        assert_eq!(again["spec"], manifest["spec"], "{} loses a field", path.display());
    }
}

#[test]
fn the_schema_for_editors_takes_every_example() {
    let editor = editor();
    for (path, manifest) in examples() {
        let faults: Vec<_> = editor.iter_errors(&manifest).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", path.display());
    }
}

#[test]
fn the_schema_for_editors_takes_short_forms_and_no_unknown_fields() {
    let editor = editor();
    let with = |path: &str, value: Value| {
        let mut manifest = json!({
            "apiVersion": "daybreak.dev/v1alpha1",
            "kind": "Pipeline",
            "metadata": {"name": "impressions"},
            "spec": {
                "every": "1h",
                "store": "warehouse",
                "datasets": [{"name": "joined", "path": "joined_%Y%m%d-%H"}],
                "steps": [{"name": "join", "inputs": ["impressions"], "outputs": ["joined"], "command": ["join"]}],
            },
        });
        let place = manifest.pointer_mut(path).expect("the manifest has this field");
        *place = value;
        manifest
    };
    assert!(editor.is_valid(&with("/spec/every", json!("1d"))));
    assert!(editor.is_valid(&with("/spec/steps/0/inputs", json!(["a", {"dataset": "b", "offset": -1}]))));
    assert!(!editor.is_valid(&with("/spec/steps/0/inputs", json!(["Not a name"]))));
    assert!(!editor.is_valid(&with("/spec/steps/0/inputs", json!([{"dataset": "b", "ofset": -1}]))));
    assert!(
        !editor.is_valid(&with("/spec/datasets/0", json!({"name": "a", "path": "b", "retention": "1d"})))
    );
    assert!(!editor.is_valid(&with("/kind", json!("Pipelines"))));
}
