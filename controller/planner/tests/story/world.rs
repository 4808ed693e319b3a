//! What happens to a pipeline: files come and go, launches end, people ask.

use std::collections::BTreeSet;

use planner::calendar::{Calendar, Instant, Partition};
use planner::digest::Digest;
use planner::facts::{Leftovers, Outcome, Presence, Request, Stage};
use planner::pipeline::{DatasetId, Pipeline, StepId};

use crate::common::notation;
use crate::story::actor::Actor;

impl Actor {
    /// Something happens.
    pub(crate) fn suffer(&mut self, verb: &str, words: &[&str], now: Instant) -> Result<(), String> {
        match (verb, words) {
            ("arrive" | "delete" | "occupied" | "settling" | "unknown", [dataset, keys @ ..]) => {
                self.put(presence(verb), dataset, keys)
            }
            ("silence", []) => {
                self.shelf.is_silent = true;
                Ok(())
            }
            ("answer", []) => {
                self.shelf.is_silent = false;
                Ok(())
            }
            ("blur", []) => {
                self.shelf.is_blurred = true;
                Ok(())
            }
            ("initial", [step, input, verb]) => self.put_initial(step, input, presence(verb)),
            ("succeed", []) => {
                let running: Vec<_> = self.launches.keys().copied().collect();
                running
                    .into_iter()
                    .try_for_each(|it| self.end(it, (Outcome::Succeeded, Leftovers::new()), now))
            }
            ("succeed", [step, key]) => self.end_one((step, key), (Outcome::Succeeded, &[]), now),
            ("discard", [step, key]) => self.end_one((step, key), (Outcome::Discarded, &[]), now),
            ("disrupt", [step, key, left @ ..]) => {
                self.end_one((step, key), (Outcome::Disrupted("its node went away".to_owned()), left), now)
            }
            ("fail", [step, key, rest @ ..]) => {
                let code = rest.iter().find_map(|word| word.strip_prefix("exit="));
                let exit_code = code.map(notation::read).transpose()?;
                let why = code.map_or_else(|| "signal 9".to_owned(), |code| format!("exit code {code}"));
                self.end_one((step, key), (Outcome::Failed { exit_code, why }, rest), now)
            }
            ("publish", [step, key]) => self.stage(step, key, Stage::Publishing),
            ("hold", [step, key, why @ ..]) => self.stage(step, key, Stage::Held(why.join(" "))),
            ("change" | "retouch", [step]) => self.change(verb, step),
            ("watch", [step, key]) => {
                let case = self.case(step, key)?;
                self.watched.push(case);
                Ok(())
            }
            ("forgive", []) => {
                self.facts.forgive_before = Some(now);
                Ok(())
            }
            _ => self.ask(verb, words),
        }
    }

    /// Somebody asks for something.
    fn ask(&mut self, verb: &str, words: &[&str]) -> Result<(), String> {
        match (verb, words) {
            ("request", [name, keys, rest @ ..]) => self.request(name, keys, rest)?,
            ("withdraw", [name]) => self.facts.requests.retain(|request| request.name != *name),
            ("suspend" | "resume", ["pipeline"]) => {
                self.pipeline = changed(&self.pipeline, |parts| parts.suspend = verb == "suspend")?;
            }
            ("suspend", ["partition", key]) => {
                self.facts.suspended.insert(self.partition(key)?);
            }
            ("resume", ["partition", key]) => {
                let partition = self.partition(key)?;
                self.facts.suspended.remove(&partition);
            }
            ("suspend" | "resume", ["request", name]) => {
                let request = self.facts.requests.iter_mut().find(|request| request.name == *name);
                request.ok_or("no such request")?.suspended = verb == "suspend";
            }
            _ => return Err("no such command".to_owned()),
        }
        Ok(())
    }

    fn put(&mut self, presence: Presence, dataset: &str, keys: &[&str]) -> Result<(), String> {
        let id = self.dataset(dataset)?;
        let calendar = self.pipeline.dataset(id).calendar.clone();
        if self.pipeline.dataset(id).path.is_static() {
            self.shelf.put(id, Partition(0), presence);
        }
        for key in keys {
            let (from, to) = range(&calendar, key)?;
            (from.0..=to.0).for_each(|it| self.shelf.put(id, Partition(it), presence));
        }
        Ok(())
    }

    fn put_initial(&mut self, step: &str, input: &str, presence: Presence) -> Result<(), String> {
        let id = self.step(step)?;
        let place = self.pipeline.step(id).inputs.iter().position(|it| it.name.as_str() == input);
        self.facts.initials.insert((id, place.ok_or("no such input")?), presence);
        Ok(())
    }

    fn end_one(
        &mut self,
        (step, key): (&str, &str),
        (outcome, words): (Outcome, &[&str]),
        now: Instant,
    ) -> Result<(), String> {
        let case = self.case(step, key)?;
        let mut left = Leftovers::new();
        for dataset in words.iter().filter_map(|word| word.strip_prefix("leaving=")) {
            let dataset = self.dataset(dataset)?;
            self.shelf.put(dataset, case.0, Presence::Complete);
            left.insert(dataset, self.shelf.fingerprint(dataset, case.0));
        }
        self.end(case, (outcome, left), now)
    }

    fn stage(&mut self, step: &str, key: &str, stage: Stage) -> Result<(), String> {
        let (partition, step) = self.case(step, key)?;
        let history = self.facts.history.get_mut(&partition).and_then(|steps| steps.get_mut(&step));
        let running = history.and_then(|history| history.running.as_mut());
        running.ok_or("no such launch runs")?.stage = stage;
        Ok(())
    }

    /// A step is edited: `change` in what shapes its result, `retouch` in something else.
    fn change(&mut self, verb: &str, step: &str) -> Result<(), String> {
        let id = self.step(step)?;
        self.pipeline = changed(&self.pipeline, |parts| {
            let step = &mut parts.steps[usize::from(id.0)];
            step.whole_digest = Digest::of([step.whole_digest.to_string().as_str(), verb]);
            if verb == "change" {
                step.result_digest = Digest::of([step.result_digest.to_string().as_str(), verb]);
            }
        })?;
        Ok(())
    }

    fn request(&mut self, name: &str, keys: &str, words: &[&str]) -> Result<(), String> {
        let (from, to) = range(&self.pipeline.parts().calendar, keys)?;
        let steps = words.iter().filter_map(|word| word.strip_prefix("steps=")).flat_map(|it| it.split(','));
        let steps: Result<BTreeSet<_>, _> = steps.map(|step| self.step(step)).collect();
        self.facts.requests.push(Request {
            name: name.to_owned(),
            from,
            to,
            steps: steps?,
            rerun: words.contains(&"rerun"),
            suspended: false,
        });
        Ok(())
    }

    pub(crate) fn partition(&self, key: &str) -> Result<Partition, String> {
        self.pipeline.parts().calendar.parse_key(key).map_err(|fault| fault.to_string())
    }

    pub(crate) fn step(&self, name: &str) -> Result<StepId, String> {
        self.pipeline.step_named(name).ok_or_else(|| format!("no step {name}"))
    }

    fn dataset(&self, name: &str) -> Result<DatasetId, String> {
        let mut ids = self.pipeline.dataset_ids();
        let found = ids.find(|id| self.pipeline.dataset(*id).name.as_str() == name);
        found.ok_or_else(|| format!("no dataset {name}"))
    }

    fn case(&self, step: &str, key: &str) -> Result<(Partition, StepId), String> {
        Ok((self.partition(key)?, self.step(step)?))
    }
}

fn changed(
    pipeline: &Pipeline,
    change: impl FnOnce(&mut planner::pipeline::Parts),
) -> Result<Pipeline, String> {
    let mut parts = pipeline.parts().clone();
    change(&mut parts);
    Pipeline::new(parts).map_err(|faults| format!("{faults:?}"))
}

fn presence(verb: &str) -> Presence {
    match verb {
        "arrive" => Presence::Complete,
        "occupied" => Presence::Occupied,
        "settling" => Presence::Settling,
        "unknown" => Presence::Unknown,
        _ => Presence::Missing,
    }
}

fn range(calendar: &Calendar, keys: &str) -> Result<(Partition, Partition), String> {
    let (from, to) = keys.split_once("..").unwrap_or((keys, keys));
    let key = |text| calendar.parse_key(text).map_err(|fault| fault.to_string());
    Ok((key(from)?, key(to)?))
}
