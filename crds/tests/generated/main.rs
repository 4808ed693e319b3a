//! The generated files say what the types say; `make generate` writes them anew.

mod editor;

use serde::Serialize;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The same as JSON, with `5` where Kubernetes' types say `5.0` for a bound.
fn with_whole_numbers(value: impl Serialize) -> Value {
    match serde_json::to_value(value).expect("a definition is JSON") {
        Value::Number(number) => match number.to_string().strip_suffix(".0").map(str::parse::<i64>) {
            Some(Ok(whole)) => json!(whole),
            Some(Err(_)) | None => Value::Number(number),
        },
        Value::Array(list) => list.into_iter().map(with_whole_numbers).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, with_whole_numbers(value)));
            Value::Object(fields.collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::String(_)) => other,
    }
}

/// Compares a generated file with what it should be, or writes it where the environment says `UPDATE=1`.
fn check(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated").join(name);
    #[expect(clippy::disallowed_methods, reason = "a test has no arguments")]
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(&path, expected).expect("the generated file can be written");
    }
    let actual = fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} is out of date: run `make generate`", path.display());
}

#[test]
fn the_yaml_of_each_kind_is_up_to_date() {
    for definition in crds::all() {
        let name = definition.metadata.name.clone().expect("a definition has a name");
        let yaml = serde_saphyr::to_string(&with_whole_numbers(definition)).expect("a definition is YAML");
        let head = "# Generated from the types in crds/src by `make generate`.\n";
        check(&format!("{name}.yaml"), &format!("{head}{yaml}"));
    }
}

#[test]
fn the_schema_for_editors_is_up_to_date() {
    let schema =
        serde_json::to_string_pretty(&with_whole_numbers(editor::schema())).expect("a schema is JSON");
    check("pipeline.schema.json", &format!("{schema}\n"));
}

#[test]
fn every_definition_has_a_text() {
    let names: Vec<_> = crds::all().into_iter().filter_map(|definition| definition.metadata.name).collect();
    assert_eq!(names, crds::YAML.map(|(name, _)| name));
}
