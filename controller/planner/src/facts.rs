//! Facts: what the runtime has observed. The planner believes them and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::{Instant, Partition};
use crate::digest::Digest;
use crate::launch::{Launch, Product};
use crate::pipeline::{DatasetId, StepId};

/// All that is known about a pipeline's world at one moment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What storage says of each dataset, by [`DatasetId`].
    pub holdings: Vec<Holding>,
    /// What storage says of an input's `initial` path, by step and place of the input.
    pub initials: BTreeMap<(StepId, usize), Presence>,
    /// What has been tried.
    pub history: BTreeMap<Partition, BTreeMap<StepId, History>>,
    /// What people asked for beyond the window, oldest first.
    pub requests: Vec<Request>,
    /// The partitions that are suspended.
    pub suspended: BTreeSet<Partition>,
    /// What the inputs look like now, for the steps that [`crate::decision::Decision::curious`] named.
    pub inputs: BTreeMap<(Partition, StepId), Fingerprints>,
    /// Failures before this moment do not count: whoever starts a run on a laptop asks for new tries.
    pub forgive_before: Option<Instant>,
    /// What `Direct` outputs look like now, where a failed attempt left something.
    pub outputs: BTreeMap<(Partition, DatasetId), String>,
}

/// What storage says of one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// A dataset without date codes.
    Static(Presence),
    /// A dated dataset, known for a stretch of partitions; nothing is known outside it.
    Dated {
        /// The first partition of the stretch.
        first: Partition,
        /// One answer for each partition from `first` on.
        presences: Vec<Presence>,
    },
}

/// What storage says of one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// It is there, by the dataset's rule.
    Complete,
    /// It is positively not there, in a store that is.
    Missing,
    /// Something is there that is not it, such as parts without the flag.
    Occupied,
    /// It is there and too young to be trusted.
    Settling,
    /// Storage gave no answer that can be relied on.
    Unknown,
}

/// What the paths of `Direct` outputs looked like.
pub type Leftovers = BTreeMap<DatasetId, String>;

/// What files looked like, by path: size, time and tag in one text, or [`ABSENT`].
pub type Fingerprints = BTreeMap<String, String>;

/// The fingerprint of an optional input that was not there.
pub const ABSENT: &str = "absent";

/// What has been tried for one step of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The launches that ended, oldest first.
    pub ended: Vec<Ended>,
    /// The launch that may still be running.
    pub running: Option<Running>,
}

/// One try, as far as it decides whether the next is another try of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The digest of the whole step.
    pub whole: Digest,
    /// The digest of what shapes the result.
    pub result: Digest,
    /// The newest request to make the outputs anew.
    pub request: Option<String>,
}

/// A launch that may still be running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The number of the launch within the attempt, from 1.
    pub launch: u32,
    /// What is tried.
    pub trial: Trial,
    /// What its inputs looked like when it started.
    pub inputs: Fingerprints,
    /// Whether it replaces data that exists.
    pub replaces: bool,
    /// What it makes, as its spec said when it began.
    pub products: Vec<Product>,
    /// Since when.
    pub since: Instant,
    /// How far it is.
    pub stage: Stage,
}

/// How far a launch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The executor holds it back, and says why.
    Held(String),
    /// It runs.
    Running,
    /// It ended well and its outputs are on their way.
    Publishing,
}

/// A launch that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The number of the launch within the attempt, from 1.
    pub launch: u32,
    /// What was tried.
    pub trial: Trial,
    /// What its inputs looked like when it started.
    pub inputs: Fingerprints,
    /// When it ended.
    pub at: Instant,
    /// How it ended.
    pub outcome: Outcome,
    /// What it left at the paths of `Direct` outputs without having succeeded: that is not data.
    pub left: Leftovers,
}

/// How a launch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its outputs were published.
    Succeeded,
    /// Its outputs were already there when it ended, so they were dropped.
    Discarded,
    /// It failed: this counts as a try.
    Failed {
        /// The exit code, if it exited.
        exit_code: Option<i32>,
        /// What went wrong, in a sentence without a final dot.
        why: String,
    },
    /// Its machine went away or took it off: this is no try.
    Disrupted(String),
}

/// What somebody asked for beyond the window, or anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its name, unique for ever.
    pub name: String,
    /// The first partition.
    pub from: Partition,
    /// The last partition.
    pub to: Partition,
    /// Only these steps; all when empty.
    pub steps: BTreeSet<StepId>,
    /// Whether to make again what exists.
    pub rerun: bool,
    /// Whether it rests.
    pub suspended: bool,
}

impl Request {
    /// Whether this step of this partition is asked for.
    pub fn covers(&self, partition: Partition, step: StepId) -> bool {
        self.spans(partition) && (self.steps.is_empty() || self.steps.contains(&step))
    }

    /// Whether the partition lies between `from` and `to`.
    pub fn spans(&self, partition: Partition) -> bool {
        (self.from..=self.to).contains(&partition)
    }
}

impl Holding {
    /// What is known of one partition.
    pub fn presence(&self, partition: Partition) -> Presence {
        match self {
            Self::Static(presence) => *presence,
            Self::Dated { first, presences } => usize::try_from(partition.0 - first.0)
                .ok()
                .and_then(|place| presences.get(place))
                .copied()
                .unwrap_or(Presence::Unknown),
        }
    }

    /// Notes an answer; one outside the known stretch is dropped.
    pub fn note(&mut self, partition: Partition, answer: Presence) {
        match self {
            Self::Static(presence) => *presence = answer,
            Self::Dated { first, presences } => {
                let place = usize::try_from(partition.0 - first.0).ok();
                if let Some(presence) = place.and_then(|place| presences.get_mut(place)) {
                    *presence = answer;
                }
            }
        }
    }
}

impl Facts {
    /// What has been tried for a step of a partition.
    pub fn history(&self, partition: Partition, step: StepId) -> Option<&History> {
        self.history.get(&partition)?.get(&step)
    }
}

impl History {
    /// A launch starts. It is recorded before its process exists, so that its number is never given twice.
    pub fn start(&mut self, launch: &Launch, inputs: Fingerprints, since: Instant) {
        self.running = Some(Running {
            attempt: launch.attempt,
            launch: launch.launch,
            trial: launch.trial.clone(),
            inputs,
            replaces: launch.replaces,
            products: launch.products.clone(),
            since,
            stage: Stage::Running,
        });
    }

    /// The running launch ended well, and its outputs are on their way: from here on they can be published again.
    pub fn publish(&mut self) {
        if let Some(running) = &mut self.running {
            running.stage = Stage::Publishing;
        }
    }

    /// The running launch is over.
    pub fn end(&mut self, outcome: Outcome, left: Leftovers, at: Instant) {
        let Some(running) = self.running.take() else { return };
        let Running { attempt, launch, trial, inputs, .. } = running;
        self.ended.push(Ended { attempt, launch, trial, inputs, at, outcome, left });
    }

    /// The last launch that ended.
    pub fn last(&self) -> Option<&Ended> {
        self.ended.last()
    }

    /// Whether a try failed since the outputs were last there.
    pub fn has_failed(&self) -> bool {
        let since = |ended: &&Ended| !matches!(ended.outcome, Outcome::Succeeded | Outcome::Discarded);
        let mut ends = self.ended.iter().rev().take_while(since);
        ends.any(|ended| matches!(ended.outcome, Outcome::Failed { .. }))
    }

    /// The launch that made what is there: the last that published, unless a later one found others' data in its place.
    pub fn maker(&self) -> Option<&Ended> {
        let mut ends = self.ended.iter().rev();
        let found = ends.find(|ended| matches!(ended.outcome, Outcome::Succeeded | Outcome::Discarded));
        found.filter(|ended| ended.outcome == Outcome::Succeeded)
    }

    /// The highest attempt number so far.
    pub fn attempts(&self) -> u32 {
        let ended = self.ended.iter().map(|ended| ended.attempt).max();
        let running = self.running.as_ref().map(|running| running.attempt);
        ended.max(running).unwrap_or(0)
    }
}
