//! Recall: each launch that the cluster shows is known from its records, or taken on.

use planner::calendar::Instant;
use planner::launch::{Launch, products};

use crate::cluster::launch::job_name;
use crate::cluster::mind::{Kept, LaunchKey};
use crate::cluster::settle::{Case, is_current, launch_of};
use crate::work::launch::unfinished;
use crate::work::records::{Record, Recorder as _, Records as _, RecordsError};

/// Reads the records of all that is seen, so that each launch in the cluster is known.
pub(super) fn recall(kept: &mut Kept, case: &Case<'_>) -> Result<(), RecordsError> {
    for launch_key in case.sightings.launches.keys() {
        // Another controller launched it, or this process has just begun.
        if !is_known(kept, *launch_key) && !kept.archive.has_asked(launch_key.0) {
            kept.archive.read_anew(launch_key.0);
        }
    }
    let Kept { work, archive, .. } = kept;
    work.is_stale |= archive.load(&work.plan, &[], &mut work.facts.history)?;
    if kept.is_lacking() {
        return Ok(());
    }
    // The newest first: of those before it nobody waits for an end.
    for launch_key in case.sightings.launches.keys().rev() {
        if !is_known(kept, *launch_key) {
            adopt(kept, *launch_key, case.now)?;
        }
        let name = job_name(&kept.work.plan, &launch_of(*launch_key, kept));
        kept.overlay.note_seen(name);
    }
    let running =
        unfinished(&kept.work).into_iter().map(|(launch, _)| ((launch.partition, launch.step), launch));
    kept.work.running = running.collect();
    let current = kept.work.running.values().filter(|launch| is_current(kept, launch));
    kept.overlay.current = current.map(|launch| job_name(&kept.work.plan, launch)).collect();
    Ok(())
}

/// Whether the records tell of a launch, or of one that came after it.
fn is_known(kept: &Kept, (partition, step, attempt, launch): LaunchKey) -> bool {
    let Some(history) = kept.work.facts.history(partition, step) else { return false };
    let ended = history.ended.iter().map(|it| (it.attempt, it.launch));
    let running = history.running.as_ref().map(|it| (it.attempt, it.launch));
    ended.chain(running).any(|known| known >= (attempt, launch))
}

/// Takes on a launch that has lost its record: someone removed the archive while it ran.
fn adopt(
    kept: &mut Kept,
    (partition, step, attempt, launch): LaunchKey,
    now: Instant,
) -> Result<(), RecordsError> {
    let Kept { work, archive, .. } = kept;
    let planned = work.plan.step(step);
    let trial =
        planner::facts::Trial { whole: planned.whole_digest, result: planned.result_digest, request: None };
    let (outputs, products) = (planned.outputs.clone(), products(&work.plan, step, partition));
    let launch = Launch { step, partition, attempt, launch, trial, outputs, replaces: false, products };
    let inputs = planner::facts::Fingerprints::new();
    let record = Record::launched(&work.plan, &launch, (&inputs, now));
    match storage::may_wait(|| archive.write(&record, (&work.plan, &launch))) {
        // Somebody else took it on, or a power cut left a record that can't be read.
        Err(error) if error.is_there() => {}
        written => written?,
    }
    work.facts.history.entry(partition).or_default().entry(step).or_default().start(&launch, inputs, now);
    Ok(())
}
