//! What holds for the crates' manifests.

use toml::{Table, Value};

use crate::{Source, expect_none, sources};

/// The most direct dependencies of the planner.
const PLANNER_DEPENDENCIES: usize = 5;

/// What would bring IO, chance or formats into the planner.
const NOT_IN_THE_PLANNER: &[&str] = &["tokio", "serde", "serde_json", "rand", "futures", "opendal", "kube"];

/// Where every dependency comes from.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn table(source: &Source) -> Table {
    source.text.parse().expect("cargo reads it, too")
}

fn manifests() -> Vec<Source> {
    let is_crate = |source: &Source| source.path.ends_with("/Cargo.toml");
    sources().into_iter().filter(is_crate).collect()
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let has = |source: &Source| {
        let lints =
            table(source).get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        // A fuzz target is a workspace of its own, since it needs another toolchain.
        lints == Some(true) || table(source).contains_key("workspace")
    };
    let without = manifests().into_iter().filter(|source| !has(source));
    let faults: Vec<_> =
        without.map(|source| format!("{}: add `[lints] workspace = true`", source.path)).collect();
    expect_none(&faults);
}

#[test]
fn the_planner_stands_on_little() {
    let manifests = manifests();
    let planner = manifests.iter().find(|source| source.path == "controller/planner/Cargo.toml");
    let planner = table(planner.expect("the planner is a crate"));
    let dependencies = planner.get("dependencies").and_then(Value::as_table);
    let names: Vec<_> = dependencies.into_iter().flat_map(Table::keys).map(String::as_str).collect();
    assert!(names.len() <= PLANNER_DEPENDENCIES, "{names:?}");
    assert!(!names.iter().any(|name| NOT_IN_THE_PLANNER.contains(name)), "{names:?}");
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let sources = sources();
    let lock = sources.iter().find(|source| source.path == "Cargo.lock").expect("it is tracked");
    let lines = lock.text.lines().filter_map(|line| line.strip_prefix("source = "));
    let faults: Vec<_> =
        lines.filter(|source| source.trim_matches('"') != SOURCE).map(str::to_owned).collect();
    expect_none(&faults);
}
