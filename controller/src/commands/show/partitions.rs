//! The partitions of a pipeline, newest first: complete ones as ranges, the others one by one; below it what holds things up.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crds::condition::ConditionType;
use crds::partition::{PartitionStatus, StepStatus};
use crds::pipeline_status::KeyRange;
use crds::{Partition, StepReason};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::args::Caller;
use crate::commands::print::{self, NOTHING};
use crate::commands::show::pipelines::Breadth;
use crate::commands::show::{Detail, condition, holds, is_worth_a_line, pipelines, sentence, steps, time};

/// The most steps that get a column each: more do not fit a screen.
const STEP_COLUMNS_MAX: usize = 8;

/// The most steps below the table of which the sentence is told.
const SENTENCES_MAX: usize = 10;

/// What is known of the partitions of a pipeline.
#[derive(Debug)]
pub(crate) struct Partitions<'a> {
    /// The pipeline.
    pub(crate) pipeline: &'a crds::Pipeline,
    /// Partitions with nothing left to do.
    pub(crate) complete: &'a [KeyRange],
    /// The others, newest first.
    pub(crate) open: &'a [Partition],
}

impl Partitions<'_> {
    /// The table, after what keeps the pipeline from being worked on: the rows may be as they were before that. The
    /// caller is told by the words that it knows.
    pub(crate) fn table(&self, caller: Caller, detail: Detail) -> String {
        let ranges = self.complete.iter().map(|range| (range.to.as_str(), range_row(range)));
        let open = self.open.iter().map(|it| (it.spec.key.as_str(), self.partition_row(it, detail)));
        // Keys of one clock are in order as texts.
        let mut rows: Vec<_> = ranges.chain(open).collect();
        rows.sort_by_key(|(key, _)| Reverse(*key));
        let rows = rows.into_iter().map(|(_, row)| row);
        let rows: Vec<_> = [self.head(detail)].into_iter().chain(rows).collect();
        let first = pipelines::sentence(self.pipeline, Breadth::OneNamespace);
        let first = first.map(|sentence| format!("{sentence}\n")).unwrap_or_default();
        format!("{first}{}{}", print::table(&rows), self.sentences(caller))
    }

    fn head(&self, detail: Detail) -> Vec<String> {
        let mut head = vec!["KEY".to_owned(), "COMPLETE".to_owned()];
        match detail {
            Detail::Brief => {}
            Detail::Wide => head.push("SINCE".to_owned()),
        }
        if self.has_columns() {
            head.extend(self.pipeline.spec.steps.iter().map(|step| step.name.to_uppercase()));
        } else {
            head.push("STEPS".to_owned());
        }
        head
    }

    fn has_columns(&self) -> bool {
        self.pipeline.spec.steps.len() <= STEP_COLUMNS_MAX
    }

    fn partition_row(&self, partition: &Partition, detail: Detail) -> Vec<String> {
        let steps = steps(partition);
        let complete = condition(conditions(partition), ConditionType::Complete);
        let mut row = vec![partition.spec.key.to_string(), completeness(partition)];
        match detail {
            Detail::Brief => {}
            Detail::Wide => {
                let since = complete.map(|complete| time(&complete.last_transition_time));
                row.push(since.unwrap_or_else(|| NOTHING.to_owned()));
            }
        }
        if self.has_columns() {
            let named = |name: &str| steps.iter().find(|step| step.name.as_str() == name);
            let reason = |step: &StepStatus| format!("{:?}", step.reason);
            let cells = self.pipeline.spec.steps.iter().map(|step| named(&step.name));
            row.extend(cells.map(|step| step.map_or_else(|| NOTHING.to_owned(), reason)));
        } else {
            row.push(tally(steps));
        }
        row
    }

    /// What a person can do something about: a step that waits for another is not it.
    fn sentences(&self, caller: Caller) -> String {
        let open = |partition: &'_ Partition| {
            let steps = steps(partition).iter().filter(|step| is_worth_a_line(step));
            steps.map(|step| format!("{}\n", sentence(&partition.spec.key, step))).collect::<Vec<_>>()
        };
        let lines: Vec<String> = self.open.iter().flat_map(open).collect();
        let more = lines.len().saturating_sub(SENTENCES_MAX);
        let mut text: String = lines.into_iter().take(SENTENCES_MAX).collect();
        if more > 0 {
            let (caller, name) = (caller.name(), pipelines::name(self.pipeline));
            let _ = writeln!(text, "and {more} more: {caller} explain {name} KEY");
        }
        if text.is_empty() { text } else { format!("\n{text}") }
    }
}

fn range_row(KeyRange { from, to }: &KeyRange) -> Vec<String> {
    let keys = if from == to { from.to_string() } else { format!("{from}..{to}") };
    vec![keys, "True".to_owned()]
}

fn completeness(partition: &Partition) -> String {
    let conditions = conditions(partition);
    let is_unknown = steps(partition).iter().any(|step| step.reason == StepReason::StorageUnknown);
    let text = match condition(conditions, ConditionType::Complete) {
        Some(complete) if complete.status == "True" => "True",
        None => "Unknown",
        Some(_) if is_unknown => "Unknown",
        Some(_) if holds(conditions, ConditionType::Late) => "False, late",
        Some(_) => "False",
    };
    text.to_owned()
}

/// How many steps have which reason.
fn tally(steps: &[StepStatus]) -> String {
    let mut counts = BTreeMap::new();
    for step in steps {
        *counts.entry(step.reason).or_insert(0) += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(reason, count)| format!("{count} {reason:?}")).collect();
    counts.join(", ")
}

/// The conditions of a partition.
pub(crate) fn conditions(partition: &Partition) -> &[Condition] {
    partition.status.as_ref().map_or(&[], |PartitionStatus { conditions, .. }| conditions)
}
