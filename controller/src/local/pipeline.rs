//! A pipeline at work on this machine: its folder, its records, what people ask of it.

use std::path::PathBuf;

use planner::calendar::Partition;
use planner::facts::Request;
use planner::pipeline::Pipeline;

use crate::local::journal::Journal;
use crate::requests::Stored;
use crate::work::pipeline::Work;
use crate::work::records::{Records as _, RecordsError};

/// A pipeline at work on this machine.
#[derive(Debug)]
pub(crate) struct LocalPipeline {
    /// The pipeline at work.
    pub(crate) work: Work,
    /// The folder of its manifest, in which its steps run.
    pub(crate) folder: PathBuf,
    /// What was launched, published and ended.
    pub(crate) records: Journal,
    /// The requests of this run alone, such as `--date`.
    pub(crate) own_requests: Vec<Request>,
    stored_requests: Vec<Stored>,
}

impl LocalPipeline {
    pub(crate) fn new(folder: PathBuf, plan: Pipeline, records: Journal) -> Self {
        let work = Work::new(plan.parts().name.to_string(), plan);
        Self { work, folder, records, own_requests: Vec::new(), stored_requests: Vec::new() }
    }

    /// Reads the records of these partitions; says whether that brought any that were not known.
    pub(crate) fn load_records(&mut self, partitions: &[Partition]) -> Result<bool, RecordsError> {
        self.records.load(&self.work.plan, partitions, &mut self.work.facts.history)
    }

    /// Takes over the requests that concern this pipeline; a sentence tells of those that make no sense.
    pub(crate) fn take_requests(&mut self, stored: &[Stored]) -> Result<(), String> {
        let mine = |it: &&Stored| it.backfill.spec.pipeline_ref.name.to_string() == self.work.name();
        let mine: Vec<_> = stored.iter().filter(mine).cloned().collect();
        let mut requests = Vec::new();
        let mut problems = Vec::new();
        for stored in &mine {
            match authoring::request(&stored.backfill, &self.work.plan) {
                Ok(request) => requests.push(Request { name: stored.name.clone(), ..request }),
                Err(faults) => {
                    problems.extend(faults.iter().map(|fault| format!("{}: {fault}", stored.name)));
                }
            }
        }
        requests.extend(self.own_requests.iter().cloned());
        if requests != self.work.facts.requests {
            self.work.facts.requests = requests;
            self.work.is_stale = true;
        }
        self.stored_requests = mine;
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    /// The stored requests with nothing left to do.
    pub(crate) fn take_fulfilled(&mut self) -> Vec<Stored> {
        if self.work.is_stale || self.stored_requests.is_empty() {
            return Vec::new();
        }
        let (requests, decision) = (&self.work.facts.requests, &self.work.decision);
        let is_open = |stored: &Stored| {
            let Some(request) = requests.iter().find(|request| request.name == stored.name) else {
                return true;
            };
            decision.cells().any(|(partition, step, cell)| {
                let is_open = !cell.verdict.is_settled() || cell.replacement.is_some();
                is_open && request.covers(partition, step)
            })
        };
        let (open, fulfilled) = self.stored_requests.drain(..).partition(is_open);
        self.stored_requests = open;
        let is_fulfilled = |name: &str| fulfilled.iter().any(|stored: &Stored| stored.name == name);
        self.work.facts.requests.retain(|request| !is_fulfilled(&request.name));
        self.work.is_stale |= !fulfilled.is_empty();
        fulfilled
    }
}
