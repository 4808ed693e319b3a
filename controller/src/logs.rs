//! The logs of a partition: one file for each launch, `STEP.ATTEMPT.LAUNCH.log`.

use std::path::{Path, PathBuf};

/// The log of a launch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Log {
    /// The step.
    pub(crate) step: String,
    /// The number of the attempt.
    pub(crate) attempt: u32,
    /// The number of the launch within the attempt.
    pub(crate) launch: u32,
    /// The file.
    pub(crate) path: PathBuf,
}

/// The logs in a folder, by step, attempt and launch; none if there is no such folder.
pub(crate) fn list(folder: &Path) -> Vec<Log> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut logs: Vec<_> = entries.flatten().filter_map(|entry| log(entry.path())).collect();
    logs.sort();
    logs
}

/// The log of a step's last launch.
pub(crate) fn last<'a>(logs: &'a [Log], step: &str) -> Option<&'a Log> {
    logs.iter().rfind(|log| log.step == step)
}

fn log(path: PathBuf) -> Option<Log> {
    let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
    let mut words = name.split('.');
    let (step, attempt, launch) = (words.next()?.to_owned(), words.next()?, words.next()?);
    let (attempt, launch) = (attempt.parse().ok()?, launch.parse().ok()?);
    Some(Log { step, attempt, launch, path })
}
