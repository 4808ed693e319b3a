//! A real cluster of the testbed. Tests share it: it is started by the first, and ends soon after the last, however
//! they end.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::eventually;

mod api;
mod controller;
mod sandbox;

pub use controller::Controller;
pub use sandbox::Sandbox;

/// The images that the node has. Others can be imported by a test, to see what happens without them.
const IMAGES: [&str; 2] = ["busybox", "examples"];

/// A cluster, for as long as this is held.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    bin: PathBuf,
    _users: File,
}

impl Cluster {
    /// The control plane that all tests share: objects, but no pods.
    #[track_caller]
    pub fn control_plane() -> Self {
        Self::named("control-plane", &[])
    }

    /// The cluster with a node that all tests share.
    #[track_caller]
    pub fn node() -> Self {
        Self::named("node", &["--node"])
    }

    /// A cluster with a node that only the tests use who know its name: what is done to its programs concerns nobody else.
    #[track_caller]
    pub fn node_of(name: &str) -> Self {
        Self::named(name, &["--node"])
    }

    /// The cluster with a node and the real Kueue that all tests of Kueue share. It is built first if it has to be, which
    /// takes minutes.
    #[track_caller]
    pub fn kueue() -> Self {
        Self::named("kueue", &["--node", "--kueue"])
    }

    #[track_caller]
    fn named(name: &str, options: &[&str]) -> Self {
        let directory = temporary().join("clusters").join(name);
        fs::create_dir_all(&directory).expect("the target folder is writable");
        let turn = lock_file(&directory.join("turn"));
        turn.lock().expect("locks are to be had");
        let users = lock_file(&directory.join("users"));
        users.lock_shared().expect("locks are to be had");
        let bin = PathBuf::from(run(&mut testbed("build")).trim()).join("bin");
        let cluster = Self { directory, bin, _users: users };
        let ready = cluster.directory.join("ready");
        if !ready.exists() || cluster.try_kubectl(&["get", "--raw", "/readyz"]).is_err() {
            // What is there from before says nothing about a start that fails.
            let _ = fs::remove_file(&ready);
            cluster.start(options);
            fs::write(&ready, "").expect("the target folder is writable");
        }
        cluster
    }

    #[track_caller]
    fn start(&self, options: &[&str]) {
        // It outlives this process, and whoever started that, so that it can end the cluster in any case.
        let mut keeper = Command::new("setsid");
        keeper.arg("--fork").arg(path("keeper")).arg(&self.directory);
        keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = keeper.status().expect("setsid is there");
        assert!(started.success(), "the keeper does not start");
        run(testbed("cluster").arg("up").arg(&self.directory).args(options));
        let resources = root().join("charts/daybreak-crds/files");
        self.kubectl(&["apply", "--server-side", "--filename", &resources.to_string_lossy()]);
        // Until a definition has any condition, kubectl takes it for broken instead of waiting.
        let established = ["wait", "--for=condition=Established", "crd", "--all"];
        eventually("the kinds are served", || self.try_kubectl(&established).is_ok());
        // A server that has just learned of a kind has it watched a little later.
        self.kubectl(&["get", "pipelines,partitions,backfills", "--all-namespaces"]);
        if options.contains(&"--node") {
            self.import(&IMAGES);
        }
    }

    /// Gives images of the testbed to the node.
    #[track_caller]
    pub fn import(&self, images: &[&str]) {
        run(testbed("images").arg("import").arg(&self.directory).args(images));
    }

    /// Gives an image of the node another name.
    #[track_caller]
    pub fn tag(&self, image: &str, name: &str) {
        let mut ctr = Command::new("ctr");
        ctr.arg("--address").arg(self.directory.join("containerd.sock")).args(["--namespace", "k8s.io"]);
        run(ctr.args(["images", "tag"]).args([image, name]));
    }

    /// Sends a signal to one of its programs.
    #[track_caller]
    pub fn signal(&self, program: &str, signal: &str) {
        run(testbed("cluster").arg("signal").arg(&self.directory).args([program, signal]));
    }

    /// How to reach it, as an administrator.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.join("kubeconfig")
    }

    /// A program of the testbed that reaches this cluster, at work in the repo's root.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.env("KUBECONFIG", self.kubeconfig()).current_dir(root()).stdin(Stdio::null());
        command
    }

    /// What kubectl prints.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        run(self.tool("kubectl").args(arguments))
    }

    /// What kubectl prints, or all that it said if it failed.
    pub fn try_kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        try_run(self.tool("kubectl").args(arguments))
    }
}

/// The folder of the repo.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).unwrap_or_default()
}

/// A script of the testbed.
fn path(name: &str) -> PathBuf {
    root().join("tests/testbed").join(name)
}

fn testbed(name: &str) -> Command {
    Command::new(path(name))
}

/// Cargo's folder for what tests leave: `target/tmp`.
fn temporary() -> PathBuf {
    let here = std::env::current_exe().expect("a test knows its own path");
    let target = here.ancestors().nth(3).expect("it lies in target/PROFILE/deps");
    target.join("tmp")
}

fn lock_file(path: &Path) -> File {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.expect("the target folder is writable")
}

/// What a command prints; fails with all that it said if it fails.
#[track_caller]
#[expect(clippy::panic, reason = "this is how a test fails")]
fn run(command: &mut Command) -> String {
    try_run(command).unwrap_or_else(|said| panic!("{said}"))
}

fn try_run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{command:?}\n{printed}{}", String::from_utf8_lossy(&output.stderr)))
}
