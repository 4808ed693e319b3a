//! All that is written to a cluster for launches: a Job is created, deleted, and given a time to expire.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;

use crds::labels::{ATTEMPT, LAUNCH, OBJECT_FIELD_MANAGER, PARTITION, PIPELINE, STEP};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Client, ResourceExt};
use serde_json::json;

use super::{CallError, CallFault, status};
use crate::limits::CALL_TIMEOUT;

/// The labels that make a launch's identity.
const IDENTITY: [&str; 5] = [PIPELINE, PARTITION, STEP, ATTEMPT, LAUNCH];

/// The label by which a pod names its Job.
const JOB_NAME: &str = "batch.kubernetes.io/job-name";

/// The Jobs of launches in a cluster. Every call has a time limit of its own, and none is repeated: the client must
/// be one whose `default_retry` is off, since the runtime decides when to ask again.
#[derive(Clone)]
pub struct Jobs {
    client: Client,
}

/// One Job, and no later one of its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobRef {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// What became of a creation.
#[derive(Clone, Debug)]
pub enum Created {
    /// The Job is made.
    New(Box<Job>),
    /// It was there: made for the same launch of the same Pipeline, by us before or by another controller.
    AlreadyThere(Box<Job>),
    /// The name is taken by something else, which is left alone.
    Foreign {
        /// By what, and what would be right, in a sentence without a final dot.
        why: String,
    },
}

/// What there is of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Neither its Job nor a pod that may still run.
    Nothing,
    /// Its Job, and no pod.
    JobAlone,
    /// A pod.
    Pod,
}

impl JobRef {
    /// The reference to a Job that was read from the cluster.
    pub fn of(job: &Job) -> Option<Self> {
        let meta = &job.metadata;
        Some(Self { namespace: meta.namespace.clone()?, name: meta.name.clone()?, uid: meta.uid.clone()? })
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}

impl Jobs {
    /// The Jobs that `client` reaches.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates a Job, which [`super::job`] has made. Asked again it changes nothing, as the name is the launch's.
    pub async fn create(&self, job: &Job) -> Result<Created, CallError> {
        let (namespace, name) = (job.namespace().unwrap_or_default(), job.name_any());
        let jobs = self.jobs(&namespace);
        let call = format!("create job {namespace}/{name}");
        let params = PostParams { field_manager: Some(OBJECT_FIELD_MANAGER.to_owned()), dry_run: false };
        let error = match in_time(&call, jobs.create(&params, job)).await {
            Ok(created) => return Ok(Created::New(Box::new(created))),
            Err(error) => error,
        };
        let CallFault::AlreadyExists(words) = error.fault else { return Err(error) };
        match in_time(&call, jobs.get_opt(&name)).await? {
            Some(there) => Ok(whose(there, job)),
            // Gone by now.
            None => Err(CallError { call, fault: CallFault::Conflict(words) }),
        }
    }

    /// Deletes a Job and, in the background, its pods. A Job that is gone is deleted.
    pub async fn delete(&self, job: &JobRef) -> Result<(), CallError> {
        let call = format!("delete job {}/{}", job.namespace, job.name);
        let only_this = Preconditions { uid: Some(job.uid.clone()), resource_version: None };
        let params = DeleteParams::background().preconditions(only_this);
        let Err(error) = in_time(&call, self.jobs(&job.namespace).delete(&job.name, &params)).await else {
            return Ok(());
        };
        // With another uid, another Job has the name, so this one is gone too.
        let is_gone = matches!(error.fault, CallFault::NotFound(_) | CallFault::Conflict(_));
        if is_gone { Ok(()) } else { Err(error) }
    }

    /// Lets the cluster delete a finished Job, with its pod, `seconds` after its end. Only for one whose end is
    /// recorded. A Job that is gone has expired.
    pub async fn expire(&self, job: &JobRef, seconds: u32) -> Result<(), CallError> {
        let call = format!("expire job {}/{}", job.namespace, job.name);
        // The uid can't be changed, so the patch fails for a later Job of the same name.
        let patch = Patch::Merge(json!({
            "metadata": {"uid": job.uid},
            "spec": {"ttlSecondsAfterFinished": seconds},
        }));
        let params =
            PatchParams { field_manager: Some(OBJECT_FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let jobs = self.jobs(&job.namespace);
        let Err(error) = in_time(&call, jobs.patch(&job.name, &params, &patch)).await else { return Ok(()) };
        let is_gone = matches!(&error.fault, CallFault::NotFound(_))
            || matches!(&error.fault, CallFault::Invalid(words) if words.contains("metadata.uid"));
        if is_gone { Ok(()) } else { Err(error) }
    }

    /// What there is of a Job as the cluster has it now, and not a cache: a look before a step is launched again.
    pub async fn look(&self, namespace: &str, name: &str) -> Result<Left, CallError> {
        let call = format!("look for job {namespace}/{name}");
        let job = in_time(&call, self.jobs(namespace).get_opt(name)).await?;
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let of_job = ListParams::default().labels(&format!("{JOB_NAME}={name}"));
        let pods = in_time(&call, pods.list(&of_job)).await?.items;
        Ok(match job {
            None if !pods.iter().any(status::may_run) => Left::Nothing,
            Some(_) if pods.is_empty() => Left::JobAlone,
            None | Some(_) => Left::Pod,
        })
    }

    /// Why the cluster makes no pods, by the uid of each Job of a namespace, as far as its last event tells: a full
    /// quota or an admission policy. The Jobs themselves do not say. One question about all of them: for each, the
    /// server would read all events of the namespace.
    pub async fn refusals(&self, namespace: &str) -> Result<BTreeMap<String, String>, CallError> {
        let call = format!("list events of jobs in {namespace}");
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let refusals = ListParams::default().fields("involvedObject.kind=Job,reason=FailedCreate");
        let mut found = in_time(&call, events.list(&refusals)).await?.items;
        found.sort_by(|one, other| one.last_timestamp.cmp(&other.last_timestamp));
        let words = found.into_iter().filter_map(|event| Some((event.involved_object.uid?, event.message?)));
        // Of several the last is taken.
        Ok(words.collect())
    }

    fn jobs(&self, namespace: &str) -> Api<Job> {
        Api::namespaced(self.client.clone(), namespace)
    }
}

async fn in_time<T>(call: &str, request: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
    let answer = tokio::time::timeout(CALL_TIMEOUT, request).await;
    let fault = match answer {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => CallFault::from(error),
        Err(_) => CallFault::TimedOut(CALL_TIMEOUT),
    };
    Err(CallError { call: call.to_owned(), fault })
}

/// Whether the Job that has the name is the one that was to be made.
fn whose(there: Job, wanted: &Job) -> Created {
    let label = |job: &Job, key: &str| job.labels().get(key).cloned();
    let same_launch = IDENTITY.iter().all(|key| label(&there, key) == label(wanted, key));
    let owner = controller(&there);
    let same_pipeline = owner.map(|owner| &owner.uid) == controller(wanted).map(|owner| &owner.uid);
    if same_launch && same_pipeline {
        return Created::AlreadyThere(Box::new(there));
    }
    let name = there.name_any();
    let by = match owner {
        Some(owner) if same_launch => {
            format!(
                "an earlier {} {} with uid {}, whose launch has yet to end",
                owner.kind, owner.name, owner.uid
            )
        }
        Some(owner) => format!("{} {}", owner.kind, owner.name),
        None => "someone else".to_owned(),
    };
    Created::Foreign { why: format!("the job {name} belongs to {by}; delete it to let the step start") }
}

fn controller(job: &Job) -> Option<&OwnerReference> {
    job.owner_references().iter().find(|owner| owner.controller == Some(true))
}
