//! `daybreak status`: pipelines at a glance, or the partitions of one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use planner::calendar::{Instant, Partition};
use planner::decision::Cell;
use planner::facts::History;
use planner::pipeline::{Parts, Pipeline};
use planner::ranges::{self, Stretch};
use planner::report::{PartitionReport, Reason, StepReport, Summary, summarize};
use planner::verdict::Verdict;
use planner::window;
use serde_json::Value;

use crate::args::{self, Output};
use crate::commands::Failure;
use crate::commands::print::{self, Language, NOTHING, moment};
use crate::commands::summary::is_worth_a_line;
use crate::commands::view::{Seen, View};
use crate::logs;
use crate::work::objects;

/// The most steps that get a column each: more do not fit a screen.
const STEP_COLUMNS_MAX: usize = 8;

/// The most steps below the table of which the sentence is told.
const SENTENCES_MAX: usize = 10;

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
    let objects = || -> Result<Vec<Value>, Failure> {
        view.pipelines.iter().map(|seen| pipeline_object(view, seen)).collect()
    };
    match output {
        Output::Wide => print::text(&pipelines_table(view))?,
        Output::Json => print::list(Language::Json, objects()?)?,
        Output::Yaml => print::list(Language::Yaml, objects()?)?,
    }
    Ok(view.exit_code())
}

/// As objects, the pipeline and its partitions that are not complete: the others stand in its status as ranges.
fn one(view: &View, seen: &Seen, output: Output) -> Result<ExitCode, Failure> {
    let objects = || -> Result<Vec<Value>, Failure> {
        let open = incomplete(view, seen);
        let partitions = open.iter().rev().map(|report| partition_object(view, seen, report));
        std::iter::once(pipeline_object(view, seen)).chain(partitions).collect()
    };
    match output {
        Output::Wide => print::text(&partitions_table(view, seen))?,
        Output::Json => print::list(Language::Json, objects()?)?,
        Output::Yaml => print::list(Language::Yaml, objects()?)?,
    }
    Ok(view.exit_code())
}

fn pipelines_table(view: &View) -> String {
    let head = ["NAME", "EVERY", "WINDOW", "COMPLETE", "RUNNING", "FAILED", "WAITING", "THROUGH", "NEXT-DUE"];
    let head = head.map(str::to_owned).to_vec();
    let rows = view.pipelines.iter().map(|seen| pipeline_row(view, seen));
    print::table(&[head].into_iter().chain(rows).collect::<Vec<_>>())
}

fn pipeline_row(view: &View, seen: &Seen) -> Vec<String> {
    let parts = seen.pipeline.work.plan.parts();
    let Summary { counts, complete_through, next_due, .. } = summary(view, seen);
    let window = &seen.pipeline.work.decision.window;
    let window = Stretch { first: Partition(window.start), last: Partition(window.end - 1) };
    let is_empty = window.first > window.last;
    let nothing = || NOTHING.to_owned();
    vec![
        parts.name.to_string(),
        parts.calendar.every().to_string(),
        if is_empty { nothing() } else { window.keys(&parts.calendar) },
        format!("{}/{}", counts.complete, counts.due),
        counts.running.to_string(),
        counts.failed.to_string(),
        counts.waiting.to_string(),
        complete_through.map_or_else(nothing, |it| parts.calendar.key(it)),
        next_due.map_or_else(nothing, moment),
    ]
}

fn summary(view: &View, seen: &Seen) -> Summary {
    summarize(seen.pipeline.work.world(view.now), &seen.pipeline.work.decision)
}

/// The partitions, newest first: complete ones as ranges, the others one by one; below it what holds things up.
fn partitions_table(view: &View, seen: &Seen) -> String {
    let plan = &seen.pipeline.work.plan;
    let reports = incomplete(view, seen);
    let mut head = vec!["KEY".to_owned(), "COMPLETE".to_owned()];
    if plan.parts().steps.len() <= STEP_COLUMNS_MAX {
        head.extend(plan.parts().steps.iter().map(|step| step.name.as_str().to_uppercase()));
    } else {
        head.push("STEPS".to_owned());
    }
    let mut rows: Vec<_> = complete(seen).into_iter().map(|it| (it.last, range_row(plan, it))).collect();
    rows.extend(reports.iter().map(|report| (report.partition, partition_row(plan, report))));
    rows.sort_by_key(|(partition, _)| std::cmp::Reverse(*partition));
    let rows: Vec<_> = [head].into_iter().chain(rows.into_iter().map(|(_, row)| row)).collect();
    format!("{}{}", print::table(&rows), sentences(plan, &reports))
}

fn range_row(plan: &Pipeline, stretch: Stretch) -> Vec<String> {
    vec![stretch.keys(&plan.parts().calendar), "True".to_owned()]
}

fn partition_row(plan: &Pipeline, report: &PartitionReport) -> Vec<String> {
    let is_unknown = report.steps.iter().any(|step| step.reason == Reason::StorageUnknown);
    let mut row = vec![
        plan.parts().calendar.key(report.partition),
        match (is_unknown, report.is_late) {
            (true, _) => "Unknown".to_owned(),
            (false, true) => "False, late".to_owned(),
            (false, false) => "False".to_owned(),
        },
    ];
    if report.steps.len() <= STEP_COLUMNS_MAX {
        row.extend(report.steps.iter().map(|step| step.reason.to_string()));
    } else {
        row.push(tally(report));
    }
    row
}

/// How many steps have which reason.
fn tally(report: &PartitionReport) -> String {
    let mut counts = BTreeMap::new();
    report.steps.iter().for_each(|step| *counts.entry(step.reason).or_insert(0) += 1);
    let counts: Vec<_> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    counts.join(", ")
}

/// What a person can do something about: a step that waits for another is not it.
fn sentences(plan: &Pipeline, reports: &[PartitionReport]) -> String {
    let newest_first = reports.iter().rev();
    let open = |report: &'_ PartitionReport| {
        let key = plan.parts().calendar.key(report.partition);
        let steps = report.steps.iter().filter(|step| is_worth_a_line(step));
        steps.map(|step| sentence(plan, &key, step)).collect::<Vec<_>>()
    };
    let lines: Vec<String> = newest_first.flat_map(open).collect();
    let more = lines.len().saturating_sub(SENTENCES_MAX);
    let mut text: String = lines.into_iter().take(SENTENCES_MAX).collect();
    if more > 0 {
        let _ = writeln!(text, "and {more} more: daybreak explain {} KEY", plan.parts().name);
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

fn sentence(plan: &Pipeline, key: &str, step: &StepReport) -> String {
    format!("{key} {}: {}: {}\n", plan.step(step.step).name, step.reason, step.message)
}

/// The complete partitions, in few ranges.
fn complete(seen: &Seen) -> Vec<Stretch> {
    let done = seen.pipeline.work.decision.partitions().iter().copied().filter(|it| is_done(seen, *it));
    ranges::compress(&seen.pipeline.work.plan.parts().calendar, done)
}

/// The other partitions, oldest first.
fn incomplete(view: &View, seen: &Seen) -> Vec<PartitionReport> {
    let open = seen.pipeline.work.decision.partitions().iter().filter(|it| !is_done(seen, **it));
    open.map(|partition| view.report(seen, *partition)).collect()
}

/// Whether nothing is left to do; a step that nobody asked for, beside one that was asked for, does not count.
fn is_done(seen: &Seen, partition: Partition) -> bool {
    let is_done = |cell: &Cell| cell.verdict.is_settled() || cell.verdict == Verdict::OutsideWindow;
    seen.pipeline.work.decision.row(partition).is_none_or(|row| row.iter().all(is_done))
}

/// The manifest with its status.
fn pipeline_object(view: &View, seen: &Seen) -> Result<Value, Failure> {
    let name = seen.pipeline.work.name();
    let manifest = view.project.manifests.iter().find(|manifest| manifest.name() == name);
    let parts = seen.pipeline.work.plan.parts();
    let status = objects::pipeline_status(parts, &summary(view, seen), last_change(seen));
    let object = manifest.map(|it| crds::Pipeline { status: Some(status), ..it.pipeline.clone() });
    serde_json::to_value(object).map_err(Failure::new)
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

fn partition_object(view: &View, seen: &Seen, report: &PartitionReport) -> Result<Value, Failure> {
    let plan = &seen.pipeline.work.plan;
    let logs =
        logs::list(&view.state.logs(seen.pipeline.work.name(), &plan.parts().calendar.key(report.partition)));
    let sinces: Vec<_> =
        report.steps.iter().map(|step| view.since(seen, (report.partition, step)).known()).collect();
    let steps = report.steps.iter().zip(&sinces).map(|(step, since)| {
        let log = logs::last(&logs, plan.step(step.step).name.as_str());
        let log = log.map(|log| log.path.to_string_lossy().into_owned());
        objects::step_status(plan, step, (*since, log))
    });
    let due = window::due_at(plan.parts(), report.partition);
    let at = sinces.iter().flatten().max().copied().unwrap_or(due);
    let object = objects::partition(plan, report, (steps.collect(), at));
    serde_json::to_value(object).map_err(Failure::new)
}
