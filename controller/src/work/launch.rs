//! A launch before and after it runs: recorded, and its traces tidied up. No choices are made here.

use planner::calendar::{Instant, Partition};
use planner::facts::{Fingerprints, Leftovers, Outcome, Running, Stage};
use planner::launch::{Launch, products};
use planner::pipeline::{DatasetId, Pipeline, StepId};
use storage::{Catalogue, ChangedPath, Staging};

use crate::work::look::Sight;
use crate::work::observe;
use crate::work::pipeline::Work;
use crate::work::records::{Record, RecordsError, dataset};
use crate::work::stage::{direct_outputs, staged};

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

/// Records that a launch starts, before anything of it does.
pub(crate) fn begin(
    work: &mut Work,
    sight: &mut Sight<'_>,
    (launch, now): (&Launch, Instant),
) -> Result<Fingerprints, RecordsError> {
    let inputs = observe::fingerprints(&work.plan, sight.stores, (launch.partition, launch.step));
    sight.records.write(&Record::launched(&work.plan, launch, (&inputs, now)), (&work.plan, launch))?;
    let history = work.facts.history.entry(launch.partition).or_default().entry(launch.step).or_default();
    history.start(launch, inputs.clone(), now);
    work.running.insert((launch.partition, launch.step), launch.clone());
    for product in direct_outputs(launch) {
        let found = observe::product_fingerprint(sight.stores, product);
        let id = dataset(&work.plan, product.dataset.as_str());
        work.before.extend(id.zip(found).map(|(id, found)| ((launch.partition, id), found)));
    }
    work.is_stale = true;
    Ok(inputs)
}

/// Ends a launch: recorded, and its staging given back. The paths that may have changed.
pub(crate) fn end(
    work: &mut Work,
    sight: &mut Sight<'_>,
    (launch, outcome, now): (&Launch, Outcome, Instant),
) -> Result<Vec<ChangedPath>, RecordsError> {
    let left = leftovers(work, sight, (launch, &outcome));
    let record = Record::ended(&work.plan, launch, (&outcome, &left, now));
    sight.records.write(&record, (&work.plan, launch))?;
    work.running.remove(&(launch.partition, launch.step));
    work.before.retain(|(partition, id), _| {
        *partition != launch.partition || !work.plan.step(launch.step).outputs.contains(id)
    });
    let histories = work.facts.history.get_mut(&launch.partition);
    if let Some(history) = histories.and_then(|it| it.get_mut(&launch.step)) {
        history.end(outcome, left, now);
    }
    // What can't be removed now is swept later.
    for staged in staged(work, sight.stores, (launch, Staging::resume)).into_iter().flatten() {
        let _ = staged.staging.discard();
    }
    work.is_stale = true;
    Ok(look_at_outputs(sight.catalogue, launch))
}

/// Looks again at what a launch that is over has written, whoever published it. The paths that may have changed.
pub(crate) fn look_at_outputs(catalogue: &mut Catalogue, launch: &Launch) -> Vec<ChangedPath> {
    let changes = launch.products.iter().map(|product| {
        let (store, path) = (product.store.to_string(), product.path.clone());
        catalogue.look_again(&store, &path);
        ChangedPath { store, path }
    });
    changes.collect()
}

/// What a launch that did not succeed left in the place of `Direct` outputs: that is not data.
fn leftovers(work: &mut Work, sight: &Sight<'_>, (launch, outcome): (&Launch, &Outcome)) -> Leftovers {
    match outcome {
        Outcome::Succeeded | Outcome::Discarded => return Leftovers::new(),
        Outcome::Failed { .. } | Outcome::Disrupted(_) => {}
    }
    let mut left = Leftovers::new();
    for product in direct_outputs(launch) {
        // What lies where the dataset was before its spec changed is nobody's data.
        let id = dataset(&work.plan, product.dataset.as_str());
        let is_there = |id: &DatasetId| observe::path(&work.plan, *id, launch.partition) == product.path;
        let Some(id) = id.filter(is_there) else { continue };
        let found = observe::product_fingerprint(sight.stores, product);
        // Old data that a replacement did not touch is still data.
        let is_untouched = launch.replaces && found.as_ref() == work.before(launch.partition, product);
        left.extend(found.filter(|_| !is_untouched).map(|found| (id, found)));
    }
    let seen = left.iter().map(|(id, found)| ((launch.partition, *id), found.clone()));
    work.facts.outputs.extend(seen);
    left
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
