//! What a launch asks of Kubernetes.

use std::collections::BTreeMap;
use std::time::Duration;

use crds::environment::EnvVarSource;
use crds::pod::Pod;
use crds::step::Resources;

use super::LaunchId;

/// One run of one command as a Job.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchSpec {
    /// The namespace of the Pipeline.
    pub namespace: String,
    /// Which launch it is.
    pub id: LaunchId,
    /// The uid of the Pipeline, which owns the Job.
    pub pipeline_uid: String,
    /// The digest of the step that the launch was made from.
    pub step_digest: String,
    /// The Backfill that asked for it, if one did.
    pub backfill: Option<String>,
    /// The container image.
    pub image: String,
    /// The program and its arguments, passed on as they are; never a shell string. The image's entrypoint and
    /// arguments do not count.
    pub argv: Vec<String>,
    /// Variables with their values, passed on as they are.
    pub env: BTreeMap<String, String>,
    /// Variables that the kubelet takes from a `ConfigMap` or a `Secret`. Where `env` has the name too, it wins.
    pub env_from: BTreeMap<String, EnvVarSource>,
    /// Where the command runs. Default: the image's own.
    pub working_dir: Option<String>,
    /// What it needs, and the most that it may take.
    pub resources: Resources,
    /// How long it may run on its node, if there is a limit.
    pub timeout: Option<Duration>,
    /// How long it may take to end by itself after it was told to.
    pub grace: Duration,
    /// The service account of the pod. Default: the namespace's, without its token.
    pub service_account: Option<String>,
    /// What the step says of its pod.
    pub pod: Pod,
    /// What the step says of the labels of Job and pod.
    pub labels: BTreeMap<String, String>,
    /// The stores that are volumes.
    pub store_mounts: Vec<StoreMount>,
    /// Whom the process runs as.
    pub run_as: RunAs,
}

/// A store that is a claimed volume, and where it appears in the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreMount {
    /// The name of the `PersistentVolumeClaim`.
    pub claim: String,
    /// The path in the container, the same as the controller's.
    pub mount_path: String,
    /// Whether it can only be read.
    pub read_only: bool,
}

/// Whom a process runs as, unless its step says another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunAs {
    /// The user id.
    pub user: i64,
    /// The group id, of the process and of the files in its volumes.
    pub group: i64,
}
