//! A launch before and after it runs, as the facts tell of it. No choices are made here.

use planner::calendar::{Instant, Partition};
use planner::facts::{Fingerprints, History, Leftovers, Outcome, Running, Stage};
use planner::launch::{Launch, Product, products};
use planner::pipeline::{Pipeline, StepId};
use storage::ChangedPath;

use crate::work::errand::Begun;
use crate::work::pipeline::Work;

/// An error with all that caused it, in one sentence.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What a person calls a launch.
pub(crate) fn title(plan: &Pipeline, launch: &Launch) -> String {
    let parts = plan.parts();
    format!("{} {} {}", parts.name, parts.calendar.key(launch.partition), plan.step(launch.step).name)
}

/// Takes over that a launch begins, so that its place is taken.
pub(crate) fn reserve(work: &mut Work, launch: &Launch, now: Instant) {
    let history = work.facts.history.entry(launch.partition).or_default().entry(launch.step).or_default();
    history.start(launch, Fingerprints::new(), now);
    work.running.insert((launch.partition, launch.step), launch.clone());
    work.is_stale = true;
}

/// Takes back that a launch begins: it was never recorded, or by somebody else.
pub(crate) fn give_up(work: &mut Work, launch: &Launch) {
    work.running.remove(&(launch.partition, launch.step));
    if let Some(history) = history(work, launch) {
        history.running = None;
    }
    work.is_stale = true;
}

/// Takes over what a launch found when it began.
pub(crate) fn note_begun(work: &mut Work, launch: &Launch, Begun { inputs, before }: Begun) {
    let before = before.into_iter().map(|(id, found)| ((launch.partition, id), found));
    work.before.extend(before);
    if let Some(running) = history(work, launch).and_then(|it| it.running.as_mut()) {
        running.inputs = inputs;
    }
    work.is_stale = true;
}

/// Takes over how a launch ended and what it left.
pub(crate) fn note_ended(
    work: &mut Work,
    launch: &Launch,
    (outcome, left, now): (Outcome, Leftovers, Instant),
) {
    let seen = left.iter().map(|(id, found)| ((launch.partition, *id), found.clone()));
    work.facts.outputs.extend(seen);
    work.running.remove(&(launch.partition, launch.step));
    work.before.retain(|(partition, id), _| {
        *partition != launch.partition || !work.plan.step(launch.step).outputs.contains(id)
    });
    if let Some(history) = history(work, launch) {
        history.end(outcome, left, now);
    }
    work.is_stale = true;
}

/// How far a launch is; nothing if it does not run.
pub(crate) fn stage<'a>(work: &'a Work, launch: &Launch) -> Option<&'a Stage> {
    let history = work.facts.history(launch.partition, launch.step)?;
    history.running.as_ref().map(|running| &running.stage)
}

fn history<'a>(work: &'a mut Work, launch: &Launch) -> Option<&'a mut History> {
    work.facts.history.get_mut(&launch.partition)?.get_mut(&launch.step)
}

/// Notes how far a launch is.
pub(crate) fn note_stage(work: &mut Work, launch: &Launch, stage: Stage) {
    let running = history(work, launch).and_then(|it| it.running.as_mut());
    if let Some(running) = running.filter(|running| running.stage != stage) {
        running.stage = stage;
        work.is_stale = true;
    }
}

/// The paths that a launch has written, whoever published it.
pub(crate) fn written(launch: &Launch) -> Vec<ChangedPath> {
    let path = |it: &Product| ChangedPath { store: it.store.to_string(), path: it.path.clone() };
    launch.products.iter().map(path).collect()
}

/// The launches that the records tell no end of, and how far each is.
pub(crate) fn unfinished(work: &Work) -> Vec<(Launch, Stage)> {
    let mut found = Vec::new();
    for (partition, steps) in &work.facts.history {
        for (step, history) in steps {
            let running = history.running.as_ref();
            found.extend(running.map(|it| (relaunch(&work.plan, (*partition, *step), it), it.stage.clone())));
        }
    }
    found
}

/// The launch that a record tells of.
fn relaunch(plan: &Pipeline, (partition, step): (Partition, StepId), running: &Running) -> Launch {
    let products = match running.products.as_slice() {
        // A record of before they were recorded.
        [] => products(plan, step, partition),
        recorded => recorded.to_vec(),
    };
    Launch {
        step,
        partition,
        products,
        attempt: running.attempt,
        launch: running.launch,
        trial: running.trial.clone(),
        outputs: plan.step(step).outputs.clone(),
        replaces: running.replaces,
    }
}
