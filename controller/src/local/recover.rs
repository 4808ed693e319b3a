//! Recover: what a killed run left behind is brought to an end before anything starts.

use planner::calendar::Instant;
use planner::calendar::Partition;
use planner::facts::Running;
use planner::facts::{Outcome, Stage};
use planner::launch::Launch;
use planner::pipeline::{Pipeline, StepId};

use crate::local::desk::Desk;
use crate::local::launch::{self, LaunchError};
use crate::local::pipeline::LocalPipeline;
use crate::local::settle;

/// Ends the launches that a killed run left: what was being published is published, the rest is no try.
///
/// To be called when its processes are gone.
pub(crate) fn recover(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    now: Instant,
) -> Result<(), LaunchError> {
    pipeline.records.load_all(&pipeline.plan, &mut pipeline.facts.history).map_err(LaunchError::Records)?;
    for (launch, stage) in unfinished(pipeline) {
        let outcome = match stage {
            Stage::Publishing => settle::publish(&pipeline.plan, &desk.stores, &launch)
                .unwrap_or_else(|why| Outcome::Failed { exit_code: Some(0), why }),
            Stage::Running | Stage::Held(_) => Outcome::Disrupted("the run was killed".to_owned()),
        };
        launch::end(pipeline, desk, (&launch, outcome, now))?;
    }
    Ok(())
}

/// The launches that the records tell no end of, and how far each is.
pub(crate) fn unfinished(pipeline: &LocalPipeline) -> Vec<(Launch, Stage)> {
    let mut found = Vec::new();
    for (partition, steps) in &pipeline.facts.history {
        for (step, history) in steps {
            let running = history.running.as_ref();
            found.extend(
                running.map(|it| (relaunch(&pipeline.plan, (*partition, *step), it), it.stage.clone())),
            );
        }
    }
    found
}

/// The launch that a record tells of.
fn relaunch(plan: &Pipeline, (partition, step): (Partition, StepId), running: &Running) -> Launch {
    Launch {
        step,
        partition,
        attempt: running.attempt,
        launch: running.launch,
        trial: running.trial.clone(),
        outputs: plan.step(step).outputs.clone(),
        replaces: running.replaces,
    }
}
