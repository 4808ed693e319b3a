//! A story: pipelines in a world that commands change, and what the planner makes of it.

mod actor;
mod print;
mod world;

use std::fmt::Write as _;

use planner::admission::{self, Admission, Bidder, Capacity};
use planner::calendar::Instant;
use planner::pipeline::Pipeline;

use crate::common::notation;
use crate::story::actor::Actor;

/// Pipelines and what they share.
#[derive(Default)]
pub(crate) struct Story {
    actors: Vec<Actor>,
    /// The pipeline that commands are about.
    current: usize,
    now: Instant,
    capacity: Capacity,
}

/// The rounds after which a story that still launches something never ends.
const ROUNDS_MAX: usize = 100;

impl Story {
    /// Obeys one command, and says what came of it.
    pub(crate) fn obey(&mut self, command: &str) -> Result<String, String> {
        let (verb, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let words: Vec<_> = rest.split_whitespace().collect();
        match (verb, words.as_slice()) {
            ("pipeline", _) => return self.declare(command),
            ("now", [minute]) => self.now = notation::read(&format!("{minute}:00Z"))?,
            ("use", [name]) => self.current = self.place(name)?,
            ("weight", [weight]) => self.actor()?.weight = notation::read(weight)?,
            ("capacity", words) => self.capacity = capacity(words)?,
            ("start", []) => return self.start(),
            ("launches", []) => {
                let admission = self.admit()?;
                return Ok(self.print_launches(&admission));
            }
            ("run", []) => return self.run(),
            ("decide" | "explain" | "summary" | "wake" | "window" | "curious" | "reads", words) => {
                self.admit()?;
                let now = self.now;
                return self.actor()?.say(verb, words, now);
            }
            (verb, words) => {
                let now = self.now;
                self.actor()?.suffer(verb, words, now)?;
            }
        }
        Ok(String::new())
    }

    /// A pipeline of a name that is known takes the place of that, and keeps its facts.
    fn declare(&mut self, text: &str) -> Result<String, String> {
        let parts = notation::parse(text)?;
        let name = parts.name.clone();
        let pipeline = match Pipeline::new(parts) {
            Ok(pipeline) => pipeline,
            Err(faults) => {
                let lines: Vec<_> = faults.iter().map(|fault| format!("{fault}\n")).collect();
                return Ok(lines.concat());
            }
        };
        if let Ok(place) = self.place(name.as_str()) {
            self.actors[place].pipeline = pipeline;
            self.current = place;
        } else {
            self.actors.push(Actor::new(pipeline));
            self.current = self.actors.len() - 1;
        }
        Ok(String::new())
    }

    fn place(&self, name: &str) -> Result<usize, String> {
        let mut names = self.actors.iter().map(|actor| actor.pipeline.parts().name.as_str());
        names.position(|it| it == name).ok_or_else(|| format!("no pipeline {name}"))
    }

    fn actor(&mut self) -> Result<&mut Actor, String> {
        self.actors.get_mut(self.current).ok_or_else(|| "no pipeline yet".to_owned())
    }

    /// Every pipeline decides, and all of them share what there is.
    fn admit(&mut self) -> Result<Admission, String> {
        let now = self.now;
        self.actors.iter_mut().for_each(|actor| actor.decide(now));
        let bidders: Vec<_> = self.actors.iter().map(|actor| bidder(actor, now)).collect();
        let admission = admission::admit(&bidders, &self.capacity);
        for (actor, obstacles) in self.actors.iter_mut().zip(&admission.obstacles) {
            actor.obstacles.clone_from(obstacles);
            actor.check(now)?;
        }
        Ok(admission)
    }

    fn start(&mut self) -> Result<String, String> {
        let admission = self.admit()?;
        let said = self.print_launches(&admission);
        for (place, launch) in admission.launches {
            let now = self.now;
            self.actors[place].start(launch, now);
        }
        Ok(said)
    }

    /// Launches whatever may start and lets it succeed, until nothing starts.
    fn run(&mut self) -> Result<String, String> {
        let mut said = String::new();
        for round in 1..=ROUNDS_MAX {
            let launches = self.start()?;
            if launches.is_empty() {
                return Ok(said);
            }
            for launch in launches.lines() {
                let _ = writeln!(said, "round {round}: {launch}");
            }
            for actor in &mut self.actors {
                actor.suffer("succeed", &[], self.now)?;
            }
        }
        Err(format!("something still starts after {ROUNDS_MAX} rounds:\n{said}"))
    }

    fn print_launches(&self, admission: &Admission) -> String {
        let is_alone = self.actors.len() == 1;
        let launches = admission.launches.iter().map(|(place, launch)| {
            let pipeline = &self.actors[*place].pipeline;
            let name = if is_alone { String::new() } else { format!("{} ", pipeline.parts().name) };
            format!("{name}{}\n", print::launch(pipeline, launch))
        });
        launches.collect()
    }
}

fn bidder(actor: &Actor, now: Instant) -> Bidder<'_> {
    Bidder { world: actor.world(now), decision: &actor.decision, weight: actor.weight }
}

/// Reads `slots=2 cpu=4 memory=1Gi pool.gpu=1`.
fn capacity(words: &[&str]) -> Result<Capacity, String> {
    let mut capacity = Capacity::default();
    let mut machine = Vec::new();
    for word in words {
        if let Some(slots) = word.strip_prefix("slots=") {
            capacity.slots = Some(notation::read(slots)?);
        } else if let Some((pool, count)) = word.strip_prefix("pool.").and_then(|word| word.split_once('=')) {
            capacity.pools.insert(notation::read(pool)?, notation::read(count)?);
        } else {
            machine.push(*word);
        }
    }
    if !machine.is_empty() {
        capacity.resources = Some(notation::resources(machine)?);
    }
    Ok(capacity)
}
