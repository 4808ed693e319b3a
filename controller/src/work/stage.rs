//! Stage: where a launch writes each output, and the values of its command.

use std::collections::BTreeMap;

use planner::command::Values;
use planner::facts::{ABSENT, Fingerprints};
use planner::launch::{Launch, Product};
use planner::pipeline::{Pipeline, Publish, StepId};
use storage::{Staging, Store};

use crate::work::observe;

/// The outputs of a launch that are written aside first into one store, and where.
#[derive(Debug)]
pub(crate) struct Staged {
    /// The outputs, in the order of the staging.
    pub(crate) outputs: Vec<Product>,
    /// Where they lie until they are published.
    pub(crate) staging: Staging,
}

/// Where a launch is to write each output: staged ones aside, the others in their place.
pub(crate) fn output_paths(
    stores: &BTreeMap<String, Store>,
    (launch, staged): (&Launch, &[Staged]),
) -> BTreeMap<String, String> {
    let mut paths = BTreeMap::new();
    for Staged { outputs, staging } in staged {
        let names = outputs.iter().map(|it| it.dataset.to_string());
        paths.extend(names.zip(staging.paths()));
    }
    for product in direct_outputs(launch) {
        let Some(store) = stores.get(product.store.as_str()) else { continue };
        paths.insert(product.dataset.to_string(), store.uri(&product.path));
    }
    paths
}

/// The variables by which a step's own tools reach the stores that it uses; or which of them two stores contradict.
pub(crate) fn store_env(
    plan: &Pipeline,
    stores: &BTreeMap<String, Store>,
    step: StepId,
) -> Result<BTreeMap<String, String>, String> {
    let parts = plan.step(step);
    let used = parts.inputs.iter().map(|input| input.dataset).chain(parts.outputs.iter().copied());
    let mut by_tools: BTreeMap<&str, (&Store, BTreeMap<String, String>)> = BTreeMap::new();
    for store in used.filter_map(|id| stores.get(plan.dataset(id).store.as_str())) {
        if store.directory().is_some() {
            continue;
        }
        let env: BTreeMap<_, _> = store.step_env().into_iter().collect();
        match by_tools.get(tools(store)) {
            Some((first, other)) if *other != env => {
                return Err(format!(
                    "the stores {} and {} are reached in different ways (endpoint, region, user), of which a step's environment can say one: give both the same, or use one in each step",
                    first.name(),
                    store.name()
                ));
            }
            Some(_) => {}
            None => {
                by_tools.insert(tools(store), (store, env));
            }
        }
    }
    Ok(by_tools.into_values().flat_map(|(_, env)| env).collect())
}

/// The tools that open the addresses of a store: those of S3, or Hadoop's. Each reads variables of its own.
fn tools(store: &Store) -> &'static str {
    if store.address().starts_with("s3://") { "s3" } else { "hadoop" }
}

/// The values of a launch's command.
pub(crate) fn values(
    plan: &Pipeline,
    stores: &BTreeMap<String, Store>,
    (launch, seen, outputs): (&Launch, &Fingerprints, BTreeMap<String, String>),
) -> Values {
    let calendar = &plan.parts().calendar;
    let mut inputs = BTreeMap::new();
    for input in &plan.step(launch.step).inputs {
        let store_name = &plan.dataset(input.dataset).store;
        let Some(store) = stores.get(store_name.as_str()) else { continue };
        let is_there = |path: &String| {
            seen.get(&observe::input_name(store_name.as_str(), path)).is_none_or(|seen| seen != ABSENT)
        };
        let paths = observe::input_paths(plan, input, launch.partition).into_iter().filter(is_there);
        inputs.insert(input.name.to_string(), paths.map(|path| store.uri(&path)).collect());
    }
    Values {
        partition: calendar.key(launch.partition),
        start: calendar.start(launch.partition),
        end: calendar.end(launch.partition),
        zone: calendar.zone(),
        attempt: launch.attempt,
        inputs,
        outputs,
    }
}

/// The outputs of a launch that its step writes in their place.
pub(crate) fn direct_outputs(launch: &Launch) -> impl Iterator<Item = &Product> {
    launch.products.iter().filter(|product| product.publish == Publish::Direct)
}

/// The outputs of a launch that are written aside first, by store.
pub(crate) fn by_store<'a>(
    stores: &'a BTreeMap<String, Store>,
    launch: &Launch,
) -> Vec<(&'a Store, Vec<Product>)> {
    let mut by_store: BTreeMap<&str, Vec<Product>> = BTreeMap::new();
    for product in launch.products.iter().filter(|product| product.publish == Publish::Staged) {
        by_store.entry(product.store.as_str()).or_default().push(product.clone());
    }
    by_store.into_iter().filter_map(|(name, outputs)| Some((stores.get(name)?, outputs))).collect()
}
