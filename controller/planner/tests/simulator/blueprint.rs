//! Blueprints: random pipelines over random families of files.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use planner::admission::Capacity;
use planner::calendar::{Calendar, Every, Instant, Partition};
use planner::command::{CommandTemplate, Scope};
use planner::digest::Digest;
use planner::duration::Span;
use planner::name::Name;
use planner::pipeline::{
    Completeness, Dataset, DatasetId, Due, Input, OnMissing, Order, Parts, Pipeline, Publish, Reach,
    Resources, Retries, Step, StepId, WhenChanged, Window,
};
use planner::template::PathTemplate;
use planner::window;

use crate::dice::Dice;
use crate::features::{Feature, Features};
use crate::spec::Spec;
use crate::store::{Family, Kind};

/// What a seed's world is made of.
#[derive(Debug)]
pub(crate) struct Blueprint {
    pub(crate) families: Vec<Family>,
    pub(crate) specs: Vec<Spec>,
    pub(crate) capacity: Capacity,
    /// The length of the shortest partitions, in seconds: what is long and what is short in this world.
    pub(crate) unit: i64,
}

const ZONES: [Tz; 7] = [
    Tz::UTC,
    Tz::America__New_York,
    Tz::Europe__Berlin,
    Tz::Australia__Lord_Howe,
    Tz::America__Havana,
    Tz::Pacific__Apia,
    Tz::Asia__Beirut,
];

const CLOCKS: [Every; 6] =
    [Every::Minutes(15), Every::Minutes(60), Every::Minutes(360), Every::Day, Every::Week, Every::Month];

/// The non-retriable exit code of steps that have one.
pub(crate) const FINAL_EXIT_CODE: i32 = 3;

/// The pools that steps may name.
const POOLS: [&str; 2] = ["licence", "database"];

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("the simulator's names are names")
}

/// How long a partition lasts, in seconds, more or less.
fn seconds(every: Every) -> i64 {
    match every {
        Every::Minutes(minutes) => i64::from(minutes) * 60,
        Every::Day => 86_400,
        Every::Week => 7 * 86_400,
        Every::Month => 30 * 86_400,
    }
}

/// Draws a world's pipelines.
pub(crate) fn draw(dice: &mut Dice, features: Features, now: Instant) -> Blueprint {
    let clock = usize::try_from(dice.between(0, 4)).unwrap_or(0);
    let unit = seconds(CLOCKS[clock]);
    let mut draft = Draft { dice, features, now, unit, families: Vec::new() };
    let zone = *draft.dice.pick(&ZONES);
    let mut specs = vec![draft.spec((0, clock, zone), &[])];
    for (feature, index) in [(Feature::SecondPipeline, 1), (Feature::ThirdPipeline, 2)] {
        if features.has(feature) {
            let coarser = clock + usize::from(features.has(Feature::OtherClocks) && draft.dice.percent(60));
            let spec = draft.spec((index, coarser, zone), &specs);
            specs.push(spec);
        }
    }
    let families = draft.families;
    Blueprint { families, specs, capacity: capacity(dice, features), unit }
}

fn capacity(dice: &mut Dice, features: Features) -> Capacity {
    let pools = POOLS.iter().filter(|_| features.has(Feature::Pools));
    let resources = Resources {
        cpu_millis: 2000,
        memory_bytes: 1000,
        disk_bytes: if dice.percent(50) { 1000 } else { 1500 },
    };
    Capacity {
        slots: features.has(Feature::Slots).then(|| dice.count(1, 4)),
        resources: features.has(Feature::Resources).then_some(resources),
        pools: pools.map(|pool| (name(pool), dice.count(1, 2))).collect(),
    }
}

struct Draft<'a> {
    dice: &'a mut Dice,
    features: Features,
    now: Instant,
    unit: i64,
    families: Vec<Family>,
}

/// A dataset with the family behind it.
type Placed = (Dataset, usize);

impl Draft<'_> {
    fn maybe(&mut self, feature: Feature, percent: u32) -> bool {
        self.features.has(feature) && self.dice.percent(percent)
    }

    fn spec(&mut self, (index, clock, zone): (usize, usize, Tz), others: &[Spec]) -> Spec {
        let calendar = calendar(CLOCKS[clock], zone);
        let mut datasets = self.sources((clock, zone), others);
        let mut steps = Vec::new();
        let mut initials = BTreeMap::new();
        let needs_start = self.features.has(Feature::Initials) || self.features.has(Feature::OnDemand);
        let has_start = needs_start || self.dice.percent(60);
        for step in 0..self.dice.count(1, if index == 0 { 4 } else { 2 }) {
            self.step((u16::try_from(step).unwrap_or(0), &calendar), &mut datasets, &mut steps);
        }
        let start = has_start.then(|| calendar.shift(calendar.at(self.now), -self.dice.between(2, 5)));
        if start.is_some() && self.features.has(Feature::Initials) {
            self.initials(&calendar, &mut steps, &mut initials);
        }
        let (datasets, families): (Vec<_>, Vec<_>) = datasets.into_iter().unzip();
        let parts = self.parts((index, calendar, start), datasets, steps);
        let pipeline = Pipeline::new(parts).expect("drafts are sound");
        let weight = self.dice.count(1, 3);
        Spec { pipeline, families, initials, requests: Vec::new(), suspended: BTreeSet::new(), weight }
    }

    fn parts(
        &mut self,
        (index, calendar, start): (usize, Calendar, Option<Partition>),
        datasets: Vec<Dataset>,
        steps: Vec<Step>,
    ) -> Parts {
        let length = seconds(calendar.every()).unsigned_abs();
        let count = self.dice.count(2, 6);
        let end =
            self.dice.percent(20).then(|| calendar.shift(calendar.at(self.now), self.dice.between(1, 8)));
        let is_time = calendar.every() != Every::Month && self.dice.percent(40);
        Parts {
            name: name(&format!("pipeline-{index}")),
            start,
            end,
            due: if self.dice.percent(40) { Due::Start } else { Due::End },
            delay: Span::Fixed { seconds: if self.dice.percent(30) { length / 3 } else { 0 } },
            window: if is_time {
                Window::Time(Span::Fixed { seconds: length * u64::from(count) - length / 2 })
            } else {
                Window::Partitions(count)
            },
            order: if self.dice.percent(50) { Order::OldestFirst } else { Order::NewestFirst },
            parallelism: self.dice.count(1, 4),
            suspend: false,
            late_after: self.dice.percent(30).then_some(Span::Fixed { seconds: length * 2 }),
            calendar,
            datasets,
            steps,
        }
    }

    fn family(&mut self, calendar: &Calendar, kind: Kind) -> usize {
        let settles = kind == Kind::Outside || kind == Kind::Staged;
        let settle = if settles && self.maybe(Feature::Settling, 40) { self.unit / 30 } else { 0 };
        self.families.push(Family { calendar: calendar.clone(), settle: TimeDelta::seconds(settle), kind });
        self.families.len() - 1
    }

    /// Datasets that come from outside the pipeline, some of them from another pipeline.
    fn sources(&mut self, (clock, zone): (usize, Tz), others: &[Spec]) -> Vec<Placed> {
        let mut sources = Vec::new();
        for index in 0..self.dice.count(1, 2) {
            let finer = clock > 0 && clock < 5 && clock != 3 && self.maybe(Feature::OtherClocks, 30);
            let coarser = clock < 4 && self.maybe(Feature::OtherClocks, 30);
            let every = if finer { CLOCKS[clock - 1] } else { CLOCKS[clock + usize::from(coarser)] };
            let calendar = calendar(every, zone);
            let family = self.family(&calendar, Kind::Outside);
            sources.push((self.dataset(&format!("source-{index}"), &calendar, Kind::Outside), family));
        }
        if self.dice.percent(25) {
            let calendar = calendar(CLOCKS[clock], zone);
            let family = self.family(&calendar, Kind::Static);
            sources.push((self.dataset("table", &calendar, Kind::Static), family));
        }
        for (index, other) in others.iter().enumerate() {
            let outputs: Vec<_> = other.parts().steps.iter().flat_map(|step| step.outputs.clone()).collect();
            let output = *self.dice.pick(&outputs);
            let theirs = other.pipeline.dataset(output);
            let calendar = theirs.calendar.clone();
            let dataset = self.dataset(&format!("other-{index}"), &calendar, Kind::Outside);
            // Only what is moved into place whole can be read by a pipeline that does not know the writer.
            if theirs.publish == Publish::Staged && theirs.on_missing == OnMissing::Rebuild {
                sources.push((dataset, other.families[usize::from(output.0)]));
            }
        }
        sources
    }

    fn dataset(&mut self, text: &str, calendar: &Calendar, kind: Kind) -> Dataset {
        let is_made = matches!(kind, Kind::Staged | Kind::Direct);
        let codes = match (kind, calendar.every()) {
            (Kind::Static, _) => "",
            (_, Every::Minutes(_)) => "-%Y%m%d-%H%M",
            (_, Every::Day) => "-%Y%m%d",
            (_, Every::Week) => "-%G-W%V",
            (_, Every::Month) => "-%Y%m",
        };
        let on_demand = is_made && self.maybe(Feature::OnDemand, 40);
        let length = seconds(calendar.every()).unsigned_abs();
        let expires = is_made && self.maybe(Feature::ExpectedFor, 30);
        Dataset {
            name: name(text),
            store: name("warehouse"),
            calendar: calendar.clone(),
            path: PathTemplate::parse(&format!("{text}{codes}")).expect("the simulator's paths are paths"),
            complete: Completeness::File { min_bytes: 0, settle: Duration::ZERO },
            on_missing: if on_demand { OnMissing::OnDemand } else { OnMissing::Rebuild },
            expected_for: expires.then(|| Span::Fixed { seconds: length * u64::from(self.dice.count(2, 4)) }),
            publish: if kind == Kind::Direct { Publish::Direct } else { Publish::Staged },
        }
    }

    fn step(
        &mut self,
        (index, calendar): (u16, &Calendar),
        datasets: &mut Vec<Placed>,
        steps: &mut Vec<Step>,
    ) {
        let several = self.features.has(Feature::SeveralOutputs);
        let fewest = u32::from(!self.dice.percent(10));
        let inputs: Vec<_> =
            (0..self.dice.count(fewest, 3)).map(|place| self.input(place, datasets)).collect();
        let mut outputs = Vec::new();
        for place in 0..self.dice.count(1, if several { 2 } else { 1 }) {
            let kind = if self.maybe(Feature::Direct, 40) { Kind::Direct } else { Kind::Staged };
            let family = self.family(calendar, kind);
            outputs.push(DatasetId(u16::try_from(datasets.len()).unwrap_or(0)));
            datasets.push((self.dataset(&format!("made-{index}-{place}"), calendar, kind), family));
        }
        let mut step = self.plain_step(index, outputs);
        step.inputs = inputs;
        if self.maybe(Feature::Offsets, 30) {
            step.inputs.push(input(("yesterday", step.outputs[0]), (Reach::Back(1), self.dice.percent(50))));
        }
        steps.push(step);
    }

    fn plain_step(&mut self, index: u16, outputs: Vec<DatasetId>) -> Step {
        let rebuild = |yes: bool| if yes { WhenChanged::Rebuild } else { WhenChanged::Keep };
        let final_codes = self.features.has(Feature::FinalExitCodes);
        let resources =
            if self.features.has(Feature::Resources) { self.resources() } else { Resources::default() };
        Step {
            name: name(&format!("step-{index}")),
            inputs: Vec::new(),
            outputs,
            command: CommandTemplate::parse(&["true".to_owned()], &Scope::default())
                .expect("true is a command"),
            image: None,
            working_dir: None,
            env: BTreeMap::new(),
            resources,
            timeout: Some(Duration::from_secs((self.unit * 2 / 3).unsigned_abs())),
            retries: Retries {
                max_attempts: self.dice.count(1, 4),
                backoff: self.dice.duration(0, self.unit / 60),
                max_backoff: self.dice.duration(self.unit / 60, self.unit / 10),
                non_retriable_exit_codes: if final_codes { vec![FINAL_EXIT_CODE] } else { Vec::new() },
            },
            when_inputs_change: rebuild(self.maybe(Feature::Rebuilds, 60)),
            when_step_changes: rebuild(self.maybe(Feature::Rebuilds, 60)),
            pool: self.maybe(Feature::Pools, 60).then(|| name(POOLS[usize::from(self.dice.percent(50))])),
            result_digest: Digest::of(["result", &index.to_string()]),
            whole_digest: Digest::of(["whole", &index.to_string()]),
        }
    }

    fn resources(&mut self) -> Resources {
        Resources {
            cpu_millis: *self.dice.pick(&[0, 500, 1000, 2000]),
            memory_bytes: *self.dice.pick(&[10, 300, 600]),
            disk_bytes: *self.dice.pick(&[0, 100, 1000]),
        }
    }

    fn input(&mut self, place: u32, datasets: &[Placed]) -> Input {
        let index = self.dice.between(0, i64::try_from(datasets.len() - 1).unwrap_or(0));
        let dataset = DatasetId(u16::try_from(index).unwrap_or(0));
        let is_optional = self.maybe(Feature::OptionalInputs, 40);
        let from = self.dice.count(1, 3);
        let reach = if self.maybe(Feature::InputWindows, 40) {
            Reach::Window { from, to: self.dice.count(0, 1) }
        } else if self.maybe(Feature::Offsets, 30) {
            Reach::Back(self.dice.count(0, 2))
        } else {
            Reach::Overlapping
        };
        input((&format!("input-{place}"), dataset), (reach, is_optional))
    }

    /// Gives links into the time before the start a file that stands for it.
    fn initials(
        &mut self,
        calendar: &Calendar,
        steps: &mut [Step],
        initials: &mut BTreeMap<(StepId, usize), usize>,
    ) {
        for (id, step) in (0..).map(StepId).zip(steps) {
            let mut links = step.inputs.iter_mut().enumerate();
            while let Some((place, input)) = links.find(|(_, it)| is_link(it) && self.dice.percent(70)) {
                input.initial = Some(format!("initial-{}-{place}", id.0));
                initials.insert((id, place), self.family(calendar, Kind::Static));
            }
        }
    }
}

/// Whether an input reaches back and can't be done without.
fn is_link(input: &Input) -> bool {
    matches!(input.reach, Reach::Back(1..)) && !input.optional
}

fn input((text, dataset): (&str, DatasetId), (reach, optional): (Reach, bool)) -> Input {
    Input { name: name(text), dataset, reach, optional, initial: None }
}

/// Clocks below a day count in UTC.
fn calendar(every: Every, zone: Tz) -> Calendar {
    let zone = if matches!(every, Every::Minutes(_)) { Tz::UTC } else { zone };
    Calendar::new(every, zone).expect("the simulator's clocks are clocks")
}

/// The partitions that a pipeline may come to look at within this time.
pub(crate) fn newest_due(spec: &Spec, now: Instant) -> Partition {
    window::newest_due(spec.parts(), now)
}
