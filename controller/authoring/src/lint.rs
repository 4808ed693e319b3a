//! What can be wrong between pipelines: each is sound by itself, and together they are not.

use crate::manifest::Manifest;
use crate::problem::{Problem, Severity};
use crds::text::Name;
use planner::fault::Fault;
use planner::pipeline::Pipeline;
use std::collections::BTreeMap;

/// A pipeline and the manifest that it was written in.
pub type Member<'a> = (&'a Manifest, &'a Pipeline);

/// The faults between pipelines: two of one name, two that write one path.
pub fn lint(members: &[Member<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = BTreeMap::new();
    let mut writers = BTreeMap::new();
    for (manifest, pipeline) in members {
        let namespace = manifest.pipeline.metadata.namespace.as_deref();
        if let Some(first) = names.insert((namespace, manifest.name()), *manifest) {
            let message =
                format!("{} declares the same name: give each pipeline its own", first.source.file.display());
            problems.push(problem(manifest, "metadata.name".to_owned(), message));
        }
        for id in pipeline.dataset_ids().filter(|id| pipeline.producer(*id).is_some()) {
            let dataset = pipeline.dataset(id);
            let place = (dataset.store.as_str(), dataset.path.as_str());
            if let Some((first, name)) = writers.insert(place, (*manifest, dataset.name.as_str())) {
                problems.push(problem(
                    manifest,
                    format!("spec.datasets[{}].path", id.0),
                    second_writer(first, name),
                ));
            }
        }
    }
    problems
}

/// The parameters of the environment that no pipeline declares, each with what would be right.
pub fn unknown_params<'a>(
    overrides: impl Iterator<Item = &'a str>,
    manifests: &[Manifest],
) -> Vec<(&'a str, String)> {
    let declared =
        || manifests.iter().flat_map(|manifest| manifest.pipeline.spec.params.keys()).map(Name::as_str);
    overrides
        .filter(|name| declared().all(|known| known != *name))
        .map(|name| {
            (
                name,
                format!(
                    "no pipeline has a parameter `{name}`: {}",
                    crate::suggest::instead(name, declared())
                ),
            )
        })
        .collect()
}

fn second_writer(first: &Manifest, dataset: &str) -> String {
    format!(
        "the pipeline {} of {} writes the same path of this store as `{dataset}`: a path has one writer, so only read it here",
        first.name(),
        first.source.file.display()
    )
}

fn problem(manifest: &Manifest, path: String, message: String) -> Problem {
    manifest.source.problem(Severity::Fault, Fault::new(path, message))
}
