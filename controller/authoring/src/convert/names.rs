//! Names that the parts of a manifest refer to each other by: stores, parameters, datasets.

use super::World;
use super::findings::Findings;
use crate::place::FieldPath;
use crate::suggest::instead;
use crds::limits::NAME;
use crds::pipeline::PipelineSpec;
use crds::text::Argument;
use planner::name::Name;
use std::collections::{BTreeMap, BTreeSet};

/// The parameters that the pipeline declares, with the environment's values where it has any.
pub(super) fn params(spec: &PipelineSpec, overrides: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let value = |name: &str, own: &str| overrides.get(name).map_or(own, String::as_str).to_owned();
    spec.params.iter().map(|(name, own)| (name.to_string(), value(name, own))).collect()
}

/// The name of a store that there is.
pub(super) fn store(
    world: &World<'_>,
    text: &str,
    path: &FieldPath<'_>,
    findings: &mut Findings,
) -> Option<Name> {
    let name = findings.keep(path, text.parse::<Name>())?;
    if let Some(stores) = world.setting.stores.as_ref().filter(|stores| !stores.contains(text)) {
        let right = match stores.len() {
            0 => "there is none that this pipeline may use".to_owned(),
            _ => instead(text, stores.iter().map(String::as_str)),
        };
        findings.fault(path, format!("this environment has no store `{text}`: {right}"));
    }
    Some(name)
}

/// The parameters that a text names.
pub(super) fn params_in(text: &str) -> impl Iterator<Item = &str> {
    let braces = text.split("{{").skip(1).filter_map(|after| after.split("}}").next());
    braces.filter_map(|written| written.trim().strip_prefix("params."))
}

/// Checks the names of parameters, and advises to leave out what nothing refers to.
pub(super) fn check_use(world: &World<'_>, findings: &mut Findings) {
    let spec = world.spec;
    let inputs = || spec.steps.iter().flat_map(|step| &step.inputs);
    let paths = spec.datasets.iter().map(|dataset| dataset.path.as_str());
    let initials = inputs().filter_map(|input| input.initial.as_deref());
    let arguments = spec.steps.iter().flat_map(|step| &step.command).map(Argument::as_str);
    let params: BTreeSet<&str> = paths.chain(initials).chain(arguments).flat_map(params_in).collect();
    let path = FieldPath::SPEC.field("params");
    for name in spec.params.keys().filter(|name| name.len() > NAME) {
        findings.fault(
            path.field(name),
            format!("this name has {} characters: write at most {NAME}", name.len()),
        );
    }
    for name in spec.params.keys().filter(|name| !params.contains(name.as_str())) {
        findings.advise(
            path.field(name),
            format!(
                "no path and no command names it: write `{{{{ params.{name} }}}}` somewhere, or leave it out"
            ),
        );
    }
    let outputs = spec.steps.iter().flat_map(|step| &step.outputs).map(|output| output.dataset.as_str());
    let datasets: BTreeSet<&str> = inputs().map(|input| input.dataset.as_str()).chain(outputs).collect();
    let path = FieldPath::SPEC.field("datasets");
    for (index, dataset) in spec.datasets.iter().enumerate() {
        if !datasets.contains(dataset.name.as_str()) {
            findings.advise(
                path.element(index),
                format!("no step reads or writes `{}`: leave it out", dataset.name),
            );
        }
    }
}
