//! A sandbox: a namespace of a cluster, a folder with the store `data`, and controllers that look after only these.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::Api;
use super::controller::USER;
use super::{Cluster, Controller};
use crate::ledger::{Ledger, note};
use crate::testbed::try_run;

/// As long as something that must happen may take, where many pods share two processors.
const PATIENCE: Duration = Duration::from_mins(3);

/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// What is shown of a test that fails.
const SHOWN: &str = "pipelines,partitions,backfills,jobs,pods";

static NAMESPACES: AtomicUsize = AtomicUsize::new(0);

/// A namespace and a store of a test's own.
#[derive(Debug)]
pub struct Sandbox {
    api: Api,
    cluster: Cluster,
    folder: TempDir,
    namespace: String,
    controllers: AtomicUsize,
}

impl Sandbox {
    /// One where no pod ever runs.
    #[track_caller]
    pub fn control_plane() -> Self {
        Self::new(Cluster::control_plane())
    }

    /// One on the node. Its volume claim `data` is the store.
    #[track_caller]
    pub fn node() -> Self {
        Self::on_node(Cluster::node())
    }

    /// One on the node of a cluster.
    #[track_caller]
    pub fn on_node(cluster: Cluster) -> Self {
        let sandbox = Self::new(cluster);
        chown(sandbox.folder.path(), Some(USER), Some(USER)).expect("a node takes root");
        chown(sandbox.path("data"), Some(USER), Some(USER)).expect("a node takes root");
        chown(sandbox.path("kubeconfig"), Some(USER), Some(USER)).expect("a node takes root");
        sandbox.bind();
        sandbox
    }

    #[track_caller]
    fn new(cluster: Cluster) -> Self {
        let folder = TempDir::with_prefix("daybreak-test-").expect("there is room for temporary files");
        fs::create_dir(folder.path().join("data")).expect("the folder is ours");
        fs::copy(cluster.kubeconfig(), folder.path().join("kubeconfig")).expect("the cluster is up");
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("test-{}-{number}", std::process::id());
        cluster.kubectl(&["create", "namespace", &namespace]);
        let api = Api::open(&cluster.tool("kubectl"), folder.path());
        Self { api, cluster, folder, namespace, controllers: AtomicUsize::new(0) }
    }

    /// Makes the store a volume, as it is in a cluster of one node.
    #[track_caller]
    fn bind(&self) {
        let size = json!({"storage": "1Gi"});
        let claim = json!({"namespace": self.namespace, "name": "data"});
        let path = json!({"path": self.path("data"), "type": "Directory"});
        let modes = json!(["ReadWriteMany"]);
        self.apply(&json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": self.namespace},
            "spec": {"accessModes": modes, "capacity": size, "claimRef": claim, "hostPath": path, "storageClassName": ""},
        }));
        self.apply(&json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": modes, "resources": {"requests": size}, "storageClassName": "", "volumeName": self.namespace},
        }));
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// An absolute path in the folder; the store is `data`.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file of the store.
    #[track_caller]
    pub fn write(&self, name: &str, text: &str) {
        let unfinished = self.path("data/.unfinished");
        fs::write(&unfinished, text).expect("the folder is ours");
        fs::rename(unfinished, self.path("data").join(name)).expect("the folder is ours");
    }

    /// What a file of the store holds; nothing if it is not there.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path("data").join(name)).unwrap_or_default()
    }

    /// Whether something is in the store.
    pub fn exists(&self, name: &str) -> bool {
        self.path("data").join(name).exists()
    }

    /// Removes a file of the store.
    #[track_caller]
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path("data").join(name)).expect("the file is there");
    }

    /// A shell program for a step, in which `note start STEP` and `note end STEP` write to the ledger.
    pub fn program(&self, text: &str) -> String {
        format!("{}; {text}", note(&self.path("data/ledger").to_string_lossy()))
    }

    /// What `program`s wrote down; see [`Ledger`].
    pub fn ledger(&self) -> Ledger {
        Ledger::read(&self.path("data/ledger"))
    }

    /// A file of the archive of the Pipeline `flow`: `KEY/STEP.ATTEMPT.LAUNCH.log` and others.
    pub fn archived(&self, name: &str) -> String {
        self.read(&format!(".daybreak/archive/{}/flow/{name}", self.namespace))
    }

    /// What a controller is told here, unless a test changes it.
    #[track_caller]
    pub fn configuration(&self) -> Value {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        json!({
            "namespace": self.namespace,
            "listen": free.expect("there are free ports").to_string(),
            "stores": {"data": {"directory": self.path("data"), "volumeClaim": "data"}},
            "steps": {"image": "busybox:1", "grace": "1s"},
        })
    }

    /// Starts a controller.
    #[track_caller]
    pub fn controller(&self) -> Controller {
        self.controller_with(&self.configuration())
    }

    /// Starts a controller that is told this.
    #[track_caller]
    pub fn controller_with(&self, configuration: &Value) -> Controller {
        self.controller_told(configuration, &[])
    }

    /// Starts a controller that is told this, with more arguments.
    #[track_caller]
    pub fn controller_told(&self, configuration: &Value, more: &[&str]) -> Controller {
        let number = self.controllers.fetch_add(1, Ordering::Relaxed);
        Controller::start(self.folder.path(), (&format!("controller-{number}"), more), configuration)
    }

    /// What kubectl prints, at work in the namespace.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(&[&["--namespace", &self.namespace], arguments].concat())
    }

    /// What kubectl prints, at work in the namespace, or all that it said if it failed.
    pub fn try_kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        self.cluster.try_kubectl(&[&["--namespace", &self.namespace], arguments].concat())
    }

    /// Applies an object, as its users do.
    #[track_caller]
    pub fn apply(&self, object: &Value) {
        let applied = self.try_apply(object);
        assert!(applied.is_ok(), "{applied:?}");
    }

    /// Applies an object; what kubectl said if it is not taken.
    pub fn try_apply(&self, object: &Value) -> Result<String, String> {
        let file = self.path("applied.json");
        fs::write(&file, object.to_string()).expect("the folder is ours");
        self.try_kubectl(&["apply", "--filename", &file.to_string_lossy()])
    }

    /// Applies the Pipeline `flow` of a spec in YAML: what stands below `spec:`, not indented.
    #[track_caller]
    pub fn pipeline(&self, spec: &str) {
        let spec: Value = serde_saphyr::from_str(spec).expect("a test writes proper YAML");
        let (version, metadata) = ("daybreak.dev/v1alpha1", json!({"name": "flow"}));
        self.apply(&json!({"apiVersion": version, "kind": "Pipeline", "metadata": metadata, "spec": spec}));
    }

    /// An object; none if it is not there. `kind` is the plural.
    #[track_caller]
    pub fn get(&self, kind: &str, name: &str) -> Option<Value> {
        self.api.get(&format!("{}/{name}", self.collection(kind)))
    }

    /// All objects of a kind. `kind` is the plural.
    #[track_caller]
    pub fn list(&self, kind: &str) -> Vec<Value> {
        let list = self.api.get(&self.collection(kind)).unwrap_or_default();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Sends a request about an object of the namespace, or about a part of it such as `NAME/status`; the code and the
    /// answer. `kind` is the plural; a PATCH merges.
    #[track_caller]
    pub fn send(&self, method: &str, (kind, name): (&str, &str), body: &Value) -> (u16, Value) {
        let path = format!("{}/{name}", self.collection(kind));
        self.api.send(method, &path, Some(body))
    }

    fn collection(&self, kind: &str) -> String {
        let group = match kind {
            "pipelines" | "partitions" | "backfills" => "apis/daybreak.dev/v1alpha1",
            "jobs" => "apis/batch/v1",
            "leases" => "apis/coordination.k8s.io/v1",
            _ => "api/v1",
        };
        format!("/{group}/namespaces/{}/{kind}", self.namespace)
    }

    /// Waits until something holds; fails with all that is there if it never does.
    #[track_caller]
    pub fn eventually(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < PATIENCE, "never came about: {what}");
            thread::sleep(LOOK);
        }
    }

    /// Shows all that may tell why a test failed.
    fn show(&self) {
        let mut show = self.cluster.tool("kubectl");
        show.args(["--namespace", &self.namespace, "get", SHOWN, "--output", "wide"]);
        eprintln!("{}", try_run(&mut show).unwrap_or_else(|said| said));
        let mut describe = self.cluster.tool("kubectl");
        describe.args(["--namespace", &self.namespace, "describe", "pipelines,partitions,backfills,pods"]);
        eprintln!("{}", try_run(&mut describe).unwrap_or_else(|said| said));
        for number in 0..self.controllers.load(Ordering::Relaxed) {
            let log = fs::read_to_string(self.path(format!("controller-{number}.err"))).unwrap_or_default();
            eprintln!("controller-{number} said:\n{log}");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if thread::panicking() {
            self.show();
        }
        // The cluster may be gone, and it will be in any case.
        let mut delete = self.cluster.tool("kubectl");
        delete.args(["delete", "--wait=false", "--ignore-not-found"]);
        delete
            .arg(format!("namespace/{}", self.namespace))
            .arg(format!("persistentvolume/{}", self.namespace));
        let _ = delete.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
