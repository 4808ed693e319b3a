//! Admission: which of the steps that are ready start now, across all pipelines.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::calendar::{Instant, Partition};
use crate::decide::World;
use crate::decision::{Cell, Decision};
use crate::launch::Launch;
use crate::limits::AGEING_SECONDS;
use crate::name::Name;
use crate::pipeline::{Order, Resources, StepId};
use crate::verdict::Verdict;

/// What an environment has for all pipelines together.
#[derive(Clone, Debug, Default)]
pub struct Capacity {
    /// The most launches at once; none means no limit.
    pub slots: Option<u32>,
    /// What the machine has for all launches; none where the executor looks after that itself.
    pub resources: Option<Resources>,
    /// How much there is of each scarce thing, one of which each launch of a step that names it takes.
    pub pools: BTreeMap<Name, u32>,
}

/// A pipeline that bids for room.
#[derive(Clone, Copy, Debug)]
pub struct Bidder<'a> {
    /// The pipeline and its facts.
    pub world: World<'a>,
    /// What holds for it.
    pub decision: &'a Decision,
    /// Its share: a pipeline of weight 2 gets twice the room of one of weight 1.
    pub weight: u32,
}

/// What starts now, and what keeps the rest.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// The launches, each with the place of its bidder.
    pub launches: Vec<(usize, Launch)>,
    /// What further launches of each bidder wait for, by its place.
    pub obstacles: Vec<Obstacles>,
}

/// What a launch of each step would wait for; a step that is not named has room.
pub type Obstacles = BTreeMap<StepId, Obstacle>;

/// What a step that is ready waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The pipeline's own parallelism.
    Parallelism(u32),
    /// The environment's slots.
    Slots(u32),
    /// The machine: it lacks room for the step's resources.
    Resources,
    /// A pool.
    Pool(Name),
}

/// Grants room to the most urgent candidates until there is none.
///
/// Today's partitions go before the window's, and these before what was asked for beyond it; waiting makes more urgent,
/// so that nothing starves. Among equals the pipeline with the smallest share in use goes first.
pub fn admit(bidders: &[Bidder<'_>], capacity: &Capacity) -> Admission {
    let mut room = Room::new(bidders, capacity);
    let mut queues: Vec<_> = (0..bidders.len()).map(|bidder| queue(bidders, bidder, &room)).collect();
    let mut launches = Vec::new();
    while let Some(bidder) = next_bidder(bidders, &queues, &room) {
        let Some(Reverse(candidate)) = queues[bidder].pop() else { break };
        match room.obstacle(bidders, bidder, candidate.step) {
            None => {
                room.take(bidders, bidder, candidate.step);
                let Bidder { world, decision, .. } = bidders[bidder];
                launches
                    .push((bidder, Launch::new(world, decision, (candidate.partition(), candidate.step))));
            }
            Some(Obstacle::Parallelism(_) | Obstacle::Slots(_)) => queues[bidder].clear(),
            Some(Obstacle::Resources)
                if candidate.has_aged && room.could_hold(bidders, bidder, candidate.step) =>
            {
                // What is smaller must not slip past for ever: the rest waits until there is room for this one.
                room.is_reserved = true;
                break;
            }
            Some(Obstacle::Resources | Obstacle::Pool(_)) => {}
        }
    }
    let obstacles = (0..bidders.len()).map(|bidder| room.obstacles(bidders, bidder)).collect();
    Admission { launches, obstacles }
}

/// A step that is ready; the smallest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// 0 for today, 1 for the window, 2 beyond; less the longer it waited.
    class: i64,
    /// The partition, turned round where the newest goes first.
    rank: i64,
    step: StepId,
    turned: bool,
    has_aged: bool,
}

impl Candidate {
    fn new(bidder: &Bidder<'_>, (partition, step, cell): (Partition, StepId, &Cell)) -> Self {
        let class = if partition == bidder.decision.newest_due {
            0
        } else if bidder.decision.window.contains(&partition.0) {
            1
        } else {
            2
        };
        let aged = waited_seconds(cell, bidder.world.now) / AGEING_SECONDS;
        let turned = bidder.world.pipeline.parts().order == Order::NewestFirst;
        let rank = if turned { -partition.0 } else { partition.0 };
        Self { class: class - aged, rank, step, turned, has_aged: aged > 0 }
    }

    fn partition(self) -> Partition {
        Partition(if self.turned { -self.rank } else { self.rank })
    }
}

fn waited_seconds(cell: &Cell, now: Instant) -> i64 {
    (now - cell.since).num_seconds().max(0)
}

type Queue = BinaryHeap<Reverse<Candidate>>;

/// The candidates of a bidder; none when it has no room at all, which spares the sorting.
fn queue(bidders: &[Bidder<'_>], bidder: usize, room: &Room<'_>) -> Queue {
    if room.bound(bidders, bidder).is_some() {
        return Queue::new();
    }
    let decision = bidders[bidder].decision;
    let ready = decision.cells().filter(|(_, _, cell)| cell.verdict == Verdict::Ready);
    ready.map(|cell| Reverse(Candidate::new(&bidders[bidder], cell))).collect()
}

/// The bidder whose first candidate is most urgent; among equals the one with the smallest share in use.
fn next_bidder(bidders: &[Bidder<'_>], queues: &[Queue], room: &Room<'_>) -> Option<usize> {
    let heads = queues.iter().enumerate().filter_map(|(place, queue)| Some((place, queue.peek()?.0.class)));
    heads
        .min_by_key(|(place, class)| {
            let share = u64::from(room.running[*place]) * 1000 / u64::from(bidders[*place].weight.max(1));
            (*class, share, *place)
        })
        .map(|(place, _)| place)
}

/// What is in use and what there is.
struct Room<'a> {
    capacity: &'a Capacity,
    running: Vec<u32>,
    used: Resources,
    pools: BTreeMap<Name, u32>,
    /// Whether the rest of the machine is kept for a candidate that has waited long.
    is_reserved: bool,
}

impl<'a> Room<'a> {
    fn new(bidders: &[Bidder<'_>], capacity: &'a Capacity) -> Self {
        let running = vec![0; bidders.len()];
        let (used, pools) = (Resources::default(), BTreeMap::new());
        let mut room = Self { capacity, running, used, pools, is_reserved: false };
        for (place, bidder) in bidders.iter().enumerate() {
            let is_under_way = |cell: &Cell| matches!(cell.verdict, Verdict::Running | Verdict::Publishing);
            let running = bidder.decision.cells().filter(|(_, _, cell)| is_under_way(cell));
            running.for_each(|(_, step, _)| room.take(bidders, place, step));
        }
        room
    }

    /// The bound that keeps every candidate of a bidder, whatever it needs.
    fn bound(&self, bidders: &[Bidder<'_>], bidder: usize) -> Option<Obstacle> {
        let parallelism = bidders[bidder].world.pipeline.parts().parallelism;
        if self.running[bidder] >= parallelism {
            return Some(Obstacle::Parallelism(parallelism));
        }
        let in_use: u32 = self.running.iter().sum();
        self.capacity.slots.filter(|slots| in_use >= *slots).map(Obstacle::Slots)
    }

    fn obstacle(&self, bidders: &[Bidder<'_>], bidder: usize, step: StepId) -> Option<Obstacle> {
        let step = bidders[bidder].world.pipeline.step(step);
        let full_pool = step.pool.as_ref().filter(|pool| {
            let limit = self.capacity.pools.get(*pool).copied().unwrap_or(u32::MAX);
            self.pools.get(*pool).copied().unwrap_or(0) >= limit
        });
        self.bound(bidders, bidder).or_else(|| full_pool.cloned().map(Obstacle::Pool)).or_else(|| {
            (self.is_reserved || !self.fits(self.used, step.resources)).then_some(Obstacle::Resources)
        })
    }

    fn obstacles(&self, bidders: &[Bidder<'_>], bidder: usize) -> Obstacles {
        let steps = bidders[bidder].world.pipeline.step_ids();
        steps.filter_map(|step| Some((step, self.obstacle(bidders, bidder, step)?))).collect()
    }

    /// Whether a machine that does nothing else has what a step needs.
    fn could_hold(&self, bidders: &[Bidder<'_>], bidder: usize, step: StepId) -> bool {
        self.fits(Resources::default(), bidders[bidder].world.pipeline.step(step).resources)
    }

    fn fits(&self, used: Resources, needed: Resources) -> bool {
        self.capacity.resources.is_none_or(|machine| {
            used.cpu_millis + needed.cpu_millis <= machine.cpu_millis
                && used.memory_bytes + needed.memory_bytes <= machine.memory_bytes
                && used.disk_bytes + needed.disk_bytes <= machine.disk_bytes
        })
    }

    fn take(&mut self, bidders: &[Bidder<'_>], bidder: usize, step: StepId) {
        let step = bidders[bidder].world.pipeline.step(step);
        self.running[bidder] += 1;
        self.used.cpu_millis += step.resources.cpu_millis;
        self.used.memory_bytes += step.resources.memory_bytes;
        self.used.disk_bytes += step.resources.disk_bytes;
        if let Some(pool) = &step.pool {
            *self.pools.entry(pool.clone()).or_insert(0) += 1;
        }
    }
}
