//! The journal: the records of a laptop, one line each, in a file for each month. Appended, never rewritten.
//!
//! A line that a crash tore off is dropped: its effect never began.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use planner::calendar::Partition;
use planner::launch::Launch;
use planner::pipeline::Pipeline;

use crate::work::records::{Histories, Record, Recorder, Records, RecordsError};

/// The records of one pipeline.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    open: BTreeMap<String, File>,
    loaded: BTreeSet<String>,
}

impl Records for Journal {
    fn load(
        &mut self,
        pipeline: &Pipeline,
        partitions: &[Partition],
        histories: &mut Histories,
    ) -> Result<bool, RecordsError> {
        let months: BTreeSet<_> = partitions.iter().map(|it| month(pipeline, *it)).collect();
        let new: Vec<_> = months.into_iter().filter(|month| !self.loaded.contains(month)).collect();
        for month in &new {
            self.load_month(pipeline, month, histories)?;
        }
        Ok(!new.is_empty())
    }
}

impl Recorder for Journal {
    /// One `write` for one line: another process that reads sees all of it or nothing.
    fn write(
        &mut self,
        record: &Record,
        (pipeline, launch): (&Pipeline, &Launch),
    ) -> Result<(), RecordsError> {
        let month = month(pipeline, launch.partition);
        let path = self.folder.join(format!("{month}.jsonl"));
        let failed = |source: io::Error| RecordsError::new("write", &path.display(), source);
        let mut text = serde_json::to_vec(record).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        if !self.open.contains_key(&month) {
            let file = open(&path).map_err(failed)?;
            self.open.insert(month.clone(), file);
        }
        let Some(mut file) = self.open.get(&month) else { return Ok(()) };
        file.write_all(&text).map_err(failed)
    }
}

impl Journal {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, open: BTreeMap::new(), loaded: BTreeSet::new() }
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
                return Err(RecordsError::new("read", &self.folder.display(), source));
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
            Err(source) => return Err(RecordsError::new("read", &path.display(), source)),
        };
        // A line of another version, or one torn off by a crash, says nothing about today.
        for record in text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok()) {
            record.replay(pipeline, histories);
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
