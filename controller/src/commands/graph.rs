//! `daybreak graph`: datasets and steps, as text, for Graphviz, or for Mermaid.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use planner::pipeline::{DatasetId, Input, Pipeline, Reach, StepId};

use crate::args::{self, Drawing};
use crate::commands::{EXIT_COMPLETE, EXIT_WRONG, Failure, print, tell};
use crate::project::Project;

/// Pipelines by name, and where each of their datasets is at home.
struct Picture {
    plans: Vec<Pipeline>,
    homes: BTreeMap<(String, String), Node>,
}

/// A dataset of one of the pipelines.
type Node = (usize, DatasetId);

/// Draws the pipelines of a folder.
pub(crate) fn graph(arguments: &args::Graph) -> Result<ExitCode, Failure> {
    let mut project =
        Project::open(std::slice::from_ref(&arguments.dir), &arguments.place).map_err(Failure::new)?;
    let plans = project.plans(None).into_iter().map(|planned| planned.plan).collect();
    tell(&project.problems);
    let picture = Picture::new(plans);
    let drawing = match arguments.format {
        Drawing::Text => picture.text(),
        Drawing::Dot => picture.dot(),
        Drawing::Mermaid => picture.mermaid(),
    };
    print::text(&drawing)?;
    Ok(ExitCode::from(if project.problems.is_empty() { EXIT_COMPLETE } else { EXIT_WRONG }))
}

impl Picture {
    fn new(mut plans: Vec<Pipeline>) -> Self {
        plans.sort_by(|one, other| one.parts().name.cmp(&other.parts().name));
        let nodes = |place: usize, plan: &Pipeline| plan.dataset_ids().map(move |id| (place, id));
        let nodes: Vec<_> = plans.iter().enumerate().flat_map(|(place, plan)| nodes(place, plan)).collect();
        let (made, read): (Vec<Node>, Vec<Node>) =
            nodes.into_iter().partition(|(place, id)| plans[*place].producer(*id).is_some());
        let mut homes = BTreeMap::new();
        for (place, id) in made.into_iter().chain(read) {
            homes.entry(address(&plans[place], id)).or_insert((place, id));
        }
        Self { plans, homes }
    }

    /// The same dataset where it is made; one that nobody here makes, where it is first declared.
    fn home(&self, (place, id): Node) -> Node {
        self.homes.get(&address(&self.plans[place], id)).copied().unwrap_or((place, id))
    }

    /// All that is drawn inside of a pipeline.
    fn residents(&self, place: usize) -> impl Iterator<Item = DatasetId> {
        self.plans[place].dataset_ids().filter(move |id| self.home((place, *id)) == (place, *id))
    }

    fn text(&self) -> String {
        let texts: Vec<_> = (0..self.plans.len()).map(|place| self.pipeline_text(place)).collect();
        texts.join("\n")
    }

    fn pipeline_text(&self, place: usize) -> String {
        let plan = &self.plans[place];
        let steps = layers(plan).into_iter().map(|(step, layer)| step_row(plan, step, layer));
        let datasets = plan.dataset_ids().map(|id| self.dataset_row((place, id)));
        format!(
            "{}, every {}\n\n{}\n{}",
            plan.parts().name,
            plan.parts().calendar.every(),
            print::table(&steps.collect::<Vec<_>>()),
            print::table(&datasets.collect::<Vec<_>>())
        )
    }

    fn dataset_row(&self, (place, id): Node) -> Vec<String> {
        let plan = &self.plans[place];
        let dataset = plan.dataset(id);
        let (home, home_id) = self.home((place, id));
        let maker = self.plans[home].producer(home_id).map(|step| &self.plans[home].step(step).name);
        let origin = match maker {
            Some(step) if home == place => format!("made by {step}"),
            Some(step) => format!("made by {step} of {}", self.plans[home].parts().name),
            None => "from outside".to_owned(),
        };
        let clock = dataset.calendar.every();
        let clock = if clock == plan.parts().calendar.every() || dataset.path.is_static() {
            String::new()
        } else {
            format!(", every {clock}")
        };
        let path = format!("{}:{}", dataset.store, dataset.path.as_str());
        vec![String::new(), dataset.name.to_string(), path, format!("{origin}{clock}")]
    }

    fn dot(&self) -> String {
        let mut text = "digraph daybreak {\n".to_owned();
        for (place, plan) in self.plans.iter().enumerate() {
            let name = &plan.parts().name;
            let _ = writeln!(text, "  subgraph \"cluster_{name}\" {{\n    label = \"{name}\";");
            for id in self.residents(place) {
                let label = &plan.dataset(id).name;
                let _ = writeln!(text, "    \"{name}:{label}\" [label = \"{label}\", shape = cylinder];");
            }
            for step in plan.step_ids() {
                let label = &plan.step(step).name;
                let _ = writeln!(text, "    \"{name}.{label}\" [label = \"{label}\", shape = box];");
            }
            text.push_str("  }\n");
        }
        for edge in self.edges() {
            let label = edge.label.map(|label| format!(" [label = \"{label}\"]")).unwrap_or_default();
            let (dataset, step) = (self.dot_dataset(edge.dataset), self.dot_step(edge.step));
            let (from, to) = if edge.is_read { (dataset, step) } else { (step, dataset) };
            let _ = writeln!(text, "  \"{from}\" -> \"{to}\"{label};");
        }
        text.push_str("}\n");
        text
    }

    fn dot_dataset(&self, (place, id): Node) -> String {
        format!("{}:{}", self.plans[place].parts().name, self.plans[place].dataset(id).name)
    }

    fn dot_step(&self, (place, step): (usize, StepId)) -> String {
        format!("{}.{}", self.plans[place].parts().name, self.plans[place].step(step).name)
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart TD\n".to_owned();
        for (place, plan) in self.plans.iter().enumerate() {
            let _ = writeln!(text, "  subgraph p{place} [\"{}\"]", plan.parts().name);
            for id in self.residents(place) {
                let _ = writeln!(text, "    d{place}_{}[(\"{}\")]", id.0, plan.dataset(id).name);
            }
            for step in plan.step_ids() {
                let _ = writeln!(text, "    s{place}_{}[\"{}\"]", step.0, plan.step(step).name);
            }
            text.push_str("  end\n");
        }
        for edge in self.edges() {
            let dataset = format!("d{}_{}", edge.dataset.0, edge.dataset.1.0);
            let step = format!("s{}_{}", edge.step.0, edge.step.1.0);
            let label = edge.label.map(|label| format!("|\"{label}\"|")).unwrap_or_default();
            let (from, to) = if edge.is_read { (dataset, step) } else { (step, dataset) };
            let _ = writeln!(text, "  {from} -->{label} {to}");
        }
        text
    }

    /// What is read and written, step by step.
    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (place, plan) in self.plans.iter().enumerate() {
            for id in plan.step_ids() {
                let step = (place, id);
                edges.extend(plan.step(id).inputs.iter().map(|input| Edge {
                    dataset: self.home((place, input.dataset)),
                    step,
                    is_read: true,
                    label: reach(input),
                }));
                edges.extend(plan.step(id).outputs.iter().map(|output| Edge {
                    dataset: self.home((place, *output)),
                    step,
                    is_read: false,
                    label: None,
                }));
            }
        }
        edges
    }
}

/// A step that reads or writes a dataset.
struct Edge {
    dataset: Node,
    step: (usize, StepId),
    is_read: bool,
    label: Option<String>,
}

fn address(plan: &Pipeline, id: DatasetId) -> (String, String) {
    let dataset = plan.dataset(id);
    (dataset.store.to_string(), dataset.path.as_str().to_owned())
}

/// The steps with their layers: one that reads what another makes for the same partition comes below it.
fn layers(plan: &Pipeline) -> Vec<(StepId, usize)> {
    let mut layers: BTreeMap<StepId, usize> = BTreeMap::new();
    for step in plan.order() {
        let makers = plan.step(*step).inputs.iter().filter_map(|input| plan.producer(input.dataset));
        // Who makes what is read of earlier partitions may come later in the order, and has no layer yet.
        let above = makers.filter_map(|maker| layers.get(&maker)).max().copied();
        layers.insert(*step, above.unwrap_or(0) + 1);
    }
    let mut sorted: Vec<_> = layers.into_iter().collect();
    sorted.sort_by_key(|(step, layer)| (*layer, *step));
    sorted
}

fn step_row(plan: &Pipeline, id: StepId, layer: usize) -> Vec<String> {
    let step = plan.step(id);
    let inputs: Vec<_> = step.inputs.iter().map(|input| input_text(plan, input)).collect();
    let outputs: Vec<_> = step.outputs.iter().map(|output| plan.dataset(*output).name.to_string()).collect();
    let flow = format!("{} -> {}", inputs.join(", "), outputs.join(", "));
    vec![layer.to_string(), step.name.to_string(), flow.trim_start().to_owned()]
}

fn input_text(plan: &Pipeline, input: &Input) -> String {
    let reach = reach(input).map(|reach| format!("[{reach}]")).unwrap_or_default();
    format!("{}{reach}", plan.dataset(input.dataset).name)
}

/// Which partitions are read, where it is not simply the same one; and whether they may be absent.
fn reach(input: &Input) -> Option<String> {
    let reach = match input.reach {
        Reach::Overlapping => None,
        Reach::Back(count) => Some(back(count)),
        Reach::Window { from, to } if from == to => Some(back(from)),
        Reach::Window { from, to } => Some(format!("{}..{}", back(from), back(to))),
    };
    let optional = input.optional.then(|| "optional".to_owned());
    let words: Vec<_> = reach.into_iter().chain(optional).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn back(count: u32) -> String {
    if count == 0 { "0".to_owned() } else { format!("-{count}") }
}
