//! A Spark application, in place of a step's command.

use crate::limits;
use crate::rules;
use crate::text::{Argument, QualifiedName, Value};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::KubeSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Spark application.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Spark {
    /// The application: a jar or a Python file, as a path in the image or an address that Spark can read.
    /// Example: `local:///opt/jobs/join.py`.
    #[x_kube(validation = rules::APPLICATION_IS_NAMED)]
    pub application: Value,

    /// The class with the `main` method, for a jar. Example: `com.example.Join`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_class: Option<QualifiedName>,

    /// The application's arguments; the same things are filled in as in a `command`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = limits::ARGUMENTS))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub args: Vec<Argument>,

    /// Spark's own settings. Example: `{spark.sql.shuffle.partitions: "64"}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = limits::SPARK_SETTINGS))]
    #[x_kube(validation = rules::SETTINGS_HAVE_SHORT_KEYS)]
    pub conf: BTreeMap<QualifiedName, Value>,

    /// The driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<SparkDriver>,

    /// The executors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executors: Option<SparkExecutors>,
}

/// What the driver of a Spark application takes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkDriver {
    /// Its cores. Default: `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub cores: Option<u32>,

    /// The memory of its process; Spark adds its overhead. Default: `1Gi`. Example: `4Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::quantity")]
    pub memory: Option<Quantity>,
}

/// What the executors of a Spark application take.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkExecutors {
    /// How many there are. Default: `2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::SPARK_EXECUTORS))]
    pub instances: Option<u32>,

    /// The cores of each. Default: `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub cores: Option<u32>,

    /// The memory of each one's process; Spark adds its overhead. Default: `1Gi`. Example: `8Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::quantity")]
    pub memory: Option<Quantity>,
}
