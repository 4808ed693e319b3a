//! Validate: a Pipeline object becomes the plan that is worked by, or keeps the last sound one with the faults of the new.

use std::collections::BTreeSet;
use std::sync::Arc;

use authoring::Setting;
use kube::runtime::reflector::ObjectRef;
use planner::admission::Obstacles;
use planner::fault::Fault;
use planner::pipeline::Pipeline;
use storage::Store;

use crate::cluster::archive::Archive;
use crate::cluster::caches::Caches;
use crate::cluster::configuration::Configuration;
use crate::cluster::launch::{image, service_account};
use crate::cluster::ledger::Ledger;
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::overlay::Overlay;
use crate::seat::metrics::Metrics;
use crate::work::closely::Questions;
use crate::work::pipeline::Work;

/// What is wrong with a pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Soundness {
    /// Nothing.
    #[default]
    Sound,
    /// Its spec has faults: a person must change it.
    Faulty(Vec<Fault>),
    /// An older pipeline writes a path of this one.
    PathTaken(Fault),
}

/// Takes over the object as it is now; what is wrong with it, if anything is.
pub(crate) fn validate(
    mind: &mut Mind,
    (id, object): (&Id, &Arc<crds::Pipeline>),
    (configuration, caches, metrics): (&Configuration, &Caches, &Metrics),
) -> Soundness {
    forget_deleted(mind, (caches, metrics));
    let faults = match mind.pipelines.get(id) {
        Some(kept) if is_same(&kept.object, object) => kept.faults.clone(),
        Some(_) | None => take_over(mind, (id, object), configuration),
    };
    if !faults.is_empty() {
        return Soundness::Faulty(faults);
    }
    match path_taken(mind, id) {
        Some(fault) => Soundness::PathTaken(fault),
        None => Soundness::Sound,
    }
}

/// Pipelines that were deleted bid no more, and no metric names them; whether there were any.
pub(crate) fn forget_deleted(mind: &mut Mind, (caches, metrics): (&Caches, &Metrics)) -> bool {
    let before = mind.pipelines.len();
    mind.pipelines.retain(|id, _| {
        let reference = ObjectRef::new(&id.name).within(&id.namespace);
        let stays = caches.pipelines.get(&reference).is_some();
        if !stays {
            metrics.forget(&id.labels());
        }
        stays
    });
    mind.pipelines.len() < before
}

fn is_same(one: &crds::Pipeline, other: &crds::Pipeline) -> bool {
    one.metadata.uid == other.metadata.uid && one.metadata.generation == other.metadata.generation
}

fn take_over(
    mind: &mut Mind,
    (id, object): (&Id, &Arc<crds::Pipeline>),
    configuration: &Configuration,
) -> Vec<Fault> {
    let archive = mind.archive.clone();
    match plan(object, configuration) {
        Ok(plan) => {
            let before = mind.pipelines.remove(id);
            let kept = renewed(before, (id, object, plan), &archive);
            mind.pipelines.insert(id.clone(), kept);
            Vec::new()
        }
        Err(faults) => {
            // What runs finishes by the last sound spec, if this process has seen one.
            if let Some(kept) = mind.pipelines.get_mut(id) {
                kept.faults.clone_from(&faults);
                kept.object = Arc::clone(object);
            }
            faults
        }
    }
}

/// A new plan starts from what is recorded, whatever numbers the old one gave to steps and datasets. What runs ends by
/// the plan that it began by.
fn renewed(
    before: Option<Kept>,
    (id, object, plan): (&Id, &Arc<crds::Pipeline>, Pipeline),
    archive: &Store,
) -> Kept {
    let (elders, overlay, ledger) = match before {
        Some(Kept { work, mut elders, overlay, ledger, .. }) => {
            elders.push(work);
            elders.retain(|elder| !elder.running.is_empty());
            (elders, overlay, ledger)
        }
        None => (Vec::new(), Overlay::default(), Ledger::default()),
    };
    Kept {
        object: Arc::clone(object),
        work: Work::new(format!("{}.{}", id.namespace, id.name), plan),
        archive: Archive::new(archive, &id.namespace, &id.name),
        elders,
        faults: Vec::new(),
        overlay,
        unusable: None,
        ledger,
        questions: Questions::default(),
        decided: false,
        granted: Vec::new(),
        obstacles: Obstacles::new(),
    }
}

fn plan(object: &crds::Pipeline, configuration: &Configuration) -> Result<Pipeline, Vec<Fault>> {
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    let may_use = |namespaces: &Option<BTreeSet<String>>| {
        namespaces.as_ref().is_none_or(|namespaces| namespaces.contains(namespace))
    };
    let stores = configuration.stores.iter().filter(|(_, binding)| may_use(&binding.namespaces));
    let stores = stores.map(|(name, _)| name.clone()).collect();
    let setting = Setting { params: configuration.params.clone(), stores: Some(stores), machine: None };
    let (plan, _) = authoring::convert(object, &setting)?;
    let faults = permissions(object, configuration);
    if faults.is_empty() { Ok(plan) } else { Err(faults) }
}

/// What a step names beyond what the configuration allows.
fn permissions(object: &crds::Pipeline, configuration: &Configuration) -> Vec<Fault> {
    let mut faults = Vec::new();
    let allowed = &configuration.steps;
    for (place, step) in object.spec.steps.iter().enumerate() {
        let path = |field: &str| format!("spec.steps[{place}].{field}");
        match image(step, configuration) {
            None => faults.push(Fault::new(
                path("image"),
                "a step runs in a container here: write the image, or have the controller's configuration name one in steps.image",
            )),
            Some(image) if !is_allowed(&image, allowed.allowed_images.as_deref()) => {
                let patterns = allowed.allowed_images.as_deref().unwrap_or_default().join(", ");
                let message = format!("the image {image} is not allowed here: the controller's configuration allows {patterns}");
                faults.push(Fault::new(path("image"), message));
            }
            Some(_) => {}
        }
        let account = service_account(step, configuration);
        let is_default = account == allowed.service_account_name;
        if let Some(account) =
            account.filter(|it| !is_default && !allowed.allowed_service_accounts.contains(it))
        {
            let message = format!(
                "the service account {account} is not allowed here: leave it out, or have the controller's configuration add it to steps.allowedServiceAccounts"
            );
            faults.push(Fault::new(path("serviceAccountName"), message));
        }
    }
    faults
}

fn is_allowed(image: &str, patterns: Option<&[String]>) -> bool {
    patterns.is_none_or(|patterns| {
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => image.starts_with(start),
            None => image == pattern,
        })
    })
}

/// The path of this pipeline that an older one writes too, if there is one.
fn path_taken(mind: &Mind, id: &Id) -> Option<Fault> {
    let kept = mind.pipelines.get(id)?;
    let written = |kept: &Kept| -> BTreeSet<(String, String)> {
        let plan = &kept.work.plan;
        let outputs = plan.dataset_ids().filter(|id| plan.producer(*id).is_some()).map(|id| plan.dataset(id));
        outputs.map(|it| (it.store.to_string(), it.path.as_str().to_owned())).collect()
    };
    let ours = written(kept);
    let age = |id: &Id, kept: &Kept| (kept.object.metadata.creation_timestamp.clone(), id.clone());
    let own = age(id, kept);
    let mut older = mind.pipelines.iter().filter(|(other, it)| *other != id && age(other, it) < own);
    let (other, (store, path)) =
        older.find_map(|(other, it)| Some((other, written(it).intersection(&ours).next().cloned()?)))?;
    let place = kept.work.plan.dataset_ids().find(|id| {
        let dataset = kept.work.plan.dataset(*id);
        dataset.store.as_str() == store && dataset.path.as_str() == path
    });
    let message = format!(
        "the older pipeline {} of namespace {} writes {store}:{path} already: a path has one writer, so only read it here, or write another",
        other.name, other.namespace
    );
    Some(Fault::new(format!("spec.datasets[{}].path", place.map_or(0, |id| id.0)), message))
}
