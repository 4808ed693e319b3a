//! A real cluster of the testbed. Tests share it: it is started by the first, and ends soon after the last, however
//! they end.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::process::eventually;
use crate::testbed::{Shared, root, run, testbed, try_run};

mod api;
mod controller;
mod sandbox;

pub use controller::{Controller, USER};
pub use sandbox::Sandbox;

/// The images that the node has. Others can be imported by a test, to see what happens without them.
const IMAGES: [&str; 2] = ["busybox", "examples"];

/// A cluster, for as long as this is held.
#[derive(Debug)]
pub struct Cluster {
    shared: Shared,
    bin: PathBuf,
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
        let bin = PathBuf::from(run(&mut testbed("build")).trim()).join("bin");
        let cluster = Self { shared: Shared::hold("cluster", name), bin };
        let is_up = || cluster.try_kubectl(&["get", "--raw", "/readyz"]).is_ok();
        cluster.shared.start_unless(is_up, || cluster.start(options));
        cluster
    }

    #[track_caller]
    fn start(&self, options: &[&str]) {
        run(testbed("cluster").arg("up").arg(self.shared.directory()).args(options));
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
        run(testbed("images").arg("import").arg(self.shared.directory()).args(images));
    }

    /// Gives an image of the node another name.
    #[track_caller]
    pub fn tag(&self, image: &str, name: &str) {
        let mut ctr = Command::new("ctr");
        ctr.arg("--address")
            .arg(self.shared.directory().join("containerd.sock"))
            .args(["--namespace", "k8s.io"]);
        run(ctr.args(["images", "tag"]).args([image, name]));
    }

    /// Sends a signal to one of its programs.
    #[track_caller]
    pub fn signal(&self, program: &str, signal: &str) {
        run(testbed("cluster").arg("signal").arg(self.shared.directory()).args([program, signal]));
    }

    /// How to reach it, as an administrator.
    pub fn kubeconfig(&self) -> PathBuf {
        self.shared.directory().join("kubeconfig")
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
