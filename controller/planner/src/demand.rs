//! Demand: which missing data is made only because a step that must run reads it.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::calendar::Partition;
use crate::decide::World;
use crate::decision::Decision;
use crate::facts::Presence;
use crate::pipeline::{OnMissing, StepId};
use crate::reads;
use crate::rules::presence::presence;
use crate::rules::{self, Case, outputs, replacement, retry, scope};
use crate::window;

/// The steps that run only because others need their output, perhaps for partitions outside the window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    wanted: BTreeSet<(Partition, StepId)>,
}

impl Demand {
    /// Follows the inputs of every step that must run. Without on-demand datasets and partial requests there is no demand.
    pub(crate) fn new(world: World<'_>, window: &Range<i64>) -> Self {
        let mut demand = Self::default();
        let datasets = &world.pipeline.parts().datasets;
        let has_on_demand = datasets.iter().any(|dataset| dataset.on_missing == OnMissing::OnDemand);
        let has_partial = world.facts.requests.iter().any(|request| !request.steps.is_empty());
        if !has_on_demand && !has_partial {
            return demand;
        }
        let unjudged = Decision::unjudged(window.clone());
        let mut open = demand.roots(world, &unjudged);
        while let Some((partition, step)) = open.pop() {
            let upstream = missing_upstream(world, (partition, step));
            let fresh: Vec<_> = upstream.into_iter().filter(|it| demand.wanted.insert(*it)).collect();
            open.extend(fresh.into_iter().filter(|it| must_run(&demand.case(world, &unjudged, *it))));
        }
        demand
    }

    /// Whether a step must run for the sake of others.
    pub(crate) fn wants(&self, partition: Partition, step: StepId) -> bool {
        self.wanted.contains(&(partition, step))
    }

    /// The partitions that are touched.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = Partition> {
        self.wanted.iter().map(|(partition, _)| *partition)
    }

    /// The steps that must run for their own sake: wanted, due, not failed, with something missing or replaced.
    fn roots(&self, world: World<'_>, unjudged: &Decision) -> Vec<(Partition, StepId)> {
        let parts = world.pipeline.parts();
        let asked = world.facts.requests.iter().flat_map(|request| request.from.0..=request.to.0);
        let partitions: BTreeSet<_> = unjudged.window.clone().chain(asked).map(Partition).collect();
        let mut steps: Vec<_> = Vec::new();
        for partition in partitions.into_iter().filter(|it| window::exists(parts, *it)) {
            steps.extend(world.pipeline.step_ids().map(|step| (partition, step)));
        }
        steps.retain(|it| must_run(&self.case(world, unjudged, *it)));
        steps
    }

    fn case<'a>(
        &'a self,
        world: World<'a>,
        judged: &'a Decision,
        (partition, step): (Partition, StepId),
    ) -> Case<'a> {
        let history = world.facts.history(partition, step);
        Case { world, demand: self, judged, partition, step, history }
    }
}

/// Whether a step will run once its inputs are there.
fn must_run(case: &Case<'_>) -> bool {
    let outputs = outputs::look(case);
    let lacks = outputs.settled(case).is_none() || replacement::replacement(case, &outputs).is_some();
    let obstacle = rules::under_way(case)
        .or_else(|| scope::verdict(case))
        .or_else(|| outputs.unknown())
        .or_else(|| outputs.occupied())
        .or_else(|| retry::failed(case));
    lacks && obstacle.is_none()
}

/// The steps of this pipeline whose missing output a step reads, where that output is made on demand or asked for.
fn missing_upstream(world: World<'_>, (partition, step): (Partition, StepId)) -> Vec<(Partition, StepId)> {
    let pipeline = world.pipeline;
    let mut missing = Vec::new();
    for input in pipeline.step(step).inputs.iter().filter(|input| !input.optional) {
        let Some(producer) = pipeline.producer(input.dataset) else { continue };
        let is_on_demand = pipeline.dataset(input.dataset).on_missing == OnMissing::OnDemand;
        let reads = reads::reads(pipeline, input, partition).map(Partition);
        missing.extend(
            reads
                .filter(|read| {
                    let is_asked = || world.facts.requests.iter().any(|it| !it.suspended && it.spans(*read));
                    window::exists(pipeline.parts(), *read)
                        && (is_on_demand || is_asked())
                        && presence(world, input.dataset, *read) == Presence::Missing
                })
                .map(|read| (read, producer)),
        );
    }
    missing
}
