//! The one validating conversion: from the API's Pipeline, in which nothing is filled in, to the planner's, which is
//! sound. All faults are told, those of the graph once all its parts can be read.

mod clock;
mod command;
mod completeness;
mod dataset;
mod digests;
mod environment;
mod findings;
mod input;
mod names;
mod paths;
mod pod;
mod reach;
mod resources;
mod step;

pub use findings::Remark;

use crate::place::FieldPath;
use clock::Clock;
use crds::pipeline::{Order as ApiOrder, PipelineSpec};
use findings::Findings;
use planner::fault::Fault;
use planner::limits::DEFAULT_PARALLELISM;
use planner::name::Name;
use planner::pipeline::{Dataset, Order, Parts, Pipeline, Resources, Step};
use std::collections::{BTreeMap, BTreeSet};

/// What an environment adds to a manifest.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Values for parameters, in place of the manifest's. Those that a pipeline does not declare are not for it.
    pub params: BTreeMap<String, String>,
    /// The stores that there are; none means that any may be named.
    pub stores: Option<BTreeSet<String>>,
    /// The machine on which steps run; none means that no step is too large.
    pub machine: Option<Resources>,
}

/// What all parts of a pipeline are converted in.
struct World<'a> {
    spec: &'a PipelineSpec,
    setting: &'a Setting,
    /// The parameters with their values here.
    params: BTreeMap<String, String>,
    clock: Clock,
}

/// Makes a planner's pipeline of the API's, with remarks, or tells every fault.
pub fn convert(pipeline: &crds::Pipeline, setting: &Setting) -> Result<(Pipeline, Vec<Remark>), Vec<Fault>> {
    let mut findings = Findings::default();
    let parts = parts(pipeline, setting, &mut findings);
    match parts {
        Some(parts) if findings.faults.is_empty() => Ok((Pipeline::new(parts)?, findings.remarks)),
        Some(_) | None => Err(findings.faults),
    }
}

fn parts(pipeline: &crds::Pipeline, setting: &Setting, findings: &mut Findings) -> Option<Parts> {
    let spec = &pipeline.spec;
    let name = pipeline.metadata.name.as_deref().unwrap_or_default();
    let name = findings.keep("metadata.name", name.parse::<Name>());
    let params = names::params(spec, &setting.params);
    let world = World { spec, setting, params, clock: Clock::new(spec, findings) };
    if let Some(store) = &spec.store {
        names::store(&world, store, &FieldPath::SPEC.field("store"), findings);
    }
    let datasets = datasets(&world, findings);
    let steps = steps(&world, &datasets, findings);
    names::check_use(&world, findings);
    let clock = world.clock;
    Some(Parts {
        name: name?,
        calendar: clock.calendar?,
        start: clock.start,
        end: clock.end,
        due: clock.due,
        delay: clock.delay?,
        window: clock.window?,
        order: match spec.order {
            Some(ApiOrder::NewestFirst) => Order::NewestFirst,
            Some(ApiOrder::OldestFirst) | None => Order::OldestFirst,
        },
        parallelism: spec.parallelism.unwrap_or(DEFAULT_PARALLELISM),
        suspend: spec.suspend.unwrap_or(false),
        late_after: clock.late_after,
        datasets: datasets.into_iter().collect::<Option<_>>()?,
        steps: steps?,
    })
}

/// The datasets, each in its place; those that have faults are missing.
fn datasets(world: &World<'_>, findings: &mut Findings) -> Vec<Option<Dataset>> {
    let path = FieldPath::SPEC.field("datasets");
    let mut datasets: Vec<Option<Dataset>> = Vec::new();
    for (index, dataset) in world.spec.datasets.iter().enumerate() {
        let converted = dataset::dataset(world, dataset, &path.element(index), findings);
        if let Some(dataset) = &converted {
            let same = |other: &&Dataset| other.store == dataset.store && other.path == dataset.path;
            if let Some(first) = datasets.iter().flatten().find(same) {
                let message = format!(
                    "the dataset {} has the same store and path: use that one, or give this one a path of its own",
                    first.name
                );
                findings.fault(path.element(index).field("path"), message);
            }
        }
        datasets.push(converted);
    }
    datasets
}

fn steps(world: &World<'_>, datasets: &[Option<Dataset>], findings: &mut Findings) -> Option<Vec<Step>> {
    let path = FieldPath::SPEC.field("steps");
    let steps = world.spec.steps.iter().enumerate();
    let steps: Vec<Option<Step>> = steps
        .map(|(index, step)| step::Conversion { world, datasets, step }.step(&path.element(index), findings))
        .collect();
    steps.into_iter().collect()
}
