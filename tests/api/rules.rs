//! The API server accepts and refuses each manifest of the table as the rules, judged without one, do.

use serde_json::{Value, json};
use tests::Sandbox;

use crate::objects::text;
use crate::table::{self, Case, Fault, Table};

#[test]
fn the_api_server_finds_in_each_manifest_of_the_table_the_faults_it_says() {
    let sandbox = Sandbox::control_plane();
    let tables = table::read();
    let count: usize = tables.iter().map(|table| table.cases.len()).sum();
    let wrong: Vec<_> = tables.iter().flat_map(|table| disagreements(&sandbox, table)).collect();
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The cases of a table that the server judges otherwise than they say.
fn disagreements(sandbox: &Sandbox, table: &Table) -> Vec<String> {
    table.cases.iter().filter_map(|case| disagreement(sandbox, table, case)).collect()
}

fn disagreement(sandbox: &Sandbox, table: &Table, case: &Case) -> Option<String> {
    let (code, answer) = judged(sandbox, (&table.manifest(case), table.manifest_before(case)));
    let mut causes = answer["details"]["causes"].as_array().cloned().unwrap_or_default();
    // Faults of types hide those of rules, and the server says so.
    causes.retain(|cause| !text(cause, "/message").contains("some validation rules were not checked"));
    let missing: Vec<_> = case.faults.iter().filter(|fault| !take(&mut causes, fault)).collect();
    let is_as_said = if case.faults.is_empty() { matches!(code, 200 | 201) } else { code == 422 };
    (!is_as_said || !missing.is_empty() || !causes.is_empty()).then(|| {
        format!("{}, {}: {code}, missing {missing:?}, found besides {causes:?}", table.file, case.name)
    })
}

/// What the server says of a manifest that nobody has before, or of one that takes the place of another.
fn judged(sandbox: &Sandbox, (manifest, before): (&Value, Option<Value>)) -> (u16, Value) {
    let plural = format!("{}s", text(manifest, "/kind").to_lowercase());
    let strictly = "dryRun=All&fieldValidation=Strict";
    let Some(before) = before else {
        return sandbox.send("POST", (&plural, &format!("?{strictly}")), manifest);
    };
    let name = text(&before, "/metadata/name");
    let (code, created) = sandbox.send("POST", (&plural, ""), &before);
    assert_eq!(code, 201, "{created}");
    let mut after = manifest.clone();
    after["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    let judged = sandbox.send("PUT", (&plural, &format!("{name}?{strictly}")), &after);
    let (code, deleted) = sandbox.send("DELETE", (&plural, name), &json!({}));
    assert_eq!(code, 200, "{deleted}");
    judged
}

/// Takes an expected fault out of the causes that the server tells; whether it was there.
fn take(causes: &mut Vec<Value>, expected: &Fault) -> bool {
    let place = causes.iter().position(|cause| {
        let says = expected.says.as_ref();
        field(cause) == expected.path && says.is_none_or(|says| text(cause, "/message").contains(says))
    });
    place.map(|place| causes.remove(place)).is_some()
}

/// The path of the field that a cause is about. The rule about the name stands at the root, which has no path, and the
/// key of a map is a name like that of a field.
fn field(cause: &Value) -> String {
    let path = text(cause, "/field");
    if path == "<nil>" {
        return "metadata.name".to_owned();
    }
    let mut segments = path.split('[');
    let first = segments.next().unwrap_or_default().to_owned();
    segments.fold(first, |path, segment| match segment.split_once(']') {
        Some((key, rest)) if key.parse::<usize>().is_err() => format!("{path}.{key}{rest}"),
        Some(_) | None => format!("{path}[{segment}"),
    })
}
