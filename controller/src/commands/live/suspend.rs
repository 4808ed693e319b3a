//! `suspend` and `resume` on a cluster: `spec.suspend` of a Pipeline or a Partition, by server-side apply.
//!
//! The field is set by a manager of its own and given back when resumed, so that who applies the rest never meets it.
//! Where somebody else sets it, that is where it has to change: the cluster would be set back.

use std::fmt::Debug;
use std::process::ExitCode;

use crds::labels::COMMAND_FIELD_MANAGER;
use k8s_openapi::NamespaceResourceScope;
use kube::api::{Patch, PatchParams};
use kube::core::Status;
use kube::{Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::args::{self, Caller};
use crate::commands::live::explain::object_name;
use crate::commands::live::{Live, meaning, said};
use crate::commands::print;
use crate::commands::show;
use crate::commands::{EXIT_COMPLETE, Failure};

/// What is to become of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It rests.
    Suspend,
    /// It goes on.
    Resume,
}

/// What can rest.
trait Restful:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + DeserializeOwned + Debug
{
    /// Whether it rests.
    fn is_suspended(&self) -> bool;
}

impl Restful for crds::Pipeline {
    fn is_suspended(&self) -> bool {
        self.spec.suspend == Some(true)
    }
}

impl Restful for crds::Partition {
    fn is_suspended(&self) -> bool {
        self.spec.suspend == Some(true)
    }
}

/// An object and what is to become of it.
struct Change<'a, K> {
    live: &'a Live,
    object: K,
    wish: Wish,
    arguments: &'a args::Suspend,
}

/// Suspends or resumes a pipeline, or one partition of it.
pub(crate) async fn suspend(
    arguments: &args::Suspend,
    wish: Wish,
    caller: Caller,
) -> Result<ExitCode, Failure> {
    let live = &Live::reach(&arguments.reach, caller).await?;
    let pipeline = live.pipeline(&arguments.pipeline).await?;
    let told = match &arguments.key {
        None => Change { live, object: pipeline, wish, arguments }.make().await?,
        Some(key) => {
            let object = partition(live, &pipeline, key).await?;
            Change { live, object, wish, arguments }.make().await?
        }
    };
    print::text(&told)?;
    Ok(ExitCode::from(EXIT_COMPLETE))
}

async fn partition(live: &Live, pipeline: &crds::Pipeline, key: &str) -> Result<crds::Partition, Failure> {
    let plan = meaning(pipeline)?;
    let partition = show::partition(plan.parts(), key)?;
    live.get(&object_name(&plan, partition)).await?.ok_or_else(|| {
        let (name, key) = (pipeline.name_any(), plan.parts().calendar.key(partition));
        Failure::new(format!(
            "{name} {key} has no object to suspend: the controller makes them for the partitions to look at first, \
            and removes them afterwards; suspend the pipeline, or wait"
        ))
    })
}

impl<K: Restful> Change<'_, K> {
    /// Makes the change, and says what was done.
    async fn make(&self) -> Result<String, Failure> {
        let wanted = self.wish == Wish::Suspend;
        let (done, already) = match self.wish {
            Wish::Suspend => ("suspended", "was suspended already"),
            Wish::Resume => ("resumed", "was not suspended"),
        };
        let what = format!("{}.{}/{}", self.kind(), crds::GROUP, self.object.name_any());
        if self.object.is_suspended() == wanted {
            return Ok(format!("{what} {already}\n"));
        }
        // To resume is to give the field back; only what others set has to be overruled.
        let given_back = match self.wish {
            Wish::Suspend => None,
            Wish::Resume => Some(self.apply(json!({})).await?),
        };
        if given_back.is_none_or(|object| object.is_suspended()) {
            self.apply(json!({"suspend": wanted})).await?;
        }
        Ok(format!("{what} {done}\n"))
    }

    async fn apply(&self, spec: Value) -> Result<K, Failure> {
        let name = self.object.name_any();
        let intent = json!({
            "apiVersion": K::api_version(&()),
            "kind": K::kind(&()),
            // With its uid an object that was deleted meanwhile is not made again.
            "metadata": {"name": name, "uid": self.object.uid()},
            "spec": spec,
        });
        let params = PatchParams::apply(COMMAND_FIELD_MANAGER);
        let params = if self.arguments.force { params.force() } else { params };
        match self.live.api::<K>().patch(&name, &params, &Patch::Apply(intent)).await {
            Err(kube::Error::Api(status)) if !owners(&status).is_empty() => Err(self.owned(&owners(&status))),
            answer => said(&format!("apply {} {}/{name}", self.kind(), self.live.namespace), answer),
        }
    }

    /// Says who sets the field, and that it has to change there.
    fn owned(&self, owners: &str) -> Failure {
        let (kind, name, value) = (self.kind(), self.object.name_any(), self.wish == Wish::Suspend);
        Failure::new(format!(
            "spec.suspend of the {kind} {name} is set by {owners}, which may set it back: write `suspend: {value}` \
            there, such as in git, or overrule it with --force"
        ))
    }

    fn kind(&self) -> String {
        K::kind(&()).to_lowercase()
    }
}

/// The managers that a conflict is with.
fn owners(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let conflicts = causes.filter(|cause| cause.reason == "FieldManagerConflict");
    // The server says: conflict with "argocd-controller" using daybreak.dev/v1alpha1
    let owners = conflicts.filter_map(|cause| cause.message.split('"').nth(1));
    owners.collect::<Vec<_>>().join(", ")
}
