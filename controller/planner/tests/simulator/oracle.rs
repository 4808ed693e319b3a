//! The oracle: what ought to be launched, worked out again and apart from the planner's rules.

use std::ops::Range;

use planner::calendar::{Instant, Partition};
use planner::facts::Fingerprints;
use planner::pipeline::{DatasetId, OnMissing, StepId, WhenChanged};
use planner::window;

use crate::ledger::{Ledger, differ};
use crate::spec::Spec;
use crate::store::{Place, Task};

/// How far ahead of a partition its readers may lie.
const READERS_AHEAD: i64 = 4;

/// What is known when the question is asked.
#[derive(Clone, Copy)]
pub(crate) struct Oracle<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) ledger: &'a Ledger,
    /// Whether the whole of a path is there.
    pub(crate) has: &'a dyn Fn(Place) -> bool,
    /// What each step's inputs look like; none where only some are known, and then any may have changed.
    pub(crate) looks: Option<&'a dyn Fn(Task) -> Fingerprints>,
    /// Whether a step can't run before somebody acts.
    pub(crate) is_stuck: &'a dyn Fn(Task) -> bool,
    pub(crate) now: Instant,
}

impl Oracle<'_> {
    pub(crate) fn window(&self) -> Range<i64> {
        window::window(self.spec.parts(), self.now)
    }

    pub(crate) fn is_looked_after(&self, task: Task) -> bool {
        self.window().contains(&task.partition.0) || self.spec.is_asked(task)
    }

    /// Why nothing may start here.
    pub(crate) fn check_scope(&self, task: Task) -> Result<(), &'static str> {
        let parts = self.spec.parts();
        if parts.suspend || self.spec.suspended.contains(&task.partition) {
            return Err("it is suspended");
        }
        if !window::exists(parts, task.partition) {
            return Err("there is no such partition");
        }
        if window::due_at(parts, task.partition) > self.now {
            return Err("it is not due");
        }
        if !self.is_looked_after(task) && !self.is_needed(task) {
            return Err("nobody looks after it");
        }
        Ok(())
    }

    /// Whether what exists is to be made anew.
    pub(crate) fn is_replaced(&self, task: Task, looks: Option<&Fingerprints>) -> bool {
        if self.spec.rerun(task).is_some_and(|request| !self.ledger.has_served(task, &request.name)) {
            return true;
        }
        let has_data = self.spec.outputs(task).iter().any(|(_, place)| (self.has)(*place));
        if !has_data || !self.is_looked_after(task) {
            return false;
        }
        let step = self.spec.pipeline.step(task.step);
        self.ledger.maker(task).is_some_and(|line| {
            let other_step = step.when_step_changes == WhenChanged::Rebuild
                && line.launch.trial.result != step.result_digest;
            let other_inputs = step.when_inputs_change == WhenChanged::Rebuild && differ(&line.inputs, looks);
            other_step || other_inputs
        })
    }

    /// Whether some output is absent, still expected, and wanted.
    pub(crate) fn lacks_something_wanted(&self, task: Task) -> bool {
        let outputs = self.spec.outputs(task);
        outputs.iter().any(|(dataset, place)| {
            let is_wanted = || {
                self.spec.pipeline.dataset(*dataset).on_missing == OnMissing::Rebuild || self.is_needed(task)
            };
            !(self.has)(*place) && !self.is_expired(*dataset, task.partition) && is_wanted()
        })
    }

    fn is_expired(&self, dataset: DatasetId, partition: Partition) -> bool {
        let calendar = &self.spec.parts().calendar;
        let span = self.spec.pipeline.dataset(dataset).expected_for;
        span.is_some_and(|span| span.after(calendar.end(partition), calendar.zone()) <= self.now)
    }

    /// Whether a step that must run reads what this one lacks. A step whose data is replaced may be such a one.
    pub(crate) fn is_needed(&self, task: Task) -> bool {
        self.readers(task).into_iter().any(|reader| {
            let parts = self.spec.parts();
            let may_run = window::exists(parts, reader.partition)
                && window::due_at(parts, reader.partition) <= self.now
                && (self.is_looked_after(reader) || self.is_needed(reader))
                && !(self.is_stuck)(reader);
            may_run && (self.lacks_something_wanted(reader) || self.may_be_replaced(reader))
        })
    }

    fn may_be_replaced(&self, task: Task) -> bool {
        let step = self.spec.pipeline.step(task.step);
        let rebuilds = step.when_inputs_change == WhenChanged::Rebuild;
        let looks = self.looks.map(|looks| looks(task));
        let is_unsure = looks.is_none() && rebuilds && self.ledger.maker(task).is_some();
        is_unsure || self.is_replaced(task, looks.as_ref())
    }

    /// The steps that cannot do without what this one makes, where that is made for others' sake.
    fn readers(&self, task: Task) -> Vec<Task> {
        let outputs = self.spec.outputs(task);
        let is_spanned = self.spec.requests.iter().any(|it| !it.suspended && it.spans(task.partition));
        let lacking: Vec<_> = outputs
            .into_iter()
            .filter(|(dataset, place)| {
                let is_on_demand = self.spec.pipeline.dataset(*dataset).on_missing == OnMissing::OnDemand;
                (is_on_demand || is_spanned) && !(self.has)(*place)
            })
            .map(|(_, place)| place)
            .collect();
        if lacking.is_empty() {
            return Vec::new();
        }
        let partitions = (task.partition.0..=task.partition.0 + READERS_AHEAD).map(Partition);
        let cases = partitions.flat_map(|partition| {
            self.spec.pipeline.step_ids().map(move |step| Task { partition, step, ..task })
        });
        cases.filter(|reader| *reader != task && self.requires(*reader, &lacking)).collect()
    }

    fn requires(&self, reader: Task, places: &[Place]) -> bool {
        let reads = self.spec.reads(reader);
        reads.iter().any(|read| !read.is_optional && read.dataset.is_some() && places.contains(&read.place))
    }

    /// The step that makes what a step reads.
    pub(crate) fn maker_of(&self, task: Task, dataset: Option<DatasetId>, place: Place) -> Option<Task> {
        let step: StepId = self.spec.pipeline.producer(dataset?)?;
        Some(Task { step, partition: place.partition, ..task })
    }
}

impl std::fmt::Debug for Oracle<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Oracle").field("now", &self.now).finish_non_exhaustive()
    }
}
