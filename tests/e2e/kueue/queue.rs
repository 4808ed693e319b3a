//! The queue of a test, and the pipeline whose steps wait in it.

use serde_json::{Value, json};
use tests::Sandbox;

use crate::world::flow;

/// The label by which Kueue knows the queue of a Job.
pub(crate) const LABEL: &str = "kueue.x-k8s.io/queue-name";

/// The label by which it knows how urgent a Job is.
const PRIORITY: &str = "kueue.x-k8s.io/priority-class";

const VERSION: &str = "kueue.x-k8s.io/v1beta2";

/// The queue `batch` of a test's namespace. Its quota is a number of pods, and is all its own.
pub(crate) struct Queue<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Queue<'a> {
    /// Makes one that lets so many pods run at once.
    #[track_caller]
    pub(crate) fn of(sandbox: &'a Sandbox, pods: u32) -> Self {
        let name = sandbox.namespace();
        sandbox.apply(&object("ResourceFlavor", name, json!({"spec": {}})));
        sandbox.apply(&object(
            "WorkloadPriorityClass",
            name,
            json!({"value": 1000, "description": "urgent"}),
        ));
        let queue = Self { sandbox };
        queue.set_quota(pods);
        sandbox.apply(&object("LocalQueue", "batch", json!({"spec": {"clusterQueue": name}})));
        queue
    }

    /// Lets so many pods run at once.
    #[track_caller]
    pub(crate) fn set_quota(&self, pods: u32) {
        let name = self.sandbox.namespace();
        let quota = json!({"name": "pods", "nominalQuota": pods});
        self.sandbox.apply(&object(
            "ClusterQueue",
            name,
            json!({"spec": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                "preemption": {"withinClusterQueue": "LowerPriority"},
                "resourceGroups": [{
                    "coveredResources": ["pods"], "flavors": [{"name": name, "resources": [quota]}],
                }],
            }}),
        ));
    }

    /// Stops it: `Hold` lets nothing more start, `HoldAndDrain` also ends what runs, `None` lets it go on.
    #[track_caller]
    pub(crate) fn stop(&self, policy: &str) {
        self.patch("clusterqueue", self.sandbox.namespace(), &json!({"spec": {"stopPolicy": policy}}));
    }

    /// Takes the place of the only Job away for good: Kueue suspends it, and never starts it again.
    #[track_caller]
    pub(crate) fn deactivate(&self) {
        let workload = self.sandbox.kubectl(&["get", "workloads", "--output", "name"]);
        self.patch(
            "workload",
            workload.trim().rsplit('/').next().unwrap_or_default(),
            &json!({"spec": {"active": false}}),
        );
    }

    /// Puts the Job `urgent` in front of all others. It runs until it is deleted.
    #[track_caller]
    pub(crate) fn let_in_an_urgent_job(&self) {
        let (version, command) = ("batch/v1", ["sleep", "1000"]);
        let labels = json!({LABEL: "batch", PRIORITY: self.sandbox.namespace()});
        let container = json!({"name": "urgent", "image": "busybox:1", "command": command});
        self.sandbox.apply(&json!({
            "apiVersion": version, "kind": "Job", "metadata": {"name": "urgent", "labels": labels},
            "spec": {"template": {"spec": {
                "containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 0,
            }}},
        }));
    }

    #[track_caller]
    fn patch(&self, kind: &str, name: &str, patch: &Value) {
        self.sandbox.kubectl(&["patch", kind, name, "--type=merge", "--patch", &patch.to_string()]);
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let described = self.sandbox.try_kubectl(&["describe", "workloads,clusterqueues,jobs"]);
            eprintln!("{}", described.unwrap_or_else(|said| said));
        }
        let name = self.sandbox.namespace();
        for kind in ["clusterqueue", "resourceflavor", "workloadpriorityclass"] {
            // The cluster may be gone, and it will be in any case.
            let _ = self.sandbox.try_kubectl(&["delete", kind, name, "--wait=false"]);
        }
    }
}

/// The pipeline of the first days of 2026 whose step waits in the queue.
pub(crate) fn queued(sandbox: &Sandbox, days: u32, program: &str) -> Value {
    let mut spec = flow(sandbox, days, program);
    spec["steps"][0]["labels"] = json!({LABEL: "batch"});
    spec
}

fn object(kind: &str, name: &str, mut rest: Value) -> Value {
    rest["apiVersion"] = json!(VERSION);
    rest["kind"] = json!(kind);
    rest["metadata"] = json!({"name": name});
    rest
}
