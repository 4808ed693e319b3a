//! The referee: after every step it checks the promises against the world's own truth.

use std::collections::{BTreeMap, BTreeSet};

use planner::admission::Capacity;
use planner::calendar::Instant;
use planner::decision::Decision;
use planner::facts::{Fingerprints, Outcome, Presence};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Publish};
use planner::verdict::Verdict;

use crate::ledger::{Ledger, Spent, Tries};
use crate::oracle::Oracle;
use crate::process::Exit;
use crate::spec::Spec;
use crate::store::{Kind, LaunchKey, Place, Shape, Store, Task, Writer};
use crate::world::Placed;

/// A broken promise.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) promise: &'static str,
    pub(crate) what: String,
}

/// What the runtime knew when it decided a launch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Basis<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) all: &'a [&'a Spec],
    pub(crate) looks: Option<&'a Fingerprints>,
    pub(crate) forgive: Option<Instant>,
}

/// How a process truly ended, and whether the runtime of that time was told.
#[derive(Clone, Copy, Debug)]
struct Known {
    exit: Exit,
    epoch: Option<u32>,
}

/// What the referee knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Referee {
    pub(crate) ledger: Ledger,
    pub(crate) observed: BTreeMap<Place, (Presence, bool)>,
    started: BTreeSet<LaunchKey>,
    exits: BTreeMap<LaunchKey, Known>,
    placed: BTreeMap<(LaunchKey, DatasetId), Placed>,
    /// Since when each waits that may start.
    pub(crate) ready_since: BTreeMap<Task, Instant>,
    /// Whether a runtime lives.
    pub(crate) is_up: bool,
    /// The number of runtimes so far.
    epoch: u32,
}

#[expect(clippy::fn_params_excessive_bools, reason = "the claim is what it is about")]
pub(crate) fn require(
    holds: bool,
    promise: &'static str,
    what: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { promise, what: what() }) }
}

impl Referee {
    pub(crate) fn restarted(&mut self) {
        self.epoch += 1;
        self.is_up = true;
        self.ready_since.clear();
    }

    pub(crate) fn sees(&mut self, place: Place, (seen, is_data): (Presence, bool)) {
        self.observed.insert(place, (seen, is_data));
    }

    /// Whether the last look found the whole, from somebody who was through with it.
    pub(crate) fn has_seen(&self, place: Place) -> bool {
        self.observed.get(&place) == Some(&(Presence::Complete, true))
    }

    fn seen(&self, place: Place) -> Presence {
        self.observed.get(&place).map_or(Presence::Unknown, |seen| seen.0)
    }

    /// A decision claims nothing that was not seen.
    pub(crate) fn decided(&self, pipeline: usize, spec: &Spec, decision: &Decision) -> Result<(), Violation> {
        for (partition, step, cell) in decision.cells() {
            let task = Task { pipeline, partition, step };
            match cell.verdict {
                Verdict::Succeeded | Verdict::OutputsExist => self.has_outputs(spec, task)?,
                Verdict::Ready => self.has_inputs(spec, task)?,
                Verdict::Running
                | Verdict::Publishing
                | Verdict::Expired
                | Verdict::NotDemanded
                | Verdict::NotDue { .. }
                | Verdict::OutsideWindow
                | Verdict::Suspended
                | Verdict::StorageUnknown(_)
                | Verdict::OutputOccupied(_)
                | Verdict::Failed
                | Verdict::WaitingForInputs(_)
                | Verdict::BackingOff { .. } => {}
            }
        }
        Ok(())
    }

    /// Every output was seen.
    fn has_outputs(&self, spec: &Spec, task: Task) -> Result<(), Violation> {
        for output in &spec.pipeline.step(task.step).outputs {
            let place = spec.place(*output, task.partition);
            require(self.has_seen(place), "S3 nothing is complete without proof", || {
                let seen = self.observed.get(&place);
                format!("{task:?} is said to be complete but {place:?} was seen as {seen:?}")
            })?;
        }
        Ok(())
    }

    /// Every required input was seen, and none is unknown.
    fn has_inputs(&self, spec: &Spec, task: Task) -> Result<(), Violation> {
        for read in spec.reads(task) {
            let seen = self.seen(read.place);
            require(seen != Presence::Unknown, "S4 nothing starts on an unknown", || {
                format!("{task:?} may start though the input {:?} is unknown", read.place)
            })?;
            let producer = read.dataset.and_then(|dataset| spec.pipeline.producer(dataset));
            let maker = producer.map(|step| Task { step, partition: read.place.partition, ..task });
            let is_replaced = |maker| self.ledger.open(maker).is_some_and(|line| line.launch.replaces);
            require(!maker.is_some_and(is_replaced), "S7 inputs are complete", || {
                format!("{task:?} may start while its input {:?} is being replaced", read.place)
            })?;
            require(read.is_optional || self.has_seen(read.place), "S7 inputs are complete", || {
                format!("{task:?} may start though {:?} was seen as {seen:?}", read.place)
            })?;
            let is_made = read.is_optional
                && !self.has_seen(read.place)
                && maker.is_some_and(|maker| self.ledger.open(maker).is_some());
            require(!is_made, "S7 inputs are complete", || {
                format!("{task:?} may start while its optional input {:?} is being made", read.place)
            })?;
        }
        Ok(())
    }

    /// A launch is about to be recorded.
    pub(crate) fn launched(
        &mut self,
        (task, launch, inputs): (Task, &Launch, &Fingerprints),
        basis: &Basis<'_>,
        (capacity, store, now): (&Capacity, &Store, Instant),
    ) -> Result<(), Violation> {
        require(self.ledger.open(task).is_none(), "S1 one launch at a time", || {
            format!("{task:?} is launched again while {:?} is open", self.ledger.open(task))
        })?;
        self.check_trial((task, launch), basis, now)?;
        self.has_inputs(basis.spec, task)?;
        let reads = basis.spec.reads(task);
        require(inputs.is_empty() == reads.is_empty(), "S5 the record is whole", || {
            format!("{task:?} is launched without a record of its inputs")
        })?;
        self.check_outputs((task, launch), basis, (store, now))?;
        self.check_room(task, basis, capacity)?;
        self.ledger.launched(task, launch, inputs);
        Ok(())
    }

    fn check_trial(
        &self,
        (task, launch): (Task, &Launch),
        basis: &Basis<'_>,
        now: Instant,
    ) -> Result<(), Violation> {
        let step = basis.spec.pipeline.step(task.step);
        let request = basis.spec.rerun(task).map(|it| it.name.clone());
        require(launch.trial.request == request, "S2 once for each request", || {
            format!("{task:?} is tried for {:?} instead of {request:?}", launch.trial.request)
        })?;
        require(launch.trial.whole == step.whole_digest, "S5 the count is exact", || {
            format!("{task:?} is tried with the digest of another step")
        })?;
        let numbers = (launch.attempt, launch.launch);
        let right = self.ledger.next_numbers(task, &launch.trial);
        require(numbers == right, "S5 the count is exact", || {
            format!("{task:?} is launched as {numbers:?} instead of {right:?}")
        })?;
        let tries = Tries { trial: &launch.trial, looks: basis.looks, forgive: basis.forgive };
        let spent = self.ledger.spent(task, tries, &step.retries);
        let may_try = match spent {
            Spent::No => true,
            Spent::Until(until) => until <= now,
            Spent::ForGood => false,
        };
        require(may_try, "S5 the count is exact", || format!("{task:?} is tried again in spite of {spent:?}"))
    }

    fn check_outputs(
        &self,
        (task, launch): (Task, &Launch),
        basis: &Basis<'_>,
        (store, now): (&Store, Instant),
    ) -> Result<(), Violation> {
        let has = |place| self.has_seen(place);
        let ledger = &self.ledger;
        let oracle = Oracle { spec: basis.spec, ledger, has: &has, looks: None, is_stuck: &|_| false, now };
        let outputs = basis.spec.outputs(task);
        for (_, place) in &outputs {
            let seen = self.seen(*place);
            let is_known = !matches!(seen, Presence::Unknown | Presence::Settling);
            require(is_known, "S4 nothing starts on an unknown", || {
                format!("{task:?} is launched though its output {place:?} is {seen:?}")
            })?;
        }
        let scope = oracle.check_scope(task);
        require(scope.is_ok(), "S7 scope and suspension", || format!("{task:?} is launched: {scope:?}"))?;
        let is_asked = oracle.is_replaced(task, basis.looks);
        let request = launch.trial.request.as_ref();
        let request = request.filter(|it| launch.replaces && !self.ledger.has_served(task, it));
        require(!request.is_some_and(|it| self.has_published(task, it)), "S2 once for each request", || {
            format!("{task:?} is launched for {request:?}, which published every output before")
        })?;
        let has_all = outputs.iter().all(|(_, place)| self.has_seen(*place));
        require(!has_all || launch.replaces, "S2 no launch of what is complete", || {
            format!("{task:?} is launched though every output is there")
        })?;
        require(!launch.replaces || is_asked, "S2 no replacement unasked", || {
            format!("{task:?} replaces what nobody asked to replace")
        })?;
        require(is_asked || oracle.lacks_something_wanted(task), "S2 nothing unwanted is made", || {
            format!("{task:?} is launched though nothing that it lacks is wanted")
        })?;
        let is_own = |place: &Place| {
            let object = store.objects.get(place);
            object.is_some_and(|it| it.shape == Shape::Whole && matches!(it.writer, Writer::Launch(_)))
        };
        let are_own = outputs.iter().all(|(dataset, place)| {
            let is_staged = basis.spec.pipeline.dataset(*dataset).publish == Publish::Staged;
            is_staged && is_own(place)
        });
        require(!are_own || launch.replaces, "S2 no launch of what is complete", || {
            format!("{task:?} is launched though it published every output before")
        })
    }

    /// Whether a launch for a request has put every staged output in its place.
    fn has_published(&self, task: Task, request: &str) -> bool {
        self.ledger.lines(task).iter().any(|line| {
            let key = LaunchKey::of(task.pipeline, &line.launch);
            let mut outputs = line.launch.outputs.iter();
            let is_for_it = line.launch.trial.request.as_deref() == Some(request);
            is_for_it && outputs.all(|output| self.placed.get(&(key, *output)) == Some(&Placed::Published))
        })
    }

    fn check_room(&self, task: Task, basis: &Basis<'_>, capacity: &Capacity) -> Result<(), Violation> {
        let open: Vec<_> = self.ledger.all_open().chain([task]).collect();
        let count = |of: &dyn Fn(&Task) -> bool| {
            u32::try_from(open.iter().filter(|it| of(it)).count()).unwrap_or(u32::MAX)
        };
        let parallelism = basis.spec.parts().parallelism;
        require(count(&|it| it.pipeline == task.pipeline) <= parallelism, "S7 parallelism", || {
            format!("{task:?} is launched beyond {parallelism}")
        })?;
        let slots = capacity.slots.unwrap_or(u32::MAX);
        require(count(&|_| true) <= slots, "S7 slots", || format!("{task:?} is launched beyond {slots}"))?;
        let step_of = |it: &Task| basis.all[it.pipeline].pipeline.step(it.step);
        if let Some(pool) = &step_of(&task).pool {
            let limit = capacity.pools.get(pool).copied().unwrap_or(u32::MAX);
            let used = count(&|it| step_of(it).pool.as_ref() == Some(pool));
            require(used <= limit, "S7 pools", || format!("{task:?} takes one more of {pool} than {limit}"))?;
        }
        let Some(machine) = capacity.resources else { return Ok(()) };
        let sum = |of: &dyn Fn(&Task) -> u64| open.iter().map(of).sum::<u64>();
        let fits = sum(&|it| step_of(it).resources.cpu_millis) <= machine.cpu_millis
            && sum(&|it| step_of(it).resources.memory_bytes) <= machine.memory_bytes
            && sum(&|it| step_of(it).resources.disk_bytes) <= machine.disk_bytes;
        require(fits, "S7 resources", || format!("{task:?} is launched beyond {machine:?}"))
    }

    /// A process starts.
    pub(crate) fn started(&mut self, key: LaunchKey, rivals: usize) -> Result<(), Violation> {
        require(rivals == 0, "S1 one launch at a time", || format!("{key:?} starts beside {rivals} others"))?;
        let open = self.ledger.open(key.task).map(|line| (line.launch.attempt, line.launch.launch));
        require(open == Some((key.attempt, key.launch)), "S5 the count is exact", || {
            format!("{key:?} starts but the record tells of {open:?}")
        })?;
        require(self.started.insert(key), "S5 the count is exact", || format!("{key:?} starts twice"))
    }

    /// A process ended, in truth.
    pub(crate) fn exited(&mut self, key: LaunchKey, exit: Exit) {
        self.exits.insert(key, Known { exit, epoch: self.is_up.then_some(self.epoch) });
    }

    /// A launch is recorded as publishing.
    pub(crate) fn publishing(&mut self, task: Task) -> Result<(), Violation> {
        require(self.ledger.open(task).is_some(), "S5 the count is exact", || {
            format!("{task:?} publishes without a launch")
        })?;
        self.ledger.publishing(task);
        Ok(())
    }

    /// An output is about to be moved to its place.
    pub(crate) fn publishes(
        &self,
        key: LaunchKey,
        (exists, replaces): (bool, bool),
    ) -> Result<(), Violation> {
        let line = self.ledger.open(key.task);
        require(line.is_some_and(|line| line.is_publishing), "S3 publishing is recorded first", || {
            format!("{key:?} publishes without a record of it")
        })?;
        let may = line.is_some_and(|line| line.launch.replaces);
        require(!exists || !replaces || may, "S6 nothing is overwritten unasked", || {
            format!("{key:?} overwrites what is there")
        })
    }

    pub(crate) fn placed(&mut self, key: LaunchKey, dataset: DatasetId, placed: Placed) {
        self.placed.insert((key, dataset), placed);
    }

    /// A launch is about to be recorded as ended.
    pub(crate) fn ended(
        &mut self,
        (task, outcome): (Task, &Outcome),
        outputs: &[(DatasetId, Place)],
        (store, now): (&Store, Instant),
    ) -> Result<(), Violation> {
        let Some(line) = self.ledger.open(task) else {
            let what = format!("{task:?} ends without a launch");
            return Err(Violation { promise: "S5 the count is exact", what });
        };
        let key = LaunchKey { task, attempt: line.launch.attempt, launch: line.launch.launch };
        let known = self.exits.get(&key);
        let is_whole = |known: &Known| known.exit == Exit::Code { code: 0, wrote_all: true };
        match outcome {
            Outcome::Succeeded | Outcome::Discarded => {
                require(known.is_some_and(is_whole), "S3 nothing succeeds without its outputs", || {
                    format!("{key:?} is recorded as {outcome:?} after {known:?}")
                })?;
                require(line.is_publishing, "S3 publishing is recorded first", || {
                    format!("{key:?} succeeds without a record of its publishing")
                })?;
                self.check_placed(key, outcome, (outputs, store))?;
            }
            Outcome::Failed { .. } => {
                let has_failed = |known: &Known| matches!(known.exit, Exit::Code { .. } | Exit::TimedOut);
                // What others took away before it was verified counts as never written.
                let is_robbed = outputs.iter().any(|(_, place)| {
                    store.families[place.family].kind == Kind::Direct && !store.holds(*place)
                });
                let failed = known.is_some_and(|known| has_failed(known) && (is_robbed || !is_whole(known)));
                require(failed, "S5 the count is exact", || {
                    format!("{key:?} is recorded as failed after {known:?}")
                })?;
            }
            Outcome::Disrupted(_) => {
                let is_told = |known: &Known| {
                    known.epoch == Some(self.epoch)
                        && matches!(known.exit, Exit::Code { .. } | Exit::TimedOut)
                };
                require(!known.is_some_and(is_told), "S5 the count is exact", || {
                    format!("{key:?} is recorded as disrupted after {known:?}")
                })?;
            }
        }
        self.ledger.ended(task, outcome, now);
        Ok(())
    }

    fn check_placed(
        &self,
        key: LaunchKey,
        outcome: &Outcome,
        (outputs, store): (&[(DatasetId, Place)], &Store),
    ) -> Result<(), Violation> {
        let is_direct = |place: &Place| store.families[place.family].kind == Kind::Direct;
        let launched = self.ledger.open(key.task).map_or(&[][..], |line| &line.launch.outputs);
        let mut has_published = false;
        for (dataset, place) in outputs {
            let placed = self.placed.get(&(key, *dataset));
            let is_written = is_direct(place) && launched.contains(dataset);
            has_published |= is_written || placed == Some(&Placed::Published);
            require(is_direct(place) || placed.is_some(), "S3 nothing succeeds without its outputs", || {
                format!("{key:?} is recorded as {outcome:?} but {dataset:?} was never published")
            })?;
        }
        let claims = *outcome == Outcome::Succeeded;
        require(claims == has_published, "S3 nothing succeeds without its outputs", || {
            format!("{key:?} is recorded as {outcome:?} but has published: {has_published}")
        })
    }
}
