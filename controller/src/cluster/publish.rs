//! Publish: statuses are written, each once and only if it differs, and events after them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crds::backfill::BackfillStatus;
use crds::labels::STATUS_FIELD_MANAGER;
use crds::partition::PartitionStatus;
use crds::pipeline_status::PipelineStatus;
use executor::kubernetes::{CallError, CallFault};
use futures::{StreamExt as _, stream};
use kube::Resource;
use kube::api::{Patch, PatchParams};
use planner::calendar::Partition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use storage::Store;

use crate::cluster::decide::requests;
use crate::cluster::desk::Desk;
use crate::cluster::events::{self, Told};
use crate::cluster::limits::{ASK_PAUSE, CALLS, STATUS_PAUSE};
use crate::cluster::mind::{Id, Kept, Mind};
use crate::cluster::objects::{by_key, is_ours, strangers};
use crate::cluster::overlay::{Kind, Overlay};
use crate::cluster::places::ClusterPlaces;
use crate::cluster::reconcile::{Fetched, ReconcileError};
use crate::cluster::report;
use crate::cluster::validate::Soundness;

/// What is to be told about a pipeline.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    statuses: Vec<Report>,
    events: Vec<Told>,
    /// Whether the status of the pipeline differs and waits for its turn.
    pub(crate) is_held: bool,
}

/// A status to be written.
#[derive(Clone, Debug)]
struct Report {
    kind: Kind,
    name: String,
    /// The version that the cache shows; none of an object that is made in this pass.
    over: Option<String>,
    status: Value,
}

/// The statuses that differ from what is there, and the events of what is new.
pub(crate) fn reports(
    kept: &mut Kept,
    stores: &BTreeMap<String, Store>,
    (fetched, soundness, wanted): (&Fetched, &Soundness, &BTreeSet<Partition>),
) -> Reports {
    let mut reports = Reports::default();
    pipeline(kept, (fetched, soundness), &mut reports);
    partitions(kept, stores, (fetched, wanted, &mut reports));
    backfills(kept, fetched, &mut reports);
    reports
}

/// The report of a pipeline of which no sound spec has been seen.
pub(crate) fn faulty(fetched: &Fetched, soundness: &Soundness) -> Reports {
    let mut reports = Reports::default();
    let Soundness::Faulty(faults) = soundness else { return reports };
    let status = report::faulty(&fetched.object, faults, fetched.now);
    let before = fetched.object.status.clone();
    pipeline_report(fetched, (before, status), &mut reports);
    reports
}

/// The report of a pipeline whose archive gives no answer.
pub(crate) fn unanswered(fetched: &Fetched, kept: Option<&Kept>, why: &str) -> Reports {
    let mut reports = Reports::default();
    let status = report::unanswered(&fetched.object, why, fetched.now);
    let is_told = fetched
        .object
        .status
        .as_ref()
        .is_some_and(|before| outcomes(&before.conditions) == outcomes(&status.conditions));
    // What an archive says may differ each time, and whoever tells of it is woken by what was told.
    let was_told = |kept: &Kept| kept.overlay.wrote_within(Kind::Pipeline, &fetched.id.name, ASK_PAUSE);
    if is_told && kept.is_some_and(was_told) {
        return reports;
    }
    pipeline_report(fetched, (fetched.object.status.clone(), status), &mut reports);
    reports
}

fn pipeline(kept: &Kept, (fetched, soundness): (&Fetched, &Soundness), reports: &mut Reports) {
    let mut status = report::pipeline(kept, soundness, fetched.now);
    report::note_strangers(&mut status, &strangers(fetched));
    let before = current(&kept.overlay, (Kind::Pipeline, &*fetched.object), fetched.object.status.clone());
    let is_turn = before.as_ref().is_none_or(|before| {
        // Counts change with every launch, and whoever reads them can wait a second; a new spec is answered at once.
        let is_urgent = before.observed_generation != status.observed_generation
            || outcomes(&before.conditions) != outcomes(&status.conditions);
        is_urgent || !kept.overlay.wrote_within(Kind::Pipeline, &fetched.id.name, STATUS_PAUSE)
    });
    let object = &*fetched.object;
    if is_turn && !is_disputed(kept, (Kind::Pipeline, object), object.status.as_ref()) {
        pipeline_report(fetched, (before, status), reports);
    } else {
        reports.is_held = true;
    }
}

fn outcomes(
    conditions: &[k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition],
) -> Vec<(&str, &str, &str)> {
    conditions.iter().map(|it| (it.type_.as_str(), it.status.as_str(), it.reason.as_str())).collect()
}

fn pipeline_report(
    fetched: &Fetched,
    (before, mut status): (Option<PipelineStatus>, PipelineStatus),
    reports: &mut Reports,
) {
    let conditions = before.as_ref().map_or(&[][..], |before| &before.conditions);
    report::carry_over(conditions, &mut status.conditions, status.observed_generation);
    if before.as_ref() == Some(&status) {
        return;
    }
    reports.events.extend(events::of_pipeline(&fetched.object, conditions, &status.conditions));
    reports.add((Kind::Pipeline, &*fetched.object), &status);
}

fn partitions(
    kept: &Kept,
    stores: &BTreeMap<String, Store>,
    (fetched, wanted, reports): (&Fetched, &BTreeSet<Partition>, &mut Reports),
) {
    let places = ClusterPlaces { stores, doubts: &kept.work.doubts };
    let objects = by_key(kept, fetched);
    for partition in wanted {
        let object = objects.get(partition).copied();
        if object
            .is_some_and(|object| !is_ours(object, fetched) || object.metadata.deletion_timestamp.is_some())
        {
            continue;
        }
        let report = report::partition(kept, &places, (*partition, fetched.now));
        let made = report::partition_object(kept, &report, fetched.now);
        let Some(mut status) = made.status.clone() else { continue };
        let shown = object.unwrap_or(&made);
        let before = object.and_then(|object| object.status.clone());
        let before = current(&kept.overlay, (Kind::Partition, shown), before);
        status.observed_generation = Some(shown.metadata.generation.unwrap_or(1));
        let conditions = before.as_ref().map_or(&[][..], |before: &PartitionStatus| &before.conditions);
        report::carry_over(conditions, &mut status.conditions, status.observed_generation);
        report::carry_since(before.as_ref().map_or(&[], |before| &before.steps), &mut status.steps);
        if before.as_ref() == Some(&status) {
            continue;
        }
        if is_disputed(kept, (Kind::Partition, shown), shown.status.as_ref()) {
            reports.is_held = true;
            continue;
        }
        reports.events.extend(events::of_partition((shown, fetched), before.as_ref(), &status));
        reports.add((Kind::Partition, shown), &status);
    }
}

/// Whether another controller says something else and has just been answered.
fn is_disputed<K: Resource>(kept: &Kept, (kind, object): (Kind, &K), shown: Option<&impl Serialize>) -> bool {
    let name = object.meta().name.as_deref().unwrap_or_default();
    if !kept.overlay.wrote_within(kind, name, STATUS_PAUSE) {
        return false;
    }
    let shown = serde_json::to_value(shown).unwrap_or_default();
    let version = object.meta().resource_version.as_deref();
    kept.overlay.is_disputed((kind, name), (version, &shown))
}

fn backfills(kept: &Kept, fetched: &Fetched, reports: &mut Reports) {
    for (backfill, request) in requests(kept, fetched) {
        let before = current(&kept.overlay, (Kind::Backfill, &*backfill), backfill.status.clone());
        let request = request.as_ref().map_err(Vec::as_slice);
        let mut status = report::backfill(kept, (&backfill, request), fetched.now);
        let known: &[_] = before.as_ref().map_or(&[][..], |before: &BackfillStatus| &before.conditions);
        report::carry_over(known, &mut status.conditions, status.observed_generation);
        if let Some(before) = &before {
            status.completion_time = before.completion_time.clone().or(status.completion_time);
        }
        if before.as_ref() == Some(&status) {
            continue;
        }
        if is_disputed(kept, (Kind::Backfill, &*backfill), backfill.status.as_ref()) {
            reports.is_held = true;
        } else {
            reports.add((Kind::Backfill, &*backfill), &status);
        }
    }
}

/// The status of an object as it is: what was written, as long as the cache does not show it.
fn current<K: Resource, S: DeserializeOwned>(
    overlay: &Overlay,
    (kind, object): (Kind, &K),
    shown: Option<S>,
) -> Option<S> {
    let name = object.meta().name.as_deref().unwrap_or_default();
    let version = object.meta().resource_version.as_deref();
    match overlay.status(kind, name, version) {
        Some(written) => serde_json::from_value(written.clone()).ok(),
        None => shown,
    }
}

impl Reports {
    fn add<K: Resource>(&mut self, (kind, object): (Kind, &K), status: &impl Serialize) {
        // Statuses are plain data with text keys, which JSON always has.
        let status = serde_json::to_value(status).unwrap_or_default();
        let name = object.meta().name.clone().unwrap_or_default();
        self.statuses.push(Report { kind, name, over: object.meta().resource_version.clone(), status });
    }
}

/// Writes the statuses, several at once, then the events.
pub(crate) async fn publish(
    desk: &Arc<Desk>,
    fetched: &Fetched,
    reports: Reports,
) -> Result<(), ReconcileError> {
    let Reports { statuses, events, .. } = reports;
    let mut errors = Vec::new();
    if !statuses.is_empty() {
        let statuses = desk.think((fetched.id.clone(), statuses), only_ours).await?;
        let calls = statuses.into_iter().map(|report| async {
            let written = write(desk, fetched, &report).await;
            (report, written)
        });
        let results: Vec<_> = stream::iter(calls).buffer_unordered(CALLS).collect().await;
        let mut written = Vec::new();
        for (report, result) in results {
            match result {
                Ok(()) => written.push(report),
                // Deleted meanwhile: there is nothing to tell any more.
                Err(CallError { fault: CallFault::NotFound(_), .. }) => {}
                Err(error) => errors.push(error),
            }
        }
        desk.note(&fetched.id, written, |kept, written| {
            for Report { kind, name, over, status } in written {
                kept.overlay.note_written((kind, name), over, status);
            }
        })
        .await?;
    }
    for event in events {
        // Where too many wait it is lost, and nothing depends on it.
        let _ = desk.events.try_send(event);
    }
    errors.into_iter().next().map_or(Ok(()), |error| Err(ReconcileError::Call(error)))
}

/// An object that was to be made in this pass and is not ours is left alone.
#[expect(clippy::unnecessary_wraps, reason = "a thought may fail, and this one does not")]
fn only_ours(
    mind: &mut Mind,
    _: &Desk,
    (id, statuses): &mut (Id, Vec<Report>),
) -> Result<Vec<Report>, ReconcileError> {
    let kept = mind.pipelines.get(id);
    let is_there = |report: &Report| {
        report.over.is_some() || kept.is_some_and(|kept| kept.overlay.was_made(&report.name))
    };
    Ok(statuses.drain(..).filter(is_there).collect())
}

async fn write(desk: &Desk, fetched: &Fetched, report: &Report) -> Result<(), CallError> {
    match report.kind {
        Kind::Pipeline => apply::<crds::Pipeline>(desk, fetched, report).await,
        Kind::Partition => apply::<crds::Partition>(desk, fetched, report).await,
        Kind::Backfill => apply::<crds::Backfill>(desk, fetched, report).await,
    }
}

async fn apply<K>(desk: &Desk, fetched: &Fetched, report: &Report) -> Result<(), CallError>
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let intent = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": {"name": report.name},
        "status": report.status,
    });
    let params = PatchParams::apply(STATUS_FIELD_MANAGER).force();
    let api = desk.api::<K>(&fetched.id);
    let call = format!("apply the status of {} {}/{}", K::kind(&()), fetched.id.namespace, report.name);
    desk.call(&call, api.patch_status(&report.name, &params, &Patch::Apply(intent))).await.map(|_| ())
}
