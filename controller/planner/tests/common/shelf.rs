//! A shelf: what storage would say, and what the files look like.

use std::collections::BTreeMap;
use std::ops::Range;

use planner::calendar::{Instant, Partition};
use planner::facts::{ABSENT, Facts, Fingerprints, Holding, Presence};
use planner::pipeline::{DatasetId, Pipeline, StepId};
use planner::{reads, window};

/// What lies in the stores of one pipeline; what was never put there is missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    seen: BTreeMap<(DatasetId, Partition), (Presence, u32)>,
    /// Whether no store answers.
    pub(crate) is_silent: bool,
    /// Whether nobody can say what files look like.
    pub(crate) is_blurred: bool,
}

/// The stretch of partitions that a decision could look at: the window, the requests, what runs.
pub(crate) fn stretch(pipeline: &Pipeline, facts: &Facts, now: Instant) -> Range<i64> {
    let requests = facts.requests.iter().map(|request| request.from.0..request.to.0 + 1);
    let running = facts.history.iter().filter(|(_, steps)| steps.values().any(|it| it.running.is_some()));
    let running = running.map(|(partition, _)| partition.0..partition.0 + 1);
    let all = std::iter::once(window::window(pipeline.parts(), now)).chain(requests).chain(running);
    all.filter(|range| !range.is_empty())
        .reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))
        .unwrap_or(0..0)
}

impl Shelf {
    /// Puts something there, or takes it away; what is put there looks new.
    pub(crate) fn put(&mut self, dataset: DatasetId, partition: Partition, presence: Presence) {
        let place = self.seen.entry((dataset, partition)).or_insert((presence, 0));
        *place = (presence, place.1 + 1);
    }

    /// What the store says of one partition.
    pub(crate) fn presence(&self, dataset: DatasetId, partition: Partition) -> Presence {
        if self.is_silent {
            return Presence::Unknown;
        }
        self.seen.get(&(dataset, partition)).map_or(Presence::Missing, |(presence, _)| *presence)
    }

    /// What one partition looks like.
    pub(crate) fn fingerprint(&self, dataset: DatasetId, partition: Partition) -> String {
        match self.seen.get(&(dataset, partition)) {
            None | Some((Presence::Missing, _)) => ABSENT.to_owned(),
            Some((_, version)) => format!("v{version}"),
        }
    }

    /// What the stores say of everything that deciding a stretch of partitions may look at, and of nothing else.
    pub(crate) fn holdings(&self, pipeline: &Pipeline, partitions: &Range<i64>) -> Vec<Holding> {
        let sight = reads::sight(pipeline, partitions);
        let holding = |(dataset, range): (DatasetId, Option<Range<i64>>)| {
            if pipeline.dataset(dataset).path.is_static() {
                return Holding::Static(self.presence(dataset, Partition(0)));
            }
            let range = range.unwrap_or(0..0);
            let first = Partition(range.start);
            let presences = range.map(|it| self.presence(dataset, Partition(it))).collect();
            Holding::Dated { first, presences }
        };
        pipeline.dataset_ids().zip(sight).map(holding).collect()
    }

    /// What the inputs of a step look like.
    pub(crate) fn fingerprints(
        &self,
        pipeline: &Pipeline,
        (partition, step): (Partition, StepId),
    ) -> Fingerprints {
        let mut found = Fingerprints::new();
        for input in &pipeline.step(step).inputs {
            let dataset = pipeline.dataset(input.dataset);
            if dataset.path.is_static() {
                let path = dataset.path.as_str().to_owned();
                found.insert(path, self.fingerprint(input.dataset, Partition(0)));
                continue;
            }
            for read in reads::reads(pipeline, input, partition).map(Partition) {
                let path = dataset.path.render(&dataset.calendar, read);
                found.insert(path, self.fingerprint(input.dataset, read));
            }
        }
        found
    }

    /// What failed attempts left, as it looks now.
    pub(crate) fn leftovers(&self, facts: &Facts) -> BTreeMap<(Partition, DatasetId), String> {
        let mut found = BTreeMap::new();
        if self.is_blurred {
            return found;
        }
        for (partition, steps) in &facts.history {
            for dataset in steps.values().filter_map(|it| it.last()).flat_map(|it| it.left.keys()) {
                found.insert((*partition, *dataset), self.fingerprint(*dataset, *partition));
            }
        }
        found
    }
}
