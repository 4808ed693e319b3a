//! The pipeline as the planner knows it: once built it is acyclic and well named, and nobody checks again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::calendar::{Calendar, Partition};
use crate::command::CommandTemplate;
use crate::digest::Digest;
use crate::duration::Span;
use crate::fault::Fault;
use crate::graph::Graph;
use crate::name::Name;
use crate::template::PathTemplate;

/// A dataset, by its place in [`Parts::datasets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetId(pub u16);

/// A step, by its place in [`Parts::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u16);

/// What a pipeline is made of, before its graph is checked.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The name of the pipeline.
    pub name: Name,
    /// The clock that cuts time into partitions.
    pub calendar: Calendar,
    /// The first partition that may exist; none means no lower bound.
    pub start: Option<Partition>,
    /// The first partition that no longer exists; none means for ever.
    pub end: Option<Partition>,
    /// From which edge of the interval a partition is wanted.
    pub due: Due,
    /// How long after that edge it is wanted.
    pub delay: Span,
    /// How many due partitions are kept complete.
    pub window: Window,
    /// Which partitions go first.
    pub order: Order,
    /// The most launches of this pipeline at once.
    pub parallelism: u32,
    /// Whether nothing new may start.
    pub suspend: bool,
    /// How long after it is due an incomplete partition counts as late.
    pub late_after: Option<Span>,
    /// The datasets, in the order of the manifest.
    pub datasets: Vec<Dataset>,
    /// The steps, in the order of the manifest.
    pub steps: Vec<Step>,
}

/// The edge of a partition's interval from which it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The interval's start: the step waits for the files of the current interval.
    Start,
    /// The interval's end.
    End,
}

/// How many due partitions are kept complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// So many.
    Partitions(u32),
    /// So many as fit this time, rounded up.
    Time(Span),
}

/// Which partitions of a window go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest.
    OldestFirst,
    /// The newest.
    NewestFirst,
}

/// A dated family of files.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The name within the pipeline.
    pub name: Name,
    /// The store in which it lives.
    pub store: Name,
    /// The clock of its paths.
    pub calendar: Calendar,
    /// The path of each partition below the store's root.
    pub path: PathTemplate,
    /// When a partition of it counts as complete.
    pub complete: Completeness,
    /// What happens when a partition of it is missing.
    pub on_missing: OnMissing,
    /// The age after which an absent partition is no longer missing.
    pub expected_for: Option<Span>,
    /// How a step's output reaches its path.
    pub publish: Publish,
}

/// When a partition of a dataset counts as complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// One file.
    File {
        /// The least size in bytes.
        min_bytes: u64,
        /// The least age.
        settle: Duration,
    },
    /// A directory with a flag file in it.
    Flag {
        /// The name of the flag file.
        name: String,
    },
    /// A directory with enough files in it.
    Files {
        /// The least number of files.
        at_least: u32,
        /// Which files count; none means all.
        glob: Option<String>,
        /// The least size in bytes of each.
        min_bytes: u64,
        /// The least age of each.
        settle: Duration,
    },
}

/// What happens when a partition of a dataset is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissing {
    /// It is made again.
    Rebuild,
    /// It is made only for a step that must run and reads it.
    OnDemand,
}

/// How a step's output reaches its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publish {
    /// Written aside, checked, then moved there without replacing anything.
    Staged,
    /// The step writes there itself.
    Direct,
}

/// One command that reads datasets and writes datasets.
#[derive(Clone, Debug)]
pub struct Step {
    /// The name within the pipeline.
    pub name: Name,
    /// What it reads.
    pub inputs: Vec<Input>,
    /// What it writes.
    pub outputs: Vec<DatasetId>,
    /// The program and its arguments.
    pub command: CommandTemplate,
    /// The container image, where the executor uses one.
    pub image: Option<String>,
    /// The working directory, relative to the manifest's folder.
    pub working_dir: Option<String>,
    /// Environment variables besides Daybreak's own.
    pub env: BTreeMap<String, String>,
    /// What one launch needs.
    pub resources: Resources,
    /// How long one launch may run.
    pub timeout: Option<Duration>,
    /// When a failed try is tried again.
    pub retries: Retries,
    /// Whether changed inputs make its outputs anew.
    pub when_inputs_change: WhenChanged,
    /// Whether a changed command makes its outputs anew.
    pub when_step_changes: WhenChanged,
    /// The pool of something scarce that each launch takes one of.
    pub pool: Option<Name>,
    /// The digest of what shapes the result: command, environment, image, inputs.
    pub result_digest: Digest,
    /// The digest of the whole step: a change gives a failed step new tries.
    pub whole_digest: Digest,
}

/// A dataset that a step reads.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name in the command.
    pub name: Name,
    /// What is read.
    pub dataset: DatasetId,
    /// Which of its partitions.
    pub reach: Reach,
    /// Whether it may be absent.
    pub optional: bool,
    /// The static path, in the dataset's store, that stands for partitions before the pipeline's start.
    pub initial: Option<String>,
}

/// Which partitions of a dataset a step reads, seen from its own partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All that overlap it.
    Overlapping,
    /// All that overlap the one so many intervals back, counted in the coarser of the two clocks.
    Back(u32),
    /// Those from `from` to `to`, both counted back from the last one that overlaps.
    Window {
        /// How far back the first one is.
        from: u32,
        /// How far back the last one is.
        to: u32,
    },
}

/// What one launch needs of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Processor time, in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Disk for temporary files, in bytes.
    pub disk_bytes: u64,
}

/// When a failed try is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The most tries since the last success, request or change.
    pub max_attempts: u32,
    /// The pause after the first failure; it doubles with each.
    pub backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
    /// Exit codes after which there is no other try.
    pub non_retriable_exit_codes: Vec<i32>,
}

/// What a change means for outputs that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenChanged {
    /// They stay.
    Keep,
    /// They are made anew.
    Rebuild,
}

/// A pipeline whose graph is sound: acyclic, one writer for each dataset, no path that two partitions share.
#[derive(Clone, Debug)]
pub struct Pipeline {
    parts: Parts,
    graph: Graph,
}

impl Pipeline {
    /// Checks the graph of `parts`; every fault is told, not only the first.
    pub fn new(parts: Parts) -> Result<Self, Vec<Fault>> {
        let graph = Graph::new(&parts)?;
        Ok(Self { parts, graph })
    }

    /// Lets no step be tried more often than this: a person who waits wants to hear of the first failure.
    pub fn limit_attempts(&mut self, most: u32) {
        for step in &mut self.parts.steps {
            step.retries.max_attempts = step.retries.max_attempts.min(most);
        }
    }

    /// Lets any number of launches run at once, for those who only ask which.
    pub fn lift_parallelism(&mut self) {
        self.parts.parallelism = u32::MAX;
    }

    /// Looks after nothing but what is asked for.
    pub fn close_window(&mut self) {
        self.parts.window = Window::Partitions(0);
    }

    /// What the pipeline is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The dataset with this id.
    pub fn dataset(&self, id: DatasetId) -> &Dataset {
        &self.parts.datasets[usize::from(id.0)]
    }

    /// The step with this id.
    pub fn step(&self, id: StepId) -> &Step {
        &self.parts.steps[usize::from(id.0)]
    }

    /// The step of this name, if there is one.
    pub fn step_named(&self, name: &str) -> Option<StepId> {
        self.step_ids().find(|id| self.step(*id).name.as_str() == name)
    }

    /// All steps, in the order of the manifest.
    pub fn step_ids(&self) -> impl Iterator<Item = StepId> + use<> {
        (0..).take(self.parts.steps.len()).map(StepId)
    }

    /// All datasets, in the order of the manifest.
    pub fn dataset_ids(&self) -> impl Iterator<Item = DatasetId> + use<> {
        (0..).take(self.parts.datasets.len()).map(DatasetId)
    }

    /// All steps, each after those whose output it reads.
    pub fn order(&self) -> &[StepId] {
        self.graph.order()
    }

    /// The step of this pipeline that writes the dataset.
    pub fn producer(&self, dataset: DatasetId) -> Option<StepId> {
        self.graph.producer(dataset)
    }
}
