//! Elders: what began before the spec changed ends by the plan of then.

use planner::launch::Launch;

use crate::cluster::launch::job_name;
use crate::cluster::mind::{Kept, Mind};
use crate::cluster::settle::{Case, Settled, settle_launch};
use crate::cluster::sighting::Sightings;
use crate::work::launch::{note_stage, stage};
use crate::work::pipeline::Work;

/// Settles the launches that began before the spec changed, by the plan of then.
pub(super) fn settle_elders(mind: &mut Mind, case: &Case<'_>, settled: &mut Settled) {
    let Some(kept) = mind.pipelines.get_mut(case.id) else { return };
    for mut elder in std::mem::take(&mut kept.elders) {
        let before: Vec<_> = elder.running.values().cloned().collect();
        let sightings = Sightings::new(&elder.plan, &case.fetched.jobs, &case.fetched.pods);
        let case = Case { sightings: &sightings, ..*case };
        swap(mind, &case, &mut elder);
        for launch in &before {
            settle_launch(mind, &case, (launch, settled));
        }
        swap(mind, &case, &mut elder);
        let Some(kept) = mind.pipelines.get_mut(case.id) else { return };
        repeat(kept, &elder);
        if !elder.running.is_empty() {
            kept.elders.push(elder);
        }
    }
}

/// Says of what runs by an older plan what was found out.
fn repeat(kept: &mut Kept, elder: &Work) {
    for launch in elder.running.values() {
        let stage = stage(elder, launch).cloned();
        let step = kept.work.plan.step_named(elder.plan.step(launch.step).name.as_str());
        if let (Some(stage), Some(step)) = (stage, step) {
            note_stage(&mut kept.work, &Launch { step, ..launch.clone() }, stage);
        }
    }
}

fn swap(mind: &mut Mind, case: &Case<'_>, elder: &mut Work) {
    if let Some(kept) = mind.pipelines.get_mut(case.id) {
        std::mem::swap(&mut kept.work, elder);
    }
}

/// Whether a launch began before the spec changed, so that it ends by the plan of then.
pub(crate) fn is_of_an_elder(kept: &Kept, launch: &Launch) -> bool {
    let name = job_name(&kept.work.plan, launch);
    let owns = |elder: &Work| elder.running.values().any(|it| job_name(&elder.plan, it) == name);
    kept.elders.iter().any(owns)
}
