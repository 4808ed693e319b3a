//! The plugin for kubectl, packed as its package manager wants it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{documents, must, root, run};

/// The package manager, built from its module once.
const KREW: &str = "sigs.k8s.io/krew/cmd/krew@v0.4.3";

/// Stands for the program of each platform: any will do.
const PROGRAM: &str = "/bin/busybox";

/// A plugin packed for two platforms.
struct Packed {
    folder: TempDir,
    manifest: Value,
}

impl Packed {
    fn new() -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let mut pack = Command::new(root().join("packaging/krew/pack"));
        pack.arg("https://example.com/daybreak").arg(folder.path());
        pack.args([format!("linux-amd64={PROGRAM}"), format!("darwin-arm64={PROGRAM}")]);
        must("pack", run(pack));
        let manifest = fs::read_to_string(folder.path().join("daybreak.yaml")).expect("it is written");
        Self { folder, manifest: documents(&manifest).remove(0) }
    }

    /// Installs it by krew into a folder below its own, as on a machine with Linux.
    fn install(&self) -> Result<String, String> {
        let archive = format!("daybreak-{}-linux-amd64.tar.gz", env!("CARGO_PKG_VERSION"));
        let mut krew = Command::new("go");
        // A flag of the machine might forbid what is no part of the module around.
        krew.args(["run", KREW, "install", "--manifest", "daybreak.yaml", "--archive", &archive]);
        krew.current_dir(self.folder.path()).env("GOFLAGS", "-mod=mod");
        krew.envs([("KREW_ROOT", "krew"), ("KREW_OS", "linux"), ("KREW_ARCH", "amd64")]);
        run(krew)
    }
}

#[test]
fn krew_installs_the_program_with_its_licence() {
    let packed = Packed::new();
    must("krew", packed.install());
    let installed = packed.folder.path().join("krew");
    let same = |name: &str, other: &Path| {
        fs::read(installed.join(name)).expect("it is there") == fs::read(other).expect("it is there")
    };
    assert!(same("bin/kubectl-daybreak", Path::new(PROGRAM)));
    let store = format!("store/daybreak/v{}", env!("CARGO_PKG_VERSION"));
    assert!(same(&format!("{store}/LICENSE"), &root().join("LICENSE")));
}

#[test]
fn krew_refuses_an_archive_that_is_not_the_one_that_was_packed() {
    let packed = Packed::new();
    let archive = format!("daybreak-{}-linux-amd64.tar.gz", env!("CARGO_PKG_VERSION"));
    fs::write(packed.folder.path().join(archive), "another").expect("the folder is ours");
    let refused = packed.install().expect_err("it has another sum");
    assert!(refused.contains("checksum does not match"), "{refused}");
}

#[test]
fn each_platform_has_its_own_archive() {
    let manifest = Packed::new().manifest;
    let platforms = manifest["spec"]["platforms"].as_array().expect("there are platforms");
    let version = env!("CARGO_PKG_VERSION");
    let expected = [("linux", "amd64"), ("darwin", "arm64")].map(|(os, arch)| {
        let home = "https://example.com/daybreak/releases/download";
        (
            json!({"os": os, "arch": arch}),
            json!(format!("{home}/v{version}/daybreak-{version}-{os}-{arch}.tar.gz")),
        )
    });
    let actual = platforms.iter().map(|it| (it["selector"]["matchLabels"].clone(), it["uri"].clone()));
    assert_eq!(actual.collect::<Vec<_>>(), expected);
}

#[test]
fn the_texts_fit_the_index_of_plugins() {
    let manifest = Packed::new().manifest;
    for (field, limit) in [("shortDescription", 50), ("description", 80), ("caveats", 80)] {
        let text = manifest["spec"][field].as_str().unwrap_or_default();
        assert!(!text.is_empty() && text.lines().all(|line| line.len() <= limit), "{field}:\n{text}");
    }
}

#[test]
fn equal_programs_give_equal_archives() {
    assert_eq!(Packed::new().manifest, Packed::new().manifest);
}
