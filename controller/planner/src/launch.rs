//! A launch: everything that was decided about one run of one try.

use crate::calendar::Partition;
use crate::decide::World;
use crate::decision::Decision;
use crate::demand::Demand;
use crate::facts::{Facts, Presence, Trial};
use crate::name::Name;
use crate::pipeline::{Completeness, Dataset, DatasetId, Pipeline, Publish, StepId};
use crate::rules::presence::presence;
use crate::rules::{Case, replacement, retry};

/// One run of one try of a step for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The step.
    pub step: StepId,
    /// The partition.
    pub partition: Partition,
    /// The number of the attempt, from 1; it never repeats for this step and partition.
    pub attempt: u32,
    /// The number of the launch within the attempt, from 1.
    pub launch: u32,
    /// What is tried.
    pub trial: Trial,
    /// The outputs to publish: the missing ones, or all when data is replaced.
    pub outputs: Vec<DatasetId>,
    /// Whether published data takes the place of data that exists.
    pub replaces: bool,
    /// All that its step makes, as its spec says when it begins: a later spec changes nothing about it.
    pub products: Vec<Product>,
}

/// One output of a launch: where it is to be in the end, and when it is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The dataset.
    pub dataset: Name,
    /// The store.
    pub store: Name,
    /// The path below the store's root.
    pub path: String,
    /// When it counts as complete.
    pub complete: Completeness,
    /// How it reaches its path.
    pub publish: Publish,
}

/// What a step makes for a partition.
pub fn products(pipeline: &Pipeline, step: StepId, partition: Partition) -> Vec<Product> {
    let outputs = pipeline.step(step).outputs.iter().map(|output| pipeline.dataset(*output));
    let product = |dataset: &Dataset| Product {
        dataset: dataset.name.clone(),
        store: dataset.store.clone(),
        path: dataset.path.render(&dataset.calendar, partition),
        complete: dataset.complete.clone(),
        publish: dataset.publish,
    };
    outputs.map(product).collect()
}

impl Launch {
    /// The launch of a step that is ready.
    pub(crate) fn new(world: World<'_>, judged: &Decision, (partition, step): (Partition, StepId)) -> Self {
        let demand = Demand::default();
        let history = world.facts.history(partition, step);
        let case = Case { world, demand: &demand, judged, partition, step, history };
        let (attempt, launch) = retry::next_numbers(&case);
        let all = &world.pipeline.step(step).outputs;
        let is_there = |output: &DatasetId| presence(world, *output, partition) == Presence::Complete;
        let has_replacement = judged.cell(partition, step).is_some_and(|cell| cell.replacement.is_some());
        let replaces = has_replacement && all.iter().any(is_there);
        let outputs = all.iter().filter(|output| has_replacement || !is_there(output)).copied().collect();
        let products = products(world.pipeline, step, partition);
        Self { step, partition, attempt, launch, trial: trial(&case), outputs, replaces, products }
    }

    /// The name of the launch, unique within its pipeline and the same whenever it is worked out.
    pub fn name(&self, pipeline: &Pipeline) -> String {
        let parts = pipeline.parts();
        let key = parts.calendar.object_key(self.partition);
        let step = &pipeline.step(self.step).name;
        format!("{key}.{step}.{}.{}", self.attempt, self.launch)
    }
}

fn trial(case: &Case<'_>) -> Trial {
    let facts: &Facts = case.world.facts;
    let request = replacement::newest_request(case).map(|place| facts.requests[place].name.clone());
    Trial { whole: case.step().whole_digest, result: case.step().result_digest, request }
}
