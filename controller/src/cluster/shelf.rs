//! The shelf of one pipeline in an archive: its records by partition. Any thread may read and write there.

use planner::launch::Launch;
use planner::pipeline::Pipeline;
use storage::{Created, Drawer, StorageError};

use crate::cluster::kept_log::{KeptLog, LastLines};
use crate::work::records::{Event, NotOurs, Record, Recorder, RecordsError};

/// How the names of records end.
const RECORD: &str = ".json";

/// The records of one pipeline. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    archive: Drawer,
    /// The folder of the pipeline in the archive.
    folder: String,
}

impl Recorder for Shelf {
    /// Creates a record. If another controller was first, its record holds; what is on its way is so, whoever said it.
    fn write(
        &mut self,
        record: &Record,
        (pipeline, launch): (&Pipeline, &Launch),
    ) -> Result<(), RecordsError> {
        let path = self.path((pipeline, launch), &format!("{}{RECORD}", event_name(&record.event)));
        let place = self.archive.address(&path);
        let text = serde_json::to_vec(record).map_err(|error| RecordsError::new("write", &place, error))?;
        let created = match record.event {
            Event::Launched { .. } => self.archive.create_in_use(&path, &text),
            Event::Publishing | Event::Ended { .. } => self.archive.create(&path, &text),
        };
        match created.map_err(|error| self.failed("write", &path, error))? {
            Created::New => Ok(()),
            Created::AlreadyThere | Created::BeingRemoved if matches!(record.event, Event::Publishing) => {
                Ok(())
            }
            Created::AlreadyThere => Err(RecordsError::new("write", &place, NotOurs::AlreadyThere)),
            Created::BeingRemoved => Err(RecordsError::new("write", &place, NotOurs::BeingRemoved)),
        }
    }
}

impl Shelf {
    /// The shelf of a pipeline of a namespace.
    pub(crate) fn new(archive: &Drawer, (namespace, pipeline): (&str, &str)) -> Self {
        Self { archive: archive.clone(), folder: format!("{namespace}/{pipeline}") }
    }

    /// Whether it answers over a network, so that nobody reads there while others wait.
    pub(crate) fn is_in_a_service(&self) -> bool {
        self.archive.store().directory().is_none()
    }

    /// The records of several partitions, of each in the order in which they were written.
    pub(crate) fn read_many(&self, keys: &[String]) -> Result<Vec<Vec<Record>>, RecordsError> {
        let folders: Vec<_> = keys.iter().map(|key| format!("{}/{key}", self.folder)).collect();
        let read = self.archive.read_all(&folders, &|name| name.ends_with(RECORD));
        let texts = read.map_err(|error| self.failed("read", &self.folder, error))?;
        Ok(texts.into_iter().map(|texts| records(&texts)).collect())
    }

    /// Where it is, for people.
    pub(crate) fn address(&self) -> String {
        self.archive.address(&self.folder)
    }

    /// Whether the end of a launch is recorded, whoever recorded it.
    pub(crate) fn has_ended(&self, pipeline: &Pipeline, launch: &Launch) -> Result<bool, RecordsError> {
        self.exists(&self.path((pipeline, launch), "ended.json"))
    }

    /// Whether the outputs of a launch are on their way, whoever took them up.
    pub(crate) fn is_publishing(&self, pipeline: &Pipeline, launch: &Launch) -> Result<bool, RecordsError> {
        self.exists(&self.path((pipeline, launch), "publishing.json"))
    }

    /// The log of a launch.
    pub(crate) fn log(&self, launch: (&Pipeline, &Launch), last_lines: &LastLines) -> KeptLog {
        KeptLog::new(&self.archive, (self.path(launch, "log"), last_lines))
    }

    fn exists(&self, path: &str) -> Result<bool, RecordsError> {
        self.archive.exists(path).map_err(|error| self.failed("read", path, error))
    }

    fn path(&self, (pipeline, launch): (&Pipeline, &Launch), end: &str) -> String {
        let key = pipeline.parts().calendar.key(launch.partition);
        let step = &pipeline.step(launch.step).name;
        format!("{}/{key}/{step}.{}.{}.{end}", self.folder, launch.attempt, launch.launch)
    }

    fn failed(&self, operation: &'static str, path: &str, error: StorageError) -> RecordsError {
        RecordsError::new(operation, &self.archive.address(path), error)
    }
}

fn records(texts: &[(String, Vec<u8>)]) -> Vec<Record> {
    // A record of another version says nothing about today.
    let records = texts.iter().filter_map(|(_, text)| serde_json::from_slice::<Record>(text).ok());
    let mut records: Vec<_> = records.collect();
    let order = |event: &Event| match event {
        Event::Launched { .. } => 0,
        Event::Publishing => 1,
        Event::Ended { .. } => 2,
    };
    records.sort_by_key(|it| (it.step.clone(), it.attempt, it.launch, order(&it.event)));
    records
}

fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Launched { .. } => "launched",
        Event::Publishing => "publishing",
        Event::Ended { .. } => "ended",
    }
}
