//! How far an input reaches: which partitions of its dataset, how many, and whether that is one path or several.

use super::findings::Findings;
use crate::place::FieldPath;
use crds::step::Input as ApiInput;
use planner::calendar::{Calendar, Every};
use planner::command::Arity;
use planner::limits::INPUT_MAX_PARTITIONS;
use planner::pipeline::{Dataset, Reach};

/// Which partitions of its dataset an input reads.
pub(super) fn reach(input: &ApiInput, path: &FieldPath<'_>, findings: &mut Findings) -> Option<Reach> {
    match (input.offset, &input.window) {
        (None, None) => Some(Reach::Overlapping),
        (Some(offset), None) => back(offset, &path.field("offset"), findings).map(Reach::Back),
        (None, Some(window)) => {
            let path = path.field("window");
            let from = back(window.from, &path.field("from"), findings)?;
            let to = back(window.to, &path.field("to"), findings)?;
            if from < to {
                findings.fault(
                    path,
                    format!("it ends at {} before it begins at {}: swap them", window.to, window.from),
                );
            }
            Some(Reach::Window { from, to })
        }
        (Some(_), Some(_)) => {
            findings.fault(path, "an input has one place in time: write either `offset` or `window`");
            None
        }
    }
}

fn back(partitions: i32, path: &FieldPath<'_>, findings: &mut Findings) -> Option<u32> {
    if partitions > 0 {
        findings.fault(
            path,
            format!(
                "{partitions} points into the future: write 0 or less, such as -1 for the partition before"
            ),
        );
        return None;
    }
    Some(partitions.unsigned_abs())
}

/// Whether an input can be several paths.
pub(super) fn arity(reach: Reach, dataset: &Dataset, clock: &Calendar) -> Arity {
    if dataset.path.is_static() || most_read(reach, &dataset.calendar, clock) == 1 {
        Arity::Single
    } else {
        Arity::Several
    }
}

/// Checks that an input reads no more partitions than may be looked at for each step.
pub(super) fn check_count(
    reach: Reach,
    (dataset, clock): (&Dataset, &Calendar),
    path: &FieldPath<'_>,
    findings: &mut Findings,
) {
    let count = most_read(reach, &dataset.calendar, clock);
    if !dataset.path.is_static() && count > INPUT_MAX_PARTITIONS {
        let name = &dataset.name;
        findings.fault(path, format!("this reads up to {count} partitions of {name}: the limit is {INPUT_MAX_PARTITIONS}; let a step sum them up first"));
    }
}

/// The most partitions of a dataset that one partition of a clock reads.
fn most_read(reach: Reach, dataset: &Calendar, clock: &Calendar) -> i64 {
    match reach {
        Reach::Window { from, to } => i64::from(from) - i64::from(to) + 1,
        Reach::Overlapping | Reach::Back(_) if dataset == clock => 1,
        Reach::Overlapping | Reach::Back(_) if is_within(clock, dataset) => 1,
        Reach::Overlapping | Reach::Back(_) => {
            let (_, longest) = minutes(clock.every());
            let (shortest, _) = minutes(dataset.every());
            // Where the clocks' edges do not meet, one more partition is touched.
            let edge = i64::from(!is_within(dataset, clock));
            (longest + shortest - 1) / shortest + edge
        }
    }
}

/// Whether each partition of the finer clock lies within one of the coarser clock.
fn is_within(finer: &Calendar, coarser: &Calendar) -> bool {
    let nests = match (finer.every(), coarser.every()) {
        (Every::Minutes(fine), Every::Minutes(coarse)) => coarse.is_multiple_of(fine),
        (Every::Minutes(_) | Every::Day, Every::Day | Every::Week | Every::Month)
        | (Every::Week, Every::Week)
        | (Every::Month, Every::Month) => true,
        (Every::Day, Every::Minutes(_))
        | (Every::Week, Every::Minutes(_) | Every::Day | Every::Month)
        | (Every::Month, Every::Minutes(_) | Every::Day | Every::Week) => false,
    };
    nests && finer.zone() == coarser.zone()
}

/// The shortest and the longest such partition, in minutes by the calendar.
fn minutes(every: Every) -> (i64, i64) {
    const DAY: i64 = 24 * 60;
    match every {
        Every::Minutes(minutes) => (minutes.into(), minutes.into()),
        Every::Day => (DAY, DAY),
        Every::Week => (7 * DAY, 7 * DAY),
        Every::Month => (28 * DAY, 31 * DAY),
    }
}
