//! Release: the Jobs of recorded launches may go once their logs are kept, and those that nobody waits for are ended.

use executor::kubernetes::JobRef;
use planner::launch::Launch;

use crate::cluster::limits::GIVE_UP_AFTER;
use crate::cluster::mind::{Kept, key};
use crate::cluster::scribe::Follow;
use crate::cluster::settle::{Case, Settled, launch_of};
use crate::cluster::sighting::{Sighting, ended_at};

/// Lets the Jobs of recorded launches go once their logs are kept, and ends those that nobody waits for.
pub(crate) fn release(kept: &mut Kept, case: &Case<'_>, settled: &mut Settled) {
    for (launch_key, sighting) in &case.sightings.launches {
        let Some((job, job_ref)) = sighting.job.as_deref().zip(sighting.job_ref()) else { continue };
        let launch = launch_of(*launch_key, kept);
        let runs =
            kept.work.running.get(&(launch_key.0, launch_key.1)).is_some_and(|it| key(it) == *launch_key);
        if runs || kept.overlay.was_dismissed(&job_ref.uid) || job.metadata.deletion_timestamp.is_some() {
            continue;
        }
        let Some(ended) = ended_at(Some(job)) else {
            settled.kill.push(job_ref);
            continue;
        };
        let has_ttl = job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_some());
        let has_log = sighting.last_pod().is_none() || kept.archive.log(&kept.work.plan, &launch).is_kept();
        if has_ttl {
            continue;
        }
        if has_log || case.now > ended + GIVE_UP_AFTER {
            settled.expire.push(job_ref);
        } else {
            settled.follow.extend(follow(kept, sighting, &launch));
            settled.wake_by(ended + GIVE_UP_AFTER);
        }
    }
    kept.archive.forget_logs(|log| {
        let mut keys = case.sightings.launches.keys();
        // Of what runs by an older plan the sightings of now may say nothing.
        !kept.elders.is_empty()
            || keys.any(|it| *kept.archive.log(&kept.work.plan, &launch_of(*it, kept)).path() == *log)
    });
    // Jobs of steps that the pipeline no longer has: what runs finishes, and nobody takes what it made.
    let over = case.sightings.strays.iter().filter(|job| ended_at(Some(job)).is_some());
    settled.kill.extend(
        over.filter(|job| job.metadata.deletion_timestamp.is_none()).filter_map(|job| JobRef::of(job)),
    );
    settled.kill.retain(|job| !kept.overlay.was_dismissed(&job.uid));
}

/// The log of a launch that has a pod.
pub(crate) fn follow(kept: &Kept, sighting: &Sighting, launch: &Launch) -> Option<Follow> {
    let pod = sighting.last_pod()?.metadata.name.clone()?;
    let is_over = ended_at(sighting.job.as_deref()).is_some();
    Some(Follow { log: kept.archive.log(&kept.work.plan, launch), pod, is_over })
}
