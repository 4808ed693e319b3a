//! Pipeline: datasets with dated paths, the steps that make one from another, and the clock that they share.

use crate::dataset::Dataset;
use crate::limits;
use crate::pipeline_status::PipelineStatus;
use crate::rules;
use crate::step::Step;
use crate::text::{Duration, Every, Key, Line, Name, TimeZone, Value};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a team declares: which dated data is to be complete, and how to make it.
#[derive(CustomResource, Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "daybreak.dev",
    version = "v1alpha1",
    kind = "Pipeline",
    namespaced,
    status = "PipelineStatus",
    derive = "PartialEq",
    shortname = "dpl",
    category = "daybreak",
    doc = "A pipeline keeps dated batch data complete: datasets with dated paths, and the steps that make \
        one from another.",
    printcolumn(name = "Every", type_ = "string", json_path = ".spec.every"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Caught up", type_ = "string", json_path = ".status.conditions[?(@.type==\"CaughtUp\")].status"),
    printcolumn(name = "Due", type_ = "integer", json_path = ".status.partitions.due"),
    printcolumn(name = "Complete", type_ = "integer", json_path = ".status.partitions.complete"),
    printcolumn(name = "Running", type_ = "integer", json_path = ".status.partitions.running"),
    printcolumn(name = "Failed", type_ = "integer", json_path = ".status.partitions.failed"),
    printcolumn(name = "Complete through", type_ = "string", json_path = ".status.completeThrough"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Next due", type_ = "string", json_path = ".status.nextDue", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type==\"CaughtUp\")].message", priority = 1),
    selectable = ".spec.owner.team",
    selectable = ".spec.store",
    validation = rules::NAME_FITS_A_LABEL
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::HOURS_ARE_OF_UTC,
    validation = rules::START_IS_NO_FINER,
    validation = rules::END_IS_NO_FINER,
    validation = rules::END_IS_AFTER_START,
    validation = rules::MONTHS_ARE_COUNTED,
    validation = rules::EACH_DATASET_HAS_A_STORE,
    validation = rules::INITIAL_NEEDS_START,
)]
pub struct PipelineSpec {
    /// Who answers for this pipeline. It appears in events, metrics and pages, and decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,

    /// The length of a partition: a time from `5m` to `12h` that divides a day, or `1d`, `1w` (from Monday), `1mo`.
    /// Example: `1h`.
    pub every: Every,

    /// The time zone in which days, weeks and months begin, as in the time zone database. Partitions shorter than a
    /// day count in UTC only. Default: `UTC`. Example: `Europe/Berlin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,

    /// The key of the first partition: none exists before it. A key coarser than the clock means its first partition.
    /// Default: no lower bound but the window. Example: `2026-01-01`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Key>,

    /// The key of the first partition that no longer exists: the end is exclusive. Default: none. Example: `2027-01-01`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Key>,

    /// From which edge of its interval a partition is wanted: `End`, when its data can be whole, or `Start`, so that
    /// the current one counts already and its steps wait for their files. Default: `End`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,

    /// How long after that edge a partition is wanted. Default: `0s`. Example: `15m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Duration>,

    /// How many due partitions are kept complete: a count, or a duration, rounded up to whole partitions. They are the
    /// newest, counted back from now, or from `end` once that is past. For partitions of a month write a count. At most
    /// 50,000 partitions. Default: `7`. Examples: `5h`, `30d`, `12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::count_or_duration")]
    pub window: Option<IntOrString>,

    /// Which partitions of the window go first: `OldestFirst` or `NewestFirst`. Default: `OldestFirst`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,

    /// The most launches of this pipeline at once. Default: `4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::PARALLELISM))]
    pub parallelism: Option<u32>,

    /// Whether the pipeline rests: what runs finishes, nothing new starts. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// How long after it is due an incomplete partition counts as late: a condition, an event and a metric, never a
    /// failure. Default: never. Example: `2h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_after: Option<Duration>,

    /// How many finished Partition objects are kept for people to look at; the data of all others is known all the
    /// same. Default: `30`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = limits::HISTORY))]
    pub history_limit: Option<u32>,

    /// Values that paths and commands name as `{{ params.NAME }}`. An environment may override them.
    /// Example: `{region: eu}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = limits::PARAMS))]
    #[x_kube(validation = rules::PARAMETERS_HAVE_SHORT_NAMES)]
    pub params: BTreeMap<Name, Value>,

    /// The store of each dataset that names none. What the name stands for (a directory, a bucket, an HDFS root) is a
    /// matter of the environment. Example: `warehouse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Name>,

    /// The dated families of files that the steps read and write, each with a name of its own.
    #[schemars(length(min = 1, max = limits::DATASETS))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub datasets: Vec<Dataset>,

    /// The commands that make datasets from others, each with a name of its own. Their order comes from what they read
    /// and write, not from this list.
    #[schemars(length(min = 1, max = limits::STEPS))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub steps: Vec<Step>,
}

/// Who answers for a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The team. Example: `ads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<Line>,

    /// Where to reach it: a mail address, a channel, a page. Example: `ads@example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Line>,
}

/// The edge of a partition's interval from which it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum Due {
    /// The interval's start.
    Start,
    /// The interval's end.
    End,
}

/// Which partitions of a window go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum Order {
    /// The oldest.
    OldestFirst,
    /// The newest.
    NewestFirst,
}

/// The pipeline that an object belongs to, in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct PipelineRef {
    /// The name of the pipeline. Example: `impressions`.
    pub name: Name,
}
