//! Datasets: dated families of files, and when a partition of one is complete.

use crate::limits;
use crate::rules;
use crate::text::{Duration, Every, FileName, Name, PathTemplate, TimeZone};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A dated family of files: a store and a path template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::HOURS_ARE_OF_UTC,
    validation = rules::TYPE_FITS_THE_PATH,
    validation = rules::FLAG_NEEDS_ITS_TYPE,
    validation = rules::SIZE_NEEDS_ITS_TYPE,
    validation = rules::AGE_NEEDS_ITS_TYPE,
)]
pub struct Dataset {
    /// The name by which steps refer to the dataset: at most 63 lower-case letters, digits and dashes.
    /// Example: `impressions`.
    pub name: Name,

    /// Where a partition lies below the store's root. Date codes of fixed width make one path of each partition:
    /// `%Y %m %d %H %M`, `%j` (day of the year), `%G %V` (ISO year and week); `{{ params.NAME }}` stands for a
    /// parameter. A path that ends in a slash is a directory. A path without date codes is static: it can be read, not
    /// written. Example: `impressions_%Y%m%d-%H.txt`.
    pub path: PathTemplate,

    /// The store. Default: the pipeline's `store`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Name>,

    /// The length of a partition of this dataset, where it differs from the pipeline's: data of another pipeline, made
    /// by another clock. Default: the pipeline's `every`. Example: `1d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Every>,

    /// The time zone of this dataset's days, weeks and months. Default: the pipeline's `timeZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,

    /// When a partition counts as complete. Default: `{type: File}`, or `{type: Flag}` for a path that ends in a slash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<Complete>,

    /// What happens when a partition is missing: `Rebuild` makes it again; `OnDemand` makes it only for a step of this
    /// pipeline that must run and reads it. Default: `Rebuild`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_missing: Option<OnMissing>,

    /// For how long after its partition is due the data is expected to exist. Past it, absent data is not missing.
    /// Default: for ever. Example: `90d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_for: Option<Duration>,

    /// How a step's output gets to its path: `Staged` has the step write to a path of its own, which is checked and
    /// then moved without replacing anything; `Direct` has it write to the final path, for programs that must.
    /// Default: `Staged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish: Option<Publish>,
}

/// When a partition of a dataset counts as complete.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = rules::COUNT_NEEDS_ITS_TYPE,
    validation = rules::GLOB_NEEDS_ITS_TYPE,
)]
pub struct Complete {
    /// The rule: `File`, the one file exists; `Flag`, a flag file lies in the directory; `Files`, enough files lie in
    /// it. Default: `File`, or `Flag` for a path that ends in a slash.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<CompleteType>,

    /// The name of the flag file; for `Flag` only. Default: `_SUCCESS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<FileName>,

    /// The least number of files; for `Files` only. Default: `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::FILES_AT_LEAST))]
    pub at_least: Option<u32>,

    /// Which files of the directory count; for `Files` only. `*` and `?` stand for parts of a name. Default: all whose
    /// name begins neither with a dot nor with an underscore. Example: `*.parquet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glob: Option<FileName>,

    /// The least size of each file, in bytes; for `File` and `Files`. Default: `0`, so an empty file counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub min_bytes: Option<i64>,

    /// The least age of each file, for files that grow where they lie; for `File` and `Files`. Default: `0s`.
    /// Example: `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle: Option<Duration>,
}

/// By which rule a partition of a dataset is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum CompleteType {
    /// The one file exists.
    File,
    /// A flag file lies in the directory.
    Flag,
    /// Enough files lie in the directory.
    Files,
}

/// What happens when a partition of a dataset is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum OnMissing {
    /// It is made again.
    Rebuild,
    /// It is made only for a step that must run and reads it.
    OnDemand,
}

/// How a step's output gets to its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(description = "")]
pub enum Publish {
    /// Written aside, checked, then moved there without replacing anything.
    Staged,
    /// Written there by the step itself.
    Direct,
}
