//! Actors: people and other systems that change the world while the runtime works.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::TimeDelta;
use planner::calendar::Partition;
use planner::digest::Digest;
use planner::facts::Request;
use planner::pipeline::{Parts, StepId};

use crate::blueprint::newest_due;
use crate::features::Feature;
use crate::spec::Spec;
use crate::store::{Kind, Place, Shape, Task, Writer};
use crate::world::{Event, World};

/// What somebody outside may do.
#[derive(Clone, Copy, Debug)]
enum Act {
    ChangeInput,
    DeleteInput,
    DeleteOutput,
    WriteOutput,
    BreakStore,
    AskBackfill,
    AskRerun,
    TakeRequestBack,
    ToggleSuspension,
    ChangeStep,
}

const ACTS: [(Feature, Act); 10] = [
    (Feature::InputChanges, Act::ChangeInput),
    (Feature::InputDeletions, Act::DeleteInput),
    (Feature::OutputDeletions, Act::DeleteOutput),
    (Feature::Foreigners, Act::WriteOutput),
    (Feature::Outages, Act::BreakStore),
    (Feature::Backfills, Act::AskBackfill),
    (Feature::Reruns, Act::AskRerun),
    (Feature::Reruns, Act::TakeRequestBack),
    (Feature::Suspensions, Act::ToggleSuspension),
    (Feature::StepChanges, Act::ChangeStep),
];

/// Somebody does something.
pub(crate) fn act(world: &mut World) {
    let acts: Vec<_> = ACTS.iter().filter(|(feature, _)| world.features.has(*feature)).collect();
    if acts.is_empty() {
        return;
    }
    let act = world.dice.pick(&acts).1;
    match act {
        Act::ChangeInput => {
            if let Some(place) = existing(world, is_input) {
                world.count("inputs changed");
                write(world, place, Shape::Whole);
            }
        }
        Act::DeleteInput => {
            if let Some(place) = existing(world, is_input) {
                world.count("inputs deleted");
                remove(world, place);
                if world.dice.percent(70) {
                    let delay = world.dice.between(1, world.unit);
                    world.after(delay, Event::Lands(place));
                }
            }
        }
        Act::DeleteOutput => {
            if let Some(place) = existing(world, |kind| !is_input(kind)) {
                world.count("outputs deleted");
                remove(world, place);
            }
        }
        Act::WriteOutput => write_output(world),
        Act::BreakStore => {
            let family = pick_family(world, |_| true);
            let lasts = world.dice.seconds(world.unit);
            world.count("outages");
            world.note(|_| format!("family {family} is out for {lasts} s"));
            world.store.outages.insert(family, world.now + TimeDelta::seconds(lasts));
        }
        Act::AskBackfill => ask(world, Act::AskBackfill),
        Act::AskRerun => ask(world, Act::AskRerun),
        Act::TakeRequestBack | Act::ToggleSuspension | Act::ChangeStep => change_spec(world, act),
    }
}

fn is_input(kind: Kind) -> bool {
    matches!(kind, Kind::Outside | Kind::Static)
}

fn pick_family(world: &mut World, claim: impl Fn(Kind) -> bool) -> usize {
    let families: Vec<_> =
        (0..world.store.families.len()).filter(|it| claim(world.store.families[*it].kind)).collect();
    if families.is_empty() { 0 } else { *world.dice.pick(&families) }
}

fn existing(world: &mut World, claim: impl Fn(Kind) -> bool) -> Option<Place> {
    let families = &world.store.families;
    let places: Vec<_> =
        world.store.objects.keys().filter(|place| claim(families[place.family].kind)).copied().collect();
    if places.is_empty() { None } else { Some(*world.dice.pick(&places)) }
}

/// A file from outside comes into being, or changes.
pub(crate) fn write(world: &mut World, place: Place, shape: Shape) {
    world.note(|_| format!("outside: {place:?} is written, {shape:?}"));
    world.store.write(place, (shape, Writer::Foreigner, world.now));
    world.touched(place);
}

fn remove(world: &mut World, place: Place) {
    world.note(|_| format!("outside: {place:?} is deleted"));
    world.store.objects.remove(&place);
    world.touched(place);
}

/// Others write where a step would. What a step writes in place is its own while it runs.
fn write_output(world: &mut World) {
    let family = pick_family(world, |kind| !is_input(kind));
    let near = world.partition_at(family, world.now);
    let place = Place { family, partition: Partition(near.0 - world.dice.between(-1, 5)) };
    let is_free = !world.store.objects.contains_key(&place)
        && world.store.families[family].calendar.exists(place.partition);
    if !is_free || is_input(world.store.families[family].kind) || is_being_written(world, place) {
        return;
    }
    let shape = if world.dice.percent(20) { Shape::Parts } else { Shape::Whole };
    world.count(if shape == Shape::Whole { "foreign outputs" } else { "occupied outputs" });
    write(world, place, shape);
}

fn is_being_written(world: &World, place: Place) -> bool {
    let is_direct = world.store.families[place.family].kind == Kind::Direct;
    let writes = |task: Task| world.specs[task.pipeline].outputs(task).iter().any(|(_, it)| *it == place);
    is_direct && world.referee.ledger.all_open().any(writes)
}

/// Somebody asks for partitions beyond the window, or for data to be made anew.
fn ask(world: &mut World, act: Act) {
    let pipeline = usize::try_from(world.dice.between(0, 2)).unwrap_or(0) % world.specs.len();
    let mut spec = Spec::clone(&world.specs[pipeline]);
    if spec.requests.len() >= 4 {
        return;
    }
    let newest = newest_due(&spec, world.now);
    let from = Partition(newest.0 - world.dice.between(-1, 8));
    let to = Partition(from.0 + world.dice.between(0, 2));
    let steps = (0..).take(spec.parts().steps.len()).map(StepId);
    let has_steps = world.dice.percent(40);
    let steps: BTreeSet<_> = steps.filter(|_| has_steps && world.dice.percent(50)).collect();
    let rerun = matches!(act, Act::AskRerun);
    world.count(if rerun { "reruns asked for" } else { "backfills asked for" });
    let name = format!("request-{}", world.store.version());
    world.note(|_| format!("people ask: {name} of {pipeline}: {from:?}..{to:?} {steps:?}, rerun: {rerun}"));
    spec.requests.push(Request { name, from, to, steps, rerun, suspended: false });
    world.tell(pipeline, spec);
}

fn change_spec(world: &mut World, act: Act) {
    let pipeline = usize::try_from(world.dice.between(0, 2)).unwrap_or(0) % world.specs.len();
    let spec = Rc::clone(&world.specs[pipeline]);
    let changed = match act {
        Act::ChangeStep => Some(change_step(world, &spec)),
        Act::TakeRequestBack => take_back(world, &spec),
        Act::ToggleSuspension => Some(toggle(world, &spec)),
        Act::ChangeInput
        | Act::DeleteInput
        | Act::DeleteOutput
        | Act::WriteOutput
        | Act::BreakStore
        | Act::AskBackfill
        | Act::AskRerun => None,
    };
    if let Some(changed) = changed {
        world.note(|_| format!("people: {act:?} of {pipeline}"));
        world.tell(pipeline, changed);
    }
}

fn change_step(world: &mut World, spec: &Spec) -> Spec {
    let serial = world.store.version().to_string();
    let step = usize::try_from(world.dice.between(0, 9)).unwrap_or(0) % spec.parts().steps.len();
    let is_whole_only = world.dice.percent(30);
    world.count("step changes");
    spec.with(|parts| {
        parts.steps[step].whole_digest = Digest::of(["whole", &serial]);
        if !is_whole_only {
            parts.steps[step].result_digest = Digest::of(["result", &serial]);
        }
    })
}

fn take_back(world: &mut World, spec: &Spec) -> Option<Spec> {
    let mut spec = spec.clone();
    let last = spec.requests.len().checked_sub(1)?;
    let place = usize::try_from(world.dice.between(0, i64::try_from(last).unwrap_or(0))).unwrap_or(0);
    if world.dice.percent(50) {
        spec.requests.remove(place);
    } else {
        spec.requests[place].suspended = !spec.requests[place].suspended;
    }
    Some(spec)
}

fn toggle(world: &mut World, spec: &Spec) -> Spec {
    world.count("suspensions");
    if world.dice.percent(50) {
        return spec.with(|parts| parts.suspend = !parts.suspend);
    }
    let mut spec = spec.clone();
    let partition = Partition(newest_due(&spec, world.now).0 - world.dice.between(0, 4));
    if !spec.suspended.insert(partition) {
        spec.suspended.remove(&partition);
    }
    spec
}

/// Faults stop: stores answer, nothing rests, nothing new becomes due, and perhaps what is broken is mended.
pub(crate) fn calm(world: &mut World) {
    let is_mended = world.features.has(Feature::Mended);
    world.features.calm();
    world.store.outages.clear();
    for pipeline in 0..world.specs.len() {
        let spec = Rc::clone(&world.specs[pipeline]);
        let after_newest = spec.parts().calendar.shift(newest_due(&spec, world.now), 1);
        let settle = |parts: &mut Parts| {
            parts.suspend = false;
            parts.end = Some(parts.end.map_or(after_newest, |end| end.min(after_newest)));
            for (index, step) in parts.steps.iter_mut().enumerate().filter(|_| is_mended) {
                step.whole_digest = Digest::of(["mended", &index.to_string()]);
            }
        };
        let mut calm = spec.with(settle);
        calm.suspended.clear();
        calm.requests.iter_mut().for_each(|request| request.suspended = false);
        world.tell(pipeline, calm);
    }
    if is_mended {
        world
            .store
            .objects
            .retain(|_, object| object.shape == Shape::Whole || object.writer != Writer::Foreigner);
    }
    let landings: Vec<_> = world
        .events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Lands(_)))
        .map(|(at, _)| *at)
        .collect();
    for at in landings {
        let event = world.events.remove(&at);
        if let Some(Event::Lands(place)) = event.filter(|_| is_mended || world.dice.percent(50)) {
            write(world, place, Shape::Whole);
        }
    }
}
