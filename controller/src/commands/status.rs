//! `daybreak status`: pipelines at a glance, or the partitions of one.

use std::collections::BTreeMap;
use std::process::ExitCode;

use crds::pipeline_status::KeyRange;
use crds::text::Key;
use planner::calendar::{Instant, Partition};
use planner::decision::Cell;
use planner::facts::History;
use planner::pipeline::Parts;
use planner::ranges::{self, Stretch};
use planner::report::{PartitionReport, summarize};
use planner::verdict::Verdict;
use planner::window;

use crate::args::{self, Caller, Output};
use crate::commands::Failure;
use crate::commands::print;
use crate::commands::show::partitions::Partitions;
use crate::commands::show::pipelines::{self, Breadth, Glance, window_keys};
use crate::commands::view::{Seen, View};
use crate::logs;
use crate::work::objects;

/// Shows all pipelines, or one.
pub(crate) fn status(arguments: &args::Status) -> Result<ExitCode, Failure> {
    match &arguments.pipeline {
        None => all(&View::all(&arguments.named)?, arguments.output),
        Some(name) => {
            let (view, seen) = View::one(&arguments.named, name)?;
            one(&view, &seen, arguments.output)
        }
    }
}

fn all(view: &View, output: Output) -> Result<ExitCode, Failure> {
    let glances: Vec<_> = view.pipelines.iter().filter_map(|seen| glance(view, seen)).collect();
    match output.language() {
        Some(language) => print::list(language, glances.iter().map(|glance| &glance.object))?,
        None => print::text(&pipelines::table(&glances, Breadth::OneNamespace, output.detail()))?,
    }
    Ok(view.exit_code())
}

/// As objects, the pipeline and its partitions that are not complete: the others stand in its status as ranges.
fn one(view: &View, seen: &Seen, output: Output) -> Result<ExitCode, Failure> {
    let open = open(view, seen);
    if let Some(Glance { object: pipeline, .. }) = &glance(view, seen) {
        let (complete, open) = (&complete(seen), &open);
        match output.language() {
            Some(language) => print::pipeline(language, pipeline, open)?,
            None => {
                let partitions = Partitions { pipeline, complete, open };
                print::text(&partitions.table(Caller::Program, output.detail()))?;
            }
        }
    }
    Ok(view.exit_code())
}

/// The manifest with its status.
fn glance(view: &View, seen: &Seen) -> Option<Glance> {
    let work = &seen.pipeline.work;
    let manifest = view.project.manifests.iter().find(|manifest| manifest.name() == work.name())?;
    let parts = work.plan.parts();
    let summary = summarize(work.world(view.now), &work.decision);
    let status = Some(objects::pipeline_status(parts, &summary, last_change(seen)));
    let object = crds::Pipeline { status, ..manifest.pipeline.clone() };
    Some(Glance { object, window: window_keys(parts, view.now) })
}

/// The complete partitions, in few ranges.
fn complete(seen: &Seen) -> Vec<KeyRange> {
    let done = seen.pipeline.work.decision.partitions().iter().copied().filter(|it| is_done(seen, *it));
    let key = |partition| Key(seen.key(partition));
    let range = |Stretch { first, last }| KeyRange { from: key(first), to: key(last) };
    ranges::compress(&seen.pipeline.work.plan.parts().calendar, done).into_iter().map(range).collect()
}

/// The other partitions, newest first.
fn open(view: &View, seen: &Seen) -> Vec<crds::Partition> {
    let open = seen.pipeline.work.decision.partitions().iter().rev().filter(|it| !is_done(seen, **it));
    open.map(|partition| partition_object(view, seen, &view.report(seen, *partition))).collect()
}

/// Whether nothing is left to do; a step that nobody asked for, beside one that was asked for, does not count.
fn is_done(seen: &Seen, partition: Partition) -> bool {
    let is_done = |cell: &Cell| cell.verdict.is_settled() || cell.verdict == Verdict::OutsideWindow;
    seen.pipeline.work.decision.row(partition).is_none_or(|row| row.iter().all(is_done))
}

/// The last moment at which something is known to have happened.
fn last_change(seen: &Seen) -> Instant {
    let parts: &Parts = seen.pipeline.work.plan.parts();
    let histories = seen.pipeline.work.facts.history.values().flat_map(BTreeMap::values);
    let moments = histories.flat_map(|History { ended, running }| {
        ended.iter().map(|it| it.at).chain(running.iter().map(|it| it.since))
    });
    moments.max().unwrap_or_else(|| window::due_at(parts, seen.pipeline.work.decision.newest_due))
}

fn partition_object(view: &View, seen: &Seen, report: &PartitionReport) -> crds::Partition {
    let plan = &seen.pipeline.work.plan;
    let logs = logs::list(&view.state.logs(seen.pipeline.work.name(), &seen.key(report.partition)));
    let sinces: Vec<_> =
        report.steps.iter().map(|step| view.since(seen, (report.partition, step)).known()).collect();
    let steps = report.steps.iter().zip(&sinces).map(|(step, since)| {
        let log = logs::last(&logs, plan.step(step.step).name.as_str());
        let log = log.map(|log| log.path.to_string_lossy().into_owned());
        objects::step_status(plan, step, (*since, log))
    });
    let due = window::due_at(plan.parts(), report.partition);
    let at = sinces.iter().flatten().max().copied().unwrap_or(due);
    objects::partition(plan, report, (steps.collect(), at))
}
