//! One seed: a world, a runtime that is killed and started again, faults for a while, then calm.

use chrono::{TimeDelta, TimeZone, Utc};
use planner::calendar::{Instant, Partition};
use planner::verdict::Verdict;

use crate::actors;
use crate::blueprint;
use crate::bugs::Bug;
use crate::coverage::Coverage;
use crate::desired::{Desired, State};
use crate::dice::Dice;
use crate::features::{Feature, Features};
use crate::process::Exit;
use crate::referee::{Violation, require};
use crate::runtime::Runtime;
use crate::store::{Kind, Place, Shape, Task};
use crate::world::{Event, Stop, World};

/// What came of a seed.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) violation: Option<Violation>,
    pub(crate) coverage: Coverage,
    pub(crate) trace: Vec<String>,
}

/// Days near which something happens to clocks somewhere, and one where nothing does.
const DAYS: [(i32, u32, u32); 6] =
    [(2026, 3, 5), (2026, 3, 27), (2026, 10, 23), (2011, 12, 27), (2026, 4, 1), (2024, 2, 26)];

/// How many shortest partitions the faults last.
const FAULTS_LAST: i64 = 6;

/// How many shortest partitions the calm may take until nothing happens any more.
const CALM_LASTS: i64 = 300;

/// How often the polling net looks at everything in the time of a shortest partition.
const POLLS_A_UNIT: i64 = 6;

/// How many polls without any change are silence.
const SILENT_POLLS: u32 = 5;

struct Simulation {
    world: World,
    runtime: Option<Runtime>,
    is_calm: bool,
}

/// Runs one seed; a trace is kept only if asked for.
pub(crate) fn run(seed: u64, bug: Option<Bug>, trace: Option<Vec<String>>) -> Finding {
    let mut dice = Dice::new(seed);
    let features = Features::draw(&mut dice);
    let (year, month, day) = *dice.pick(&DAYS);
    let midnight = Utc.with_ymd_and_hms(year, month, day, 0, 0, 0).single().expect("these days exist in UTC");
    let now = midnight + TimeDelta::seconds(dice.between(0, 86_399));
    let blueprint = blueprint::draw(&mut dice, features, now);
    let mut world = World::new((now, dice), features, blueprint, bug);
    world.trace = trace;
    for spec in world.specs.clone() {
        world.note(|_| spec.describe().join("\n"));
    }
    let mut simulation = Simulation { world, runtime: None, is_calm: false };
    let violation = simulation.live().err();
    let world = simulation.world;
    Finding { violation, coverage: world.coverage, trace: world.trace.unwrap_or_default() }
}

impl Simulation {
    fn live(&mut self) -> Result<(), Violation> {
        let unit = self.world.unit;
        self.seed_inputs();
        self.world.after(0, Event::Starts);
        self.world.after(unit / POLLS_A_UNIT, Event::Poll);
        self.world.after(1, Event::Acts);
        let end = self.world.now + TimeDelta::seconds(unit * FAULTS_LAST);
        while self.step(end)? {}
        self.world.now = end;
        self.world.note(|_| "calm".to_owned());
        self.is_calm = true;
        actors::calm(&mut self.world);
        self.fall_silent(end + TimeDelta::seconds(unit * CALM_LASTS))?;
        self.check_end()
    }

    /// Files from outside: most are there or land around their time, some late, some never.
    fn seed_inputs(&mut self) {
        for family in 0..self.world.store.families.len() {
            match self.world.store.families[family].kind {
                Kind::Static => self.seed_table(family),
                Kind::Outside => self.seed_family(family),
                Kind::Staged | Kind::Direct => {}
            }
        }
    }

    fn seed_table(&mut self, family: usize) {
        let world = &mut self.world;
        let is_late = world.features.has(Feature::LateInputs) && world.dice.percent(30);
        let delay = world.dice.between(0, if is_late { world.unit * 4 } else { 0 });
        world.after(delay, Event::Lands(Place { family, partition: Partition(0) }));
    }

    fn seed_family(&mut self, family: usize) {
        let world = &mut self.world;
        let is_late = world.features.has(Feature::LateInputs);
        let (missing, latest) = if is_late { (8, world.unit * 3) } else { (1, world.unit / 4) };
        let until = world.now + TimeDelta::seconds(world.unit * FAULTS_LAST);
        let first = world.partition_at(family, world.now).0 - 12;
        let last = world.partition_at(family, until).0 + 1;
        for partition in (first..=last).map(Partition) {
            let calendar = &world.store.families[family].calendar;
            let start = calendar.start(partition);
            if calendar.exists(partition) && !world.dice.percent(missing) {
                let at = start + TimeDelta::seconds(world.dice.between(0, latest));
                world.at(at.max(world.now), Event::Lands(Place { family, partition }));
            }
        }
    }

    /// Jumps to whatever happens next before `end`; false if nothing does.
    fn step(&mut self, end: Instant) -> Result<bool, Violation> {
        let wake = self.runtime.as_ref().and_then(|runtime| runtime.wake);
        let next = self.world.events.first_key_value().map(|(at, _)| *at);
        let is_wake = wake.is_some_and(|wake| next.is_none_or(|(at, _)| wake < at));
        let at = if is_wake { wake } else { next.map(|(at, _)| at) };
        let Some(at) = at.filter(|at| *at < end) else { return Ok(false) };
        self.world.now = self.world.now.max(at);
        let event = if is_wake {
            Event::Wakes
        } else {
            next.and_then(|key| self.world.events.remove(&key)).unwrap_or(Event::Told)
        };
        if self.runtime.is_some() && self.world.features.has(Feature::Crashes) && self.world.dice.permille(5)
        {
            self.world.count("crashes while waiting");
            self.crash();
        }
        match self.handle(event) {
            Ok(()) => Ok(true),
            Err(Stop::Crash) => {
                self.crash();
                Ok(true)
            }
            Err(Stop::Broken(violation)) => Err(violation),
        }
    }

    fn crash(&mut self) {
        self.world.note(|_| "runtime is killed".to_owned());
        self.runtime = None;
        self.world.is_up = false;
        self.world.referee.is_up = false;
        let down = self.world.dice.seconds(self.world.unit / 4);
        self.world.after(down, Event::Starts);
    }

    fn handle(&mut self, event: Event) -> Result<(), Stop> {
        match event {
            Event::Starts if self.runtime.is_none() => {
                let runtime = Runtime::start(&mut self.world)?;
                self.runtime = Some(runtime);
            }
            Event::Starts => return Ok(()),
            Event::Poll => {
                self.world.after(self.world.unit / POLLS_A_UNIT, Event::Poll);
                let Some(runtime) = self.runtime.as_mut().filter(|_| !self.world.has(Bug::HasNoPollingNet))
                else {
                    return Ok(());
                };
                runtime.forget_seen();
                runtime.learn(&self.world);
            }
            Event::Acts => {
                if !self.is_calm {
                    actors::act(&mut self.world);
                    let pause = self.world.dice.seconds(self.world.unit / 2);
                    self.world.after(pause, Event::Acts);
                }
                return Ok(());
            }
            Event::Lands(place) => {
                if !self.world.store.objects.contains_key(&place) {
                    actors::write(&mut self.world, place, Shape::Whole);
                }
                return Ok(());
            }
            Event::Hint(place) => {
                let Some(runtime) = &mut self.runtime else { return Ok(()) };
                runtime.look_again(&mut self.world, place);
                // Hints that are there together are one reason to decide, not several.
                let next = self.world.events.first_key_value();
                if next.is_some_and(|((at, _), it)| *at <= self.world.now && matches!(it, Event::Hint(_))) {
                    return Ok(());
                }
            }
            Event::Told => {
                let Some(runtime) = &mut self.runtime else { return Ok(()) };
                runtime.learn(&self.world);
            }
            Event::Wakes => {}
            Event::Ends(_) | Event::Evicted(_) | Event::TimesOut(_) => {
                if !self.process_event(event) {
                    return Ok(());
                }
            }
        }
        let Some(runtime) = &mut self.runtime else { return Ok(()) };
        runtime.wake = None;
        runtime.pass(&mut self.world)
    }

    /// Whether a process ended and the runtime lives to hear of it.
    fn process_event(&mut self, event: Event) -> bool {
        let world = &mut self.world;
        let ended = match event {
            Event::Ends(pid) => world.finish(pid),
            Event::Evicted(pid) => world.kill(pid, Exit::Evicted).map(|process| (process, Exit::Evicted)),
            // Only a runtime that lives watches the time of its processes.
            Event::TimesOut(pid) if world.is_up => {
                world.kill(pid, Exit::TimedOut).map(|process| (process, Exit::TimedOut))
            }
            Event::TimesOut(_)
            | Event::Hint(_)
            | Event::Told
            | Event::Wakes
            | Event::Poll
            | Event::Starts
            | Event::Lands(_)
            | Event::Acts => None,
        };
        let Some((process, exit)) = ended else { return false };
        match exit {
            Exit::Evicted => world.count("evictions"),
            Exit::TimedOut => world.count("time-outs"),
            Exit::Code { .. } | Exit::Killed => {}
        }
        let Some(runtime) = &mut self.runtime else { return false };
        runtime.exited(process, exit);
        true
    }

    /// L1: in bounded time nothing happens any more.
    fn fall_silent(&mut self, deadline: Instant) -> Result<(), Violation> {
        self.world.after(0, Event::Told);
        let mut silent = 0;
        let mut length = self.world.journal.len();
        while silent < SILENT_POLLS {
            let polls_before = self.polls();
            let goes_on = self.step(deadline)?;
            require(goes_on, "L1 calm is reached in bounded time", || "it is not".to_owned())?;
            let is_idle = self.is_idle() && self.world.journal.len() == length;
            length = self.world.journal.len();
            silent = match (is_idle, self.polls() != polls_before) {
                (false, _) => 0,
                (true, is_poll) => silent + u32::from(is_poll),
            };
        }
        Ok(())
    }

    /// The moment of the next poll.
    fn polls(&self) -> Option<Instant> {
        self.world.events.iter().find(|(_, event)| matches!(event, Event::Poll)).map(|((at, _), _)| *at)
    }

    fn is_idle(&self) -> bool {
        let is_quiet = |event: &Event| matches!(event, Event::Poll | Event::TimesOut(_) | Event::Acts);
        let is_settled = self.runtime.as_ref().is_some_and(|runtime| runtime.pending.is_empty());
        is_settled && self.world.processes.is_empty() && self.world.events.values().all(is_quiet)
    }

    /// L1: at the end everything is as it ought to be.
    fn check_end(&mut self) -> Result<(), Violation> {
        let left = self.world.store.staging.keys().next().copied();
        require(left.is_none(), "L1 no staging is left", || format!("{left:?} is"))?;
        let mut ends = Ok(());
        for task in self.tasks() {
            let end = self.check_task(task);
            ends = ends.and(end);
        }
        ends
    }

    /// Every task that may have been looked at.
    fn tasks(&self) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (pipeline, spec) in self.world.specs.iter().enumerate() {
            let newest = blueprint::newest_due(spec, self.world.now).0;
            for partition in (newest - 20..=newest + 2).map(Partition) {
                tasks.extend(spec.pipeline.step_ids().map(|step| Task { pipeline, partition, step }));
            }
        }
        tasks
    }

    fn check_task(&mut self, task: Task) -> Result<(), Violation> {
        let facts = self.runtime.iter().flat_map(|runtime| &runtime.facts);
        let forgive = facts.map(|facts| facts.forgive_before).collect();
        let state = Desired { world: &self.world, forgive }.state(task);
        let said = self.said(task);
        self.world.note(|_| format!("at the end {task:?} ought to be {state:?} and is said to be {said:?}"));
        if state == State::Failed {
            self.world.count("failed for good");
        }
        require(state != State::ShouldRun, "L1 every partition reaches its desired state", || {
            format!("{task:?} should be launched, and is not; the last decision says {said:?}")
        })
    }

    fn said(&self, task: Task) -> Option<Verdict> {
        let runtime = self.runtime.as_ref()?;
        runtime.verdict(task)
    }
}
