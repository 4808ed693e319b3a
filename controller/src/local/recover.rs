//! Recover: what a killed run left behind is brought to an end before anything starts.

use planner::calendar::Instant;
use planner::facts::{Outcome, Stage};

use crate::local::desk::Desk;
use crate::local::launch::{self, LaunchError};
use crate::local::pipeline::LocalPipeline;
use crate::work::errand::Errand;
use crate::work::launch::unfinished;

/// Ends the launches that a killed run left: what was being published is published, the rest is no try.
///
/// To be called when its processes are gone.
pub(crate) fn recover(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    now: Instant,
) -> Result<(), LaunchError> {
    let LocalPipeline { work, records, .. } = pipeline;
    records.load_all(&work.plan, &mut work.facts.history).map_err(LaunchError::Records)?;
    for (launch, stage) in unfinished(&pipeline.work) {
        let outcome = match stage {
            Stage::Publishing => Errand::of(&pipeline.work, &desk.stores, &launch)
                .publish()
                .map_err(LaunchError::unsettled(&pipeline.work, &launch))?,
            Stage::Running | Stage::Held(_) => Outcome::Disrupted("the run was killed".to_owned()),
        };
        launch::end(pipeline, desk, (&launch, outcome, now))?;
    }
    Ok(())
}
