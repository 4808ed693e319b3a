//! `daybreak plan` and `run --dry-run`: what would run, if every step succeeded.

use planner::admission::{Bidder, Capacity, admit};
use planner::calendar::Instant;
use planner::decide::{World, decide};
use planner::facts::{Facts, Leftovers, Outcome, Presence};
use planner::launch::Launch;

use crate::clock;
use crate::commands::Failure;
use crate::local::pipeline::LocalPipeline;
use crate::local::run::{Run, decide as decide_local};

/// Prints what a run would launch, in the order in which it could.
pub(crate) fn print(run: &mut Run<'_>) -> Result<(), Failure> {
    let now = clock::now();
    for pipeline in run.pipelines.iter_mut() {
        decide_local(pipeline, run.desk, now).map_err(Failure::new)?;
        let launches = launches(pipeline, now);
        println!("{}: {} steps would run", pipeline.name(), launches.len());
        for launch in &launches {
            let key = pipeline.plan.parts().calendar.key(launch.partition);
            println!("  {key} {}", pipeline.plan.step(launch.step).name);
        }
    }
    Ok(())
}

/// What would run, in the order of admission: each launch's outputs are the next one's inputs.
///
/// A rebuild that would follow from an input which such a launch changes is not foreseen: whether it changes is not known.
pub(crate) fn launches(pipeline: &LocalPipeline, now: Instant) -> Vec<Launch> {
    let mut plan = pipeline.plan.clone();
    plan.lift_parallelism();
    let mut facts = pipeline.facts.clone();
    let mut launches = Vec::new();
    loop {
        let world = World { pipeline: &plan, facts: &facts, now };
        let decision = decide(world, None);
        let bidder = Bidder { world, decision: &decision, weight: 1 };
        let admitted = admit(&[bidder], &Capacity::default()).launches;
        if admitted.is_empty() {
            return launches;
        }
        for (_, launch) in admitted {
            suppose_done(&mut facts, &launch, now);
            launches.push(launch);
        }
    }
}

fn suppose_done(facts: &mut Facts, launch: &Launch, now: Instant) {
    for output in &launch.outputs {
        facts.holdings[usize::from(output.0)].note(launch.partition, Presence::Complete);
    }
    let inputs = facts.inputs.get(&(launch.partition, launch.step)).cloned().unwrap_or_default();
    let history = facts.history.entry(launch.partition).or_default().entry(launch.step).or_default();
    history.start(launch, inputs, now);
    history.end(Outcome::Succeeded, Leftovers::new(), now);
}
