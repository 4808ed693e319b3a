//! What is shipped around the program: charts, image, plugin, the laptop's cluster, judged by the tools of those who use them.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

mod charts;
mod cluster;
mod configuration;
mod image;
mod kind;
mod plugin;
mod rights;
mod schemas;
mod values;

/// The sets of values that stand for those who install the chart; `values/NAME.yaml`.
const SETS: [&str; 5] = ["minimal", "namespaced", "available", "one-node", "services"];

/// The custom resources, in the order of their names.
const RESOURCES: [&str; 3] = ["backfills.daybreak.dev", "partitions.daybreak.dev", "pipelines.daybreak.dev"];

/// What the charts are rendered for; a helm that was built from its module knows no version of its own.
const KUBERNETES: &str = "1.34.4";

/// Where the programs of the testbed lie, built if they are not there.
static TESTBED: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = run(Command::new(root().join("tests/testbed/build")));
    PathBuf::from(must("the testbed", built).trim()).join("bin")
});

/// What should have come about; fails in the words of what went wrong, as they stand.
#[track_caller]
#[expect(clippy::panic, reason = "panicking is how a test fails")]
fn must<T>(what: &str, result: Result<T, impl Display>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// The folder of the repo.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).unwrap_or_default()
}

/// A file of the repo.
#[track_caller]
fn read(path: &str) -> String {
    must(path, fs::read_to_string(root().join(path)))
}

/// A program of the testbed, at work in the repo's root.
fn tool(name: &str) -> Command {
    let mut command = Command::new(TESTBED.join(name));
    command.current_dir(root());
    command
}

/// What a command printed, or all that it said if it failed.
fn run(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{command:?}\n{printed}{}", String::from_utf8_lossy(&output.stderr)))
}

/// A chart as it is rendered, with the arguments of `helm template`.
fn template(chart: &str, arguments: &[&str]) -> Result<String, String> {
    let mut helm = tool("helm");
    helm.args(["template", "daybreak", chart, "--namespace", "daybreak", "--kube-version", KUBERNETES])
        .args(arguments);
    run(helm)
}

/// The chart as a set of values renders it.
#[track_caller]
fn rendered(set: &str) -> String {
    let values = format!("tests/packaging/values/{set}.yaml");
    must(set, template("charts/daybreak", &["--values", &values]))
}

/// The documents of a YAML text.
#[track_caller]
fn documents(yaml: &str) -> Vec<Value> {
    must(yaml, serde_saphyr::from_multiple(yaml))
}

/// The documents of one kind.
fn of_kind(documents: &[Value], kind: &str) -> Vec<Value> {
    documents.iter().filter(|it| it["kind"] == kind).cloned().collect()
}

/// Compares a file of the repo with what it should be, or writes it where the environment says `UPDATE=1`.
#[track_caller]
fn golden(path: &str, expected: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test has no arguments")]
    if std::env::var_os("UPDATE").is_some() {
        return fs::write(root().join(path), expected).expect("the file can be written");
    }
    let actual = fs::read_to_string(root().join(path)).unwrap_or_default();
    assert!(
        actual == expected,
        "{path} is out of date: `UPDATE=1 cargo test -p tests --test packaging` writes it, then read the difference"
    );
}
