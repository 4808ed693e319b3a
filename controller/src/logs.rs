//! The logs of a partition: one file for each launch, `STEP.ATTEMPT.LAUNCH.log`.

use std::collections::BTreeSet;
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

/// Which log of a partition is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// The pipeline.
    pub(crate) pipeline: &'a str,
    /// The key of the partition, as it was written.
    pub(crate) key: &'a str,
    /// The step; may be left out when only one has run.
    pub(crate) step: Option<&'a str>,
    /// The attempt; the last one when left out.
    pub(crate) attempt: Option<u32>,
}

/// The logs in a folder, by step, attempt and launch; none if there is no such folder.
pub(crate) fn list(folder: &Path) -> Vec<Log> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    of_paths(entries.flatten().map(|entry| entry.path()))
}

/// The logs among these paths, by step, attempt and launch.
pub(crate) fn of_paths(paths: impl IntoIterator<Item = PathBuf>) -> Vec<Log> {
    let mut logs: Vec<_> = paths.into_iter().filter_map(log).collect();
    logs.sort();
    logs
}

/// The log of a step's last launch.
pub(crate) fn last<'a>(logs: &'a [Log], step: &str) -> Option<&'a Log> {
    logs.iter().rfind(|log| log.step == step)
}

/// The log that was asked for, or what there is instead.
pub(crate) fn choose(mut logs: Vec<Log>, wanted: Wanted<'_>) -> Result<Log, String> {
    let of = format!("{} {}", wanted.pipeline, wanted.key);
    let steps: BTreeSet<String> = logs.iter().map(|log| log.step.clone()).collect();
    let those = || steps.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let Some(step) = wanted.step.or_else(|| steps.first().map(String::as_str)) else {
        return Err(format!("no step of {of} has run yet, so that there is no log"));
    };
    if wanted.step.is_none() && steps.len() > 1 {
        return Err(format!("several steps of {of} have run: name one of {}", those()));
    }
    logs.retain(|log| log.step == *step);
    let attempts: BTreeSet<u32> = logs.iter().map(|log| log.attempt).collect();
    let attempts = attempts.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let is_wanted = |log: &Log| wanted.attempt.is_none_or(|attempt| log.attempt == attempt);
    match (logs.into_iter().rfind(is_wanted), wanted.attempt) {
        (Some(log), _) => Ok(log),
        (None, Some(attempt)) if !attempts.is_empty() => {
            Err(format!("{step} of {of} has no attempt {attempt}: there is {attempts}"))
        }
        (None, _) if steps.is_empty() => Err(format!("no step of {of} has run yet, so that there is no log")),
        (None, _) => Err(format!("{step} of {of} has not run yet; there are logs of {}", those())),
    }
}

fn log(path: PathBuf) -> Option<Log> {
    let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
    let mut words = name.split('.');
    let (step, attempt, launch) = (words.next()?.to_owned(), words.next()?, words.next()?);
    let (attempt, launch) = (attempt.parse().ok()?, launch.parse().ok()?);
    Some(Log { step, attempt, launch, path })
}
