//! An actor: one pipeline of a story, its facts, and what was decided for it.

use std::collections::BTreeMap;

use planner::admission::Obstacles;
use planner::calendar::{Instant, Partition};
use planner::decide::{World, decide};
use planner::decision::Decision;
use planner::facts::{Facts, Leftovers, Outcome, Presence};
use planner::launch::Launch;
use planner::pipeline::{Pipeline, StepId};
use planner::report::Reporter;
use planner::verdict::Verdict;
use planner::window;

use crate::common::shelf::{self, Shelf};
use crate::story::print::Signposts;

/// One pipeline of a story.
pub(crate) struct Actor {
    pub(crate) pipeline: Pipeline,
    pub(crate) weight: u32,
    pub(crate) facts: Facts,
    pub(crate) shelf: Shelf,
    pub(crate) decision: Decision,
    pub(crate) obstacles: Obstacles,
    /// The launches that run.
    pub(crate) launches: BTreeMap<(Partition, StepId), Launch>,
    /// The cases whose inputs are looked at although no decision needs it.
    pub(crate) watched: Vec<(Partition, StepId)>,
}

impl Actor {
    pub(crate) fn new(pipeline: Pipeline) -> Self {
        let facts = Facts::default();
        let decision = decide(World { pipeline: &pipeline, facts: &facts, now: Instant::MIN_UTC }, None);
        let (shelf, obstacles, launches) = (Shelf::default(), Obstacles::new(), BTreeMap::new());
        Self { pipeline, weight: 1, facts, shelf, decision, obstacles, launches, watched: Vec::new() }
    }

    pub(crate) fn world(&self, now: Instant) -> World<'_> {
        World { pipeline: &self.pipeline, facts: &self.facts, now }
    }

    /// Observes and decides; looks closely at what the decision is curious about, and decides again.
    pub(crate) fn decide(&mut self, now: Instant) {
        let stretch = shelf::stretch(&self.pipeline, &self.facts, now);
        self.facts.holdings = self.shelf.holdings(&self.pipeline, &stretch);
        self.facts.outputs = self.shelf.leftovers(&self.facts);
        self.look_closely(self.watched.clone());
        self.look_closely(decide(self.world(now), Some(&self.decision)).curious);
        self.decision = decide(self.world(now), Some(&self.decision));
    }

    fn look_closely(&mut self, cases: impl IntoIterator<Item = (Partition, StepId)>) {
        for case in cases {
            let seen = self.shelf.fingerprints(&self.pipeline, case);
            self.facts.inputs.insert(case, seen);
        }
    }

    /// What holds of every decision, whatever the story.
    pub(crate) fn check(&self, now: Instant) -> Result<(), String> {
        let again = decide(self.world(now), Some(&self.decision));
        if format!("{again:?}") != format!("{:?}", self.decision) {
            return Err(format!("decided twice: {:?}\nand: {again:?}", self.decision));
        }
        let afresh = decide(self.world(now), None);
        let verdicts = |it: &Decision| it.cells().map(|(_, _, cell)| cell.verdict).collect::<Vec<_>>();
        if verdicts(&afresh) != verdicts(&again) {
            return Err("what was decided before shapes the verdicts".to_owned());
        }
        if self.decision.wake_at.is_some_and(|at| at <= now) {
            return Err(format!("it would wake in the past: {:?}", self.decision.wake_at));
        }
        self.check_reports(now)
    }

    fn check_reports(&self, now: Instant) -> Result<(), String> {
        let reporter = self.reporter(now);
        for (partition, step, cell) in self.decision.cells() {
            let report = &reporter.partition(partition).steps[usize::from(step.0)];
            let has_no_end =
                cell.verdict == Verdict::OutsideWindow && !window::exists(self.pipeline.parts(), partition);
            let says_what_wakes = report.wake.as_ref().is_some_and(|wake| !wake.is_empty());
            let wants_waking = !cell.verdict.is_settled() && !has_no_end;
            if report.message.is_empty() || says_what_wakes != wants_waking {
                return Err(format!("a poor report: {report:?}"));
            }
        }
        Ok(())
    }

    pub(crate) fn reporter(&self, now: Instant) -> Reporter<'_> {
        Reporter {
            world: self.world(now),
            decision: &self.decision,
            obstacles: &self.obstacles,
            places: &Signposts,
        }
    }

    pub(crate) fn start(&mut self, launch: Launch, now: Instant) {
        let case = (launch.partition, launch.step);
        let inputs = self.shelf.fingerprints(&self.pipeline, case);
        let history = self.facts.history.entry(case.0).or_default().entry(case.1).or_default();
        history.start(&launch, inputs, now);
        self.launches.insert(case, launch);
    }

    /// A launch is over; what succeeded has published its outputs.
    pub(crate) fn end(
        &mut self,
        case: (Partition, StepId),
        (outcome, left): (Outcome, Leftovers),
        now: Instant,
    ) -> Result<(), String> {
        let launch = self.launches.remove(&case).ok_or("no such launch runs")?;
        if outcome == Outcome::Succeeded {
            for output in &launch.outputs {
                self.shelf.put(*output, case.0, Presence::Complete);
            }
        }
        let history = self.facts.history.get_mut(&case.0).and_then(|steps| steps.get_mut(&case.1));
        history.ok_or("a launch has a history")?.end(outcome, left, now);
        Ok(())
    }
}
