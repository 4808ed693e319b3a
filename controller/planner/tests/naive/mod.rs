//! The rules once more, as plainly as can be, to judge launches by.

use planner::calendar::Partition;
use planner::facts::Presence;
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Due, Input, Publish, Reach, StepId, WhenChanged};

use crate::random::Scene;

/// What is wrong with a launch, if anything.
pub(crate) fn objection(scene: &Scene, launch: &Launch) -> Option<String> {
    let parts = scene.pipeline.parts();
    let (partition, step) = (launch.partition, launch.step);
    let calendar = &parts.calendar;
    let edge = match parts.due {
        Due::Start => calendar.start(partition),
        Due::End => calendar.end(partition),
    };
    let is_covered = |it: &planner::facts::Request| {
        !it.suspended
            && it.from <= partition
            && partition <= it.to
            && (it.steps.is_empty() || it.steps.contains(&step))
    };
    let is_asked_again = scene.facts.requests.iter().any(|it| it.rerun && is_covered(it));
    let step_parts = scene.pipeline.step(step);
    let may_rebuild = step_parts.when_inputs_change == WhenChanged::Rebuild
        || step_parts.when_step_changes == WhenChanged::Rebuild;
    let lacks = step_parts.outputs.iter().any(|it| seen(scene, *it, partition) == Presence::Missing);
    let history = scene.facts.history(partition, step);
    let is_numbered_twice = history.is_some_and(|history| {
        history.ended.iter().any(|it| (it.attempt, it.launch) == (launch.attempt, launch.launch))
    });
    let objections = [
        (parts.delay.after(edge, calendar.zone()) > scene.now, "it is not due"),
        (parts.suspend || scene.facts.suspended.contains(&partition), "it is suspended"),
        (parts.start.is_some_and(|start| partition < start), "it lies before the start"),
        (parts.end.is_some_and(|end| partition >= end), "it lies after the end"),
        (history.is_some_and(|it| it.running.is_some()), "it runs already"),
        (is_numbered_twice, "its number was used before"),
        (!lacks && !is_asked_again && !may_rebuild, "nothing is missing, and nobody asked"),
        (launch.replaces && !is_asked_again && !may_rebuild, "it replaces what nobody asked it to"),
        (
            step_parts
                .outputs
                .iter()
                .any(|it| matches!(seen(scene, *it, partition), Presence::Unknown | Presence::Occupied)),
            "an output is unknown or occupied",
        ),
    ];
    let wrong = objections.iter().find(|(holds, _)| *holds).map(|(_, what)| (*what).to_owned());
    wrong.or_else(|| missing_input(scene, (partition, step)))
}

fn missing_input(scene: &Scene, (partition, step): (Partition, StepId)) -> Option<String> {
    for (place, input) in scene.pipeline.step(step).inputs.iter().enumerate().filter(|(_, it)| !it.optional) {
        for read in naive_reads(scene, input, partition) {
            let calendar = &scene.pipeline.dataset(input.dataset).calendar;
            let start =
                scene.pipeline.parts().start.map(|start| scene.pipeline.parts().calendar.start(start));
            let is_initial =
                input.initial.is_some() && start.is_some_and(|start| calendar.start(read) < start);
            let presence = if is_initial {
                scene.facts.initials[&(step, place)]
            } else {
                seen(scene, input.dataset, read)
            };
            if presence != Presence::Complete {
                return Some(format!("{} of {} is {presence:?}", input.name, calendar.key(read)));
            }
        }
    }
    None
}

/// Every partition of the dataset near the present that the input reads, found by trying each.
fn naive_reads(scene: &Scene, input: &Input, partition: Partition) -> Vec<Partition> {
    let clock = &scene.pipeline.parts().calendar;
    let calendar = &scene.pipeline.dataset(input.dataset).calendar;
    let overlapping = |of: Partition| -> Vec<i64> {
        let middle = calendar.at(clock.start(of)).0;
        let shares = |it: &i64| {
            let it = Partition(*it);
            calendar.start(it) < clock.end(of) && clock.start(of) < calendar.end(it)
        };
        (middle - 10..middle + 800).filter(shares).collect()
    };
    let back = |all: Vec<i64>, count: u32| all.into_iter().map(|it| it - i64::from(count)).collect();
    let reads: Vec<i64> = match input.reach {
        Reach::Overlapping => overlapping(partition),
        Reach::Back(count) if calendar.every() > clock.every() => back(overlapping(partition), count),
        Reach::Back(count) => overlapping(Partition(partition.0 - i64::from(count))),
        Reach::Window { from, to } => {
            let last = overlapping(partition).into_iter().max().expect("every clock overlaps");
            (last - i64::from(from)..=last - i64::from(to)).collect()
        }
    };
    reads.into_iter().map(Partition).collect()
}

/// What storage says; a direct output of a step that runs is not there yet.
fn seen(scene: &Scene, dataset: DatasetId, partition: Partition) -> Presence {
    let is_direct = scene.pipeline.dataset(dataset).publish == Publish::Direct;
    let maker = scene.pipeline.producer(dataset).filter(|_| is_direct);
    let runs = |step| scene.facts.history(partition, step).is_some_and(|it| it.running.is_some());
    let presence = scene.shelf.presence(dataset, partition);
    if presence == Presence::Complete && maker.is_some_and(runs) { Presence::Missing } else { presence }
}
