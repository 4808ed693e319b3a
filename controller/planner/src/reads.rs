//! Which partitions of a dataset an input reads.

use std::ops::Range;

use crate::calendar::Partition;
use crate::pipeline::{Input, OnMissing, Pipeline, Reach, StepId};

/// The partitions of the input's dataset that a step reads for its own `partition`, in the dataset's clock.
pub fn reads(pipeline: &Pipeline, input: &Input, partition: Partition) -> Range<i64> {
    let clock = &pipeline.parts().calendar;
    let dataset = pipeline.dataset(input.dataset);
    let overlapping = |of: Partition| {
        if dataset.calendar == *clock {
            of.0..of.0 + 1
        } else {
            dataset.calendar.overlapping(clock.start(of), clock.end(of))
        }
    };
    match input.reach {
        Reach::Overlapping => overlapping(partition),
        Reach::Back(count) if dataset.calendar.every() > clock.every() => {
            let range = overlapping(partition);
            let back = |bound| dataset.calendar.shift(Partition(bound), -i64::from(count)).0;
            back(range.start)..back(range.end)
        }
        Reach::Back(count) => overlapping(clock.shift(partition, -i64::from(count))),
        Reach::Window { from, to } => {
            let last = Partition(overlapping(partition).end - 1);
            let back = |count: u32| dataset.calendar.shift(last, -i64::from(count)).0;
            back(from)..back(to) + 1
        }
    }
}

/// Whether a partition of the input's dataset lies before the pipeline's start, so that `initial` stands for it.
pub fn is_before_start(pipeline: &Pipeline, input: &Input, read: Partition) -> bool {
    let parts = pipeline.parts();
    let dataset = &pipeline.dataset(input.dataset).calendar;
    parts.start.is_some_and(|start| dataset.start(read) < parts.calendar.start(start))
}

/// How many rounds of upstream data are followed: a chain of on-demand data longer than three years of days ends there.
const ROUNDS_MAX: usize = 1_100;

/// For each dataset the stretch that deciding these partitions may look at; none for a static dataset.
///
/// Data made on demand is followed upstream, since a decision may have to make it for partitions before these.
pub fn sight(pipeline: &Pipeline, partitions: &Range<i64>) -> Vec<Option<Range<i64>>> {
    let mut stretches = vec![None; pipeline.parts().datasets.len()];
    let mut steps = vec![Some(partitions.clone()); pipeline.parts().steps.len()];
    for _ in 0..ROUNDS_MAX {
        let before = stretches.clone();
        for (step, stretch) in pipeline.step_ids().zip(&steps) {
            let Some(stretch) = stretch.as_ref().filter(|stretch| !stretch.is_empty()) else { continue };
            see_step(pipeline, step, stretch, &mut stretches);
        }
        if stretches == before {
            break;
        }
        for (id, stretch) in pipeline.dataset_ids().zip(&stretches) {
            let is_on_demand = pipeline.dataset(id).on_missing == OnMissing::OnDemand;
            if let (Some(producer), Some(stretch), true) = (pipeline.producer(id), stretch, is_on_demand) {
                widen(&mut steps[usize::from(producer.0)], &from_start(pipeline, stretch.clone()));
            }
        }
    }
    stretches
}

fn see_step(pipeline: &Pipeline, step: StepId, of: &Range<i64>, stretches: &mut [Option<Range<i64>>]) {
    let (clock, step) = (&pipeline.parts().calendar, pipeline.step(step));
    for output in &step.outputs {
        widen(&mut stretches[usize::from(output.0)], of);
    }
    for input in step.inputs.iter().filter(|input| !pipeline.dataset(input.dataset).path.is_static()) {
        // A date that a zone left out reads nothing: the first and the last that exist bound the rest.
        let first = reads(pipeline, input, clock.shift(Partition(of.start), 0));
        let last = reads(pipeline, input, clock.shift(Partition(of.end), -1));
        widen(&mut stretches[usize::from(input.dataset.0)], &(first.start..last.end));
    }
}

fn widen(stretch: &mut Option<Range<i64>>, by: &Range<i64>) {
    let (start, end) =
        stretch.take().map_or((by.start, by.end), |it| (it.start.min(by.start), it.end.max(by.end)));
    *stretch = Some(start..end);
}

fn from_start(pipeline: &Pipeline, stretch: Range<i64>) -> Range<i64> {
    let start = pipeline.parts().start.map_or(stretch.start, |start| stretch.start.max(start.0));
    start.min(stretch.end)..stretch.end
}
