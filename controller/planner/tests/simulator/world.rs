//! The world: storage, processes, the durable journal, people's specs, and the queue of what happens next.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::TimeDelta;
use planner::admission::Capacity;
use planner::calendar::{Instant, Partition};
use planner::facts::{Outcome, Presence};
use planner::launch::Launch;
use planner::pipeline::DatasetId;

use crate::blueprint::Blueprint;
use crate::bugs::Bug;
use crate::coverage::Coverage;
use crate::dice::Dice;
use crate::features::{Feature, Features};
use crate::journal::{Entry, Record};
use crate::process::Process;
use crate::referee::{Basis, Referee, Violation};
use crate::spec::Spec;
use crate::store::{Kind, LaunchKey, Place, Shape, Store, Writer};

/// Why the runtime stops in the middle of what it does.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It was killed.
    Crash,
    /// It broke a promise.
    Broken(Violation),
}

/// What happens at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A process ends by itself.
    Ends(u64),
    /// A process is taken off its machine.
    Evicted(u64),
    /// A process used up its time.
    TimesOut(u64),
    /// A watch tells of a path.
    Hint(Place),
    /// A watch tells that people said something.
    Told,
    /// The moment that the last decision named.
    Wakes,
    /// The polling net looks at everything.
    Poll,
    /// A new runtime starts.
    Starts,
    /// A file lands.
    Lands(Place),
    /// Somebody outside does something.
    Acts,
}

/// What became of an output that was to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    Published,
    Refused,
}

/// Everything outside the runtime.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) unit: i64,
    pub(crate) dice: Dice,
    pub(crate) features: Features,
    pub(crate) store: Store,
    pub(crate) specs: Vec<Rc<Spec>>,
    pub(crate) capacity: Capacity,
    pub(crate) journal: Vec<Record>,
    pub(crate) processes: BTreeMap<u64, Process>,
    pub(crate) events: BTreeMap<(Instant, u64), Event>,
    pub(crate) referee: Referee,
    pub(crate) coverage: Coverage,
    pub(crate) bug: Option<Bug>,
    pub(crate) is_up: bool,
    pub(crate) trace: Option<Vec<String>>,
    pub(crate) serial: u64,
}

impl World {
    pub(crate) fn new(
        (now, dice): (Instant, Dice),
        features: Features,
        blueprint: Blueprint,
        bug: Option<Bug>,
    ) -> Self {
        let mut store = Store::new();
        store.families = blueprint.families;
        Self {
            now,
            unit: blueprint.unit,
            dice,
            features,
            store,
            specs: blueprint.specs.into_iter().map(Rc::new).collect(),
            capacity: blueprint.capacity,
            journal: Vec::new(),
            processes: BTreeMap::new(),
            events: BTreeMap::new(),
            referee: Referee::default(),
            coverage: Coverage::default(),
            bug,
            is_up: false,
            trace: None,
            serial: 0,
        }
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(crate) fn note(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let line = format!("{} {}", self.now.format("%Y-%m-%d %H:%M:%S"), text(self));
            self.trace.iter_mut().for_each(|trace| trace.push(line.clone()));
        }
    }

    pub(crate) fn count(&mut self, what: &'static str) {
        self.coverage.count(what);
    }

    /// Something happens after so many seconds.
    pub(crate) fn after(&mut self, seconds: i64, event: Event) {
        self.at(self.now + TimeDelta::seconds(seconds), event);
    }

    pub(crate) fn at(&mut self, at: Instant, event: Event) {
        self.serial += 1;
        self.events.insert((at, self.serial), event);
    }

    /// Between any two effects the runtime may be killed.
    pub(crate) fn effect(&mut self) -> Result<(), Stop> {
        if self.features.has(Feature::Crashes) && self.dice.permille(15) {
            self.count("crashes between two effects");
            return Err(Stop::Crash);
        }
        Ok(())
    }

    /// An honest look at a path; the referee knows what was seen.
    pub(crate) fn look(&mut self, place: Place) -> Presence {
        let is_flaky = self.features.has(Feature::FlakyAnswers) && self.dice.permille(10);
        let seen = if is_flaky { Presence::Unknown } else { self.store.look(place, self.now) };
        if seen == Presence::Unknown {
            self.count("unknown answers");
        }
        if let (Presence::Settling, Some(object)) = (seen, self.store.objects.get(&place)) {
            let at = self.store.trusted_at(place, object);
            self.count("files too young");
            self.at(at, Event::Hint(place));
        }
        let is_data = seen == Presence::Complete && self.store.holds(place);
        self.referee.sees(place, (seen, is_data));
        seen
    }

    /// A close look at a path: none if storage gives no answer, and within that none if nothing is there.
    #[expect(clippy::option_option, reason = "no answer is not the same as the answer that nothing is there")]
    pub(crate) fn version(&mut self, place: Place) -> Option<Option<u64>> {
        let is_flaky = self.features.has(Feature::FlakyAnswers) && self.dice.permille(10);
        let is_unknown = is_flaky || self.store.is_out(place.family, self.now);
        (!is_unknown).then(|| self.store.objects.get(&place).map(|object| object.version))
    }

    /// What stands there is on record as no data.
    pub(crate) fn disown(&mut self, place: Place, key: LaunchKey) {
        if let Some(object) = self.store.objects.get_mut(&place) {
            object.writer = Writer::Unfinished(key);
        }
    }

    /// Something changed at a path. Watches are late, lost or doubled.
    pub(crate) fn touched(&mut self, place: Place) {
        if self.features.has(Feature::LostHints) && self.dice.percent(25) {
            self.count("hints lost");
            return;
        }
        let late = self.features.has(Feature::LateHints) && self.dice.percent(50);
        let delay = if late { self.dice.between(1, self.unit / 4) } else { 0 };
        self.after(delay, Event::Hint(place));
        if self.features.has(Feature::DoubledHints) && self.dice.percent(30) {
            self.count("hints doubled");
            self.after(delay + 1, Event::Hint(place));
        }
    }

    /// People said something about a pipeline.
    pub(crate) fn tell(&mut self, pipeline: usize, spec: Spec) {
        self.specs[pipeline] = Rc::new(spec);
        if !(self.features.has(Feature::LostHints) && self.dice.percent(25)) {
            self.after(0, Event::Told);
        }
    }

    /// Appends a durable record.
    pub(crate) fn append(&mut self, record: Record, basis: Option<&Basis<'_>>) -> Result<(), Stop> {
        self.note(|_| format!("record {:?} {:?}", record.task, record.entry));
        match &record.entry {
            Entry::Launched { launch, inputs } => {
                let basis = basis.expect("a launch has a basis");
                self.referee
                    .launched((record.task, launch, inputs), basis, (&self.capacity, &self.store, record.at))
                    .map_err(Stop::Broken)?;
                self.count_launch(launch);
            }
            Entry::Publishing => self.referee.publishing(record.task).map_err(Stop::Broken)?,
            Entry::Ended { outcome, .. } => {
                let outputs = self.specs[record.task.pipeline].outputs(record.task);
                self.referee
                    .ended((record.task, outcome), &outputs, (&self.store, record.at))
                    .map_err(Stop::Broken)?;
                self.count_outcome(outcome);
            }
        }
        self.journal.push(record);
        Ok(())
    }

    fn count_launch(&mut self, launch: &Launch) {
        self.count("launches");
        if launch.replaces {
            self.count(if launch.trial.request.is_some() { "reruns" } else { "rebuilds" });
        }
        if launch.launch > 1 {
            self.count("relaunches of one attempt");
        }
        if launch.attempt > 1 {
            self.count("second attempts");
        }
    }

    fn count_outcome(&mut self, outcome: &Outcome) {
        self.count(match outcome {
            Outcome::Succeeded => "successes",
            Outcome::Discarded => "discarded outputs",
            Outcome::Failed { .. } => "failures",
            Outcome::Disrupted(_) => "disruptions",
        });
    }

    /// Moves one staged output to its place, which replaces nothing unless that was asked for. None: no answer.
    pub(crate) fn publish(
        &mut self,
        key: LaunchKey,
        (dataset, place, replaces): (DatasetId, Place, bool),
    ) -> Result<Option<Placed>, Stop> {
        if self.store.is_out(place.family, self.now) {
            return Ok(None);
        }
        let staged = self.store.staging.get(&key).is_some_and(|staged| staged.contains_key(&dataset));
        if !staged {
            // Moved before a crash: the place is taken up again, and nothing is left to move.
            return Ok(Some(Placed::Published));
        }
        let exists = self.store.objects.contains_key(&place);
        self.referee.publishes(key, (exists, replaces)).map_err(Stop::Broken)?;
        if exists && !replaces {
            self.referee.placed(key, dataset, Placed::Refused);
            return Ok(Some(Placed::Refused));
        }
        self.store.staging.entry(key).or_default().remove(&dataset);
        self.store.write(place, (Shape::Whole, Writer::Launch(key), self.now));
        self.referee.placed(key, dataset, Placed::Published);
        self.note(|_| format!("published {dataset:?} at {place:?}"));
        self.touched(place);
        Ok(Some(Placed::Published))
    }

    /// The partition zero of a static family, or the one that holds an instant.
    pub(crate) fn partition_at(&self, family: usize, at: Instant) -> Partition {
        let family = &self.store.families[family];
        if family.kind == Kind::Static { Partition(0) } else { family.calendar.at(at) }
    }
}
