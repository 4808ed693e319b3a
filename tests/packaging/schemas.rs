//! What the charts render is what Kubernetes and the Prometheus operator read, by their own schemas.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{RESOURCES, SETS, documents, must, read, rendered, root, run, template, tool};

/// Where the operator's definitions come from.
const OPERATOR: &str = "github.com/prometheus-operator/prometheus-operator@v0.85.0";

/// What of it the chart can render.
pub(crate) const OPERATED: [&str; 2] = ["servicemonitors", "prometheusrules"];

/// The folder of a Go module.
fn module(subcommand: &[&str], name: &str) -> PathBuf {
    let mut go = Command::new("go");
    go.args(subcommand).arg("-json").arg(name).current_dir(root().join("tests/testbed"));
    let module: Value = serde_json::from_str(&run(go).expect("Go knows the module")).expect("it is JSON");
    PathBuf::from(module["Dir"].as_str().expect("it is downloaded"))
}

/// The file with the definition of a custom resource of the operator.
pub(crate) fn operator(resource: &str) -> PathBuf {
    let folder = module(&["mod", "download"], OPERATOR).join("example/prometheus-operator-crd");
    folder.join(format!("monitoring.coreos.com_{resource}.yaml"))
}

/// Makes a schema strict: a field that it does not name is a fault. And what Kubernetes says by a format, it says by types.
fn tighten(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_closed = fields.get("properties").is_some_and(Value::is_object)
                && !fields.contains_key("additionalProperties");
            let is_open = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
            if is_closed && !is_open {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            if fields.get("format") == Some(&json!("int-or-string")) {
                fields.insert("type".to_owned(), json!(["string", "integer"]));
            }
            fields.values_mut().for_each(tighten);
        }
        Value::Array(list) => list.iter_mut().for_each(tighten),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Writes the schema of one kind, where kubeconform looks for it.
fn write(folder: &Path, kind: &str, version: &str, schema: &Value) {
    let name = format!("{}-{version}.json", kind.to_lowercase());
    fs::write(folder.join(name), schema.to_string()).expect("the folder is ours");
}

/// Writes the schemas of all kinds of Kubernetes.
fn write_kubernetes(folder: &Path) {
    let swagger = module(&["list", "-m"], "k8s.io/kubernetes").join("api/openapi-spec/swagger.json");
    let swagger = fs::read_to_string(swagger).expect("Kubernetes publishes its schemas");
    let mut swagger: Value = serde_json::from_str(&swagger).expect("they are JSON");
    let mut definitions = swagger["definitions"].take();
    tighten(&mut definitions);
    // A quantity may be written as a number.
    definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = json!({"type": ["string", "number"]});
    fs::write(folder.join("kubernetes.json"), json!({"definitions": definitions}).to_string())
        .expect("it is ours");
    for (name, definition) in definitions.as_object().into_iter().flatten() {
        for kind in definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten() {
            let [kind, version] = [&kind["kind"], &kind["version"]].map(|it| it.as_str().unwrap_or_default());
            write(folder, kind, version, &json!({"$ref": format!("kubernetes.json#/definitions/{name}")}));
        }
    }
}

/// Writes the schema of a custom resource.
fn write_custom(folder: &Path, definition: &str) {
    let definition = &documents(definition)[0]["spec"];
    let version = &definition["versions"][0];
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    tighten(&mut schema);
    schema["properties"]["metadata"] = json!({"type": "object"});
    let [kind, version] =
        [&definition["names"]["kind"], &version["name"]].map(|it| it.as_str().unwrap_or_default());
    write(folder, kind, version, &schema);
}

fn schemas() -> TempDir {
    let folder = TempDir::new().expect("there is room for temporary files");
    write_kubernetes(folder.path());
    for resource in OPERATED {
        let definition =
            fs::read_to_string(operator(resource)).expect("the operator publishes its definitions");
        write_custom(folder.path(), &definition);
    }
    for name in RESOURCES {
        write_custom(folder.path(), &read(&format!("crds/generated/{name}.yaml")));
    }
    folder
}

/// What kubeconform says of a text.
fn conform(schemas: &TempDir, text: &str) -> Result<String, String> {
    let file = schemas.path().join("objects.yaml");
    fs::write(&file, text).expect("the folder is ours");
    let mut kubeconform = tool("kubeconform");
    kubeconform.args(["-strict", "-summary", "-schema-location"]);
    kubeconform.arg(schemas.path().join("{{ .ResourceKind }}-{{ .ResourceAPIVersion }}.json")).arg(file);
    run(kubeconform)
}

#[test]
fn every_object_is_what_its_schema_says() {
    let schemas = schemas();
    let mut texts: Vec<_> = SETS.map(|set| (set, rendered(set))).into();
    texts.push(("crds", template("charts/daybreak-crds", &[]).expect("the chart renders")));
    for (name, text) in texts {
        let said = must(name, conform(&schemas, &text));
        let all = format!("{} resources found", documents(&text).len());
        assert!(said.contains(&all) && said.contains("Skipped: 0"), "{name}: {said}");
    }
}

#[test]
fn an_object_with_an_unknown_field_is_told_of() {
    let text = rendered("minimal").replace("terminationGracePeriodSeconds", "terminationGracePeriod");
    let said = conform(&schemas(), &text).expect_err("a pod has no such field");
    assert!(said.contains("terminationGracePeriod"), "{said}");
}
