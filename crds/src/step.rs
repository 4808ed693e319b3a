//! Steps: one command each, what it reads and writes, and how it runs.

use crate::environment::EnvVar;
use crate::limits;
use crate::pod::Pod;
use crate::rules;
use crate::spark::Spark;
use crate::text::{
    Argument, Duration, Image, LabelValue, Name, ObjectName, QualifiedName, StaticPath, WorkingDirectory,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One command that reads datasets and writes datasets.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::STEP_RUNS_ONE_THING,
    validation = rules::COMMAND_HAS_A_PROGRAM,
)]
pub struct Step {
    /// The name of the step: at most 63 lower-case letters, digits and dashes. Example: `join`.
    pub name: Name,

    /// What the step reads. It starts when all of it is complete. Default: nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::STEP_DATASETS))]
    #[x_kube(merge_strategy = ListMerge::Atomic, validation = rules::INPUTS_HAVE_NAMES_OF_THEIR_OWN)]
    pub inputs: Vec<Input>,

    /// What the step writes, its own partition of each dataset. It runs when some of it is missing.
    #[schemars(length(min = 1, max = limits::STEP_DATASETS))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["dataset".into()]))]
    pub outputs: Vec<Output>,

    /// The program and its arguments, one an element; there is no shell unless you name one. These are filled in:
    /// `{{ inputs.NAME }}`, `{{ outputs.NAME }}`, `{{ partition }}`, `{{ start %Y-%m-%d }}`, `{{ end %Y-%m-%d }}`,
    /// `{{ attempt }}`, `{{ params.NAME }}`. An element that is exactly one input of several values becomes as many
    /// arguments. Either this or `spark`. Example: `[python3, join.py, "{{ inputs.left }}", "{{ outputs.joined }}"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::ARGUMENTS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub command: Vec<Argument>,

    /// A Spark application, instead of `command`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spark: Option<Spark>,

    /// The container image. Where steps are plain processes it is accepted and not used. Default: the environment's.
    /// Example: `python:3.14-slim`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,

    /// The working directory: as a plain process, relative to the manifest's folder; in a container, a path in it.
    /// Default: the manifest's folder, or the image's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<WorkingDirectory>,

    /// Environment variables. `DAYBREAK_PARTITION`, `_START`, `_END`, `_ATTEMPT`, `_INPUT_NAME` and `_OUTPUT_NAME` are
    /// set besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::ENVIRONMENT))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub env: Vec<EnvVar>,

    /// What one launch takes of a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,

    /// How long one launch may run before it is ended and counts as failed. Default: no limit. Example: `2h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,

    /// What happens after a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<Retries>,

    /// What happens to outputs when an input changed after they were made: `Keep` leaves them and marks the partition
    /// `Stale`, `Rebuild` makes them anew. Default: `Keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_inputs_change: Option<WhenChanged>,

    /// What happens to outputs in the window when the step's command, environment, image or inputs change: `Keep`
    /// leaves them, `Rebuild` makes them anew. Default: `Keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_step_changes: Option<WhenChanged>,

    /// What runs the step, by a name that the environment knows. Default: the environment's. Example: `kubernetes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<Name>,

    /// A pool of something scarce, such as connections to a database, of which each launch takes one. The environment
    /// says how many there are. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Name>,

    /// The service account of the step's pod. Default: the namespace's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<ObjectName>,

    /// Labels for the step's job and pod. Example: `{kueue.x-k8s.io/queue-name: batch}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = limits::LABELS))]
    #[x_kube(validation = rules::LABELS_HAVE_SHORT_KEYS, validation = rules::LABELS_ARE_NOT_OURS)]
    pub labels: BTreeMap<QualifiedName, LabelValue>,

    /// Where and with what the step's pod runs, on Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<Pod>,
}

/// A dataset that a step reads, and which of its partitions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::INPUT_HAS_ONE_PLACE,
)]
pub struct Input {
    /// The dataset's name.
    pub dataset: Name,

    /// The name of the input in `{{ inputs.NAME }}`; needed when one dataset is read twice. Default: the dataset's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,

    /// How many partitions back, zero or less, in the coarser of the pipeline's and the dataset's clock: `-1` is
    /// yesterday for days. Default: every partition of the dataset that overlaps the step's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -limits::OFFSET))]
    #[x_kube(validation = rules::OFFSET_IS_PAST)]
    pub offset: Option<i32>,

    /// Several partitions, instead of `offset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<InputWindow>,

    /// Whether the step may run without this input. It still waits for one that a step of this pipeline is going to
    /// make. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,

    /// A path in the dataset's store that stands for partitions before the pipeline's `start`, so that the first of a
    /// chain has something to read. Needs `start`. Example: `initial/empty.txt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<StaticPath>,
}

/// Partitions of a dataset, counted in its own clock from the last one that overlaps the step's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::WINDOW_RUNS_FORWARD,
    validation = rules::WINDOW_IS_PAST,
    validation = rules::WINDOW_IS_SHORT,
)]
pub struct InputWindow {
    /// The first one, zero or less. Example: `-23`.
    #[schemars(range(min = -limits::OFFSET))]
    pub from: i32,

    /// The last one, inclusive, zero or less and not before `from`. Example: `0`.
    #[schemars(range(min = -limits::OFFSET))]
    pub to: i32,
}

/// A dataset that a step writes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The dataset's name. No other step may write it.
    pub dataset: Name,
}

/// What one launch takes of a machine.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// What a launch needs: it waits until this is free. Example: `{cpu: "1", memory: 64Mi, ephemeral-storage: 100Mi}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::quantities")]
    pub requests: BTreeMap<String, Quantity>,

    /// The most that a launch may take, enforced where the executor can. Default: no limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "crate::schema::quantities")]
    pub limits: BTreeMap<String, Quantity>,
}

/// What happens after a failure. A launch that was evicted, preempted or lost is launched again and counts as no try.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Retries {
    /// How often the step is tried in all, since its last success, rerun or change. Default: `5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::ATTEMPTS))]
    pub max_attempts: Option<u32>,

    /// The pause after the first failure; it doubles with each. Default: `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Duration>,

    /// The longest pause. Default: `10m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_backoff: Option<Duration>,

    /// Exit codes after which no try follows, 1 to 255. Example: `[2]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::EXIT_CODES), inner(range(min = 1, max = 255)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub non_retriable_exit_codes: Vec<i32>,
}

/// What a change means for outputs that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum WhenChanged {
    /// They stay.
    Keep,
    /// They are made anew.
    Rebuild,
}
