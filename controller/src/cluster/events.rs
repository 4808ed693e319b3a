//! Events: one for each transition, after the status that tells of it. Nothing depends on them.

use crds::StepState;
use crds::partition::PartitionStatus;
use futures::{StreamExt as _, stream};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Resource;
use kube::runtime::events::{Event, EventType, Recorder};
use tokio::sync::mpsc;

use crate::cluster::limits::EVENT_CALLS;
use crate::cluster::reconcile::Fetched;
use crate::cluster::report::new_states;

/// The longest note that the API takes, in bytes.
const NOTE_BYTES: usize = 1024;

/// An event and what it is about.
pub(crate) struct Told {
    about: ObjectReference,
    event: Event,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Told").field("reason", &self.event.reason).finish_non_exhaustive()
    }
}

/// What is new about a pipeline.
pub(crate) fn of_pipeline(pipeline: &crds::Pipeline, before: &[Condition], after: &[Condition]) -> Vec<Told> {
    let is_news = |condition: &&Condition| {
        let known = before.iter().find(|it| it.type_ == condition.type_);
        condition.status == "True"
            && matches!(condition.type_.as_str(), "Stalled" | "CaughtUp" | "Late")
            && known.is_none_or(|known| known.status != "True")
    };
    let about = pipeline.object_ref(&());
    let told = after.iter().filter(is_news).map(|condition| {
        let type_ = if condition.type_ == "CaughtUp" { EventType::Normal } else { EventType::Warning };
        told(about.clone(), (type_, &condition.type_, "Reconcile"), &condition.message)
    });
    told.collect()
}

/// What is new about a partition.
pub(crate) fn of_partition(
    (partition, fetched): (&crds::Partition, &Fetched),
    before: Option<&PartitionStatus>,
    after: &PartitionStatus,
) -> Vec<Told> {
    let mut about = partition.object_ref(&());
    about.namespace = Some(fetched.id.namespace.clone());
    let steps = new_states(before, after).into_iter().map(|step| {
        let type_ = if step.state == StepState::Running { EventType::Normal } else { EventType::Warning };
        let message = step.message.map(|it| it.to_string()).unwrap_or_default();
        let note = format!("{}: {message}", step.name);
        told(about.clone(), (type_, &format!("{:?}", step.reason), "RunStep"), &note)
    });
    let mut all: Vec<_> = steps.collect();
    let is_complete = |status: &PartitionStatus| {
        status.conditions.iter().any(|it| it.type_ == "Complete" && it.status == "True")
    };
    // One that was complete when it was first seen is no news.
    if is_complete(after) && before.is_some_and(|before| !is_complete(before)) {
        all.push(told(about, (EventType::Normal, "Complete", "Reconcile"), "every wanted output is there"));
    }
    all
}

fn told(about: ObjectReference, (type_, reason, action): (EventType, &str, &str), note: &str) -> Told {
    let end = (0..=NOTE_BYTES.min(note.len())).rev().find(|end| note.is_char_boundary(*end)).unwrap_or(0);
    let note = Some(note[..end].to_owned()).filter(|note| !note.is_empty());
    let event = Event { type_, reason: reason.to_owned(), note, action: action.to_owned(), secondary: None };
    Told { about, event }
}

/// Tells them as they come, beside the work and not in its way. One that does not arrive is not told again: nothing
/// depends on it.
pub(crate) async fn tell(recorder: &Recorder, mut told: mpsc::Receiver<Told>) {
    let told = stream::poll_fn(|context| told.poll_recv(context));
    told.for_each_concurrent(EVENT_CALLS, |Told { about, event }| async move {
        if let Err(error) = recorder.publish(&event, &about).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                reason = event.reason,
                "an event is lost"
            );
        }
    })
    .await;
}
