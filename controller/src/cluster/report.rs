//! Report: one decision becomes the statuses of a pipeline, its partitions and its backfills, and the events of what is new.

use std::collections::BTreeSet;
use std::sync::Arc;

use crds::backfill::BackfillStatus;
use crds::condition::{ConditionType, Reason as ConditionReason};
use crds::partition::{PartitionStatus, StepStatus};
use crds::pipeline_status::PipelineStatus;
use crds::{Backfill, StepState};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use planner::calendar::{Instant, Partition};
use planner::facts::Request;
use planner::fault::Fault;
use planner::launch::Launch;
use planner::pipeline::StepId;
use planner::report::{PartitionReport, Reporter, summarize};
use planner::verdict::Verdict;
use planner::window;

use crate::cluster::mind::Kept;
use crate::cluster::places::ClusterPlaces;
use crate::cluster::validate::Soundness;
use crate::work::objects::{self, cut};

/// The longest message of a condition.
const MESSAGE_MAX: usize = crds::limits::CONDITION_MESSAGE;

/// The status of a pipeline that is worked by.
pub(crate) fn pipeline(kept: &Kept, soundness: &Soundness, now: Instant) -> PipelineStatus {
    let parts = kept.work.plan.parts();
    let summary = summarize(kept.work.world(now), &kept.work.decision);
    let mut status = objects::pipeline_status(parts, &summary, now);
    status.observed_generation = kept.object.metadata.generation;
    match soundness {
        Soundness::Sound => note_doubts(kept, &mut status, now),
        Soundness::Faulty(faults) => stall(&mut status.conditions, ConditionReason::InvalidSpec, faults, now),
        Soundness::PathTaken(fault) => {
            stall(&mut status.conditions, ConditionReason::PathTaken, std::slice::from_ref(fault), now);
        }
    }
    status
}

/// The status of a pipeline of which no sound spec has been seen: what was reported before stays, with its faults.
pub(crate) fn faulty(object: &crds::Pipeline, faults: &[Fault], now: Instant) -> PipelineStatus {
    let mut status = object.status.clone().unwrap_or_default();
    status.observed_generation = object.metadata.generation;
    stall(&mut status.conditions, ConditionReason::InvalidSpec, faults, now);
    status
}

/// The status of a pipeline whose archive gives no answer. Nothing is known of its launches, so nothing of it goes on, and
/// what was reported before stays but for what may be otherwise now.
pub(crate) fn unanswered(object: &crds::Pipeline, why: &str, now: Instant) -> PipelineStatus {
    let mut status = object.status.clone().unwrap_or_default();
    let told = [
        (
            ConditionType::Ready,
            ("False", ConditionReason::StoreUnavailable),
            cut(why.to_owned(), MESSAGE_MAX),
        ),
        (ConditionType::CaughtUp, ("Unknown", ConditionReason::StorageUnknown), String::new()),
    ];
    for (kind, outcome, message) in told {
        let name = kind.to_string();
        let told = objects::condition(kind, outcome, message, now);
        match status.conditions.iter_mut().find(|it| it.type_ == name) {
            Some(condition) => *condition = told,
            None => status.conditions.push(told),
        }
    }
    status
}

fn stall(conditions: &mut Vec<Condition>, reason: ConditionReason, faults: &[Fault], now: Instant) {
    let message = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let message = cut(message, MESSAGE_MAX);
    conditions.retain(|it| {
        it.type_ != ConditionType::Ready.to_string() && it.type_ != ConditionType::Stalled.to_string()
    });
    for (kind, status) in [(ConditionType::Ready, "False"), (ConditionType::Stalled, "True")] {
        conditions.push(objects::condition(kind, (status, reason), message.clone(), now));
    }
}

/// A store that gives no answer is told at the pipeline itself.
fn note_doubts(kept: &Kept, status: &mut PipelineStatus, now: Instant) {
    let doubt = kept.work.doubts.iter().next();
    let doubt = doubt.map(|((store, path), doubt)| {
        format!("the store {store} gives no reliable answer about {path}: {doubt}")
    });
    let Some(message) = kept.unusable.clone().or(doubt) else { return };
    let message = cut(message, MESSAGE_MAX);
    // What failed for good did so whatever the store says now.
    let has_failed = |(_, _, cell): (Partition, StepId, &planner::decision::Cell)| {
        matches!(cell.verdict, Verdict::Failed | Verdict::OutputOccupied(_))
    };
    let is_in_doubt = !kept.work.decision.cells().any(has_failed);
    for condition in &mut status.conditions {
        if condition.type_ == ConditionType::Ready.to_string() {
            let outcome = ("False", ConditionReason::StoreUnavailable);
            *condition = objects::condition(ConditionType::Ready, outcome, message.clone(), now);
        } else if is_in_doubt
            && !kept.work.doubts.is_empty()
            && condition.reason == ConditionReason::StepFailed.to_string()
        {
            let outcome = ("Unknown", ConditionReason::StorageUnknown);
            *condition = objects::condition(ConditionType::CaughtUp, outcome, condition.message.clone(), now);
        }
    }
}

/// Objects of our partitions that someone else made are left alone, and told of where nothing worse is to be told.
pub(crate) fn note_strangers(status: &mut PipelineStatus, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let names = names.join(", ");
    let message =
        format!("not made by the controller, and left alone: {names}; delete them to have its own there");
    let ready = ConditionType::Ready.to_string();
    let silent = status.conditions.iter_mut().filter(|it| it.type_ == ready && it.message.is_empty());
    silent.for_each(|condition| condition.message = cut(message.clone(), MESSAGE_MAX));
}

/// When the oldest partition of the window that is not complete became due.
pub(crate) fn oldest_incomplete_due(kept: &Kept) -> Option<Instant> {
    let Kept { work, .. } = kept;
    let decision = &work.decision;
    let is_open = |it: &&Partition| {
        decision.window.contains(&it.0)
            && decision.row(**it).is_some_and(|row| row.iter().any(|cell| !cell.verdict.is_settled()))
    };
    let oldest = decision.partitions().iter().find(is_open)?;
    Some(window::due_at(work.plan.parts(), *oldest))
}

/// The report of a partition.
pub(crate) fn partition(
    kept: &Kept,
    places: &ClusterPlaces<'_>,
    (partition, now): (Partition, Instant),
) -> PartitionReport {
    let Kept { work, obstacles, .. } = kept;
    Reporter { world: work.world(now), decision: &work.decision, obstacles, places }.partition(partition)
}

/// The object of a partition, with its status.
pub(crate) fn partition_object(kept: &Kept, report: &PartitionReport, now: Instant) -> crds::Partition {
    let steps = report.steps.iter().map(|step| {
        let log = log_address(kept, (report.partition, step.step, step.attempts));
        objects::step_status(&kept.work.plan, step, (Some(step.since), log))
    });
    objects::partition(&kept.work.plan, report, (steps.collect(), now))
}

/// Where the log of the latest launch of a step is, or will be.
fn log_address(kept: &Kept, (partition, step, attempts): (Partition, StepId, u32)) -> Option<String> {
    let history = kept.work.facts.history(partition, step)?;
    let running = history.running.as_ref().map(|running| running.launch);
    let ended = history.ended.iter().filter(|it| it.attempt == attempts).map(|it| it.launch).max();
    let planned = kept.work.plan.step(step);
    let trial =
        planner::facts::Trial { whole: planned.whole_digest, result: planned.result_digest, request: None };
    let launch = running.or(ended)?;
    let (attempt, outputs, products) = (attempts, Vec::new(), Vec::new());
    let launch = Launch { step, partition, attempt, launch, trial, outputs, replaces: false, products };
    Some(kept.archive.log(&kept.work.plan, &launch).address())
}

/// The status of a backfill; its faults, or how far it is.
pub(crate) fn backfill(
    kept: &Kept,
    (backfill, request): (&Arc<Backfill>, Result<&Request, &[Fault]>),
    now: Instant,
) -> BackfillStatus {
    let mut status = BackfillStatus {
        observed_generation: backfill.metadata.generation,
        completion_time: backfill.status.as_ref().and_then(|status| status.completion_time.clone()),
        ..BackfillStatus::default()
    };
    let request = match request {
        Ok(request) => request,
        Err(faults) => {
            let message = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            let stalled = ("True", ConditionReason::InvalidSpec);
            status.conditions =
                vec![objects::condition(ConditionType::Stalled, stalled, cut(message, MESSAGE_MAX), now)];
            return status;
        }
    };
    let decision = &kept.work.decision;
    let counts = decision.partitions().iter().filter(|it| request.spans(**it));
    let counts = objects::counts(planner::report::count(decision, counts));
    let is_open = |(partition, step, cell): (Partition, StepId, &planner::decision::Cell)| {
        request.covers(partition, step) && (!cell.verdict.is_settled() || cell.replacement.is_some())
    };
    let has_open = decision.cells().any(is_open);
    let (outcome, message) = match (has_open, counts.failed) {
        (false, _) => (("True", ConditionReason::AllComplete), "everything asked for is there".to_owned()),
        (true, 0) => (
            ("False", ConditionReason::InProgress),
            format!("{} of {} partitions are complete", counts.complete, counts.due),
        ),
        (true, failed) => {
            (("False", ConditionReason::StepFailed), format!("{failed} of {} partitions failed", counts.due))
        }
    };
    if !has_open && status.completion_time.is_none() {
        status.completion_time = Some(objects::time(now));
    }
    status.partitions = Some(counts);
    status.conditions = vec![objects::condition(ConditionType::Complete, outcome, message, now)];
    status
}

/// The status of a backfill of which there is no pipeline.
pub(crate) fn orphan(backfill: &Backfill, now: Instant) -> BackfillStatus {
    let name = &*backfill.spec.pipeline_ref.name;
    let message =
        format!("there is no pipeline {name} in this namespace: create it, or delete this backfill");
    let stalled = ("True", ConditionReason::PipelineNotFound);
    BackfillStatus {
        observed_generation: backfill.metadata.generation,
        conditions: vec![objects::condition(ConditionType::Stalled, stalled, message, now)],
        ..BackfillStatus::default()
    }
}

/// Conditions that say what they said before hold since then.
pub(crate) fn carry_over(before: &[Condition], after: &mut [Condition], generation: Option<i64>) {
    for condition in after {
        condition.observed_generation = generation;
        let same = before.iter().find(|it| it.type_ == condition.type_ && it.status == condition.status);
        if let Some(same) = same {
            condition.last_transition_time = same.last_transition_time.clone();
        }
    }
}

/// Steps that are where they were before are there since then, whoever said so first: of two controllers each would
/// otherwise correct the other's times for ever.
pub(crate) fn carry_since(before: &[StepStatus], after: &mut [StepStatus]) {
    for step in after {
        let is_same = |it: &&StepStatus| {
            it.name == step.name && it.reason == step.reason && it.attempts == step.attempts
        };
        if let Some(same) = before.iter().find(is_same) {
            step.since.clone_from(&same.since);
        }
    }
}

/// The steps whose state has become another: worth an event.
pub(crate) fn new_states(before: Option<&PartitionStatus>, after: &PartitionStatus) -> Vec<StepStatus> {
    let known: BTreeSet<_> = before
        .iter()
        .flat_map(|status| &status.steps)
        .map(|step| (step.name.to_string(), step.reason as u8, step.attempts))
        .collect();
    let is_news = |step: &&StepStatus| {
        !known.contains(&(step.name.to_string(), step.reason as u8, step.attempts))
            && matches!(step.state, StepState::Failed | StepState::Running)
            || step.reason == crds::StepReason::BackingOff
                && !known.contains(&(step.name.to_string(), step.reason as u8, step.attempts))
    };
    after.steps.iter().filter(is_news).cloned().collect()
}
