//! The records: one line for each launch that starts, is published, ends. Appended, never rewritten.
//!
//! A line is written before the effect that it announces, so that after a crash at any point the records say what may
//! have happened. A line that a crash tore off is dropped: its effect never began.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use planner::calendar::{Instant, Partition};
use planner::facts::{Fingerprints, History, Leftovers, Outcome, Running, Trial};
use planner::launch::Launch;
use planner::pipeline::{DatasetId, Pipeline, StepId};
use serde::{Deserialize, Serialize};

/// What has been tried, by partition and step.
pub(crate) type Histories = BTreeMap<Partition, BTreeMap<StepId, History>>;

/// The records of one pipeline.
#[derive(Debug)]
pub(crate) struct Records {
    folder: PathBuf,
    open: BTreeMap<String, File>,
    loaded: BTreeSet<String>,
}

/// Why a record can't be written or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} the records {}: {source}", path.display())]
pub(crate) struct RecordsError {
    operation: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    partition: String,
    step: String,
    attempt: u32,
    launch: u32,
    at: Instant,
    #[serde(flatten)]
    event: Event,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event")]
enum Event {
    Launched {
        whole: String,
        result: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        inputs: Fingerprints,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        replaces: bool,
    },
    Publishing,
    Ended {
        outcome: OutcomeName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        left: BTreeMap<String, String>,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum OutcomeName {
    Succeeded,
    Discarded,
    Failed,
    Disrupted,
}

impl Records {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, open: BTreeMap::new(), loaded: BTreeSet::new() }
    }

    /// Records that a launch starts.
    pub(crate) fn launched(
        &mut self,
        pipeline: &Pipeline,
        launch: &Launch,
        (inputs, at): (&Fingerprints, Instant),
    ) -> Result<(), RecordsError> {
        let event = Event::Launched {
            whole: launch.trial.whole.to_string(),
            result: launch.trial.result.to_string(),
            request: launch.trial.request.clone(),
            inputs: inputs.clone(),
            replaces: launch.replaces,
        };
        self.append(pipeline, launch, (at, event))
    }

    /// Records that the outputs of a launch are about to be published.
    pub(crate) fn publishing(
        &mut self,
        pipeline: &Pipeline,
        launch: &Launch,
        at: Instant,
    ) -> Result<(), RecordsError> {
        self.append(pipeline, launch, (at, Event::Publishing))
    }

    /// Records how a launch ended.
    pub(crate) fn ended(
        &mut self,
        pipeline: &Pipeline,
        launch: &Launch,
        (outcome, left, at): (&Outcome, &Leftovers, Instant),
    ) -> Result<(), RecordsError> {
        let (name, exit_code, why) = match outcome {
            Outcome::Succeeded => (OutcomeName::Succeeded, None, ""),
            Outcome::Discarded => (OutcomeName::Discarded, None, ""),
            Outcome::Disrupted(why) => (OutcomeName::Disrupted, None, why.as_str()),
            Outcome::Failed { exit_code, why } => (OutcomeName::Failed, *exit_code, why.as_str()),
        };
        let left = left.iter().map(|(id, it)| (pipeline.dataset(*id).name.to_string(), it.clone())).collect();
        let event = Event::Ended { outcome: name, exit_code, why: why.to_owned(), left };
        self.append(pipeline, launch, (at, event))
    }

    /// One `write` for one line: another process that reads sees all of it or nothing.
    fn append(
        &mut self,
        pipeline: &Pipeline,
        launch: &Launch,
        (at, event): (Instant, Event),
    ) -> Result<(), RecordsError> {
        let line = Line {
            partition: pipeline.parts().calendar.key(launch.partition),
            step: pipeline.step(launch.step).name.to_string(),
            attempt: launch.attempt,
            launch: launch.launch,
            at,
            event,
        };
        let month = month(pipeline, launch.partition);
        let path = self.folder.join(format!("{month}.jsonl"));
        let failed = |source| RecordsError { operation: "write", path: path.clone(), source };
        let mut text = serde_json::to_vec(&line).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        if !self.open.contains_key(&month) {
            let file = open(&path).map_err(failed)?;
            self.open.insert(month.clone(), file);
        }
        let Some(mut file) = self.open.get(&month) else { return Ok(()) };
        file.write_all(&text).map_err(failed)
    }

    /// Reads the months of these partitions that have not been read yet; says whether there were any.
    pub(crate) fn load(
        &mut self,
        pipeline: &Pipeline,
        partitions: impl IntoIterator<Item = Partition>,
        histories: &mut Histories,
    ) -> Result<bool, RecordsError> {
        let months: BTreeSet<_> = partitions.into_iter().map(|it| month(pipeline, it)).collect();
        let new: Vec<_> = months.into_iter().filter(|month| !self.loaded.contains(month)).collect();
        for month in &new {
            self.load_month(pipeline, month, histories)?;
        }
        Ok(!new.is_empty())
    }

    /// Reads every month there is.
    pub(crate) fn load_all(
        &mut self,
        pipeline: &Pipeline,
        histories: &mut Histories,
    ) -> Result<(), RecordsError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => {
                return Err(RecordsError { operation: "read", path: self.folder.clone(), source });
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(month) = name.strip_suffix(".jsonl").filter(|month| !self.loaded.contains(*month)) {
                self.load_month(pipeline, month, histories)?;
            }
        }
        Ok(())
    }

    fn load_month(
        &mut self,
        pipeline: &Pipeline,
        month: &str,
        histories: &mut Histories,
    ) -> Result<(), RecordsError> {
        self.loaded.insert(month.to_owned());
        let path = self.folder.join(format!("{month}.jsonl"));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(RecordsError { operation: "read", path, source }),
        };
        // A line of a step, a clock or a version that is no more, or one torn off by a crash, says nothing about today.
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            replay(pipeline, line, histories);
        }
        Ok(())
    }
}

/// The month of a partition, by which its records are kept together.
fn month(pipeline: &Pipeline, partition: Partition) -> String {
    pipeline.parts().calendar.local(partition).format("%Y-%m").to_string()
}

/// A crash may have torn the last line off in the middle: what comes next starts on a line of its own.
fn open(path: &std::path::Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
    let length = file.metadata()?.len();
    if length > 0 && !ends_with_newline(&file, length)? {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

fn ends_with_newline(file: &File, length: u64) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1)?;
    Ok(last == *b"\n")
}

fn replay(pipeline: &Pipeline, line: Line, histories: &mut Histories) {
    let Some(step) = pipeline.step_named(&line.step) else { return };
    let Ok(partition) = pipeline.parts().calendar.parse_key(&line.partition) else { return };
    let history = histories.entry(partition).or_default().entry(step).or_default();
    let is_current = |running: &Running| (running.attempt, running.launch) == (line.attempt, line.launch);
    if !matches!(line.event, Event::Launched { .. }) && !history.running.as_ref().is_some_and(is_current) {
        return;
    }
    match line.event {
        Event::Launched { whole, result, request, inputs, replaces } => {
            let (Ok(whole), Ok(result)) = (whole.parse(), result.parse()) else { return };
            let trial = Trial { whole, result, request };
            let outputs = Vec::new();
            let (attempt, launch) = (line.attempt, line.launch);
            history.start(
                &Launch { step, partition, attempt, launch, trial, outputs, replaces },
                inputs,
                line.at,
            );
        }
        Event::Publishing => history.publish(),
        Event::Ended { outcome, exit_code, why, left } => {
            let outcome = match outcome {
                OutcomeName::Succeeded => Outcome::Succeeded,
                OutcomeName::Discarded => Outcome::Discarded,
                OutcomeName::Disrupted => Outcome::Disrupted(why),
                OutcomeName::Failed => Outcome::Failed { exit_code, why },
            };
            let left =
                left.into_iter().filter_map(|(name, it)| Some((dataset(pipeline, &name)?, it))).collect();
            history.end(outcome, left, line.at);
        }
    }
}

fn dataset(pipeline: &Pipeline, name: &str) -> Option<DatasetId> {
    pipeline.dataset_ids().find(|id| pipeline.dataset(*id).name.as_str() == name)
}
