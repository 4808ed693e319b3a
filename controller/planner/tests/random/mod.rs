//! Random worlds: pipelines in the tests' notation, files, histories and requests.

use std::fmt::Write as _;

use planner::calendar::{Instant, Partition};
use planner::facts::{Facts, History, Leftovers, Outcome, Presence, Request, Trial};
use planner::launch::{Launch, products};
use planner::pipeline::{Pipeline, StepId};
use planner::window;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::common::notation;
use crate::common::shelf::{self, Shelf};

/// How many datasets come from outside.
const OUTSIDE: usize = 3;

/// A step that may read whatever lies before it, and of the past whatever there is.
#[derive(Clone, Debug)]
struct Sketch {
    inputs: Vec<(Index, &'static str)>,
    outputs: usize,
    words: String,
}

/// A pipeline's text, which is sound by the way it is made.
pub(crate) fn pipelines() -> impl Strategy<Value = String> {
    let clocks = &["every=1d", "every=1d zone=Europe/Paris", "every=6h", "every=1w", "every=1mo"];
    let heads = (
        select(&clocks[..]),
        1..7_u32,
        select(&["", "due=Start", "delay=5h", "delay=1d"][..]),
        select(&["", "order=NewestFirst", "late-after=7h"][..]),
        select(&["", "start=2026-03", "end=2026-04", "suspend"][..]),
        1..5_u32,
    );
    let outside = proptest::collection::vec(
        select(&["", "expected-for=3d", "every=1h", "every=1d", "every=1w"][..]),
        OUTSIDE,
    );
    let flags = proptest::collection::vec(select(&["", "", "OnDemand", "Direct", "expected-for=2d"][..]), 8);
    (heads, outside, flags, proptest::collection::vec(sketches(), 1..5)).prop_map(
        |((clock, window, due, order, bound, parallelism), outside, flags, steps)| {
            let mut text =
                format!("pipeline {clock} window={window} {due} {order} {bound} parallelism={parallelism}\n");
            for (place, clock) in outside.iter().enumerate() {
                let _ = writeln!(text, "  dataset in{place} {clock}");
            }
            // What is made on demand may be a chain, which must begin somewhere.
            let allowed = |flag: &&str| *flag != "OnDemand" || bound.starts_with("start");
            for (place, flag) in flags.iter().enumerate() {
                let flag = Some(*flag).filter(allowed).unwrap_or_default();
                let _ = writeln!(text, "  dataset d{place} {flag}");
            }
            let all: usize = steps.iter().map(|step| step.outputs).sum();
            let mut made = 0;
            for (place, step) in steps.iter().enumerate() {
                text += &step.line(place, (made, all), bound);
                made += step.outputs;
            }
            text
        },
    )
}

fn sketches() -> impl Strategy<Value = Sketch> {
    let reaches = &["", "", "", "?", "@-1", "@-1?", "@-2", "[-2..-1]"];
    let inputs = proptest::collection::vec((any::<Index>(), select(&reaches[..])), 1..4);
    let words = (
        select(&["", "inputs=Rebuild", "step=Rebuild"][..]),
        select(&["", "retries=1", "retries=2"][..]),
        select(&["", "pool=scarce", "cpu=1", "cpu=2"][..]),
    );
    (inputs, 1..3_usize, words).prop_map(|(inputs, outputs, (change, retries, needs))| Sketch {
        inputs,
        outputs,
        words: format!("{change} {retries} {needs} backoff=0s"),
    })
}

impl Sketch {
    fn line(&self, place: usize, (made, all): (usize, usize), bound: &str) -> String {
        let mut line = format!("  step s{place}:");
        for (number, (index, reach)) in self.inputs.iter().enumerate() {
            // Only the past of what is made later, or here, can be read.
            let choice = if reach.contains('-') { OUTSIDE + all } else { OUTSIDE + made };
            let chosen = index.index(choice);
            let (dataset, initial) = match chosen.checked_sub(OUTSIDE) {
                None => (format!("in{chosen}"), ""),
                Some(output) if bound.starts_with("start") && number == 0 && reach.contains('-') => {
                    (format!("d{output}"), "|seed.csv")
                }
                Some(output) => (format!("d{output}"), ""),
            };
            let _ = write!(line, " i{number}:{dataset}{reach}{initial}");
        }
        line += " ->";
        for output in made..made + self.outputs {
            let _ = write!(line, " d{output}");
        }
        format!("{line} {}\n", self.words)
    }
}

/// What happened and what people want, before it meets a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Chaos {
    presences: Vec<Presence>,
    ends: Vec<(Index, Index, u8)>,
    requests: Vec<(Index, u8, Option<Index>, bool, bool)>,
    suspended: Option<Index>,
    minutes: i64,
}

/// Worlds in which files have one of these states.
pub(crate) fn chaos(presences: &'static [Presence]) -> impl Strategy<Value = Chaos> {
    let presences = proptest::collection::vec(select(presences), 1..60);
    let ends = proptest::collection::vec((any::<Index>(), any::<Index>(), 0..6_u8), 0..20);
    let request =
        (any::<Index>(), 0..4_u8, proptest::option::of(any::<Index>()), any::<bool>(), any::<bool>());
    let requests = proptest::collection::vec(request, 0..3);
    let suspended = proptest::option::weighted(0.2, any::<Index>());
    (presences, ends, requests, suspended, 0..60 * 24 * 60_i64).prop_map(
        |(presences, ends, requests, suspended, minutes)| Chaos {
            presences,
            ends,
            requests,
            suspended,
            minutes,
        },
    )
}

impl Chaos {
    /// Without a past and without anybody who asks for something.
    pub(crate) fn calm(chaos: Self) -> Self {
        Self { ends: Vec::new(), requests: Vec::new(), suspended: None, ..chaos }
    }
}

/// A pipeline in its world.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) pipeline: Pipeline,
    pub(crate) facts: Facts,
    pub(crate) shelf: Shelf,
    pub(crate) now: Instant,
}

impl Scene {
    /// Puts a pipeline into a world.
    pub(crate) fn new(text: &str, chaos: &Chaos) -> Self {
        let parts = notation::parse(text).expect("the notation is right");
        let pipeline = Pipeline::new(parts).expect("it is sound");
        let now: Instant = "2026-03-02T00:30:00Z".parse().expect("it is a time");
        let now = now + chrono::TimeDelta::minutes(chaos.minutes);
        let mut scene = Self { pipeline, facts: Facts::default(), shelf: Shelf::default(), now };
        scene.ask(chaos);
        scene.remember(chaos);
        scene.fill(chaos);
        scene.observe();
        scene
    }

    /// A partition around the window, the newest ones not due yet.
    fn partition(&self, index: Index) -> Partition {
        let window = window::window(self.pipeline.parts(), self.now);
        Partition(window.end + 1 - i64::try_from(index.index(12)).expect("it is small"))
    }

    fn step(&self, index: Index) -> StepId {
        StepId(u16::try_from(index.index(self.pipeline.parts().steps.len())).expect("it is small"))
    }

    fn ask(&mut self, chaos: &Chaos) {
        for (number, (from, length, step, rerun, suspended)) in chaos.requests.iter().enumerate() {
            let from = self.partition(*from);
            let steps = step.iter().map(|step| self.step(*step)).collect();
            let (name, to) = (format!("r{number}"), Partition(from.0 + i64::from(*length)));
            self.facts.requests.push(Request { name, from, to, steps, rerun: *rerun, suspended: *suspended });
        }
        self.facts.suspended = chaos.suspended.iter().map(|it| self.partition(*it)).collect();
    }

    /// Lets launches start and end, each as if admission had granted it.
    fn remember(&mut self, chaos: &Chaos) {
        for (partition, step, kind) in &chaos.ends {
            let (partition, step) = (self.partition(*partition), self.step(*step));
            let history = self.facts.history(partition, step);
            if history.is_some_and(|history| history.running.is_some()) {
                continue;
            }
            let attempt = history.map_or(0, History::attempts) + 1;
            let digests = self.pipeline.step(step);
            let trial = Trial {
                whole: digests.whole_digest,
                result: digests.result_digest,
                request: self.facts.requests.first().map(|request| request.name.clone()),
            };
            let outputs = digests.outputs.clone();
            let products = products(&self.pipeline, step, partition);
            let launch =
                Launch { step, partition, attempt, launch: 1, trial, outputs, replaces: false, products };
            self.start(&launch);
            let outcome = match kind {
                0 => continue,
                1 => Outcome::Disrupted("its node went away".to_owned()),
                2 => Outcome::Discarded,
                3 => Outcome::Failed { exit_code: Some(1), why: "exit code 1".to_owned() },
                _ => Outcome::Succeeded,
            };
            self.end(&launch, outcome);
        }
    }

    fn fill(&mut self, chaos: &Chaos) {
        let stretch = shelf::stretch(&self.pipeline, &self.facts, self.now);
        let sight = planner::reads::sight(&self.pipeline, &stretch);
        let mut states = chaos.presences.iter().cycle();
        for (dataset, range) in self.pipeline.dataset_ids().zip(sight) {
            for partition in range.unwrap_or(0..0).map(Partition) {
                self.shelf.put(dataset, partition, *states.next().expect("there is a state"));
            }
        }
        for step in self.pipeline.step_ids() {
            for place in 0..self.pipeline.step(step).inputs.len() {
                self.facts.initials.insert((step, place), *states.next().expect("there is a state"));
            }
        }
    }

    /// Looks at storage.
    pub(crate) fn observe(&mut self) {
        let stretch = shelf::stretch(&self.pipeline, &self.facts, self.now);
        self.facts.holdings = self.shelf.holdings(&self.pipeline, &stretch);
        self.facts.outputs = self.shelf.leftovers(&self.facts);
    }

    pub(crate) fn start(&mut self, launch: &Launch) {
        let case = (launch.partition, launch.step);
        let inputs = self.shelf.fingerprints(&self.pipeline, case);
        let history = self.facts.history.entry(case.0).or_default().entry(case.1).or_default();
        history.start(launch, inputs, self.now);
    }

    pub(crate) fn end(&mut self, launch: &Launch, outcome: Outcome) {
        let steps = self.facts.history.entry(launch.partition).or_default();
        steps.entry(launch.step).or_default().end(outcome, Leftovers::new(), self.now);
    }

    /// The launch ends well, and its outputs are there.
    pub(crate) fn succeed(&mut self, launch: &Launch) {
        for output in &launch.outputs {
            self.shelf.put(*output, launch.partition, Presence::Complete);
        }
        self.end(launch, Outcome::Succeeded);
    }
}
