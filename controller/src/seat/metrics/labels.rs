//! The labels: what a metric is about. Every value comes from a bounded set.

use planner::facts::Outcome;
use prometheus_client::encoding::EncodeLabelSet;

/// A pipeline of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub struct PipelineId {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub pipeline: String,
}

/// The end of a launch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Ended {
    #[prometheus(flatten)]
    pipeline: PipelineId,
    outcome: &'static str,
}

/// A call of the API server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Call {
    pub(super) verb: &'static str,
    pub(super) resource: String,
    pub(super) code: String,
}

/// A question to a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StorageCall {
    pub(super) store: String,
    pub(super) operation: &'static str,
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
pub(super) struct Store {
    pub(super) store: String,
}

/// A notification of a bucket that was understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Notified {
    pub(super) kind: &'static str,
}

/// A notification that was not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Refused {
    pub(super) reason: &'static str,
}

impl Ended {
    pub(super) fn new(pipeline: &PipelineId, outcome: &Outcome) -> Self {
        let outcome = match outcome {
            Outcome::Succeeded => "succeeded",
            Outcome::Discarded => "discarded",
            Outcome::Failed { .. } => "failed",
            Outcome::Disrupted(_) => "disrupted",
        };
        Self { pipeline: pipeline.clone(), outcome }
    }

    /// Every end that a launch of a pipeline may have come to.
    pub(super) fn all(pipeline: &PipelineId) -> [Self; 4] {
        let failed = Outcome::Failed { exit_code: None, why: String::new() };
        [Outcome::Succeeded, Outcome::Discarded, failed, Outcome::Disrupted(String::new())]
            .map(|outcome| Self::new(pipeline, &outcome))
    }
}
