//! The graph of steps and datasets: who writes what, and in which order.

use std::collections::BTreeMap;

use petgraph::algo::{is_cyclic_directed, tarjan_scc, toposort};
use petgraph::graphmap::DiGraphMap;

use crate::calendar::Every;
use crate::fault::Fault;
use crate::limits::{DATASETS_MAX, STEPS_MAX, WINDOW_MAX_PARTITIONS};
use crate::name::Name;
use crate::pipeline::{DatasetId, OnMissing, Parts, Reach, StepId, Window};

/// The order of a pipeline's steps and the writer of each dataset.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    order: Vec<StepId>,
    producers: Vec<Option<StepId>>,
}

impl Graph {
    /// Checks names, writers, paths and order; every fault is told.
    pub(crate) fn new(parts: &Parts) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        check_sizes(parts, &mut faults);
        check_window(parts, &mut faults);
        check_names(parts, &mut faults);
        check_paths(parts, &mut faults);
        let producers = producers(parts, &mut faults);
        let order = order(parts, &producers, &mut faults);
        check_demand(parts, &producers, &mut faults);
        if faults.is_empty() { Ok(Self { order, producers }) } else { Err(faults) }
    }

    pub(crate) fn order(&self) -> &[StepId] {
        &self.order
    }

    pub(crate) fn producer(&self, dataset: DatasetId) -> Option<StepId> {
        self.producers[usize::from(dataset.0)]
    }
}

fn check_sizes(parts: &Parts, faults: &mut Vec<Fault>) {
    let sizes = [
        ("spec.steps", parts.steps.len(), STEPS_MAX, "steps"),
        ("spec.datasets", parts.datasets.len(), DATASETS_MAX, "datasets"),
    ];
    for (path, count, most, what) in sizes {
        if count == 0 {
            faults.push(Fault::new(path, format!("a pipeline needs {what}: name at least one")));
        } else if count > most {
            faults.push(Fault::new(path, format!("{count} {what} are too many: the limit is {most}")));
        }
    }
}

/// A window is bounded, so that a decision is.
fn check_window(parts: &Parts, faults: &mut Vec<Fault>) {
    let seconds = shortest_seconds(parts.calendar.every());
    let count = match parts.window {
        Window::Partitions(count) => u64::from(count),
        Window::Time(span) => span.seconds().div_ceil(seconds),
    };
    if count > u64::from(WINDOW_MAX_PARTITIONS) {
        let message = format!(
            "{count} partitions are too many: the limit is {WINDOW_MAX_PARTITIONS}; use a Backfill for what is older"
        );
        faults.push(Fault::new("spec.window", message));
    }
}

fn shortest_seconds(every: Every) -> u64 {
    const DAY: u64 = 86_400;
    match every {
        Every::Minutes(minutes) => u64::from(minutes) * 60,
        Every::Day => DAY,
        Every::Week => 7 * DAY,
        Every::Month => 28 * DAY,
    }
}

fn check_names(parts: &Parts, faults: &mut Vec<Fault>) {
    check_unique("spec.steps", parts.steps.iter().map(|step| &step.name), faults);
    check_unique("spec.datasets", parts.datasets.iter().map(|dataset| &dataset.name), faults);
    for (index, step) in parts.steps.iter().enumerate() {
        let path = format!("spec.steps[{index}].inputs");
        check_unique(&path, step.inputs.iter().map(|input| &input.name), faults);
    }
}

fn check_unique<'a>(path: &str, names: impl Iterator<Item = &'a Name>, faults: &mut Vec<Fault>) {
    let mut first_places = BTreeMap::new();
    for (index, name) in names.enumerate() {
        if let Some(first) = first_places.insert(name, index) {
            let message = format!("the name {name} is taken by {path}[{first}]: give each its own name");
            faults.push(Fault::new(format!("{path}[{index}].name"), message));
        }
    }
}

/// Two partitions of one dataset must never share a path, or one would pass for the other; nor two datasets.
fn check_paths(parts: &Parts, faults: &mut Vec<Fault>) {
    let mut first_places = BTreeMap::new();
    for (index, dataset) in parts.datasets.iter().enumerate() {
        if let Some(first) = first_places.insert((&dataset.store, dataset.path.as_str()), dataset) {
            let message = format!("{} has the same path: declare one of them, and read it twice", first.name);
            faults.push(Fault::new(format!("spec.datasets[{index}].path"), message));
        }
    }
    for (index, dataset) in parts.datasets.iter().enumerate() {
        if dataset.path.is_static() {
            continue;
        }
        if let Err(fault) = dataset.path.check_injective(&dataset.calendar) {
            faults.push(Fault::new(format!("spec.datasets[{index}].path"), fault));
        }
    }
}

fn producers(parts: &Parts, faults: &mut Vec<Fault>) -> Vec<Option<StepId>> {
    let mut producers = vec![None; parts.datasets.len()];
    for (id, step) in (0..).map(StepId).zip(&parts.steps) {
        if step.outputs.is_empty() {
            let message = "a step needs an output: name the dataset that it writes";
            faults.push(Fault::new(format!("spec.steps[{}].outputs", id.0), message));
        }
        for (place, output) in step.outputs.iter().enumerate() {
            let path = format!("spec.steps[{}].outputs[{place}]", id.0);
            check_output(parts, *output, &path, faults);
            if let Some(first) = producers[usize::from(output.0)].replace(id) {
                faults.push(second_writer(parts, *output, first, path));
            }
        }
    }
    producers
}

fn check_output(parts: &Parts, output: DatasetId, path: &str, faults: &mut Vec<Fault>) {
    let dataset = &parts.datasets[usize::from(output.0)];
    let name = &dataset.name;
    if dataset.path.is_static() {
        let message = format!(
            "the path of {name} has no date codes, so it can only be an input: add codes such as %Y%m%d"
        );
        faults.push(Fault::new(path, message));
    } else if dataset.calendar != parts.calendar {
        let message = format!(
            "{name} has another clock than the pipeline: a step writes one partition of each output, so drop its `every` and `timeZone`"
        );
        faults.push(Fault::new(path, message));
    }
}

fn second_writer(parts: &Parts, output: DatasetId, first: StepId, path: String) -> Fault {
    let dataset = &parts.datasets[usize::from(output.0)].name;
    let first = &parts.steps[usize::from(first.0)].name;
    Fault::new(path, format!("{dataset} is already written by the step {first}: a dataset has one writer"))
}

/// Orders the steps so that each comes after those whose output of the same partition it reads. Reading back in time is no edge.
fn order(parts: &Parts, producers: &[Option<StepId>], faults: &mut Vec<Fault>) -> Vec<StepId> {
    let mut graph = DiGraphMap::<StepId, ()>::new();
    for (id, step) in (0..).map(StepId).zip(&parts.steps) {
        graph.add_node(id);
        for input in step.inputs.iter().filter(|input| reads_own_partition(input.reach)) {
            if let Some(producer) = producers[usize::from(input.dataset.0)] {
                graph.add_edge(producer, id, ());
            }
        }
    }
    let Ok(order) = toposort(&graph, None) else {
        faults.extend(cycles(parts, &graph));
        return Vec::new();
    };
    order
}

/// Data that is made on demand from its own past is followed back in time, so that there must be a first partition.
fn check_demand(parts: &Parts, producers: &[Option<StepId>], faults: &mut Vec<Fault>) {
    let mut graph = DiGraphMap::<StepId, ()>::new();
    for (id, step) in (0..).map(StepId).zip(&parts.steps) {
        for input in step.inputs.iter().filter(|input| !input.optional) {
            let place = usize::from(input.dataset.0);
            let is_on_demand = parts.datasets[place].on_missing == OnMissing::OnDemand;
            if let Some(producer) = producers[place].filter(|_| is_on_demand) {
                graph.add_edge(producer, id, ());
            }
        }
    }
    if parts.start.is_none() && is_cyclic_directed(&graph) {
        let message = "data made on demand from its own past would be made back to the beginning of time: say when the pipeline starts";
        faults.push(Fault::new("spec.start", message));
    }
}

fn reads_own_partition(reach: Reach) -> bool {
    match reach {
        Reach::Overlapping | Reach::Back(0) | Reach::Window { to: 0, .. } => true,
        Reach::Back(_) | Reach::Window { .. } => false,
    }
}

fn cycles<'a>(parts: &'a Parts, graph: &'a DiGraphMap<StepId, ()>) -> impl Iterator<Item = Fault> + use<'a> {
    tarjan_scc(graph).into_iter().filter_map(move |mut members| {
        members.sort();
        let first = *members.first()?;
        let is_cycle = members.len() > 1 || graph.contains_edge(first, first);
        let names: Vec<_> = members.iter().map(|id| parts.steps[usize::from(id.0)].name.as_str()).collect();
        is_cycle.then(|| {
            let who = match names.as_slice() {
                [name] => format!("the step {name} waits for its own output"),
                names => format!("the steps {} wait for each other's output", names.join(", ")),
            };
            let message = format!(
                "{who} of the same partition: break the cycle, or read yesterday's with `offset: -1`"
            );
            Fault::new(format!("spec.steps[{}].inputs", first.0), message)
        })
    })
}
