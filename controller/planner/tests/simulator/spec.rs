//! Specs: a pipeline with the requests that people made, and where its datasets lie.

use std::collections::{BTreeMap, BTreeSet};

use planner::calendar::Partition;
use planner::facts::Request;
use planner::pipeline::{DatasetId, Parts, Pipeline, StepId};
use planner::reads;

use crate::store::{Place, Task};

/// A pipeline and all that people say about it.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) pipeline: Pipeline,
    /// The family of each dataset.
    pub(crate) families: Vec<usize>,
    /// The family of each `initial` path, by step and place of the input.
    pub(crate) initials: BTreeMap<(StepId, usize), usize>,
    pub(crate) requests: Vec<Request>,
    pub(crate) suspended: BTreeSet<Partition>,
    pub(crate) weight: u32,
}

/// One path that a step reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadPlace {
    pub(crate) place: Place,
    /// The dataset, unless it is an `initial` path.
    pub(crate) dataset: Option<DatasetId>,
    pub(crate) is_optional: bool,
}

impl Spec {
    pub(crate) fn parts(&self) -> &Parts {
        self.pipeline.parts()
    }

    pub(crate) fn place(&self, dataset: DatasetId, partition: Partition) -> Place {
        let is_static = self.pipeline.dataset(dataset).path.is_static();
        let partition = if is_static { Partition(0) } else { partition };
        Place { family: self.families[usize::from(dataset.0)], partition }
    }

    pub(crate) fn outputs(&self, task: Task) -> Vec<(DatasetId, Place)> {
        let outputs = &self.pipeline.step(task.step).outputs;
        outputs.iter().map(|output| (*output, self.place(*output, task.partition))).collect()
    }

    /// Every path that a step reads.
    pub(crate) fn reads(&self, task: Task) -> Vec<ReadPlace> {
        let mut found = Vec::new();
        for (index, input) in self.pipeline.step(task.step).inputs.iter().enumerate() {
            let dataset = self.pipeline.dataset(input.dataset);
            let (id, is_optional) = (Some(input.dataset), input.optional);
            if dataset.path.is_static() {
                let place = self.place(input.dataset, task.partition);
                found.push(ReadPlace { place, dataset: id, is_optional });
                continue;
            }
            let partitions = reads::reads(&self.pipeline, input, task.partition).map(Partition);
            let existing = partitions.filter(|it| dataset.calendar.exists(*it));
            found.extend(existing.map(|read| {
                let is_before = reads::is_before_start(&self.pipeline, input, read);
                let initial = self.initials.get(&(task.step, index)).filter(|_| is_before);
                let initial = initial.map(|family| Place { family: *family, partition: Partition(0) });
                let dataset = id.filter(|_| initial.is_none());
                let place = initial.unwrap_or_else(|| self.place(input.dataset, read));
                ReadPlace { place, dataset, is_optional: is_optional && initial.is_none() }
            }));
        }
        found
    }

    /// Whether an unsuspended request looks after this.
    pub(crate) fn is_asked(&self, task: Task) -> bool {
        self.requests.iter().any(|it| !it.suspended && it.covers(task.partition, task.step))
    }

    /// The newest request to make this anew.
    pub(crate) fn rerun(&self, task: Task) -> Option<&Request> {
        let reruns = self.requests.iter().rev().filter(|it| it.rerun && !it.suspended);
        reruns.into_iter().find(|it| it.covers(task.partition, task.step))
    }

    /// The same with other parts; nothing that keeps the graph sound may change.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = self.parts().clone();
        change(&mut parts);
        let pipeline = Pipeline::new(parts).expect("digests, bounds and switches keep a graph sound");
        Self { pipeline, ..self.clone() }
    }

    /// The pipeline in a few lines, for traces.
    pub(crate) fn describe(&self) -> Vec<String> {
        let parts = self.parts();
        let mut lines = vec![format!(
            "{} every {} {}, {:?} + {:?}, {:?}, from {:?} to {:?}, {:?}, parallelism {}",
            parts.name,
            parts.calendar.every(),
            parts.calendar.zone(),
            parts.due,
            parts.delay,
            parts.window,
            parts.start,
            parts.end,
            parts.order,
            parts.parallelism
        )];
        lines.extend(parts.datasets.iter().zip(&self.families).map(|(dataset, family)| {
            let (name, every) = (&dataset.name, dataset.calendar.every());
            let (kind, publish, expected) = (dataset.on_missing, dataset.publish, dataset.expected_for);
            format!(
                "  {name} in family {family}, every {every}, {kind:?}, {publish:?}, expected for {expected:?}"
            )
        }));
        for (step, at) in parts.steps.iter().zip(0..) {
            let inputs = step.inputs.iter().enumerate().map(|(place, input)| {
                let name = &parts.datasets[usize::from(input.dataset.0)].name;
                let initial = self.initials.get(&(StepId(at), place));
                format!("{name} {:?} optional {} initial {initial:?}", input.reach, input.optional)
            });
            let inputs: Vec<_> = inputs.collect();
            let changes = (step.when_inputs_change, step.when_step_changes);
            let head = format!("  {}: {inputs:?} -> {:?}, {changes:?}", step.name, step.outputs);
            lines.push(format!("{head}, {:?}, {:?}, {:?}", step.retries, step.pool, step.resources));
        }
        lines
    }
}
