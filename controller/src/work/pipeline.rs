//! A pipeline at work: the plan, what is known, what was decided.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use planner::calendar::{Instant, Partition};
use planner::decide::{World, decide};
use planner::decision::Decision;
use planner::facts::Facts;
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline, Publish, StepId, WhenChanged};
use planner::reads;
use planner::verdict::Verdict;
use planner::window;

/// A pipeline at work, on a laptop or in a cluster.
#[derive(Debug)]
pub(crate) struct Work {
    /// Its name among all that may share a store.
    pub(crate) id: String,
    /// The plan.
    pub(crate) plan: Arc<Pipeline>,
    /// What is known.
    pub(crate) facts: Facts,
    /// What was decided last.
    pub(crate) decision: Decision,
    /// Whether something changed since.
    pub(crate) is_stale: bool,
    /// The launches that may still run.
    pub(crate) running: BTreeMap<(Partition, StepId), Launch>,
    /// What `Direct` outputs looked like before their launch: what did not change since was not written by it.
    pub(crate) before: BTreeMap<(Partition, DatasetId), String>,
    /// The stretch of partitions of which storage was asked.
    pub(crate) observed: Option<Range<i64>>,
    /// When what is too young to be trusted is old enough, by store and path.
    pub(crate) settling: BTreeMap<(String, String), Instant>,
    /// Why storage gave no reliable answer, by store and path.
    pub(crate) doubts: BTreeMap<(String, String), String>,
}

impl Work {
    pub(crate) fn new(id: String, plan: Pipeline) -> Self {
        Self {
            id,
            plan: Arc::new(plan),
            facts: Facts::default(),
            decision: Decision::unjudged(0..0),
            is_stale: true,
            running: BTreeMap::new(),
            before: BTreeMap::new(),
            observed: None,
            settling: BTreeMap::new(),
            doubts: BTreeMap::new(),
        }
    }

    /// The name of the pipeline.
    pub(crate) fn name(&self) -> &str {
        self.plan.parts().name.as_str()
    }

    /// The name of a launch, unique among all that may share a store.
    pub(crate) fn launch_name(&self, launch: &Launch) -> String {
        format!("{}.{}", self.id, launch.name(&self.plan))
    }

    /// The pipeline in its world.
    pub(crate) fn world(&self, now: Instant) -> World<'_> {
        World { pipeline: &self.plan, facts: &self.facts, now }
    }

    /// Decides anew.
    pub(crate) fn decide(&mut self, now: Instant) {
        self.decision = decide(self.world(now), Some(&self.decision));
    }

    /// Whether something changed since the last decision, or time alone may have changed it.
    pub(crate) fn needs_decision(&self, now: Instant) -> bool {
        self.is_stale || self.wake_at().is_some_and(|at| at <= now)
    }

    /// When time alone may change the decision.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.decision.wake_at.into_iter().chain(self.settles_at()).min()
    }

    /// When the first of what is too young is old enough.
    pub(crate) fn settles_at(&self) -> Option<Instant> {
        self.settling.values().min().copied()
    }

    /// Every partition that a decision could look at: the window, the requests, what runs.
    pub(crate) fn stretch(&self, now: Instant) -> Range<i64> {
        let all = self.stretches(now);
        all.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end)).unwrap_or(0..0)
    }

    /// Whether a decision could look at the records of a partition: for its own sake, or because what it made is read.
    pub(crate) fn may_look_at(&self, partition: Partition, now: Instant) -> bool {
        let is_in_sight = |stretch: Range<i64>| {
            let sights = self.plan.dataset_ids().zip(reads::sight(&self.plan, &stretch));
            let mut own = sights.filter(|(dataset, _)| self.plan.producer(*dataset).is_some());
            own.any(|(_, sight)| sight.is_some_and(|sight| sight.contains(&partition.0)))
        };
        self.decision.partitions().contains(&partition) || self.stretches(now).any(is_in_sight)
    }

    fn stretches(&self, now: Instant) -> impl Iterator<Item = Range<i64>> {
        let window = window::window(self.plan.parts(), now);
        let requests = self.facts.requests.iter().map(|request| request.from.0..request.to.0 + 1);
        let running = self.running.keys().map(|(partition, _)| partition.0..partition.0 + 1);
        std::iter::once(window).chain(requests).chain(running).filter(|range| !range.is_empty())
    }

    /// Whether the records tell of more launches that may still run than are looked after.
    pub(crate) fn has_found_more(&self) -> bool {
        let histories = self.facts.history.values().flat_map(BTreeMap::values);
        histories.filter(|history| history.running.is_some()).count() > self.running.len()
    }

    /// The partitions with a step that is not settled.
    pub(crate) fn unsettled(&self) -> BTreeSet<Partition> {
        let open = self.decision.cells().filter(|(_, _, cell)| !cell.verdict.is_settled());
        open.map(|(partition, _, _)| partition).collect()
    }

    /// Whether a failed try is waited for.
    pub(crate) fn backs_off(&self) -> bool {
        self.decision.cells().any(|(_, _, cell)| matches!(cell.verdict, Verdict::BackingOff { .. }))
    }

    /// The partitions whose records could change the decision. Records of complete data matter only to a step that
    /// rebuilds, or that writes in place: what stands there may be what a failed attempt left. So a run with nothing to
    /// do reads none.
    pub(crate) fn in_doubt(&self) -> Vec<Partition> {
        let matters = self.plan.parts().steps.iter().any(|step| {
            let writes_in_place = |it: &DatasetId| self.plan.dataset(*it).publish == Publish::Direct;
            step.when_inputs_change == WhenChanged::Rebuild
                || step.when_step_changes == WhenChanged::Rebuild
                || step.outputs.iter().any(writes_in_place)
        });
        if matters || !self.facts.requests.is_empty() {
            self.decision.partitions().to_vec()
        } else {
            self.unsettled().into_iter().collect()
        }
    }

    /// The running launch of this name.
    pub(crate) fn running_named(&self, name: &str) -> Option<Launch> {
        self.running.values().find(|launch| self.launch_name(launch) == name).cloned()
    }
}
