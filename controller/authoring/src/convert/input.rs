//! Inputs and outputs: the datasets that a step reads and writes.

use super::dataset::template;
use super::findings::Findings;
use super::reach;
use super::step::Conversion;
use crate::place::FieldPath;
use crate::suggest::instead;
use crds::step::Input as ApiInput;
use planner::calendar::Every;
use planner::name::Name;
use planner::pipeline::{Dataset, DatasetId, Input, Reach};

impl Conversion<'_> {
    /// The inputs, each in its place; those that have faults are missing.
    pub(super) fn inputs(&self, path: &FieldPath<'_>, findings: &mut Findings) -> Vec<Option<Input>> {
        let path = path.field("inputs");
        let inputs = self.step.inputs.iter().enumerate();
        inputs.map(|(index, input)| self.input(input, &path.element(index), findings)).collect()
    }

    /// The outputs; nothing if one has faults.
    pub(super) fn outputs(&self, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Vec<DatasetId>> {
        let path = path.field("outputs");
        let outputs = self.step.outputs.iter().enumerate();
        let outputs: Vec<_> = outputs
            .map(|(index, output)| self.dataset(&output.dataset, &path.element(index), findings))
            .collect();
        outputs.into_iter().collect()
    }

    fn input(&self, input: &ApiInput, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Input> {
        let dataset = self.dataset(&input.dataset, path, findings);
        let reach = reach::reach(input, path, findings);
        let name = match &input.name {
            Some(name) => findings.keep(path.field("name"), name.parse::<Name>()),
            None => input.dataset.parse().ok(),
        };
        if let (Some(dataset), Some(reach)) = (dataset.and_then(|id| self.converted(id)), reach) {
            self.check_reach((reach, dataset), path, findings);
        }
        let initial = match &input.initial {
            Some(initial) => Some(self.initial((initial, dataset), &path.field("initial"), findings)?),
            None => None,
        };
        let optional = input.optional.unwrap_or(false);
        Some(Input { name: name?, dataset: dataset?, reach: reach?, optional, initial })
    }

    /// The dataset of this name.
    fn dataset(&self, name: &str, path: &FieldPath<'_>, findings: &mut Findings) -> Option<DatasetId> {
        let names = || self.world.spec.datasets.iter().map(|dataset| dataset.name.as_str());
        let found = names().position(|known| known == name).and_then(|place| u16::try_from(place).ok());
        if found.is_none() {
            let message = format!("there is no dataset `{name}`: {}", instead(name, names()));
            findings.fault(path.field("dataset"), message);
        }
        found.map(DatasetId)
    }

    /// The dataset of this id, if it has no faults.
    pub(super) fn converted(&self, id: DatasetId) -> Option<&Dataset> {
        self.datasets.get(usize::from(id.0))?.as_ref()
    }

    fn check_reach(
        &self,
        (reach, dataset): (Reach, &Dataset),
        path: &FieldPath<'_>,
        findings: &mut Findings,
    ) {
        let name = &dataset.name;
        if dataset.path.is_static() {
            let field = match reach {
                Reach::Overlapping => return,
                Reach::Back(_) => "offset",
                Reach::Window { .. } => "window",
            };
            let message = format!(
                "the path of {name} has no date codes, so that it is the same at any time: leave `{field}` out"
            );
            return findings.fault(path.field(field), message);
        }
        let Some(clock) = &self.world.clock.calendar else { return };
        reach::check_count(reach, (dataset, clock), path, findings);
        let every = dataset.calendar.every();
        if reach == Reach::Overlapping && every > clock.every() {
            let message = format!(
                "a partition of {} waits here for the whole {} of {name} that it lies in, to its end: to read the one before, write `offset: -1`",
                clock.every(),
                unit(every),
            );
            findings.advise(path, message);
        }
    }

    fn initial(
        &self,
        (text, dataset): (&str, Option<DatasetId>),
        path: &FieldPath<'_>,
        findings: &mut Findings,
    ) -> Option<String> {
        if self.world.spec.start.is_none() {
            findings.fault(
                path,
                "`initial` stands for what lies before `spec.start`: write a start, or leave it out",
            );
        }
        let template = template(self.world, text, path, findings)?;
        if !template.is_static() {
            findings.fault(
                path,
                "this is one path for all partitions before the start: write it without date codes",
            );
        }
        let dataset = dataset.and_then(|id| self.converted(id));
        if let Some(dataset) =
            dataset.filter(|dataset| dataset.path.is_directory() != template.is_directory())
        {
            let (is, right) =
                if dataset.path.is_directory() { ("a directory", "with") } else { ("one file", "without") };
            findings.fault(
                path,
                format!(
                    "{} is {is}, and so must be what stands for it: write a path {right} a slash at its end",
                    dataset.name
                ),
            );
        }
        Some(template.as_str().replace("%%", "%"))
    }
}

fn unit(every: Every) -> &'static str {
    match every {
        Every::Minutes(_) => "interval",
        Every::Day => "day",
        Every::Week => "week",
        Every::Month => "month",
    }
}
