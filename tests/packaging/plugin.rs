//! The plugin for kubectl, packed as its package manager reads it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::{documents, read, root, run};

/// Stands for the program of each platform: any will do.
const PROGRAM: &str = "/bin/busybox";

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// The manifest, for two platforms.
fn packed(folder: &TempDir) -> Value {
    let mut pack = command("packaging/krew/pack", &["https://example.com/daybreak"]);
    pack.arg(folder.path());
    pack.args([format!("linux-amd64={PROGRAM}"), format!("darwin-arm64={PROGRAM}")]);
    run(pack).expect("it is packed");
    let manifest = fs::read_to_string(folder.path().join("daybreak.yaml")).expect("it is written");
    documents(&manifest).remove(0)
}

fn folder() -> TempDir {
    TempDir::new().expect("there is room for temporary files")
}

/// The archive that a platform names.
fn archive(platform: &Value) -> &str {
    let uri = platform["uri"].as_str().unwrap_or_default();
    let name = uri
        .strip_prefix("https://example.com/daybreak/releases/download/v")
        .and_then(|it| it.split_once('/'));
    let (version, name) = name.expect("it lies below the home page");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    name
}

#[test]
fn the_manifest_keeps_the_rules_of_krew() {
    let manifest = packed(&folder());
    assert_eq!(manifest["apiVersion"], "krew.googlecontainertools.github.com/v1alpha2");
    assert_eq!(manifest["kind"], "Plugin");
    // The name of its file.
    assert_eq!(manifest["metadata"]["name"], "daybreak");
    let spec = &manifest["spec"];
    assert_eq!(spec["version"], format!("v{}", env!("CARGO_PKG_VERSION")));
    for (field, limit) in [("shortDescription", 70), ("description", 80), ("caveats", 80)] {
        let text = spec[field].as_str().unwrap_or_default();
        assert!(!text.is_empty() && text.lines().all(|line| line.len() <= limit), "{field}:\n{text}");
    }
}

#[test]
fn each_platform_names_an_archive_by_its_sum() {
    let folder = folder();
    let manifest = packed(&folder);
    let platforms = manifest["spec"]["platforms"].as_array().expect("there are platforms");
    let selectors: Vec<_> = platforms.iter().map(|it| it["selector"]["matchLabels"].clone()).collect();
    assert_eq!(
        selectors,
        [
            serde_json::json!({"os": "linux", "arch": "amd64"}),
            serde_json::json!({"os": "darwin", "arch": "arm64"})
        ]
    );
    for platform in platforms {
        let archive = folder.path().join(archive(platform));
        let archive = archive.to_str().expect("temporary paths are text");
        let sum = run(command("sha256sum", &[archive])).expect("the archive is there");
        assert_eq!(platform["sha256"].as_str(), sum.split_whitespace().next());
        let listed = run(command("tar", &["--list", "--file", archive])).expect("it is an archive");
        assert_eq!(listed, "./\n./LICENSE\n./kubectl-daybreak\n");
        assert_eq!(platform["bin"], "kubectl-daybreak");
    }
}

#[test]
fn the_archive_holds_the_program_and_its_licence() {
    let folder = folder();
    let manifest = packed(&folder);
    let archive = folder.path().join(archive(&manifest["spec"]["platforms"][0]));
    let mut tar = command("tar", &["--extract", "--file"]);
    tar.arg(archive).arg("--directory").arg(folder.path());
    run(tar).expect("it is an archive");
    let same = |name: &str, other: &Path| {
        fs::read(folder.path().join(name)).expect("it is there") == fs::read(other).expect("it is there")
    };
    assert!(same("kubectl-daybreak", Path::new(PROGRAM)));
    assert!(same("LICENSE", &root().join("LICENSE")));
}

#[test]
fn equal_programs_give_equal_archives() {
    let (one, other) = (folder(), folder());
    assert_eq!(packed(&one), packed(&other));
}

#[test]
fn the_template_leaves_nothing_unfilled() {
    let unfilled = |text: &str| text.lines().filter(|it| it.contains('@') && !it.starts_with('#')).count();
    assert_eq!(unfilled(&read("packaging/krew/daybreak.yaml")), 2);
    let folder = folder();
    packed(&folder);
    let manifest = fs::read_to_string(folder.path().join("daybreak.yaml")).expect("it is written");
    assert_eq!(unfilled(&manifest), 0, "{manifest}");
}
