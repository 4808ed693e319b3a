//! Storage: what truly is there, whether or not anybody can see it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use planner::calendar::{Calendar, Instant, Partition};
use planner::facts::Presence;
use planner::launch::Launch;
use planner::pipeline::{DatasetId, StepId};

/// One step of one partition of one pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Task {
    pub(crate) pipeline: usize,
    pub(crate) partition: Partition,
    pub(crate) step: StepId,
}

/// One launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LaunchKey {
    pub(crate) task: Task,
    pub(crate) attempt: u32,
    pub(crate) launch: u32,
}

/// A path: a partition of a family of files. Families may be shared between pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) family: usize,
    pub(crate) partition: Partition,
}

/// A family of files.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) calendar: Calendar,
    /// The age from which a file is trusted.
    pub(crate) settle: TimeDelta,
    pub(crate) kind: Kind,
}

/// Where a family's files come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From outside, one a partition.
    Outside,
    /// From outside, one file for all partitions.
    Static,
    /// From a step, aside and then moved.
    Staged,
    /// From a step, in its place.
    Direct,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    /// Differs whenever the content does.
    pub(crate) version: u64,
    pub(crate) shape: Shape,
    pub(crate) writer: Writer,
    pub(crate) at: Instant,
}

/// Whether what stands there passes for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Whole,
    Parts,
}

/// Who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    Foreigner,
    /// A launch that ended well.
    Launch(LaunchKey),
    /// A launch that is not through with it, or never will be.
    Unfinished(LaunchKey),
}

/// Everything in storage.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) families: Vec<Family>,
    pub(crate) objects: BTreeMap<Place, Object>,
    pub(crate) staging: BTreeMap<LaunchKey, BTreeMap<DatasetId, u64>>,
    pub(crate) outages: BTreeMap<usize, Instant>,
    versions: u64,
}

impl Store {
    pub(crate) fn new() -> Self {
        let (families, objects, staging) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { families, objects, staging, outages: BTreeMap::new(), versions: 0 }
    }

    pub(crate) fn version(&mut self) -> u64 {
        self.versions += 1;
        self.versions
    }

    pub(crate) fn write(&mut self, place: Place, (shape, writer, at): (Shape, Writer, Instant)) {
        let version = self.version();
        self.objects.insert(place, Object { version, shape, writer, at });
    }

    pub(crate) fn is_out(&self, family: usize, now: Instant) -> bool {
        self.outages.get(&family).is_some_and(|until| *until > now)
    }

    /// What an honest look finds.
    pub(crate) fn look(&self, place: Place, now: Instant) -> Presence {
        if self.is_out(place.family, now) {
            return Presence::Unknown;
        }
        match self.objects.get(&place) {
            None => Presence::Missing,
            Some(object) if object.shape == Shape::Parts => Presence::Occupied,
            Some(object) if self.trusted_at(place, object) > now => Presence::Settling,
            Some(_) => Presence::Complete,
        }
    }

    /// The moment from which a file is old enough.
    pub(crate) fn trusted_at(&self, place: Place, object: &Object) -> Instant {
        object.at + self.families[place.family].settle
    }

    /// Whether what stands there is the whole, from somebody who was through with it.
    pub(crate) fn holds(&self, place: Place) -> bool {
        self.objects.get(&place).is_some_and(|object| {
            object.shape == Shape::Whole && !matches!(object.writer, Writer::Unfinished(_))
        })
    }
}

impl LaunchKey {
    pub(crate) fn of(pipeline: usize, launch: &Launch) -> Self {
        let task = Task { pipeline, partition: launch.partition, step: launch.step };
        Self { task, attempt: launch.attempt, launch: launch.launch }
    }
}
