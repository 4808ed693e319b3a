//! Reconcile: one pipeline, fetched, validated, settled, decided, applied, published. It never looks at why it was called.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crds::{Backfill, Partition, Pipeline};
use kube::runtime::controller::Action;
use planner::calendar::Instant;

use crate::cluster::apply::{self, Effects};
use crate::cluster::caches::{Caches, of_backfill, of_labels, of_partition};
use crate::cluster::desk::Desk;
use crate::cluster::limits::{ASK_PAUSE, PAUSE_MAX};
use crate::cluster::mind::{Id, Kept};
use crate::cluster::pass::{Pass, Progress, go_on};
use crate::cluster::publish::{self, Reports};
use crate::cluster::validate::Soundness;
use crate::work::launch::chain;
use crate::work::records::RecordsError;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

/// Why a reconcile came to nothing. It is tried again after a pause.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReconcileError {
    #[error("the caches are gone")]
    Caches(#[source] tokio::sync::watch::error::RecvError),
    #[error("the archive does not answer")]
    Records(#[source] RecordsError),
    #[error("cannot write to the cluster")]
    Call(#[source] executor::kubernetes::CallError),
    #[error("a thought was broken off")]
    Thought(#[source] tokio::task::JoinError),
}

/// What the caches hold of a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) id: Id,
    pub(crate) object: Arc<Pipeline>,
    pub(crate) partitions: Vec<Arc<Partition>>,
    pub(crate) backfills: Vec<Arc<Backfill>>,
    pub(crate) jobs: Vec<Arc<Job>>,
    pub(crate) pods: Vec<Arc<Pod>>,
    pub(crate) now: Instant,
}

/// What was thought about a pipeline.
#[derive(Debug, Default)]
pub(crate) struct Thought {
    pub(crate) effects: Effects,
    pub(crate) reports: Reports,
    /// When to think again, whatever happens.
    pub(crate) wake_at: Option<Instant>,
    /// Other pipelines that have something to do now.
    pub(crate) others: BTreeSet<Id>,
}

impl Thought {
    /// Has the pipeline thought about again then, if not before.
    pub(crate) fn wake_by(&mut self, at: Instant) {
        self.wake_at = Some(self.wake_at.map_or(at, |before| before.min(at)));
    }
}

/// Brings a pipeline one step nearer to what its owner wants.
pub(crate) async fn reconcile(object: Arc<Pipeline>, desk: Arc<Desk>) -> Result<Action, ReconcileError> {
    let began = tokio::time::Instant::now();
    let fetched = fetch(object, &desk).await?;
    let thought = think(&desk, &fetched).await?;
    let applied = apply::apply(&desk, &fetched, thought.effects).await;
    let published = publish::publish(&desk, &fetched, thought.reports).await;
    thought.others.iter().for_each(|other| desk.wake(other));
    applied.and(published)?;
    desk.metrics.reconciled(began.elapsed());
    Ok(Action::requeue(pause(thought.wake_at, desk.now())))
}

async fn fetch(object: Arc<Pipeline>, desk: &Desk) -> Result<Fetched, ReconcileError> {
    let caches = &desk.caches;
    let mut filled = desk.filled.clone();
    filled.wait_for(|filled| *filled).await.map_err(ReconcileError::Caches)?;
    let meta = &object.metadata;
    let id = Id::new(meta.namespace.as_deref().unwrap_or_default(), meta.name.as_deref().unwrap_or_default());
    Ok(Fetched {
        partitions: Caches::of(&caches.partitions, &id, of_partition),
        backfills: Caches::of(&caches.backfills, &id, of_backfill),
        jobs: Caches::of(&caches.jobs, &id, of_labels),
        pods: Caches::of(&caches.pods, &id, of_labels),
        now: desk.now(),
        id,
        object,
    })
}

/// Thinks about it in stages, and asks storage in between.
async fn think(desk: &Arc<Desk>, fetched: &Fetched) -> Result<Thought, ReconcileError> {
    let mut pass = Box::new(Pass::new(fetched.clone()));
    loop {
        match desk.think(Some(pass), go_on).await? {
            Progress::Waits(waiting) => pass = waiting.reach_out(desk).await,
            Progress::Over(thought) => return Ok(*thought),
        }
    }
}

/// Without its records nobody knows what may start. That is told, and tried again.
pub(crate) fn unanswered(fetched: &Fetched, kept: Option<&Kept>, error: &RecordsError) -> Thought {
    let why = format!("the archive does not answer: {}", chain(error));
    tracing::warn!("{}: {why}", fetched.id.name);
    let reports = publish::unanswered(fetched, kept, &why);
    Thought { reports, wake_at: Some(fetched.now + ASK_PAUSE), ..Thought::default() }
}

fn pause(wake_at: Option<Instant>, now: Instant) -> Duration {
    let pause = wake_at.map(|at| (at - now).to_std().unwrap_or_default());
    pause.unwrap_or(PAUSE_MAX).min(PAUSE_MAX)
}

impl Soundness {
    /// Whether anything new may start.
    pub(crate) fn is_sound(&self) -> bool {
        *self == Self::Sound
    }
}
