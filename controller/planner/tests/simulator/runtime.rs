//! The runtime: observes, decides, applies. It holds nothing that may not be lost, and may be killed between any two effects.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use planner::admission::{self, Bidder};
use planner::calendar::{Instant, Partition};
use planner::decide::{self, World as Deciding};
use planner::decision::Decision;
use planner::facts::{ABSENT, Facts, Fingerprints, Holding, Presence, Stage};
use planner::launch::Launch;
use planner::verdict::Verdict;
use planner::{reads, window};

use crate::bent;
use crate::bugs::Bug;
use crate::features::Feature;
use crate::journal::{Entry, Record, replay};
use crate::process::{Exit, Process};
use crate::referee::Basis;
use crate::settle::{Pending, Todo};
use crate::spec::Spec;
use crate::store::{LaunchKey, Place, Task};
use crate::world::{Event, Stop, World};

/// A stretch of partitions, and which stretch of each dataset it takes to decide it.
type Sight = (Range<i64>, Vec<Option<Range<i64>>>);

/// A runtime that lives.
#[derive(Debug)]
pub(crate) struct Runtime {
    /// What people said, as far as it is known.
    pub(crate) specs: Vec<Rc<Spec>>,
    /// What is decided with: the same, unless there is a bug.
    plans: Vec<Rc<Spec>>,
    pub(crate) facts: Vec<Facts>,
    seen: BTreeMap<Place, Presence>,
    sights: Vec<Sight>,
    previous: Vec<Option<Decision>>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) wake: Option<Instant>,
}

impl Runtime {
    /// Starts: what a killed runtime left is brought to an end before anything is launched.
    pub(crate) fn start(world: &mut World) -> Result<Self, Stop> {
        world.referee.restarted();
        world.is_up = true;
        world.note(|_| "runtime starts".to_owned());
        let pids: Vec<_> = world.processes.keys().copied().collect();
        for pid in pids.into_iter().filter(|_| !world.has(Bug::LeavesOrphans)).collect::<Vec<_>>() {
            world.effect()?;
            world.count("orphans ended");
            world.kill(pid, Exit::Killed);
        }
        let count = world.specs.len();
        let mut facts: Vec<_> = replay(&world.journal, count)
            .into_iter()
            .map(|history| Facts { history, ..Facts::default() })
            .collect();
        if world.features.has(Feature::Forgiving) {
            for facts in &mut facts {
                facts.forgive_before = Some(world.now);
            }
        }
        if world.has(Bug::ReplayForgetsFailures) {
            bent::forget_failures(&mut facts);
        }
        let mut runtime = Self {
            specs: Vec::new(),
            plans: Vec::new(),
            facts,
            seen: BTreeMap::new(),
            sights: vec![(0..0, Vec::new()); count],
            previous: vec![None; count],
            pending: Vec::new(),
            wake: None,
        };
        runtime.learn(world);
        runtime.find_unended(world);
        runtime.sweep(world)?;
        Ok(runtime)
    }

    /// Launches without an end are no try, unless they were being published.
    fn find_unended(&mut self, world: &World) {
        let unended = self.facts.iter().enumerate().flat_map(|(pipeline, facts)| {
            let all = facts.history.iter().flat_map(move |(partition, steps)| {
                steps.iter().map(move |(step, history)| (pipeline, *partition, *step, history))
            });
            all.filter_map(|(pipeline, partition, step, history)| {
                Some((Task { pipeline, partition, step }, history.running.as_ref()?.stage.clone()))
            })
        });
        for (task, stage) in unended {
            let launch = world.journal.iter().rev().find_map(|record| match &record.entry {
                Entry::Launched { launch, .. } if record.task == task => Some(launch.clone()),
                Entry::Launched { .. } | Entry::Publishing | Entry::Ended { .. } => None,
            });
            let todo = if stage == Stage::Publishing { Todo::TakeUp } else { Todo::GiveUp };
            self.pending.extend(launch.map(|launch| Pending { pipeline: task.pipeline, launch, todo }));
        }
    }

    /// Staging of launches that are over is given back.
    fn sweep(&self, world: &mut World) -> Result<(), Stop> {
        let live: Vec<_> = self.pending.iter().map(Pending::key).collect();
        let all: Vec<_> = world.store.staging.keys().copied().collect();
        let sweeps_live = world.has(Bug::SweepsLiveStaging);
        let leaves = world.has(Bug::LeavesStaging);
        for key in all.into_iter().filter(|key| !leaves && (sweeps_live || !live.contains(key))) {
            world.effect()?;
            world.store.staging.remove(&key);
        }
        Ok(())
    }

    /// Takes over what people said.
    pub(crate) fn learn(&mut self, world: &World) {
        let is_known = |(known, now): (&Rc<Spec>, &Rc<Spec>)| Rc::ptr_eq(known, now);
        if self.specs.len() == world.specs.len() && self.specs.iter().zip(&world.specs).all(is_known) {
            return;
        }
        self.specs.clone_from(&world.specs);
        self.plans = self.specs.iter().map(|spec| bent::spec(spec, world.bug)).collect();
        for (facts, plan) in self.facts.iter_mut().zip(&self.plans) {
            facts.requests.clone_from(&plan.requests);
            facts.suspended.clone_from(&plan.suspended);
        }
        self.sights.iter_mut().for_each(|sight| *sight = (0..0, Vec::new()));
    }

    /// Looks at everything again.
    pub(crate) fn forget_seen(&mut self) {
        self.seen.clear();
    }

    /// Looks again at one path.
    pub(crate) fn look_again(&mut self, world: &mut World, place: Place) -> Presence {
        let seen = world.look(place);
        self.seen.insert(place, seen);
        seen
    }

    fn presence(&mut self, world: &mut World, place: Place) -> Presence {
        let seen = match self.seen.get(&place) {
            Some(seen) => *seen,
            None => self.look_again(world, place),
        };
        match (seen, world.bug) {
            (Presence::Unknown, Some(Bug::UnknownIsMissing)) => Presence::Missing,
            (Presence::Unknown, Some(Bug::UnknownIsComplete)) => Presence::Complete,
            _ => seen,
        }
    }

    /// A process ended.
    pub(crate) fn exited(&mut self, process: Process, exit: Exit) {
        let todo = Todo::Settle(exit);
        self.pending.push(Pending { pipeline: process.key.task.pipeline, launch: process.launch, todo });
    }

    /// One pass: settle what ended, look, decide, launch.
    pub(crate) fn pass(&mut self, world: &mut World) -> Result<(), Stop> {
        self.settle_all(world)?;
        let mut decisions = Vec::new();
        for pipeline in 0..self.plans.len() {
            self.observe(world, pipeline);
            let decision = self.decide(world, pipeline);
            world.referee.decided(pipeline, &self.specs[pipeline], &decision).map_err(Stop::Broken)?;
            decisions.push(decision);
        }
        let launches = self.admit(world, &decisions)?;
        self.wake = decisions.iter().filter_map(|decision| decision.wake_at).min();
        self.previous = decisions.into_iter().map(Some).collect();
        for (pipeline, launch) in launches {
            let spec = Rc::clone(&self.specs[pipeline]);
            let task = Task { pipeline, partition: launch.partition, step: launch.step };
            let Some(inputs) = self.close_look(world, (&spec, task)) else {
                // The rest was decided on what is no longer so.
                world.after(0, Event::Told);
                break;
            };
            self.launch(world, (pipeline, &spec), (launch, inputs))?;
        }
        Ok(())
    }

    fn observe(&mut self, world: &mut World, pipeline: usize) {
        let plan = Rc::clone(&self.plans[pipeline]);
        self.look_at_leftovers(world, pipeline);
        let stretch = self.stretch(pipeline, world.now);
        if self.sights[pipeline].0 != stretch || self.sights[pipeline].1.is_empty() {
            self.sights[pipeline] = (stretch.clone(), reads::sight(&plan.pipeline, &stretch));
        }
        let sight = self.sights[pipeline].1.clone();
        let mut holdings = Vec::with_capacity(sight.len());
        for (dataset, range) in plan.pipeline.dataset_ids().zip(sight) {
            if plan.pipeline.dataset(dataset).path.is_static() {
                let place = plan.place(dataset, Partition(0));
                holdings.push(Holding::Static(self.presence(world, place)));
                continue;
            }
            let range = range.unwrap_or(0..0);
            let first = Partition(range.start);
            let places = range.map(|index| plan.place(dataset, Partition(index)));
            let presences = places.map(|place| self.presence(world, place)).collect();
            holdings.push(Holding::Dated { first, presences });
        }
        for (input, family) in &plan.initials {
            let place = Place { family: *family, partition: Partition(0) };
            let seen = self.presence(world, place);
            self.facts[pipeline].initials.insert(*input, seen);
        }
        let facts = &mut self.facts[pipeline];
        facts.holdings = holdings;
        facts.inputs.clear();
    }

    /// The partitions that may have to be decided.
    fn stretch(&self, pipeline: usize, now: Instant) -> Range<i64> {
        let (facts, plan) = (&self.facts[pipeline], &self.plans[pipeline]);
        let mut stretch = window::window(plan.parts(), now);
        let asked = facts.requests.iter().map(|request| request.from.0..request.to.0 + 1);
        let running = facts.history.iter().filter(|(_, steps)| steps.values().any(|it| it.running.is_some()));
        for range in asked.chain(running.map(|(partition, _)| partition.0..partition.0 + 1)) {
            stretch = stretch.start.min(range.start)..stretch.end.max(range.end);
        }
        stretch
    }

    /// What stands where launches that did not succeed left something.
    fn look_at_leftovers(&mut self, world: &mut World, pipeline: usize) {
        let plan = Rc::clone(&self.plans[pipeline]);
        let lasts = self.facts[pipeline].history.iter().flat_map(|(partition, steps)| {
            let lefts = steps.values().filter_map(|history| Some(&history.last()?.left));
            lefts.flat_map(|left| left.keys().map(|dataset| (*partition, *dataset)))
        });
        let lasts: Vec<_> = lasts.collect();
        self.facts[pipeline].outputs.clear();
        for (partition, dataset) in lasts {
            let place = plan.place(dataset, partition);
            let Some(version) = world.version(place) else { continue };
            self.look_again(world, place);
            let found = version.map(|version| ((partition, dataset), version.to_string()));
            self.facts[pipeline].outputs.extend(found);
        }
    }

    fn decide(&mut self, world: &mut World, pipeline: usize) -> Decision {
        let plan = Rc::clone(&self.plans[pipeline]);
        let decide = |facts: &Facts, previous: &Option<Decision>, now| {
            decide::decide(Deciding { pipeline: &plan.pipeline, facts, now }, previous.as_ref())
        };
        let mut decision = decide(&self.facts[pipeline], &self.previous[pipeline], world.now);
        loop {
            let facts = &self.facts[pipeline];
            let unseen: Vec<_> =
                decision.curious.iter().filter(|case| !facts.inputs.contains_key(*case)).copied().collect();
            if unseen.is_empty() || world.has(Bug::IgnoresCuriosity) {
                return decision;
            }
            for (partition, step) in unseen {
                let inputs = fingerprints(world, &plan, Task { pipeline, partition, step });
                self.facts[pipeline].inputs.insert((partition, step), inputs);
            }
            decision = decide(&self.facts[pipeline], &self.previous[pipeline], world.now);
        }
    }

    fn admit(&self, world: &mut World, decisions: &[Decision]) -> Result<Vec<(usize, Launch)>, Stop> {
        let now = world.now;
        let bidders: Vec<_> = (0..decisions.len())
            .map(|place| Bidder {
                world: Deciding { pipeline: &self.plans[place].pipeline, facts: &self.facts[place], now },
                decision: &decisions[place],
                weight: self.plans[place].weight,
            })
            .collect();
        let mut capacity = world.capacity.clone();
        match world.bug {
            Some(Bug::IgnoresPools) => capacity.pools.clear(),
            Some(Bug::IgnoresResources) => capacity.resources = None,
            Some(Bug::IgnoresSlots) => capacity.slots = None,
            _ => {}
        }
        let admission = admission::admit(&bidders, &capacity);
        let specs: Vec<_> = self.specs.iter().map(|spec| &**spec).collect();
        let waits = world
            .referee
            .admitted((&specs, decisions), &admission.launches, (&world.capacity, now))
            .map_err(Stop::Broken)?;
        if waits {
            world.count("waits for room");
        }
        Ok(admission.launches)
    }

    /// The record first, then the process.
    fn launch(
        &mut self,
        world: &mut World,
        (pipeline, spec): (usize, &Spec),
        (mut launch, mut inputs): (Launch, Fingerprints),
    ) -> Result<(), Stop> {
        let task = Task { pipeline, partition: launch.partition, step: launch.step };
        count_reason(world, spec, task);
        match world.bug {
            Some(Bug::ReusesAttemptNumber) => launch.attempt = launch.attempt.saturating_sub(1).max(1),
            Some(Bug::ForgetsRequestOfTrial) => launch.trial.request = None,
            Some(Bug::ForgetsFingerprints) => inputs.clear(),
            Some(Bug::StartsBeforeRecord) => world.start_process(pipeline, &launch)?,
            _ => {}
        }
        world.effect()?;
        let entry = Entry::Launched { launch: launch.clone(), inputs: inputs.clone() };
        let facts = &self.facts[pipeline];
        let all: Vec<_> = self.specs.iter().map(|spec| &**spec).collect();
        let basis = Basis {
            spec,
            all: &all,
            looks: facts.inputs.get(&(launch.partition, launch.step)),
            forgive: facts.forgive_before,
        };
        world.append(Record { at: world.now, task, entry }, Some(&basis))?;
        if !world.has(Bug::ForgetsWhatRuns) {
            let steps = self.facts[pipeline].history.entry(launch.partition).or_default();
            steps.entry(launch.step).or_default().start(&launch, inputs, world.now);
        }
        world.effect()?;
        world.start_process(pipeline, &launch)?;
        if world.has(Bug::LaunchesTwice) {
            world.start_process(pipeline, &launch)?;
        }
        Ok(())
    }

    /// What the inputs look like; none if they are not what the decision was made on.
    fn close_look(&mut self, world: &mut World, (spec, task): (&Spec, Task)) -> Option<Fingerprints> {
        let mut is_same = true;
        for read in spec.reads(task) {
            let before = self.seen.get(&read.place).copied();
            is_same &= Some(self.look_again(world, read.place)) == before;
        }
        let is_blind = matches!(world.bug, Some(Bug::UnknownIsMissing | Bug::UnknownIsComplete));
        let inputs = fingerprints(world, spec, task);
        (is_blind || is_same && inputs.len() == distinct_reads(spec, task)).then_some(inputs)
    }

    /// What the last decision said.
    pub(crate) fn verdict(&self, task: Task) -> Option<Verdict> {
        let decision = self.previous[task.pipeline].as_ref()?;
        Some(decision.cell(task.partition, task.step)?.verdict)
    }

    /// The history of a launch that is to be settled; none if it is not the one that runs.
    pub(crate) fn runs(&self, key: LaunchKey) -> bool {
        let history = self.facts[key.task.pipeline].history(key.task.partition, key.task.step);
        let running = history.and_then(|history| history.running.as_ref());
        running.is_some_and(|it| (it.attempt, it.launch) == (key.attempt, key.launch))
    }
}

fn distinct_reads(spec: &Spec, task: Task) -> usize {
    let mut places: Vec<_> = spec.reads(task).into_iter().map(|read| read.place).collect();
    places.sort_unstable();
    places.dedup();
    places.len()
}

/// What the inputs look like now; an answer that can't be had is left out.
pub(crate) fn fingerprints(world: &mut World, spec: &Spec, task: Task) -> Fingerprints {
    let mut found = Fingerprints::new();
    for read in spec.reads(task) {
        if let Some(version) = world.version(read.place) {
            let path = format!("{}/{}", read.place.family, read.place.partition.0);
            found.insert(path, version.map_or_else(|| ABSENT.to_owned(), |version| version.to_string()));
        }
    }
    found
}

fn count_reason(world: &mut World, spec: &Spec, task: Task) {
    let is_in_window = window::window(spec.parts(), world.now).contains(&task.partition.0);
    if spec.is_asked(task) && !is_in_window {
        world.count("launches for a backfill");
    }
    let outputs = spec.outputs(task);
    let is_on_demand = |(dataset, _): &(_, _)| {
        spec.pipeline.dataset(*dataset).on_missing == planner::pipeline::OnMissing::OnDemand
    };
    if outputs.iter().all(is_on_demand) {
        world.count("launches on demand");
    }
}
