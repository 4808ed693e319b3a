//! Processes: what a launch's command does, well or badly, while the runtime lives or not.

use std::collections::BTreeMap;

use planner::launch::Launch;
use planner::pipeline::{DatasetId, Publish};

use crate::blueprint::FINAL_EXIT_CODE;
use crate::features::Feature;
use crate::store::{LaunchKey, Place, Shape, Writer};
use crate::world::{Event, Stop, World};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Code { code: i32, wrote_all: bool },
    TimedOut,
    Evicted,
    Killed,
}

/// What a process will do unless it is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Succeeds,
    WritesTooLittle,
    Fails(i32),
    Hangs,
}

/// A process that runs.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) key: LaunchKey,
    pub(crate) launch: Launch,
    fate: Fate,
}

impl World {
    /// Starts the process of a launch.
    pub(crate) fn start_process(&mut self, pipeline: usize, launch: &Launch) -> Result<(), Stop> {
        let key = LaunchKey::of(pipeline, launch);
        self.serial += 1;
        let pid = self.serial;
        let rivals = self.processes.values().filter(|process| process.key.task == key.task).count();
        self.referee.started(key, rivals).map_err(Stop::Broken)?;
        let fate = self.fate();
        self.note(|_| format!("process {pid} of {key:?} starts: {fate:?}"));
        self.store.staging.insert(key, BTreeMap::new());
        let process = Process { key, launch: launch.clone(), fate };
        self.write_early(&process);
        self.processes.insert(pid, process);
        let lasts = self.dice.seconds(self.unit / 2);
        if fate != Fate::Hangs {
            self.after(lasts, Event::Ends(pid));
        }
        if self.features.has(Feature::Evictions) && self.dice.percent(12) {
            let after = self.dice.between(0, lasts);
            self.after(after, Event::Evicted(pid));
        }
        let timeout = self.specs[pipeline].pipeline.step(launch.step).timeout.map_or(0, |it| it.as_secs());
        self.after(i64::try_from(timeout).unwrap_or(i64::MAX), Event::TimesOut(pid));
        Ok(())
    }

    fn fate(&mut self) -> Fate {
        if self.features.has(Feature::Failures) && self.dice.percent(25) {
            return Fate::Fails(if self.dice.percent(15) { FINAL_EXIT_CODE } else { 1 });
        }
        if self.features.has(Feature::EmptySuccesses) && self.dice.percent(8) {
            return Fate::WritesTooLittle;
        }
        if self.features.has(Feature::Hangs) && self.dice.percent(5) {
            return Fate::Hangs;
        }
        Fate::Succeeds
    }

    /// The outputs of a process, each with the place where it writes: none aside.
    fn targets(&self, process: &Process) -> Vec<(DatasetId, Option<Place>)> {
        let spec = &self.specs[process.key.task.pipeline];
        let outputs = spec.outputs(process.key.task).into_iter();
        let is_direct = |dataset| spec.pipeline.dataset(dataset).publish == Publish::Direct;
        outputs
            .filter(|(dataset, _)| !is_direct(*dataset) || process.launch.outputs.contains(dataset))
            .map(|(dataset, place)| (dataset, is_direct(dataset).then_some(place)))
            .collect()
    }

    /// What a process has written of its outputs before its end.
    fn write_early(&mut self, process: &Process) {
        for (dataset, direct) in self.targets(process) {
            if self.dice.percent(40) {
                continue;
            }
            let Some(place) = direct else {
                let version = self.store.version();
                self.store.staging.entry(process.key).or_default().insert(dataset, version);
                continue;
            };
            let shape = if self.dice.percent(50) { Shape::Whole } else { Shape::Parts };
            self.store.write(place, (shape, Writer::Unfinished(process.key), self.now));
            self.count("parts at direct outputs");
            self.touched(place);
        }
    }

    /// A process comes to its end.
    pub(crate) fn finish(&mut self, pid: u64) -> Option<(Process, Exit)> {
        let process = self.processes.remove(&pid)?;
        let exit = match process.fate {
            Fate::Succeeds => {
                self.write_all(&process, None);
                Exit::Code { code: 0, wrote_all: true }
            }
            Fate::WritesTooLittle => {
                let targets = self.targets(&process);
                let omitted = self.dice.pick(&targets).0;
                self.write_all(&process, Some(omitted));
                self.count("successes without an output");
                Exit::Code { code: 0, wrote_all: false }
            }
            Fate::Fails(code) => Exit::Code { code, wrote_all: false },
            Fate::Hangs => Exit::Killed,
        };
        self.note(|_| format!("process {pid} of {:?} ends: {exit:?}", process.key));
        self.referee.exited(process.key, exit);
        Some((process, exit))
    }

    fn write_all(&mut self, process: &Process, omitted: Option<DatasetId>) {
        for (dataset, direct) in self.targets(process) {
            let is_omitted = omitted == Some(dataset);
            match direct {
                Some(place) if is_omitted => self.leave_out(place, process.key),
                Some(place) => {
                    self.store.write(place, (Shape::Whole, Writer::Launch(process.key), self.now));
                    self.touched(place);
                }
                None if is_omitted => {
                    self.store.staging.entry(process.key).or_default().remove(&dataset);
                }
                None => {
                    let version = self.store.version();
                    self.store.staging.entry(process.key).or_default().insert(dataset, version);
                }
            }
        }
    }

    /// A process ends well without this output. What an earlier attempt left there may stay; anything else is cleared away.
    fn leave_out(&mut self, place: Place, key: LaunchKey) {
        let writer = self.store.objects.get(&place).map(|object| object.writer);
        let is_leftover = matches!(writer, Some(Writer::Unfinished(of)) if of != key);
        if !is_leftover || self.dice.percent(70) {
            self.store.objects.remove(&place);
            self.touched(place);
        }
    }

    /// A process is ended from outside.
    pub(crate) fn kill(&mut self, pid: u64, exit: Exit) -> Option<Process> {
        let process = self.processes.remove(&pid)?;
        self.note(|_| format!("process {pid} of {:?} is ended: {exit:?}", process.key));
        self.referee.exited(process.key, exit);
        Some(process)
    }
}
