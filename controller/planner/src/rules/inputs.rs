//! Are the inputs there? Every required one must be, and an optional one that a step of this pipeline still makes.

use crate::calendar::Partition;
use crate::facts::Presence;
use crate::pipeline::Input;
use crate::reads;
use crate::rules::presence::presence;
use crate::rules::{Case, outputs};
use crate::verdict::{Cause, Gap, Read, Verdict};
use crate::window;

/// The first input that holds the step up.
pub(crate) fn verdict(case: &Case<'_>) -> Option<Verdict> {
    let inputs = (0..).zip(&case.step().inputs);
    inputs.map(|(place, input)| look(case, place, input)).find_map(|found| found)
}

/// The missing input that nobody is expected to deliver any more, or that is made from such: what is made from it is
/// not missed either. Data that this pipeline lets go by itself can be made again, and is waited for.
pub(crate) fn expired(case: &Case<'_>, verdict: Verdict) -> Option<Read> {
    let Verdict::WaitingForInputs(Gap { cause, read, .. }) = verdict else { return None };
    let dataset = case.world.pipeline.dataset(read.dataset);
    let is_past = outputs::is_expired(dataset, read.partition, case.world.now);
    let is_gone = match cause {
        Cause::Outside => is_past,
        Cause::Upstream(step, of) => {
            !is_past && case.judged.cell(of, step).is_some_and(|cell| cell.verdict == Verdict::Expired)
        }
        Cause::Settling
        | Cause::Occupied
        | Cause::OutsideWindow(..)
        | Cause::BeforeStart(_)
        | Cause::Initial => false,
    };
    is_gone.then_some(read)
}

fn look(case: &Case<'_>, place: u16, input: &Input) -> Option<Verdict> {
    let pipeline = case.world.pipeline;
    let dataset = pipeline.dataset(input.dataset);
    if dataset.path.is_static() {
        return look_at(case, place, (input, case.partition));
    }
    let reads = reads::reads(pipeline, input, case.partition).map(Partition);
    let mut existing = reads.filter(|read| dataset.calendar.exists(*read));
    existing.find_map(|read| look_at(case, place, (input, read)))
}

fn look_at(case: &Case<'_>, place: u16, (input, read): (&Input, Partition)) -> Option<Verdict> {
    let pipeline = case.world.pipeline;
    let target = Read { dataset: input.dataset, partition: read };
    let gap = |cause| Some(Verdict::WaitingForInputs(Gap { input: place, read: target, cause }));
    if input.initial.is_some() && reads::is_before_start(pipeline, input, read) {
        let initial = case.world.facts.initials.get(&(case.step, usize::from(place)));
        return match initial.copied().unwrap_or(Presence::Unknown) {
            Presence::Complete => None,
            Presence::Unknown => Some(Verdict::StorageUnknown(target)),
            Presence::Missing | Presence::Occupied | Presence::Settling => gap(Cause::Initial),
        };
    }
    let seen = presence(case.world, input.dataset, read);
    let outside = match seen {
        Presence::Unknown => return Some(Verdict::StorageUnknown(target)),
        Presence::Complete => return replaced_by(case, target).and_then(gap),
        Presence::Missing => Cause::Outside,
        Presence::Occupied => Cause::Occupied,
        Presence::Settling => Cause::Settling,
    };
    let maker = producer(case, target).unwrap_or(outside);
    if input.optional && !is_still_made(case, maker) { None } else { gap(maker) }
}

/// The step of this pipeline that makes what is missing.
fn producer(case: &Case<'_>, read: Read) -> Option<Cause> {
    let step = case.world.pipeline.producer(read.dataset)?;
    let is_judged = case.judged.cell(read.partition, step).is_some();
    Some(if is_judged {
        Cause::Upstream(step, read.partition)
    } else if window::exists(case.world.pipeline.parts(), read.partition) {
        Cause::OutsideWindow(step, read.partition)
    } else {
        Cause::BeforeStart(read.partition)
    })
}

/// Data that is about to be replaced is not read: the new is worth waiting for.
fn replaced_by(case: &Case<'_>, read: Read) -> Option<Cause> {
    let step = case.world.pipeline.producer(read.dataset)?;
    let cell = case.judged.cell(read.partition, step)?;
    let history = case.world.facts.history(read.partition, step);
    let is_replaced = cell.replacement.is_some()
        || history.and_then(|it| it.running.as_ref()).is_some_and(|running| running.replaces);
    let is_coming = is_replaced && (cell.verdict.is_under_way() || cell.verdict == Verdict::Failed);
    is_coming.then_some(Cause::Upstream(step, read.partition))
}

fn is_still_made(case: &Case<'_>, maker: Cause) -> bool {
    match maker {
        Cause::Upstream(step, partition) => {
            case.judged.cell(partition, step).is_some_and(|cell| cell.verdict.is_under_way())
        }
        Cause::Settling => true,
        Cause::Outside
        | Cause::Occupied
        | Cause::OutsideWindow(..)
        | Cause::BeforeStart(_)
        | Cause::Initial => false,
    }
}
