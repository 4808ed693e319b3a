//! Look: what storage and the records say of a pipeline, and what follows; closer where that could change the decision.

use std::collections::BTreeMap;

use planner::calendar::Instant;
use storage::{Catalogue, Store};

use crate::local::pipeline::LocalPipeline;
use crate::local::{observe, since};
use crate::records::RecordsError;
use crate::state::State;

/// What a look is taken at.
#[derive(Debug)]
pub(crate) struct Sight<'a> {
    /// The stores by name.
    pub(crate) stores: &'a BTreeMap<String, Store>,
    /// What storage said.
    pub(crate) catalogue: &'a mut Catalogue,
    /// Where records and notes lie.
    pub(crate) state: &'a State,
}

/// Decides for one pipeline, looking closer where the decision would differ.
pub(crate) fn decide(
    pipeline: &mut LocalPipeline,
    sight: Sight<'_>,
    now: Instant,
) -> Result<(), RecordsError> {
    let Sight { stores, catalogue, state } = sight;
    let is_new = pipeline.observed.is_none();
    if pipeline.settles_at().is_some_and(|at| at <= now) {
        observe::look_at_settled(pipeline, catalogue, now);
    }
    if pipeline.observed.as_ref() != Some(&pipeline.stretch(now)) {
        observe::observe(pipeline, catalogue, now);
    }
    pipeline.decide(now);
    if is_new {
        since::restore(&state.since(pipeline.name()), pipeline);
    }
    let partitions = pipeline.in_doubt();
    if pipeline.load_records(partitions)? {
        observe::look_at_leftovers(pipeline, stores);
        pipeline.decide(now);
    }
    while observe::satisfy_curiosity(pipeline, stores) {
        pipeline.decide(now);
    }
    pipeline.is_stale = false;
    Ok(())
}
