//! The spans: one vocabulary for logs and traces, so that a search for a partition finds all that was done for it.

use tracing::{Span, info_span};

use super::metrics::PipelineId;

/// A look at a pipeline and what follows from it.
pub fn reconcile(id: &PipelineId) -> Span {
    info_span!("reconcile", namespace = id.namespace, pipeline = id.pipeline)
}

/// What is done for a step of a partition, within a reconcile or on its own: a launch, its log, its publishing.
pub fn step(id: &PipelineId, partition: &str, step: &str, attempt: u32) -> Span {
    info_span!("step", namespace = id.namespace, pipeline = id.pipeline, partition, step, attempt)
}
