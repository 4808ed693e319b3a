//! The workloads: pipelines, files, fates and people, and how each ends.

mod manifest;
mod stories;

pub(crate) use manifest::rerun;
pub(crate) use stories::{all, prompt};

use serde_json::Value;

use crate::node::Fates;
use crate::people::Scene;

/// A pipeline in a world.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// What is applied at the beginning.
    pub(crate) manifests: Vec<Value>,
    /// The files that are there at the beginning.
    pub(crate) files: Vec<(&'static str, &'static str)>,
    /// The files that have been there for a year.
    pub(crate) old: Vec<(String, String)>,
    pub(crate) fates: Fates,
    pub(crate) scenes: Vec<Scene>,
    pub(crate) ending: Ending,
    /// The files that are otherwise where people's last word is heard too late to matter.
    pub(crate) late: Vec<(&'static str, &'static str)>,
}

/// How a workload ends when nothing breaks, and so how it is to end when something does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    /// The files that are made.
    pub(crate) files: Vec<(&'static str, &'static str)>,
    /// Each Partition object, with the status of its condition `Complete`.
    pub(crate) partitions: Vec<(&'static str, &'static str)>,
    /// The status of the pipeline's conditions.
    pub(crate) conditions: Vec<(&'static str, &'static str)>,
    /// How many launches there were.
    pub(crate) launches: usize,
}
