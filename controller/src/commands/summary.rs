//! The last words of a run: what is there, what is not, and where to look.

use planner::admission::Obstacles;
use planner::report::{Reason, Reporter, Standing, StepReport, Summary, summarize};

use crate::clock;
use crate::local::desk::Desk;
use crate::local::pipeline::LocalPipeline;
use crate::local::places::LocalPlaces;

/// The most steps that are named: beyond it the table of `daybreak status` serves better.
const NAMED_MAX: usize = 5;

/// Prints what a run has come to.
pub(crate) fn print(desk: &Desk, pipelines: &[LocalPipeline]) {
    for pipeline in pipelines {
        let summary = summarize(pipeline.world(clock::now()), &pipeline.decision);
        println!("{}", headline(pipeline, &summary));
        if summary.standing != Standing::Complete {
            print_open(desk, pipeline);
        }
    }
    let is_complete =
        |it: &LocalPipeline| summarize(it.world(clock::now()), &it.decision).standing == Standing::Complete;
    match desk.progress.launched {
        0 if pipelines.iter().all(is_complete) => println!("nothing had to run"),
        0 => println!("nothing could run"),
        launched => println!("{launched} steps ran, {} failed", desk.progress.failed),
    }
}

fn headline(pipeline: &LocalPipeline, summary: &Summary) -> String {
    let counts = summary.counts;
    let calendar = &pipeline.plan.parts().calendar;
    let through = summary.complete_through.map(|it| format!(", complete through {}", calendar.key(it)));
    let more = [(counts.failed, "failed"), (counts.waiting, "waiting"), (counts.stale, "stale")];
    let more = more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!(
        "{}: {} of {} partitions complete{}{}",
        pipeline.name(),
        counts.complete,
        counts.due,
        more.collect::<String>(),
        through.unwrap_or_default()
    )
}

/// Names the first steps that a person can do something about: a step that waits for another is not one.
fn print_open(desk: &Desk, pipeline: &LocalPipeline) {
    let places = LocalPlaces { stores: &desk.stores, doubts: &pipeline.doubts, is_watched: false };
    let world = pipeline.world(clock::now());
    let obstacles = Obstacles::new();
    let reporter = Reporter { world, decision: &pipeline.decision, obstacles: &obstacles, places: &places };
    let calendar = &pipeline.plan.parts().calendar;
    let mut named = 0;
    for partition in pipeline.unsettled() {
        for step in reporter.partition(partition).steps.iter().filter(|step| is_worth_a_line(step)) {
            named += 1;
            if named <= NAMED_MAX {
                let name = &pipeline.plan.step(step.step).name;
                println!("  {} {name}: {}: {}", calendar.key(partition), step.reason, step.message);
            }
        }
    }
    if named > NAMED_MAX {
        println!("  and {} more: daybreak status {}", named - NAMED_MAX, pipeline.name());
    }
}

fn is_worth_a_line(step: &StepReport) -> bool {
    match step.reason {
        Reason::Failed | Reason::OutputOccupied | Reason::StorageUnknown | Reason::Suspended => true,
        Reason::WaitingForInputs => !step.message.contains(", which the step "),
        Reason::WaitingForSlot | Reason::BackingOff | Reason::NotDue | Reason::OutsideWindow => true,
        Reason::Running
        | Reason::Publishing
        | Reason::Succeeded
        | Reason::OutputsExist
        | Reason::NotDemanded
        | Reason::Expired => false,
    }
}
