//! Digests of a step: what shapes its result, and all of it.

use super::World;
use super::names::params_in;
use super::step::Conversion;
use crds::text::Argument;
use planner::digest::Digest;
use planner::pipeline::{Dataset, DatasetId, Input};
use serde::Serialize;
use std::collections::BTreeMap;

/// The digests of a step.
pub(super) struct Digests {
    pub(super) result: Digest,
    pub(super) whole: Digest,
}

impl Conversion<'_> {
    /// The digests of this step, which reads `inputs` and writes `outputs`.
    ///
    /// The result is shaped by the command with the parameters in it, by environment and image, by what is read and
    /// from where, and by the names of what is written. Where outputs lie does not change what they are.
    pub(super) fn digests(&self, inputs: &[Input], outputs: &[DatasetId]) -> Digests {
        let step = self.step;
        let origins: Vec<String> = inputs.iter().filter_map(|input| self.origin(input.dataset)).collect();
        let result = [
            canonical(&step.command),
            canonical(&params_of(self.world, step.command.iter().map(Argument::as_str))),
            canonical(&step.env),
            canonical(&step.image),
            canonical(&step.inputs),
            canonical(&origins),
            canonical(&step.outputs),
        ];
        let of_inputs = inputs.iter().map(|input| input.dataset);
        let datasets: Vec<String> =
            of_inputs.chain(outputs.iter().copied()).filter_map(|id| self.declaration(id)).collect();
        let rest = [canonical(step), canonical(&datasets)];
        Digests {
            result: Digest::of(result.iter().map(String::as_str)),
            whole: Digest::of(result.iter().chain(&rest).map(String::as_str)),
        }
    }

    /// Where a dataset lies, by which clock.
    fn origin(&self, id: DatasetId) -> Option<String> {
        let Dataset { store, path, calendar, .. } = self.converted(id)?;
        let (every, zone) = (calendar.every().to_string(), calendar.zone().name());
        Some(canonical(&(store.as_str(), path.as_str(), every, zone)))
    }

    /// All that is said of a dataset.
    fn declaration(&self, id: DatasetId) -> Option<String> {
        let declared = self.world.spec.datasets.get(usize::from(id.0)).map(canonical);
        declared.zip(self.origin(id)).map(|(declared, origin)| format!("{declared}{origin}"))
    }
}

/// The values of the parameters that texts name.
fn params_of<'a>(world: &'a World<'_>, texts: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, &'a str> {
    texts
        .flat_map(params_in)
        .filter_map(|name| world.params.get_key_value(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// JSON whose fields stand in the order of the type, so that equal values give equal texts.
fn canonical(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the API's types have text keys only, so that JSON can hold them")
}
