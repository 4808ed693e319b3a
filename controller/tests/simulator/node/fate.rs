//! Fates: what a workload lets happen to the launches of its steps.

use std::time::Duration;

use super::LaunchKey;

/// What happens to a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeeds,
    /// It exits with this code and writes nothing.
    Fails(i32),
    /// It exits with 0 and writes nothing.
    WritesNothing,
    OutOfMemory,
    /// It never ends by itself.
    Hangs,
    /// Its pod is evicted through the API.
    Evicted,
    /// The kubelet ends its pod, since the node is short of something.
    Pressed,
    /// Its node is not heard of for so long; the process goes on meanwhile.
    NodeLost(Duration),
    /// Its image can't be pulled for so long.
    NoImage(Duration),
    /// Somebody deletes the Job while it runs.
    JobDeleted,
    /// The queue takes its place away while it runs, and gives it back after a while.
    Preempted(Duration),
}

impl Fate {
    /// Whether the process writes its outputs if nobody ends it before.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Self::Fails(_) | Self::WritesNothing | Self::OutOfMemory | Self::Hangs)
    }

    /// How long its node is silent.
    pub(super) fn silence(self) -> Option<Duration> {
        if let Self::NodeLost(time) = self { Some(time) } else { None }
    }
}

/// The fates of the launches that do not simply succeed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fates(Vec<(Chosen, Fate)>);

/// Which launches.
#[derive(Clone, Debug)]
struct Chosen {
    step: &'static str,
    /// The attempt, or all.
    attempt: Option<u32>,
    /// The launch of the attempt, or all.
    launch: Option<u32>,
}

impl Fates {
    /// Every launch of a step.
    pub(crate) fn always(mut self, step: &'static str, fate: Fate) -> Self {
        self.0.push((Chosen { step, attempt: None, launch: None }, fate));
        self
    }

    /// Every launch of one attempt of a step.
    pub(crate) fn attempt(mut self, step: &'static str, attempt: u32, fate: Fate) -> Self {
        self.0.push((Chosen { step, attempt: Some(attempt), launch: None }, fate));
        self
    }

    /// One launch of the first attempt of a step.
    pub(crate) fn launch(mut self, step: &'static str, launch: u32, fate: Fate) -> Self {
        self.0.push((Chosen { step, attempt: Some(1), launch: Some(launch) }, fate));
        self
    }

    /// Whether somebody deletes Jobs.
    pub(crate) fn delete_jobs(&self) -> bool {
        self.0.iter().any(|(_, fate)| *fate == Fate::JobDeleted)
    }

    pub(crate) fn of(&self, key: &LaunchKey) -> Fate {
        let is_it = |(chosen, _): &&(Chosen, Fate)| {
            chosen.step == key.step
                && chosen.attempt.is_none_or(|it| it == key.attempt)
                && chosen.launch.is_none_or(|it| it == key.launch)
        };
        self.0.iter().find(is_it).map_or(Fate::Succeeds, |(_, fate)| *fate)
    }
}
