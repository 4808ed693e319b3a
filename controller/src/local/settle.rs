//! Settle: a process has ended. Its outputs are verified and published, or the failure is put into words.

use executor::Observation;
use planner::calendar::Instant;
use planner::facts::Outcome;
use planner::launch::Launch;

use crate::local::desk::Desk;
use crate::local::launch::{self, LaunchError, last_words};
use crate::local::pipeline::LocalPipeline;
use crate::work::errand::Errand;

/// Settles a launch whose process has ended.
pub(crate) fn settle(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, observation, now): (&Launch, Observation, Instant),
) -> Result<(), LaunchError> {
    let outcome = match observation {
        Observation::Succeeded => {
            let LocalPipeline { work, records, .. } = pipeline;
            let published = Errand::of(work, &desk.stores, launch).verify_and_publish(records, now);
            published.map_err(LaunchError::unsettled(work, launch))?
        }
        Observation::Failed(failure) => {
            let exit_code = failure.exit_code();
            let why = format!("{failure}{}", last_words(desk, &pipeline.work, launch));
            Outcome::Failed { exit_code, why }
        }
        Observation::Disrupted { why } => Outcome::Disrupted(why),
        Observation::Gone => Outcome::Disrupted("its process is gone".to_owned()),
        Observation::Waiting { .. }
        | Observation::Running { .. }
        | Observation::Interrupted { .. }
        | Observation::Lost { .. } => return Ok(()),
    };
    launch::end(pipeline, desk, (launch, outcome, now))
}
