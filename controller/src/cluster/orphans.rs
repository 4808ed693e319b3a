//! Orphans: backfills of pipelines that do not exist are told so. No reconcile comes to them.

use std::sync::Arc;

use crds::labels::STATUS_FIELD_MANAGER;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use kube::runtime::reflector::ObjectRef;
use serde_json::json;

use crate::cluster::desk::Desk;
use crate::cluster::mind::Id;
use crate::cluster::report::{carry_over, orphan};
use crate::work::launch::chain;

/// Tells each backfill of which there is no pipeline.
pub(crate) async fn tell(desk: &Desk) {
    if !*desk.filled.borrow() {
        return;
    }
    for backfill in desk.caches.backfills.state() {
        let namespace = backfill.namespace().unwrap_or_default();
        let pipeline = ObjectRef::new(&backfill.spec.pipeline_ref.name).within(&namespace);
        if desk.caches.pipelines.get(&pipeline).is_none() && backfill.metadata.deletion_timestamp.is_none() {
            tell_one(desk, &backfill).await;
        }
    }
}

async fn tell_one(desk: &Desk, backfill: &Arc<crds::Backfill>) {
    let mut status = orphan(backfill, desk.now());
    let before = backfill.status.as_ref();
    let conditions = before.map_or(&[][..], |status| &status.conditions);
    carry_over(conditions, &mut status.conditions, status.observed_generation);
    if before == Some(&status) {
        return;
    }
    let (name, namespace) = (backfill.name_any(), backfill.namespace().unwrap_or_default());
    let intent = json!({
        "apiVersion": "daybreak.dev/v1alpha1",
        "kind": "Backfill",
        "metadata": {"name": name},
        "status": status,
    });
    let params = PatchParams::apply(STATUS_FIELD_MANAGER).force();
    let api = desk.api::<crds::Backfill>(&Id::new(&namespace, ""));
    let call = format!("apply the status of Backfill {namespace}/{name}");
    if let Err(error) = desk.call(&call, api.patch_status(&name, &params, &Patch::Apply(intent))).await {
        // It is told at the next look.
        tracing::warn!("a backfill without a pipeline is not told so: {}", chain(&error));
    }
}
