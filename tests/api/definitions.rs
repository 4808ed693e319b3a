//! The definitions as people meet them: every field explains itself, lists show columns, the examples are taken.

use std::fs;

use serde_json::{Value, json};
use tests::Sandbox;

use crate::objects::text;
use crate::root;

/// The columns that a list of each kind shows.
const COLUMNS: [(&str, &str); 3] = [
    (
        "pipelines",
        "NAME EVERY READY CAUGHT UP DUE COMPLETE RUNNING FAILED COMPLETE THROUGH AGE NEXT DUE MESSAGE",
    ),
    ("partitions", "NAME PIPELINE KEY COMPLETE REASON LATE AGE MESSAGE"),
    ("backfills", "NAME PIPELINE FROM TO RERUN FINISHED DUE COMPLETE FAILED AGE MESSAGE"),
];

#[test]
fn kubectl_explains_every_field() {
    let sandbox = Sandbox::control_plane();
    // This is the document that `kubectl explain` reads.
    let document = sandbox.kubectl(&["get", "--raw", "/openapi/v3/apis/daybreak.dev/v1alpha1"]);
    let document: Value = serde_json::from_str(&document).expect("the server speaks JSON");
    let mut fields = Vec::new();
    for kind in ["Pipeline", "Partition", "Backfill"] {
        let schema = &document["components"]["schemas"][format!("dev.daybreak.v1alpha1.{kind}")];
        walk(schema, kind, &mut fields);
    }
    let silent: Vec<_> = fields.iter().filter(|(_, text)| text.is_empty()).map(|(path, _)| path).collect();
    assert!(fields.len() > 200, "{} fields", fields.len());
    assert!(silent.is_empty(), "{silent:?}");
    let explained = sandbox.kubectl(&["explain", "pipelines.spec.steps.inputs.offset"]);
    assert!(explained.contains("FIELD: offset <integer>") && explained.contains("-1"), "{explained}");
}

/// The fields below a schema, each with what it says about itself.
fn walk(schema: &Value, path: &str, fields: &mut Vec<(String, String)>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        fields.push((path.clone(), text(field, "/description").trim().to_owned()));
        walk(field, &path, fields);
        walk(&field["items"], &path, fields);
        walk(&field["additionalProperties"], &path, fields);
    }
}

#[test]
fn a_list_shows_what_a_person_asks_first() {
    let sandbox = Sandbox::control_plane();
    sandbox.kubectl(&["apply", "--filename", "pipelines/impressions/pipeline.yaml"]);
    for (kind, spec) in [
        ("Partition", json!({"pipelineRef": {"name": "impressions"}, "key": "2026-01-05T07"})),
        ("Backfill", json!({"pipelineRef": {"name": "impressions"}, "from": "2026-01", "to": "2026-01"})),
    ] {
        let (version, metadata) = ("daybreak.dev/v1alpha1", json!({"name": "january"}));
        sandbox.apply(&json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}));
    }
    for (kind, columns) in COLUMNS {
        let listed = sandbox.kubectl(&["get", kind, "--output", "wide"]);
        let shown: Vec<_> = listed.lines().next().unwrap_or_default().split_whitespace().collect();
        assert_eq!(shown.join(" "), columns, "{listed}");
    }
}

#[test]
fn the_examples_pass_a_dry_run_of_the_server() {
    let sandbox = Sandbox::control_plane();
    let folders = fs::read_dir(root().join("pipelines")).expect("the examples are there");
    let files = folders.flatten().filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
    let manifests: Vec<_> =
        files.map(|it| it.path()).filter(|it| it.extension().is_some_and(|end| end == "yaml")).collect();
    assert!(manifests.len() >= 3, "{manifests:?}");
    for manifest in manifests {
        let manifest = manifest.to_string_lossy();
        let said =
            sandbox.kubectl(&["apply", "--dry-run=server", "--validate=strict", "--filename", &manifest]);
        assert!(said.contains("created (server dry run)"), "{said}");
    }
}
