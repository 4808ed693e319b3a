//! Sightings: what the cluster shows of the launches of a pipeline, by the labels of Jobs and pods, whoever owns them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crds::labels::{ATTEMPT, LAUNCH, PARTITION, STEP};
use executor::kubernetes::JobRef;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use planner::calendar::Instant;
use planner::pipeline::Pipeline;

use crate::cluster::mind::LaunchKey;

/// What is seen of one launch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sighting {
    pub(crate) job: Option<Arc<Job>>,
    pub(crate) pods: Vec<Arc<Pod>>,
}

/// What is seen of all launches of a pipeline, and the Jobs of steps and partitions that it no longer has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    pub(crate) launches: BTreeMap<LaunchKey, Sighting>,
    pub(crate) strays: Vec<Arc<Job>>,
}

impl Sighting {
    /// The Job, and no later one of its name.
    pub(crate) fn job_ref(&self) -> Option<JobRef> {
        self.job.as_deref().and_then(JobRef::of)
    }

    /// The pod that was made last.
    pub(crate) fn last_pod(&self) -> Option<&Arc<Pod>> {
        self.pods.iter().max_by_key(|pod| pod.metadata.creation_timestamp.clone())
    }
}

impl Sightings {
    pub(crate) fn new(plan: &Pipeline, jobs: &[Arc<Job>], pods: &[Arc<Pod>]) -> Self {
        let mut sightings = Self::default();
        for job in jobs {
            match key(plan, job.as_ref()) {
                Some(key) => sightings.launches.entry(key).or_default().job = Some(Arc::clone(job)),
                None => sightings.strays.push(Arc::clone(job)),
            }
        }
        for pod in pods {
            if let Some(key) = key(plan, pod.as_ref()) {
                sightings.launches.entry(key).or_default().pods.push(Arc::clone(pod));
            }
        }
        sightings
    }
}

/// The launch that labels tell of.
fn key(plan: &Pipeline, object: &impl ResourceExt) -> Option<LaunchKey> {
    let labels = object.labels();
    // Keys have no letters but `T` and `W`; object names have them in lower case.
    let partition = plan.parts().calendar.parse_key(&labels.get(PARTITION)?.to_uppercase()).ok()?;
    let step = plan.step_named(labels.get(STEP)?)?;
    Some((partition, step, labels.get(ATTEMPT)?.parse().ok()?, labels.get(LAUNCH)?.parse().ok()?))
}

/// When a Job ended, if it did: `FailureTarget` and `SuccessCriteriaMet` only announce it.
pub(crate) fn ended_at(job: Option<&Job>) -> Option<Instant> {
    let conditions = job?.status.as_ref()?.conditions.as_ref()?;
    let is_end = |type_: &str, status: &str| matches!(type_, "Complete" | "Failed") && status == "True";
    let end = conditions.iter().find(|it| is_end(&it.type_, &it.status))?;
    let at = end.last_transition_time.as_ref().map(|time| time.0.as_second())?;
    Instant::from_timestamp(at, 0)
}
