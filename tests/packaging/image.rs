//! The image: one program on nothing, not root.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{root, run};

/// An image made by the Dockerfile of a stand-in for the program, and the files in it.
struct Image {
    folder: TempDir,
}

impl Image {
    fn build() -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let image = Self { folder };
        let context = image.folder.path().join("context");
        let contents = context.join("build/image/etc/ssl/certs");
        fs::create_dir_all(&contents).expect("the folder is ours");
        fs::copy("/bin/busybox", context.join("build/image/daybreak")).expect("the folder is ours");
        fs::write(contents.join("ca-certificates.crt"), "none").expect("the folder is ours");
        // What is not built from: the stage that compiles is never pulled.
        let mut build = image.buildah("build");
        build.args(["--isolation", "chroot", "--pull-never", "--tag", "daybreak:1"]);
        build.args([
            "--build-arg",
            "PROGRAM=built",
            "--build-arg",
            "VERSION=1",
            "--build-arg",
            "REVISION=abc",
        ]);
        build.arg("--file").arg(root().join("Dockerfile")).arg(context);
        run(build).expect("the image can be built");
        image
    }

    fn buildah(&self, subcommand: &str) -> Command {
        let mut buildah = Command::new("buildah");
        buildah.args(["--storage-driver", "vfs"]);
        buildah.arg("--root").arg(self.folder.path().join("root"));
        buildah.arg("--runroot").arg(self.folder.path().join("runroot"));
        buildah.arg(subcommand);
        buildah
    }

    fn configuration(&self) -> Value {
        let mut inspect = self.buildah("inspect");
        inspect.args(["--type", "image", "daybreak:1"]);
        let inspected = run(inspect).expect("the image is there");
        let inspected: Value = serde_json::from_str(&inspected).expect("it is JSON");
        inspected["OCIv1"]["config"].clone()
    }

    /// All files in it.
    fn files(&self) -> String {
        let mut push = self.buildah("push");
        push.args(["--quiet", "daybreak:1"])
            .arg(format!("dir:{}", self.folder.path().join("pushed").display()));
        run(push).expect("the image can be exported");
        let manifest =
            fs::read_to_string(self.folder.path().join("pushed/manifest.json")).expect("it has one");
        let manifest: Value = serde_json::from_str(&manifest).expect("it is JSON");
        let layers = manifest["layers"].as_array().expect("it has layers");
        let layers = layers.iter().filter_map(|it| it["digest"].as_str()?.strip_prefix("sha256:"));
        let list = |layer: &str| {
            let mut tar = Command::new("tar");
            tar.args(["--list", "--file"]).arg(self.folder.path().join("pushed").join(layer));
            run(tar).expect("a layer is an archive")
        };
        layers.map(list).collect()
    }
}

#[test]
fn the_image_is_one_program_that_is_not_root() {
    let image = Image::build();
    let configuration = image.configuration();
    assert_eq!(configuration["User"], "65532:65532");
    assert_eq!(configuration["Entrypoint"], json!(["/daybreak"]));
    assert_eq!(configuration["Cmd"], Value::Null);
    let labels = &configuration["Labels"];
    assert_eq!(labels["org.opencontainers.image.licenses"], "Apache-2.0");
    assert_eq!(labels["org.opencontainers.image.version"], "1");
    assert_eq!(labels["org.opencontainers.image.revision"], "abc");
    let files = image.files();
    let files: Vec<_> = files.lines().filter(|it| !it.ends_with('/')).collect();
    assert_eq!(files, ["daybreak", "etc/ssl/certs/ca-certificates.crt"]);
}
