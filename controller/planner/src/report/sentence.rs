//! Sentences: what holds a step up, with the path, the number or the error, and what will change it.

use chrono::SecondsFormat;

use crate::admission::Obstacle;
use crate::calendar::{Instant, Partition};
use crate::decision::Cell;
use crate::demand::Demand;
use crate::facts::{Outcome, Presence, Stage};
use crate::pipeline::{DatasetId, Input, StepId};
use crate::reads;
use crate::report::{Reason, Reporter};
use crate::rules::presence::presence;
use crate::rules::{Case, inputs, outputs, replacement, retry};
use crate::verdict::{Cause, Gap, Read, Verdict};
use crate::window;

/// What ends the wait for a file that is too young.
const SETTLED: &str = "the clock, once it is old enough";

/// A moment as people and programs read it.
pub(crate) fn moment(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Reporter<'_> {
    /// The particulars of a verdict.
    pub(super) fn sentence(&self, partition: Partition, step: StepId, cell: &Cell) -> String {
        match cell.verdict {
            Verdict::Running | Verdict::Publishing => self.under_way(partition, step),
            Verdict::Succeeded => self.succeeded(partition, step, cell),
            Verdict::OutputsExist => format!("the outputs are there: {}", self.outputs(partition, step)),
            Verdict::Expired => self.expired(partition, step),
            Verdict::NotDemanded => format!(
                "absent, made only on demand, and nothing that must run reads it: {}",
                self.outputs(partition, step)
            ),
            Verdict::NotDue { until } => format!("wanted from {} on", moment(until)),
            Verdict::OutsideWindow => self.outside_window(partition),
            Verdict::Suspended => "suspended: nothing starts until it is resumed".to_owned(),
            Verdict::StorageUnknown(read) => self.storage_unknown(step, read),
            Verdict::OutputOccupied(output) => format!(
                "something that is not a complete {} stands in its place: {}",
                self.world.pipeline.dataset(output).name,
                self.place(Read { dataset: output, partition })
            ),
            Verdict::Failed => self.failed(partition, step),
            Verdict::WaitingForInputs(gap) => self.gap(step, gap),
            Verdict::BackingOff { until } => {
                format!("{}; the next attempt starts at {}", self.failed(partition, step), moment(until))
            }
            Verdict::Ready => self.obstacle_sentence(step),
        }
    }

    /// What will change a verdict, where something will.
    pub(super) fn wake(&self, partition: Partition, step: StepId, cell: &Cell) -> Option<String> {
        let pipeline = &self.world.pipeline.parts().name;
        let key = self.world.pipeline.parts().calendar.key(partition);
        Some(match cell.verdict {
            Verdict::Succeeded | Verdict::OutputsExist | Verdict::Expired | Verdict::NotDemanded => {
                return None;
            }
            Verdict::Running | Verdict::Publishing => "the end of the launch".to_owned(),
            Verdict::Failed | Verdict::Ready | Verdict::BackingOff { .. } if self.places.rest().is_some() => {
                return self.places.rest();
            }
            Verdict::NotDue { until } | Verdict::BackingOff { until } => {
                format!("the clock, at {}", moment(until))
            }
            Verdict::OutsideWindow if !window::exists(self.world.pipeline.parts(), partition) => return None,
            Verdict::OutsideWindow => format!("daybreak backfill {pipeline} --from {key} --to {key}"),
            Verdict::Suspended => "resuming it".to_owned(),
            Verdict::StorageUnknown(read) if self.settles(read) => SETTLED.to_owned(),
            Verdict::StorageUnknown(_) => format!("an answer from storage ({})", self.places.watch()),
            Verdict::OutputOccupied(_) => format!("moving away what is there ({})", self.places.watch()),
            Verdict::Failed => {
                format!("a change of the step or its inputs, or {}", self.rerun(partition, step))
            }
            Verdict::WaitingForInputs(gap) => self.arrival(gap),
            Verdict::Ready => "a launch that ends".to_owned(),
        })
    }

    fn rerun(&self, partition: Partition, step: StepId) -> String {
        let parts = self.world.pipeline.parts();
        let step = &self.world.pipeline.step(step).name;
        format!("daybreak rerun {} {} {step}", parts.name, parts.calendar.key(partition))
    }

    /// The address of a partition of a dataset.
    fn place(&self, read: Read) -> String {
        let dataset = self.world.pipeline.dataset(read.dataset);
        self.places.uri(&dataset.store, &dataset.path.render(&dataset.calendar, read.partition))
    }

    fn outputs(&self, partition: Partition, step: StepId) -> String {
        let outputs = &self.world.pipeline.step(step).outputs;
        let places: Vec<_> =
            outputs.iter().map(|output| self.place(Read { dataset: *output, partition })).collect();
        places.join(", ")
    }

    fn under_way(&self, partition: Partition, step: StepId) -> String {
        let history = self.world.facts.history(partition, step);
        let Some(running) = history.and_then(|history| history.running.as_ref()) else {
            return String::new();
        };
        let since = moment(running.since);
        match &running.stage {
            Stage::Held(why) => format!("attempt {} is held back: {why}", running.attempt),
            Stage::Running => format!("attempt {} runs since {since}", running.attempt),
            Stage::Publishing => format!("attempt {} ended well and is published", running.attempt),
        }
    }

    fn expired(&self, partition: Partition, step: StepId) -> String {
        let history = self.world.facts.history(partition, step);
        let demand = Demand::default();
        let case =
            Case { world: self.world, demand: &demand, judged: self.decision, partition, step, history };
        let input = inputs::verdict(&case).and_then(|it| inputs::expired(&case, it));
        match input.filter(|_| outputs::look(&case).settled(&case).is_none()) {
            Some(read) => format!(
                "absent, and so is what it is made from, which is not expected any more: {}",
                self.place(read)
            ),
            None => format!(
                "absent, and past the time for which it is expected: {}",
                self.outputs(partition, step)
            ),
        }
    }

    fn succeeded(&self, partition: Partition, step: StepId, cell: &Cell) -> String {
        let history = self.world.facts.history(partition, step);
        let Some(ended) = history.and_then(|history| history.maker()) else { return String::new() };
        let made = format!("attempt {} made it at {}", ended.attempt, moment(ended.at));
        if !cell.is_stale {
            return made;
        }
        let (demand, case) = (Demand::default(), history);
        let case = Case {
            world: self.world,
            demand: &demand,
            judged: self.decision,
            partition,
            step,
            history: case,
        };
        let changed = replacement::changed_input(&case, ended).unwrap_or_default();
        format!("{made}; an input has changed since: {changed}")
    }

    fn outside_window(&self, partition: Partition) -> String {
        let parts = self.world.pipeline.parts();
        if !window::exists(parts, partition) {
            return "no such partition: it lies outside the pipeline's start and end".to_owned();
        }
        let window = &self.decision.window;
        if window.is_empty() {
            return "outside the window, which is empty".to_owned();
        }
        let [first, last] = [window.start, window.end - 1].map(|bound| parts.calendar.key(Partition(bound)));
        format!("outside the window {first}..{last}: backfill it")
    }

    fn storage_unknown(&self, step: StepId, read: Read) -> String {
        let dataset = self.world.pipeline.dataset(read.dataset);
        if self.settles(read) {
            return format!("{} is there but too young to be trusted: {}", dataset.name, self.place(read));
        }
        let is_initial = |input: &&Input| {
            input.dataset == read.dataset
                && reads::is_before_start(self.world.pipeline, input, read.partition)
        };
        let initial = self.world.pipeline.step(step).inputs.iter().find(is_initial);
        let path = initial
            .and_then(|input| input.initial.clone())
            .unwrap_or_else(|| dataset.path.render(&dataset.calendar, read.partition));
        let (place, doubt) =
            (self.places.uri(&dataset.store, &path), self.places.doubt(&dataset.store, &path));
        format!("no reliable answer about {place}: {doubt}")
    }

    fn settles(&self, read: Read) -> bool {
        presence(self.world, read.dataset, read.partition) == Presence::Settling
    }

    fn failed(&self, partition: Partition, step: StepId) -> String {
        let history = self.world.facts.history(partition, step);
        let demand = Demand::default();
        let case =
            Case { world: self.world, demand: &demand, judged: self.decision, partition, step, history };
        let most = self.world.pipeline.step(step).retries.max_attempts;
        let retry::Failures { count, last } = retry::failures(&case);
        let Some((ended, Outcome::Failed { why, .. })) = last.map(|it| (it, &it.outcome)) else {
            return String::new();
        };
        // Who only looks may allow fewer tries than there were.
        let tries = if count > most { String::new() } else { format!(" (try {count} of {most})") };
        format!("attempt {} failed{tries}: {why}", ended.attempt)
    }

    fn gap(&self, step: StepId, gap: Gap) -> String {
        let step = self.world.pipeline.step(step);
        let input = &step.inputs[usize::from(gap.input)];
        let place = self.place(gap.read);
        match gap.cause {
            Cause::Outside => format!("{} is not there: {place}", input.name),
            Cause::Settling => format!("{} is there but too young to be trusted: {place}", input.name),
            Cause::Occupied => {
                format!("{} is not complete; something else stands in its place: {place}", input.name)
            }
            Cause::Initial => format!(
                "{} before the start is not there: {}",
                input.name,
                self.initial_place(gap.read.dataset, input.initial.as_deref())
            ),
            Cause::BeforeStart(of) => format!(
                "{} is not there: {place}, and {} lies before the start, so that no step makes it",
                input.name,
                self.world.pipeline.parts().calendar.key(of)
            ),
            Cause::OutsideWindow(maker, of) => format!(
                "{} is not there and outside the window: {place}; backfill it (the step {} of {} makes it)",
                input.name,
                self.world.pipeline.step(maker).name,
                self.world.pipeline.parts().calendar.key(of)
            ),
            Cause::Upstream(maker, of) => {
                let seen = presence(self.world, gap.read.dataset, gap.read.partition);
                let what =
                    if seen == Presence::Complete { "is about to be made anew" } else { "is not there" };
                self.upstream(&format!("{} {what}: {place}", input.name), (maker, of))
            }
        }
    }

    fn initial_place(&self, dataset: DatasetId, initial: Option<&str>) -> String {
        self.places.uri(&self.world.pipeline.dataset(dataset).store, initial.unwrap_or_default())
    }

    /// Names the maker of a missing input, and what holds that up at the root.
    fn upstream(&self, missing: &str, (maker, of): (StepId, Partition)) -> String {
        let parts = self.world.pipeline.parts();
        let name = |step| &self.world.pipeline.step(step).name;
        let waits = format!("{missing}, which the step {} of {} makes", name(maker), parts.calendar.key(of));
        let (root, root_of, cell) = self.root((maker, of));
        let Some(cell) = cell else { return waits };
        let what = self.sentence(root_of, root, &cell);
        let reason = Reason::of(cell.verdict);
        if (root, root_of) == (maker, of) {
            return format!("{waits}; that is {reason}: {what}");
        }
        format!(
            "{waits}; held up by the step {} of {}, {reason}: {what}",
            name(root),
            parts.calendar.key(root_of)
        )
    }

    /// Follows the chain of what waits for what to its end; "no offset points forward" makes it end.
    fn root(&self, (mut step, mut partition): (StepId, Partition)) -> (StepId, Partition, Option<Cell>) {
        loop {
            let cell = self.decision.cell(partition, step).copied();
            match cell.map(|cell| cell.verdict) {
                Some(Verdict::WaitingForInputs(Gap { cause: Cause::Upstream(maker, of), .. })) => {
                    (step, partition) = (maker, of);
                }
                _ => return (step, partition, cell),
            }
        }
    }

    fn arrival(&self, gap: Gap) -> String {
        match gap.cause {
            Cause::Outside | Cause::Occupied | Cause::BeforeStart(_) | Cause::Initial => {
                format!("its arrival ({})", self.places.watch())
            }
            Cause::Settling => SETTLED.to_owned(),
            Cause::OutsideWindow(_, of) => {
                let parts = self.world.pipeline.parts();
                let key = parts.calendar.key(of);
                format!("daybreak backfill {} --from {key} --to {key}", parts.name)
            }
            Cause::Upstream(step, of) => {
                let (root, root_of, cell) = self.root((step, of));
                let wake = cell.and_then(|cell| self.wake(root_of, root, &cell));
                // What is absent and not missed comes back only when somebody asks for it.
                wake.unwrap_or_else(|| self.rerun(root_of, root))
            }
        }
    }

    fn obstacle_sentence(&self, step: StepId) -> String {
        match self.obstacles.get(&step) {
            None => "ready to start".to_owned(),
            Some(Obstacle::Parallelism(most)) => {
                format!("the pipeline runs {most} launches at once (parallelism)")
            }
            Some(Obstacle::Slots(most)) => format!("the environment runs {most} launches at once"),
            Some(Obstacle::Pool(pool)) => format!("the pool {pool} is used up"),
            Some(Obstacle::Resources) => {
                let needed = self.world.pipeline.step(step).resources;
                format!(
                    "the machine has no room now for cpu {}m, memory {} MiB, disk {} MiB",
                    needed.cpu_millis,
                    needed.memory_bytes >> 20,
                    needed.disk_bytes >> 20
                )
            }
        }
    }
}
