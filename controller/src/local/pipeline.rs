//! A pipeline at work on this machine: the plan, what is known, what was decided.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use planner::calendar::{Instant, Partition};
use planner::decide::{World, decide};
use planner::decision::Decision;
use planner::facts::{Facts, Request};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline, Publish, StepId, WhenChanged};
use planner::verdict::Verdict;
use planner::window;

use crate::local::launch::full_name;
use crate::records::{Records, RecordsError};
use crate::requests::Stored;

/// A pipeline at work.
#[derive(Debug)]
pub(crate) struct LocalPipeline {
    /// The folder of its manifest, in which its steps run.
    pub(crate) folder: PathBuf,
    /// The plan.
    pub(crate) plan: Pipeline,
    /// What is known.
    pub(crate) facts: Facts,
    /// What was decided last.
    pub(crate) decision: Decision,
    /// Whether something changed since.
    pub(crate) is_stale: bool,
    /// What was launched, published and ended.
    pub(crate) records: Records,
    /// The launches whose processes run.
    pub(crate) running: BTreeMap<(Partition, StepId), Launch>,
    /// What `Direct` outputs looked like before their launch: what did not change since was not written by it.
    pub(crate) before: BTreeMap<(Partition, DatasetId), String>,
    /// The stretch of partitions of which storage was asked.
    pub(crate) observed: Option<Range<i64>>,
    /// When what is too young to be trusted is old enough, by store and path.
    pub(crate) settling: BTreeMap<(String, String), Instant>,
    /// Why storage gave no reliable answer, by store and path.
    pub(crate) doubts: BTreeMap<(String, String), String>,
    /// The requests of this run alone, such as `--date`.
    pub(crate) own_requests: Vec<Request>,
    stored_requests: Vec<Stored>,
}

impl LocalPipeline {
    pub(crate) fn new(folder: PathBuf, plan: Pipeline, records: Records) -> Self {
        Self {
            folder,
            plan,
            facts: Facts::default(),
            decision: Decision::unjudged(0..0),
            is_stale: true,
            records,
            running: BTreeMap::new(),
            before: BTreeMap::new(),
            observed: None,
            settling: BTreeMap::new(),
            doubts: BTreeMap::new(),
            own_requests: Vec::new(),
            stored_requests: Vec::new(),
        }
    }

    /// The name of the pipeline.
    pub(crate) fn name(&self) -> &str {
        self.plan.parts().name.as_str()
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
        let window = window::window(self.plan.parts(), now);
        let requests = self.facts.requests.iter().map(|request| request.from.0..request.to.0 + 1);
        let running = self.running.keys().map(|(partition, _)| partition.0..partition.0 + 1);
        let all = std::iter::once(window).chain(requests).chain(running).filter(|range| !range.is_empty());
        all.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end)).unwrap_or(0..0)
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

    /// Reads the records of these partitions; says whether that brought any that were not known.
    pub(crate) fn load_records(
        &mut self,
        partitions: impl IntoIterator<Item = Partition>,
    ) -> Result<bool, RecordsError> {
        self.records.load(&self.plan, partitions, &mut self.facts.history)
    }

    /// The running launch of this name.
    pub(crate) fn running_named(&self, name: &str) -> Option<Launch> {
        self.running.values().find(|launch| full_name(&self.plan, launch) == name).cloned()
    }

    /// Takes over the requests that concern this pipeline; a sentence tells of those that make no sense.
    pub(crate) fn take_requests(&mut self, stored: &[Stored]) -> Result<(), String> {
        let mine = |it: &&Stored| it.backfill.spec.pipeline_ref.name.to_string() == self.name();
        let mine: Vec<_> = stored.iter().filter(mine).cloned().collect();
        let mut requests = Vec::new();
        let mut problems = Vec::new();
        for stored in &mine {
            match authoring::request(&stored.backfill, &self.plan) {
                Ok(request) => requests.push(Request { name: stored.name.clone(), ..request }),
                Err(faults) => {
                    problems.extend(faults.iter().map(|fault| format!("{}: {fault}", stored.name)));
                }
            }
        }
        requests.extend(self.own_requests.iter().cloned());
        if requests != self.facts.requests {
            self.facts.requests = requests;
            self.is_stale = true;
        }
        self.stored_requests = mine;
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    /// The stored requests with nothing left to do.
    pub(crate) fn take_fulfilled(&mut self) -> Vec<Stored> {
        if self.is_stale || self.stored_requests.is_empty() {
            return Vec::new();
        }
        let (requests, decision) = (&self.facts.requests, &self.decision);
        let is_open = |stored: &Stored| {
            let Some(request) = requests.iter().find(|request| request.name == stored.name) else {
                return true;
            };
            decision.cells().any(|(partition, step, cell)| {
                let is_open = !cell.verdict.is_settled() || cell.replacement.is_some();
                is_open && request.covers(partition, step)
            })
        };
        let (open, fulfilled) = self.stored_requests.drain(..).partition(is_open);
        self.stored_requests = open;
        let is_fulfilled = |name: &str| fulfilled.iter().any(|stored: &Stored| stored.name == name);
        self.facts.requests.retain(|request| !is_fulfilled(&request.name));
        self.is_stale |= !fulfilled.is_empty();
        fulfilled
    }
}
