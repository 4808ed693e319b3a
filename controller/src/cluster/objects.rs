//! Objects: which Partition objects are to be created, and which deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crds::labels::{MANAGED_BY, MANAGER, PARTITION, PIPELINE};
use crds::partition::PartitionSpec;
use crds::pipeline::PipelineRef;
use crds::text::Key;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::{Resource as _, ResourceExt as _};
use planner::calendar::Partition;

use crate::cluster::mind::Kept;
use crate::cluster::reconcile::Fetched;

/// The Partition objects that are to be created, and those to be deleted, by name and uid.
pub(crate) fn make_and_remove(
    kept: &Kept,
    (fetched, wanted): (&Fetched, &BTreeSet<Partition>),
) -> (Vec<crds::Partition>, Vec<(String, String)>) {
    let existing = by_key(kept, fetched);
    let missing = wanted.iter().filter(|it| !existing.contains_key(it)).map(|it| object(kept, fetched, *it));
    let make = missing.filter(|it| !kept.overlay.was_made(&it.name_any())).collect();
    let is_surplus = |object: &&Arc<crds::Partition>| {
        let partition = kept.work.plan.parts().calendar.parse_key(&object.spec.key).ok();
        let is_suspended = object.spec.suspend == Some(true);
        is_ours(object, fetched) && !is_suspended && partition.is_none_or(|it| !wanted.contains(&it))
    };
    let surplus = fetched.partitions.iter().filter(is_surplus);
    let surplus = surplus.filter(|it| it.metadata.deletion_timestamp.is_none());
    let remove = surplus
        .map(|it| (it.name_any(), it.uid().unwrap_or_default()))
        .filter(|(_, uid)| !kept.overlay.was_dismissed(uid))
        .collect();
    (make, remove)
}

pub(crate) fn by_key<'a>(kept: &Kept, fetched: &'a Fetched) -> BTreeMap<Partition, &'a crds::Partition> {
    let calendar = &kept.work.plan.parts().calendar;
    let key = |it: &'a Arc<crds::Partition>| {
        let partition = calendar.parse_key(&it.spec.key).ok()?;
        // One of another name is someone else's, and takes no place of ours.
        (it.name_any() == name(kept, partition)).then_some((partition, &**it))
    };
    fetched.partitions.iter().filter_map(key).collect()
}

/// The names of the objects of this pipeline's partitions that someone else made. Those of a pipeline of its name that
/// was deleted go by themselves.
pub(crate) fn strangers(fetched: &Fetched) -> Vec<String> {
    let is_stranger = |it: &&Arc<crds::Partition>| {
        it.owner_references().iter().all(|owner| owner.kind != crds::Pipeline::kind(&()))
    };
    let mut names: Vec<_> = fetched.partitions.iter().filter(is_stranger).map(|it| it.name_any()).collect();
    names.sort();
    names
}

fn name(kept: &Kept, partition: Partition) -> String {
    let parts = kept.work.plan.parts();
    format!("{}.{}", parts.name, parts.calendar.object_key(partition))
}

fn object(kept: &Kept, fetched: &Fetched, partition: Partition) -> crds::Partition {
    let parts = kept.work.plan.parts();
    let key = parts.calendar.object_key(partition);
    let spec = PartitionSpec {
        pipeline_ref: PipelineRef { name: parts.name.as_str().into() },
        key: Key(parts.calendar.key(partition)),
        suspend: None,
    };
    let mut object = crds::Partition::new(&name(kept, partition), spec);
    object.metadata.namespace = Some(fetched.id.namespace.clone());
    let labels = [(PIPELINE, parts.name.to_string()), (PARTITION, key), (MANAGED_BY, MANAGER.to_owned())];
    object.metadata.labels = Some(labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    object.metadata.owner_references = Some(vec![owner(&fetched.object)]);
    object
}

/// Deleting the pipeline deletes what it owns; nothing blocks it.
fn owner(pipeline: &crds::Pipeline) -> OwnerReference {
    OwnerReference {
        api_version: crds::Pipeline::api_version(&()).into_owned(),
        kind: crds::Pipeline::kind(&()).into_owned(),
        name: pipeline.name_any(),
        uid: pipeline.uid().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(false),
    }
}

/// Whether the controller made the object, for this pipeline and not for one of its name that was deleted.
pub(crate) fn is_ours(object: &crds::Partition, fetched: &Fetched) -> bool {
    object.owner_references().iter().any(|it| Some(&it.uid) == fetched.object.metadata.uid.as_ref())
}
