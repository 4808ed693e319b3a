//! Launch: a decided launch becomes the description of a Job. No choices are made here.

use std::collections::{BTreeMap, BTreeSet};

use crds::environment::EnvVarSource;
use crds::step::Step;
use executor::kubernetes::{LaunchId, LaunchSpec, RunAs, StoreMount};
use planner::command;
use planner::facts::{Fingerprints, Outcome};
use planner::launch::Launch;
use planner::pipeline::Pipeline;
use storage::Staging;

use crate::cluster::configuration::Configuration;
use crate::cluster::mind::Kept;
use crate::work::errand::{Errand, Stores};
use crate::work::launch::chain;
use crate::work::stage::{output_paths, store_env, values};

/// The description of a launch's Job, which has a place to write; a failed try if there can be none.
pub(crate) fn spec(
    kept: &Kept,
    stores: &Stores,
    (configuration, launch): (&Configuration, &Launch),
) -> Result<LaunchSpec, Outcome> {
    let failed = |why: String| Outcome::Failed { exit_code: None, why };
    let work = &kept.work;
    let errand = Errand::of(work, stores, launch);
    let staged = errand.staged(Staging::resume).map_err(|error| failed(chain(&error)))?;
    let outputs = output_paths(stores, (launch, &staged));
    let running = work.facts.history(launch.partition, launch.step).and_then(|it| it.running.as_ref());
    let inputs = running.map_or_else(Fingerprints::new, |running| running.inputs.clone());
    let values = values(&work.plan, stores, (launch, &inputs, outputs));
    let planned = work.plan.step(launch.step);
    let name = planned.name.as_str();
    let step = kept.object.spec.steps.iter().find(|step| step.name.as_str() == name);
    let step = step.ok_or_else(|| failed(format!("the pipeline has no step {name} any more")))?;
    let used = used_stores(&work.plan, launch);
    // What the address of a store says, then what the configuration says of it.
    let mut env = store_env(&work.plan, stores, launch.step).map_err(failed)?;
    env.extend(step_env(configuration, &used));
    env.extend(planned.env.clone());
    env.append(&mut command::environment(&values));
    let steps = &configuration.steps;
    Ok(LaunchSpec {
        namespace: kept.object.metadata.namespace.clone().unwrap_or_default(),
        id: launch_id(&work.plan, launch),
        pipeline_uid: kept.object.metadata.uid.clone().unwrap_or_default(),
        step_digest: launch.trial.whole.to_string(),
        backfill: launch.trial.request.clone(),
        image: image(step, configuration).unwrap_or_default(),
        argv: planned.command.render(&values),
        env,
        env_from: env_from(configuration, &used, step),
        working_dir: step.working_dir.as_ref().map(ToString::to_string),
        resources: step.resources.clone().unwrap_or_else(|| steps.resources.clone()),
        timeout: planned.timeout,
        grace: steps.grace,
        service_account: service_account(step, configuration),
        pod: step.pod.clone().unwrap_or_default(),
        labels: step.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        store_mounts: mounts(configuration, &used, &work.plan, launch),
        run_as: RunAs { user: steps.run_as_user, group: steps.run_as_group },
    })
}

/// Which launch it is, for labels and names.
pub(crate) fn launch_id(plan: &Pipeline, launch: &Launch) -> LaunchId {
    LaunchId {
        pipeline: plan.parts().name.to_string(),
        partition: plan.parts().calendar.object_key(launch.partition),
        step: plan.step(launch.step).name.to_string(),
        attempt: launch.attempt,
        launch: launch.launch,
    }
}

/// The name of a launch's Job.
pub(crate) fn job_name(plan: &Pipeline, launch: &Launch) -> String {
    launch_id(plan, launch).job_name()
}

/// The image that a step runs in.
pub(crate) fn image(step: &Step, configuration: &Configuration) -> Option<String> {
    step.image.as_ref().map(ToString::to_string).or_else(|| configuration.steps.image.clone())
}

/// The service account that a step runs as.
pub(crate) fn service_account(step: &Step, configuration: &Configuration) -> Option<String> {
    let named = step.service_account_name.as_ref().map(ToString::to_string);
    named.or_else(|| configuration.steps.service_account_name.clone())
}

fn used_stores(plan: &Pipeline, launch: &Launch) -> BTreeSet<String> {
    let step = plan.step(launch.step);
    let inputs = step.inputs.iter().map(|input| input.dataset);
    let used = inputs.chain(step.outputs.iter().copied());
    used.map(|id| plan.dataset(id).store.to_string()).collect()
}

fn step_env(configuration: &Configuration, used: &BTreeSet<String>) -> BTreeMap<String, String> {
    let bindings = configuration.stores.iter().filter(|(name, _)| used.contains(*name));
    bindings.flat_map(|(_, binding)| binding.step_env.clone()).collect()
}

/// The variables from Secrets and `ConfigMaps`: those of the stores, then the step's own.
fn env_from(
    configuration: &Configuration,
    used: &BTreeSet<String>,
    step: &Step,
) -> BTreeMap<String, EnvVarSource> {
    let bindings = configuration.stores.iter().filter(|(name, _)| used.contains(*name));
    let mut sources: BTreeMap<_, _> = bindings.flat_map(|(_, it)| it.step_env_from.clone()).collect();
    for variable in &step.env {
        let name = variable.name.to_string();
        // What the step says of a variable holds, whether it says a value or where it comes from.
        sources.remove(&name);
        sources.extend(variable.value_from.clone().map(|source| (name, source)));
    }
    sources
}

/// The volumes of the stores that a step uses; one that it only reads can't be written.
fn mounts(
    configuration: &Configuration,
    used: &BTreeSet<String>,
    plan: &Pipeline,
    launch: &Launch,
) -> Vec<StoreMount> {
    let outputs = &plan.step(launch.step).outputs;
    let writes = |store: &str| outputs.iter().any(|id| plan.dataset(*id).store.as_str() == store);
    let bindings = configuration.stores.iter().filter(|(name, _)| used.contains(*name));
    bindings
        .filter_map(|(name, binding)| {
            Some(StoreMount {
                claim: binding.volume_claim.clone()?,
                mount_path: binding.directory.as_ref()?.to_string_lossy().into_owned(),
                read_only: !writes(name),
            })
        })
        .collect()
}
