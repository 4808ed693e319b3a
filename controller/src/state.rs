//! The state of one environment: `.daybreak/ENV/` beside `daybreak.toml`, and who may write to it.
//!
//! ```text
//! lock              the process that runs; empty after an orderly end
//! records/PIPELINE/2026-01.jsonl    what was launched, published and ended, by the partition's month
//! logs/PIPELINE/KEY/STEP.ATTEMPT.LAUNCH.log
//! requests/NAME.json                backfills and reruns, as Backfill objects
//! since/PIPELINE.json               since when each waiting step waits
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

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
    /// Whether the last holder came to an orderly end.
    pub(crate) was_orderly: bool,
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

    /// Takes the right to write. Refuses while another process has it, and names that.
    pub(crate) fn lock(&self) -> Result<Lock, StateError> {
        let path = self.folder.join("lock");
        let failed = |operation| {
            let path = path.clone();
            move |source| StateError::Io { operation, path, source }
        };
        fs::create_dir_all(&self.folder).map_err(failed("create the folder of"))?;
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(failed("open"))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(StateError::Taken { pid: holder(&mut file), folder: self.folder.clone() });
        }
        let was_orderly = holder(&mut file).is_empty();
        file.set_len(0).map_err(failed("write"))?;
        file.rewind().map_err(failed("write"))?;
        write!(file, "{}", std::process::id()).map_err(failed("write"))?;
        Ok(Lock { file, was_orderly })
    }

    /// Whether a process holds the right to write.
    pub(crate) fn is_locked(&self) -> bool {
        let Ok(file) = File::open(self.folder.join("lock")) else { return false };
        flock(&file, FlockOperation::NonBlockingLockShared).is_err()
    }
}

impl Lock {
    /// Notes that this run came to an orderly end: nothing runs, nothing is half published.
    pub(crate) fn release(self) -> io::Result<()> {
        self.file.set_len(0)
    }
}

fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    // A lock file that can't be read names nobody, which only makes the message poorer.
    let _ = file.read_to_string(&mut pid);
    pid.trim().to_owned()
}
