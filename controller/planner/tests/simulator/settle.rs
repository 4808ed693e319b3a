//! Settle: a launch is over. Its outputs are verified and published, or its end is recorded.

use std::rc::Rc;

use planner::facts::{Leftovers, Outcome, Presence};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Publish};

use crate::bugs::Bug;
use crate::journal::{Entry, Record};
use crate::process::Exit;
use crate::runtime::Runtime;
use crate::spec::Spec;
use crate::store::{LaunchKey, Place};
use crate::world::{Placed, Stop, World};

/// A launch whose process is gone.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) pipeline: usize,
    pub(crate) launch: Launch,
    pub(crate) todo: Todo,
}

/// What is still to be done about it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Todo {
    /// Its end is known.
    Settle(Exit),
    /// It was being published when the last runtime was killed, or storage gave no answer.
    TakeUp,
    /// Its end is not known.
    GiveUp,
}

/// Whether a launch is through; storage may have to answer first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Done,
    Later,
}

impl Pending {
    pub(crate) fn key(&self) -> LaunchKey {
        LaunchKey::of(self.pipeline, &self.launch)
    }
}

/// The outputs of a launch that are written aside, and those that are written in place.
fn outputs(spec: &Spec, pending: &Pending, publish: Publish) -> Vec<(DatasetId, Place)> {
    let all = spec.outputs(pending.key().task).into_iter();
    all.filter(|(dataset, _)| {
        let is_written = publish == Publish::Staged || pending.launch.outputs.contains(dataset);
        spec.pipeline.dataset(*dataset).publish == publish && is_written
    })
    .collect()
}

impl Runtime {
    /// Settles whatever can be settled now.
    pub(crate) fn settle_all(&mut self, world: &mut World) -> Result<(), Stop> {
        for mut pending in std::mem::take(&mut self.pending) {
            if !self.runs(pending.key()) {
                continue;
            }
            if self.settle(world, &mut pending)? == Progress::Later {
                world.count("ends that storage delayed");
                self.pending.push(pending);
            }
        }
        Ok(())
    }

    fn settle(&mut self, world: &mut World, pending: &mut Pending) -> Result<Progress, Stop> {
        let failed = |exit_code| Outcome::Failed { exit_code, why: "it was told to".to_owned() };
        match pending.todo {
            Todo::Settle(Exit::Code { code: 0, .. }) => {
                let is_written = match self.is_written(world, pending) {
                    None => return Ok(Progress::Later),
                    Some(is_written) => is_written || world.has(Bug::SkipsVerification),
                };
                if !is_written {
                    return self.end(world, pending, failed(Some(0)));
                }
                if world.has(Bug::EndsBeforePublishing) {
                    return self.end(world, pending, Outcome::Succeeded);
                }
                if !world.has(Bug::SkipsPublishingRecord) {
                    world.effect()?;
                    self.record(world, pending, Entry::Publishing)?;
                }
                pending.todo = Todo::TakeUp;
                self.publish(world, pending)
            }
            Todo::Settle(Exit::Code { code, .. }) if world.has(Bug::FailureIsDisruption) => {
                self.end(world, pending, Outcome::Disrupted(format!("exit code {code}")))
            }
            Todo::Settle(Exit::Code { code, .. }) => self.end(world, pending, failed(Some(code))),
            Todo::Settle(Exit::TimedOut) => self.end(world, pending, failed(None)),
            Todo::Settle(_) if world.has(Bug::DisruptionIsFailure) => self.end(world, pending, failed(None)),
            Todo::Settle(Exit::Evicted | Exit::Killed) => {
                self.end(world, pending, Outcome::Disrupted("it was taken off its machine".to_owned()))
            }
            Todo::GiveUp => self.end(world, pending, Outcome::Disrupted("the run was killed".to_owned())),
            Todo::TakeUp if world.has(Bug::TakesUpAsSuccess) => self.end(world, pending, Outcome::Succeeded),
            Todo::TakeUp if world.has(Bug::IgnoresPublishingOnRestart) => {
                self.end(world, pending, Outcome::Disrupted("the run was killed".to_owned()))
            }
            Todo::TakeUp => {
                world.count("publications taken up again");
                self.publish(world, pending)
            }
        }
    }

    fn record(&mut self, world: &mut World, pending: &Pending, entry: Entry) -> Result<(), Stop> {
        let record = Record { at: world.now, task: pending.key().task, entry };
        world.append(record.clone(), None)?;
        let steps = self.facts[pending.pipeline].history.entry(pending.launch.partition).or_default();
        crate::journal::apply_to(steps.entry(pending.launch.step).or_default(), &record);
        Ok(())
    }

    /// Whether every output was written; none if storage does not say.
    fn is_written(&self, world: &mut World, pending: &Pending) -> Option<bool> {
        let spec = Rc::clone(&self.specs[pending.pipeline]);
        let key = pending.key();
        for (dataset, place) in outputs(&spec, pending, Publish::Staged) {
            if world.store.is_out(place.family, world.now) {
                return None;
            }
            if !world.store.staging.get(&key).is_some_and(|staged| staged.contains_key(&dataset)) {
                return Some(false);
            }
        }
        let history = self.facts[pending.pipeline].history(key.task.partition, key.task.step);
        let before =
            history.and_then(|history| history.last()).map(|ended| ended.left.clone()).unwrap_or_default();
        for (dataset, place) in outputs(&spec, pending, Publish::Direct) {
            let version = world.version(place)?.map(|version| version.to_string());
            // What an earlier attempt left is not what this one wrote.
            let is_new = version.is_some() && version.as_ref() != before.get(&dataset);
            if !is_new || world.store.look(place, world.now) != Presence::Complete {
                return Some(false);
            }
        }
        Some(true)
    }

    fn publish(&mut self, world: &mut World, pending: &Pending) -> Result<Progress, Stop> {
        let spec = Rc::clone(&self.specs[pending.pipeline]);
        let mut is_ours = !outputs(&spec, pending, Publish::Direct).is_empty();
        let replaces = pending.launch.replaces || world.has(Bug::PublishOverwrites);
        for (dataset, place) in outputs(&spec, pending, Publish::Staged) {
            world.effect()?;
            match world.publish(pending.key(), (dataset, place, replaces))? {
                None => return Ok(Progress::Later),
                Some(Placed::Published) => is_ours = true,
                Some(Placed::Refused) => world.count("foreign files in the way"),
            }
        }
        let outcome = if is_ours { Outcome::Succeeded } else { Outcome::Discarded };
        self.end(world, pending, outcome)
    }

    /// Records the end, gives the staging back and looks at what the launch wrote.
    fn end(&mut self, world: &mut World, pending: &Pending, outcome: Outcome) -> Result<Progress, Stop> {
        let spec = Rc::clone(&self.specs[pending.pipeline]);
        let key = pending.key();
        let mut left = Leftovers::new();
        let has_failed = matches!(outcome, Outcome::Failed { .. } | Outcome::Disrupted(_));
        let direct = outputs(&spec, pending, Publish::Direct);
        for (dataset, place) in direct.iter().filter(|_| has_failed) {
            let Some(version) = world.version(*place) else { return Ok(Progress::Later) };
            left.extend(version.map(|version| (*dataset, version.to_string())));
        }
        world.effect()?;
        if world.has(Bug::TakesLeftoversForData) {
            left.clear();
        }
        for (_, place) in direct.iter().filter(|_| has_failed) {
            world.disown(*place, key);
        }
        self.record(world, pending, Entry::Ended { outcome, left })?;
        if !world.has(Bug::ForgetsOwnOutputs) {
            for (_, place) in spec.outputs(key.task) {
                self.look_again(world, place);
            }
        }
        world.effect()?;
        if !world.has(Bug::LeavesStaging) {
            world.store.staging.remove(&key);
        }
        Ok(Progress::Done)
    }
}
