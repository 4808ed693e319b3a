//! The last words of a run: what is there, what is not, and where to look.

use std::io::Write as _;

use planner::admission::Obstacles;
use planner::report::{Reporter, Standing, Summary, summarize};

use crate::clock;
use crate::commands::show::{is_worth_a_line, sentence};
use crate::local::desk::Desk;
use crate::local::pipeline::LocalPipeline;
use crate::work::objects;
use crate::work::places::LocalPlaces;

/// The most steps that are named: beyond it the table of `daybreak status` serves better.
const NAMED_MAX: usize = 5;

/// Prints what a run has come to.
pub(crate) fn print(desk: &Desk, pipelines: &[LocalPipeline]) {
    let mut lines = Vec::new();
    for pipeline in pipelines {
        let summary = summarize(pipeline.work.world(clock::now()), &pipeline.work.decision);
        lines.push(headline(pipeline, &summary));
        if summary.standing != Standing::Complete {
            lines.append(&mut open(desk, pipeline));
        }
    }
    let is_complete = |it: &LocalPipeline| {
        summarize(it.work.world(clock::now()), &it.work.decision).standing == Standing::Complete
    };
    lines.push(match desk.progress.launched {
        0 if pipelines.iter().all(is_complete) => "nothing had to run".to_owned(),
        0 => "nothing could run".to_owned(),
        1 => format!("1 step ran, {} failed", desk.progress.failed),
        launched => format!("{launched} steps ran, {} failed", desk.progress.failed),
    });
    // The work is done, whether or not anybody reads what it came to.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}

fn headline(pipeline: &LocalPipeline, summary: &Summary) -> String {
    let counts = summary.counts;
    let calendar = &pipeline.work.plan.parts().calendar;
    let through = summary.complete_through.map(|it| format!(", complete through {}", calendar.key(it)));
    let more = [(counts.failed, "failed"), (counts.waiting, "waiting"), (counts.stale, "stale")];
    let more = more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!(
        "{}: {} of {} partitions complete{}{}",
        pipeline.work.name(),
        counts.complete,
        counts.due,
        more.collect::<String>(),
        through.unwrap_or_default()
    )
}

/// Names the first steps that a person can do something about: a step that waits for another is not one.
fn open(desk: &Desk, pipeline: &LocalPipeline) -> Vec<String> {
    let places = LocalPlaces { stores: &desk.stores, doubts: &pipeline.work.doubts, is_watched: false };
    let world = pipeline.work.world(clock::now());
    let obstacles = Obstacles::new();
    let reporter =
        Reporter { world, decision: &pipeline.work.decision, obstacles: &obstacles, places: &places };
    let plan = &pipeline.work.plan;
    let (mut lines, mut named) = (Vec::new(), 0);
    for partition in pipeline.work.unsettled() {
        let report = reporter.partition(partition);
        let steps = report.steps.iter().map(|step| objects::step_status(plan, step, (None, None)));
        for step in steps.filter(is_worth_a_line) {
            named += 1;
            if named <= NAMED_MAX {
                lines.push(format!("  {}", sentence(&plan.parts().calendar.key(partition), &step)));
            }
        }
    }
    if named > NAMED_MAX {
        lines.push(format!("  and {} more: daybreak status {}", named - NAMED_MAX, pipeline.work.name()));
    }
    lines
}
