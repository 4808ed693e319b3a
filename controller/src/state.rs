//! The state of one environment: `.daybreak/ENV/` beside `daybreak.toml`, and who may write to it.
//!
//! ```text
//! lock              the process that runs, none after an orderly end; then the pipelines that killed runs left
//! records/PIPELINE/2026-01.jsonl    what was launched, published and ended, by the partition's month
//! logs/PIPELINE/KEY/STEP.ATTEMPT.LAUNCH.log
//! requests/NAME.json                backfills and reruns, as Backfill objects
//! since/PIPELINE.json               since when each waiting step waits
//! ```

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::process::{Flock as FileLock, FlockType, fcntl_getlk};

/// The folder of all states, beside `daybreak.toml`.
pub(crate) const FOLDER_NAME: &str = ".daybreak";

/// The folder of one environment's state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    folder: PathBuf,
}

/// The right to write to a state; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    own: BTreeSet<String>,
    /// Whether the last holder came to an orderly end: nothing that it started still runs.
    pub(crate) was_orderly: bool,
    /// The pipelines whose launches a killed run left open.
    pub(crate) left: BTreeSet<String>,
}

/// Why the state can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("another run (pid {pid}) works on {}: wait for it, or end it", folder.display())]
    Taken { pid: String, folder: PathBuf },
    #[error("cannot {operation} {}: {source}", path.display())]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
}

impl State {
    /// The state of an environment of the project at `root`. Nothing is made yet.
    pub(crate) fn new(root: &Path, environment: &str) -> Self {
        Self { folder: root.join(FOLDER_NAME).join(environment) }
    }

    /// Its name to the children of a run, so that a later run finds those of a killed one.
    pub(crate) fn marker(&self) -> String {
        self.folder.to_string_lossy().into_owned()
    }

    /// What tells its launches from those of others that write to the same bucket or HDFS: who holds the lock here knows
    /// nothing of them.
    pub(crate) fn mark(&self) -> String {
        let machine = ["/etc/machine-id", "/proc/sys/kernel/hostname"]
            .map(|path| fs::read_to_string(path).unwrap_or_default());
        let text = format!("{machine:?} {}", self.folder.display());
        blake3::hash(text.as_bytes()).to_hex()[..8].to_owned()
    }

    pub(crate) fn records(&self, pipeline: &str) -> PathBuf {
        self.folder.join("records").join(pipeline)
    }

    pub(crate) fn logs(&self, pipeline: &str, key: &str) -> PathBuf {
        self.folder.join("logs").join(pipeline).join(key)
    }

    pub(crate) fn requests(&self) -> PathBuf {
        self.folder.join("requests")
    }

    pub(crate) fn since(&self, pipeline: &str) -> PathBuf {
        self.folder.join("since").join(format!("{pipeline}.json"))
    }

    /// Takes the right to write, to work on these pipelines. Refuses while another process has it, and names that.
    pub(crate) fn lock(&self, own: BTreeSet<String>) -> Result<Lock, StateError> {
        let path = self.folder.join("lock");
        let failed = |operation| {
            let path = path.clone();
            move |source| StateError::Io { operation, path, source }
        };
        fs::create_dir_all(&self.folder).map_err(failed("create the folder of"))?;
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(failed("open"))?;
        let is_free = fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        let text = io::read_to_string(&file).map_err(failed("read"))?;
        let (pid, left) = text.split_once('\n').unwrap_or((&text, ""));
        if !is_free {
            return Err(StateError::Taken { pid: pid.to_owned(), folder: self.folder.clone() });
        }
        let left = left.lines().map(str::to_owned).collect();
        let lock = Lock { file, own, was_orderly: pid.is_empty(), left };
        // Should this run be killed, its pipelines are left open, too.
        lock.write(&std::process::id().to_string(), lock.left.union(&lock.own)).map_err(failed("write"))?;
        Ok(lock)
    }

    /// Whether another process holds the right to write. It is asked, not tried: whoever looks must not be in the way
    /// of a run that starts at that moment, which is why the lock is one of `fcntl` and not of `flock`.
    pub(crate) fn is_locked(&self) -> bool {
        let Ok(file) = File::open(self.folder.join("lock")) else { return false };
        fcntl_getlk(&file, &FileLock::from(FlockType::WriteLock)).is_ok_and(|holder| holder.is_some())
    }
}

impl Lock {
    /// Notes that this run came to an orderly end: of its pipelines nothing runs, and nothing is half published.
    pub(crate) fn release(self) -> io::Result<()> {
        self.write("", self.left.difference(&self.own))
    }

    /// A kill between the two calls leaves a name too many, which harms nobody.
    fn write<'a>(&self, pid: &'a str, pipelines: impl Iterator<Item = &'a String>) -> io::Result<()> {
        let lines: Vec<_> = std::iter::once(pid).chain(pipelines.map(String::as_str)).collect();
        let text = if lines == [""] { String::new() } else { lines.join("\n") };
        self.file.write_all_at(text.as_bytes(), 0)?;
        self.file.set_len(text.len() as u64)
    }
}
