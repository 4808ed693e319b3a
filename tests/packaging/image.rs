//! The image: one program on nothing, not root.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{must, root, run};

/// An image, in a store of its own.
struct Image {
    store: TempDir,
}

impl Image {
    /// Builds one with more arguments of `buildah build`.
    fn build(arguments: &[&OsStr]) -> Self {
        let image = Self { store: TempDir::new().expect("there is room for temporary files") };
        let mut build = image.buildah("build");
        build.args(["--isolation", "chroot", "--pull-never", "--tag", "daybreak:1"]).args(arguments);
        must("buildah", run(build));
        image
    }

    fn buildah(&self, subcommand: &str) -> Command {
        let mut buildah = Command::new("buildah");
        buildah.args(["--storage-driver", "vfs"]);
        buildah.arg("--root").arg(self.store.path().join("root"));
        buildah.arg("--runroot").arg(self.store.path().join("runroot"));
        buildah.arg(subcommand).current_dir(root());
        buildah
    }

    fn configuration(&self) -> Value {
        let mut inspect = self.buildah("inspect");
        inspect.args(["--type", "image", "daybreak:1"]);
        let inspected: Value = serde_json::from_str(&must("buildah", run(inspect))).expect("it is JSON");
        inspected["OCIv1"]["config"].clone()
    }

    /// All files in it.
    fn files(&self) -> BTreeSet<String> {
        let pushed = self.store.path().join("pushed");
        let mut push = self.buildah("push");
        push.args(["--quiet", "daybreak:1"]).arg(format!("dir:{}", pushed.display()));
        must("buildah", run(push));
        let manifest = fs::read_to_string(pushed.join("manifest.json")).expect("an image has one");
        let manifest: Value = serde_json::from_str(&manifest).expect("it is JSON");
        let layers = manifest["layers"].as_array().expect("it has layers");
        let layers = layers.iter().filter_map(|it| it["digest"].as_str()?.strip_prefix("sha256:"));
        let list = |layer: &str| {
            let mut tar = Command::new("tar");
            tar.args(["--list", "--file"]).arg(pushed.join(layer));
            must("tar", run(tar)).lines().map(str::to_owned).collect::<Vec<_>>()
        };
        layers.flat_map(list).filter(|it| !it.ends_with('/')).collect()
    }
}

#[test]
fn the_image_is_one_program_that_is_not_root() {
    // A stand-in for the program, where `packaging/static-program` lays it.
    let context = TempDir::new().expect("there is room for temporary files");
    let contents = context.path().join("build/image/etc/ssl/certs");
    fs::create_dir_all(&contents).expect("the folder is ours");
    fs::copy("/bin/busybox", context.path().join("build/image/daybreak")).expect("the folder is ours");
    fs::write(contents.join("ca-certificates.crt"), "none").expect("the folder is ours");
    let arguments = [
        "--build-arg=PROGRAM=built",
        "--build-arg=VERSION=1",
        "--build-arg=REVISION=abc",
        "--file=Dockerfile",
    ];
    let arguments = arguments.into_iter().map(OsStr::new).chain([context.path().as_os_str()]);
    let image = Image::build(&arguments.collect::<Vec<_>>());
    let configuration = image.configuration();
    assert_eq!(configuration["User"], "65532:65532");
    assert_eq!(configuration["Entrypoint"], json!(["/daybreak"]));
    assert_eq!(configuration["Cmd"], Value::Null);
    let labels = &configuration["Labels"];
    assert_eq!(labels["org.opencontainers.image.licenses"], "Apache-2.0");
    assert_eq!(labels["org.opencontainers.image.version"], "1");
    assert_eq!(labels["org.opencontainers.image.revision"], "abc");
    assert_eq!(
        image.files().into_iter().collect::<Vec<_>>(),
        ["daybreak", "etc/ssl/certs/ca-certificates.crt"]
    );
}

#[test]
fn an_engine_compiles_from_the_sources_and_is_sent_nothing_else() {
    let folder = TempDir::new().expect("there is room for temporary files");
    let all = folder.path().join("Dockerfile");
    fs::write(&all, "FROM scratch\nCOPY . /\n").expect("the folder is ours");
    let arguments = ["--ignorefile=.dockerignore", "--file"].map(OsStr::new);
    let image = Image::build(&[arguments.as_slice(), &[all.as_os_str(), OsStr::new(".")]].concat());
    let sent = image.files();
    let mut git = Command::new("git");
    git.args(["ls-files", "Cargo.toml", "Cargo.lock", "controller", "crds", "tests"]).current_dir(root());
    let missing: Vec<_> =
        must("git", run(git)).lines().filter(|it| !sent.contains(*it)).map(str::to_owned).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let needless = ["target/", "data/", "docs/", "charts/", "pipelines/", ".git/", "rust-toolchain.toml"];
    let needless: Vec<_> =
        sent.iter().filter(|it| needless.iter().any(|start| it.starts_with(start))).collect();
    assert!(needless.is_empty(), "{needless:?}");
}
