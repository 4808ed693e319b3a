//! What a story says: decisions, launches and reports in few words.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use planner::calendar::{Instant, Partition};
use planner::decision::Cell;
use planner::launch::Launch;
use planner::name::Name;
use planner::pipeline::{Pipeline, StepId};
use planner::report::{Places, Reason, summarize};
use planner::verdict::{Cause, Gap, Read, Replacement, Verdict};
use planner::{reads, window};

use crate::story::actor::Actor;

/// An environment in which addresses are short.
pub(crate) struct Signposts;

impl Places for Signposts {
    fn uri(&self, store: &Name, path: &str) -> String {
        format!("{store}/{path}")
    }

    fn doubt(&self, _: &Name, _: &str) -> String {
        "the store does not answer".to_owned()
    }

    fn watch(&self) -> String {
        "a look every 30 s".to_owned()
    }
}

fn moment(at: Option<Instant>) -> String {
    at.map_or_else(|| "never".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// `2026-01-05 join 1.1 -> joined`.
pub(crate) fn launch(pipeline: &Pipeline, launch: &Launch) -> String {
    let key = pipeline.parts().calendar.key(launch.partition);
    let step = &pipeline.step(launch.step).name;
    let outputs: Vec<_> = launch.outputs.iter().map(|it| pipeline.dataset(*it).name.to_string()).collect();
    let replaces = if launch.replaces { " replacing" } else { "" };
    let numbers = format!("{}.{}", launch.attempt, launch.launch);
    format!("{key} {step} {numbers} -> {}{replaces}", outputs.join(" "))
}

impl Actor {
    /// Answers a question.
    pub(crate) fn say(&self, verb: &str, words: &[&str], now: Instant) -> Result<String, String> {
        match (verb, words) {
            ("decide", []) => Ok(self.rows()),
            ("explain", [key]) => Ok(self.explain(self.partition(key)?, None, now)),
            ("explain", [key, step]) => Ok(self.explain(self.partition(key)?, Some(self.step(step)?), now)),
            ("summary", []) => Ok(self.summary(now)),
            ("wake", []) => Ok(format!("{}\n", moment(self.decision.wake_at))),
            ("window", []) => Ok(self.window(now)),
            ("curious", []) => Ok(self.curious()),
            ("reads", [step, key]) => Ok(self.reads(self.step(step)?, self.partition(key)?)),
            _ => Err("no such question".to_owned()),
        }
    }

    /// A line for each stretch of partitions whose steps stand alike.
    fn rows(&self) -> String {
        let calendar = &self.pipeline.parts().calendar;
        let mut rows: Vec<(Partition, Partition, String)> = Vec::new();
        for partition in self.decision.partitions() {
            let cells = self.decision.row(*partition).unwrap_or_default();
            let steps = self.pipeline.step_ids().zip(cells);
            let told: Vec<_> = steps.map(|(step, cell)| self.cell(*partition, step, cell)).collect();
            let told = told.join(", ");
            match rows.last_mut() {
                Some((_, last, same)) if *same == told && calendar.shift(*last, 1) == *partition => {
                    *last = *partition;
                }
                _ => rows.push((*partition, *partition, told)),
            }
        }
        let line = |(first, last, told): (Partition, Partition, String)| {
            if first == last {
                format!("{}: {told}\n", calendar.key(first))
            } else {
                format!("{}..{}: {told}\n", calendar.key(first), calendar.key(last))
            }
        };
        rows.into_iter().map(line).collect()
    }

    fn cell(&self, partition: Partition, step: StepId, cell: &Cell) -> String {
        let reason = Reason::of(cell.verdict);
        let mut told = format!("{} {reason}", self.pipeline.step(step).name);
        let particulars = match cell.verdict {
            Verdict::NotDue { until } | Verdict::BackingOff { until } => Some(moment(Some(until))),
            Verdict::StorageUnknown(read) => Some(self.read(partition, read)),
            Verdict::OutputOccupied(dataset) => Some(self.pipeline.dataset(dataset).name.to_string()),
            Verdict::WaitingForInputs(gap) => Some(self.gap(partition, gap)),
            Verdict::Running
            | Verdict::Publishing
            | Verdict::Succeeded
            | Verdict::OutputsExist
            | Verdict::Expired
            | Verdict::NotDemanded
            | Verdict::OutsideWindow
            | Verdict::Suspended
            | Verdict::Failed
            | Verdict::Ready => None,
        };
        let replacement = cell.replacement.map(|replacement| match replacement {
            Replacement::Requested(place) => format!("anew for {}", self.facts.requests[place].name),
            Replacement::StepChanged => "anew for the step".to_owned(),
            Replacement::InputsChanged => "anew for inputs".to_owned(),
        });
        let stale = cell.is_stale.then(|| "stale".to_owned());
        let all: Vec<_> = particulars.into_iter().chain(replacement).chain(stale).collect();
        if !all.is_empty() {
            let _ = write!(told, " ({})", all.join("; "));
        }
        told
    }

    fn gap(&self, partition: Partition, gap: Gap) -> String {
        let calendar = &self.pipeline.parts().calendar;
        let maker = |step, of: Partition| {
            let key = if of == partition { String::new() } else { format!(" of {}", calendar.key(of)) };
            format!("{}{key}", self.pipeline.step(step).name)
        };
        let read = self.read(partition, gap.read);
        match gap.cause {
            Cause::Outside => format!("no {read}"),
            Cause::Settling => format!("{read} settles"),
            Cause::Occupied => format!("{read} is occupied"),
            Cause::Upstream(step, of) => format!("for {}", maker(step, of)),
            Cause::OutsideWindow(step, of) => format!("outside the window: {}", maker(step, of)),
            Cause::BeforeStart(_) => format!("{read} lies before the start"),
            Cause::Initial => format!("no initial for {read}"),
        }
    }

    /// A dataset, with the key where that is not the step's own.
    fn read(&self, partition: Partition, read: Read) -> String {
        let dataset = self.pipeline.dataset(read.dataset);
        let is_own = dataset.calendar == self.pipeline.parts().calendar && read.partition == partition;
        if is_own || dataset.path.is_static() {
            return dataset.name.to_string();
        }
        format!("{} of {}", dataset.name, dataset.calendar.key(read.partition))
    }

    fn explain(&self, partition: Partition, only: Option<StepId>, now: Instant) -> String {
        let report = self.reporter(now).partition(partition);
        let mut said = String::new();
        let marks = [("complete", report.is_complete), ("late", report.is_late), ("stale", report.is_stale)];
        let marks: Vec<_> = marks.iter().filter(|(_, holds)| *holds).map(|(mark, _)| *mark).collect();
        if !marks.is_empty() {
            let _ = writeln!(said, "{}", marks.join(", "));
        }
        for step in report.steps.iter().filter(|it| only.is_none_or(|only| only == it.step)) {
            let name = &self.pipeline.step(step.step).name;
            let since = moment(Some(step.since));
            let _ = writeln!(said, "{name} {} since {since} ({} attempts)", step.reason, step.attempts);
            let _ = writeln!(said, "  {}", step.message);
            if let Some(wake) = &step.wake {
                let _ = writeln!(said, "  next: {wake}");
            }
        }
        said
    }

    fn summary(&self, now: Instant) -> String {
        let calendar = &self.pipeline.parts().calendar;
        let summary = summarize(self.world(now), &self.decision);
        let counts = summary.counts;
        let key =
            |partition: Option<Partition>| partition.map_or_else(|| "none".to_owned(), |it| calendar.key(it));
        let complete: Vec<_> = summary.complete.iter().map(|it| it.keys(calendar)).collect();
        let mut said = format!(
            "{:?}: {} due, {} complete, {} running, {} failed, {} waiting, {} stale\n",
            summary.standing,
            counts.due,
            counts.complete,
            counts.running,
            counts.failed,
            counts.waiting,
            counts.stale
        );
        let _ = writeln!(said, "complete through {}, in all {:?}", key(summary.complete_through), complete);
        let _ = writeln!(said, "next due {}", moment(summary.next_due));
        if summary.is_late {
            said += "late\n";
        }
        said
    }

    fn window(&self, now: Instant) -> String {
        let parts = self.pipeline.parts();
        let window = window::window(parts, now);
        let newest = parts.calendar.key(self.decision.newest_due);
        if window.is_empty() {
            return format!("empty, newest due {newest}\n");
        }
        let [first, last] = [window.start, window.end - 1].map(|it| parts.calendar.key(Partition(it)));
        format!("{first}..{last}, newest due {newest}\n")
    }

    fn curious(&self) -> String {
        let calendar = &self.pipeline.parts().calendar;
        let line = |(partition, step): &(Partition, StepId)| {
            format!("{} {}\n", calendar.key(*partition), self.pipeline.step(*step).name)
        };
        self.decision.curious.iter().map(line).collect()
    }

    fn reads(&self, step: StepId, partition: Partition) -> String {
        let mut said = String::new();
        for input in &self.pipeline.step(step).inputs {
            let calendar = &self.pipeline.dataset(input.dataset).calendar;
            let range = reads::reads(&self.pipeline, input, partition);
            let [first, last] = [range.start, range.end - 1].map(|it| calendar.key(Partition(it)));
            let _ = writeln!(said, "{}: {first}..{last}", input.name);
        }
        said
    }
}
