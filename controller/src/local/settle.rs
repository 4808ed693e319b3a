//! Settle: a process has ended. Its outputs are verified and published, or the failure is put into words.

use executor::{Event, Observation};
use planner::calendar::Instant;
use planner::facts::{Outcome, Stage};
use planner::launch::Launch;

use crate::clock;
use crate::local::desk::Desk;
use crate::local::launch::{GRACE, LaunchError, end, last_words};
use crate::local::pipeline::LocalPipeline;
use crate::local::run::{Mode, Run, RunError};
use crate::work::errand::Errand;
use crate::work::launch::{note_stage, stage};

impl Run<'_> {
    /// Settles a launch whose process has ended.
    pub(crate) fn settle(&mut self, event: Event, now: Instant) -> Result<(), RunError> {
        let mut pipelines = self.pipelines.iter_mut();
        let found = pipelines.find_map(|it| it.work.running_named(&event.name).map(|launch| (it, launch)));
        let Some((pipeline, launch)) = found else { return Ok(()) };
        pipeline.work.is_stale = true;
        match end_with(pipeline, self.desk, (&launch, event.observation, now)) {
            // A run that stays has time until the store comes back.
            Err(LaunchError::Open { launch: title, why, stage }) if self.mode == Mode::Watch => {
                note_stage(&mut pipeline.work, &launch, stage);
                if self.postponed.add(&event.name, &title) {
                    self.desk.progress.shout(&format!("{title} is settled once there is an answer: {why}"));
                }
            }
            settled => {
                settled.map_err(RunError::Launch)?;
                self.postponed.remove(&event.name);
            }
        }
        self.note_own_changes(now);
        Ok(())
    }

    /// Settles all others that have ended by now.
    pub(crate) fn settle_ended(&mut self, now: Instant) -> Result<(), RunError> {
        while let Some(event) = self.senses.ended() {
            self.settle(event, now)?;
        }
        Ok(())
    }

    /// Settles what a store gave no answer about before, once its time has come.
    pub(crate) fn settle_postponed(&mut self, now: Instant) -> Result<(), RunError> {
        for event in self.postponed.due() {
            self.settle(event, now)?;
        }
        Ok(())
    }

    /// Ends what runs: it is no try, and the next run launches it again.
    pub(crate) async fn stop(&mut self) -> Result<(), RunError> {
        self.desk.progress.shout("interrupted: ending what runs");
        self.desk.executor.shutdown(GRACE).await;
        self.settle_ended(clock::now())?;
        match self.postponed.titles().as_slice() {
            [] => Ok(()),
            titles => Err(RunError::Postponed { launches: titles.join(", ") }),
        }
    }
}

/// Ends a launch as what was seen last of its process says.
fn end_with(
    pipeline: &mut LocalPipeline,
    desk: &mut Desk,
    (launch, observation, now): (&Launch, Observation, Instant),
) -> Result<(), LaunchError> {
    let outcome = match observation {
        Observation::Succeeded => {
            let LocalPipeline { work, records, .. } = pipeline;
            let errand = Errand::of(work, &desk.stores, launch);
            let published = if stage(work, launch) == Some(&Stage::Publishing) {
                errand.publish()
            } else {
                errand.verify_and_publish(records, now)
            };
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
    end(pipeline, desk, (launch, outcome, now))
}
