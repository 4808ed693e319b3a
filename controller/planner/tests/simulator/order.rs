//! The order of admission, worked out again: nobody starts before one who is more urgent and has room.

use std::collections::BTreeMap;

use planner::admission::Capacity;
use planner::calendar::Instant;
use planner::decision::Decision;
use planner::launch::Launch;
use planner::limits::AGEING_SECONDS;
use planner::name::Name;
use planner::pipeline::{Order, Resources};
use planner::verdict::Verdict;
use planner::window;

use crate::referee::{Referee, Violation, require};
use crate::spec::Spec;
use crate::store::Task;

/// What one admission was made from.
type Views<'a> = (&'a [&'a Spec], &'a [Decision]);

/// One that may start.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    task: Task,
    class: i64,
    rank: i64,
    has_aged: bool,
}

/// What is in use.
struct Room<'a> {
    specs: &'a [&'a Spec],
    capacity: &'a Capacity,
    running: Vec<u32>,
    used: Resources,
    pools: BTreeMap<&'a Name, u32>,
}

/// Whether something fits, and if not, whether only the machine is too small for it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Fits,
    LacksResources,
    IsBarred,
}

impl<'a> Room<'a> {
    fn new(specs: &'a [&'a Spec], capacity: &'a Capacity) -> Self {
        let (running, used, pools) = (vec![0; specs.len()], Resources::default(), BTreeMap::new());
        Self { specs, capacity, running, used, pools }
    }

    fn take(&mut self, task: Task) {
        let step = self.specs[task.pipeline].pipeline.step(task.step);
        self.running[task.pipeline] += 1;
        self.used.cpu_millis += step.resources.cpu_millis;
        self.used.memory_bytes += step.resources.memory_bytes;
        self.used.disk_bytes += step.resources.disk_bytes;
        if let Some(pool) = &step.pool {
            *self.pools.entry(pool).or_insert(0) += 1;
        }
    }

    fn fit(&self, task: Task) -> Fit {
        let spec = self.specs[task.pipeline];
        let step = spec.pipeline.step(task.step);
        let is_full = |pool| {
            let limit = self.capacity.pools.get(pool).copied().unwrap_or(u32::MAX);
            self.pools.get(pool).copied().unwrap_or(0) >= limit
        };
        let in_use: u32 = self.running.iter().sum();
        if self.running[task.pipeline] >= spec.parts().parallelism
            || self.capacity.slots.is_some_and(|slots| in_use >= slots)
            || step.pool.as_ref().is_some_and(is_full)
        {
            return Fit::IsBarred;
        }
        let needed = step.resources;
        let fits = |machine: Resources| {
            self.used.cpu_millis + needed.cpu_millis <= machine.cpu_millis
                && self.used.memory_bytes + needed.memory_bytes <= machine.memory_bytes
                && self.used.disk_bytes + needed.disk_bytes <= machine.disk_bytes
        };
        if self.capacity.resources.is_none_or(fits) { Fit::Fits } else { Fit::LacksResources }
    }
}

impl Referee {
    /// What was admitted is what the order asks for. Says whether somebody waits for room.
    pub(crate) fn admitted(
        &mut self,
        (specs, decisions): Views<'_>,
        launches: &[(usize, Launch)],
        (capacity, now): (&Capacity, Instant),
    ) -> Result<bool, Violation> {
        let mut waiting = self.candidates((specs, decisions), now);
        let mut room = Room::new(specs, capacity);
        self.ledger.all_open().for_each(|task| room.take(task));
        for (pipeline, launch) in launches {
            let task = Task { pipeline: *pipeline, partition: launch.partition, step: launch.step };
            let place = waiting.iter().position(|it| it.task == task);
            require(place.is_some(), "S7 the order of admission", || {
                format!("{task:?} is admitted unready")
            })?;
            let chosen = waiting.remove(place.unwrap_or(0));
            let passed = waiting.iter().filter(|other| other.goes_before(&chosen)).find(|other| {
                let fit = room.fit(other.task);
                fit == Fit::Fits || fit == Fit::LacksResources && other.has_aged
            });
            require(passed.is_none(), "S7 the order of admission", || {
                format!("{chosen:?} is admitted before {passed:?}")
            })?;
            room.take(task);
        }
        let is_reserved = waiting.iter().any(|it| it.has_aged && room.fit(it.task) == Fit::LacksResources);
        let idle = waiting.iter().find(|it| room.fit(it.task) == Fit::Fits);
        require(is_reserved || idle.is_none(), "L1 nothing waits beside free room", || {
            format!("{idle:?} is not admitted though it fits")
        })?;
        Ok(!waiting.is_empty())
    }

    fn candidates(&mut self, (specs, decisions): Views<'_>, now: Instant) -> Vec<Candidate> {
        let mut ready = BTreeMap::new();
        let mut candidates = Vec::new();
        for (pipeline, (spec, decision)) in specs.iter().zip(decisions).enumerate() {
            let cells = decision.cells().filter(|(_, _, cell)| cell.verdict == Verdict::Ready);
            for (partition, step, _) in cells {
                let task = Task { pipeline, partition, step };
                let since = self.ready_since.get(&task).copied().unwrap_or(now);
                ready.insert(task, since);
                candidates.push(candidate(spec, task, (since, now)));
            }
        }
        self.ready_since = ready;
        candidates
    }
}

/// Today goes before the rest of the window, and that before the rest; ten minutes of waiting make up for one class.
fn candidate(spec: &Spec, task: Task, (since, now): (Instant, Instant)) -> Candidate {
    let parts = spec.parts();
    let class = if task.partition == window::newest_due(parts, now) {
        0
    } else if window::window(parts, now).contains(&task.partition.0) {
        1
    } else {
        2
    };
    let aged = (now - since).num_seconds() / AGEING_SECONDS;
    let rank = match parts.order {
        Order::OldestFirst => task.partition.0,
        Order::NewestFirst => -task.partition.0,
    };
    Candidate { task, class: class - aged, rank, has_aged: aged > 0 }
}

impl Candidate {
    fn goes_before(&self, other: &Self) -> bool {
        let is_same_pipeline = self.task.pipeline == other.task.pipeline;
        self.class < other.class || is_same_pipeline && self.class == other.class && self.rank < other.rank
    }
}
