//! An executor with a folder of its own, and ways to wait for what its processes do.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use executor::{Event, LaunchSpec, LocalExecutor, Observation};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;

/// When every launch of these tests starts.
pub(crate) const NOW: SystemTime = UNIX_EPOCH;

/// No launch here takes so long unless something is broken.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Machine {
    pub(crate) executor: LocalExecutor,
    events: UnboundedReceiver<Event>,
    folder: TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self::with_marker("a-state")
    }

    pub(crate) fn with_marker(marker: &str) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let inherited = [
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("HOME_MADE", "inherited"),
            ("DAYBREAK_ATTEMPT", "of an outer step"),
        ];
        let inherited = inherited.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let executor = LocalExecutor::new(marker, inherited, sender);
        Self { executor, events, folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn spec(&self, argv: &[&str]) -> LaunchSpec {
        LaunchSpec {
            name: "launch-1".to_owned(),
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            env: BTreeMap::new(),
            working_dir: self.folder.path().to_owned(),
            log: self.path("log"),
            timeout: None,
            grace: Duration::ZERO,
        }
    }

    pub(crate) fn launch(&self, argv: &[&str]) {
        self.executor.launch(self.spec(argv), NOW).unwrap();
    }

    /// Launches and waits for the end.
    pub(crate) async fn run(&mut self, argv: &[&str]) -> Observation {
        self.launch(argv);
        self.end().await
    }

    /// The next end of a launch.
    pub(crate) async fn end(&mut self) -> Observation {
        self.event().await.observation
    }

    pub(crate) async fn event(&mut self) -> Event {
        timeout(PATIENCE, self.events.recv()).await.expect("a launch ends in time").unwrap()
    }

    /// Makes a pipe in the working directory for processes to tell what they have done.
    pub(crate) fn pipe(&self, name: &str) -> Pipe {
        Pipe::new(&self.path(name))
    }
}

/// A named pipe that a process writes lines to.
pub(crate) struct Pipe(PathBuf);

impl Pipe {
    pub(crate) fn new(path: &Path) -> Self {
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        Self(path.to_owned())
    }

    /// Waits until a process wrote its lines and closed the pipe.
    pub(crate) async fn lines(&self) -> Vec<String> {
        let path = self.0.clone();
        let read = move || BufReader::new(File::open(path).unwrap()).lines().map(Result::unwrap).collect();
        timeout(PATIENCE, tokio::task::spawn_blocking(read)).await.expect("a process tells in time").unwrap()
    }

    /// Lets a process go on that waits to read from the pipe.
    pub(crate) async fn open(&self) {
        let path = self.0.clone();
        let write = move || fs::write(path, "go on\n").unwrap();
        timeout(PATIENCE, tokio::task::spawn_blocking(write)).await.expect("a process waits for it").unwrap();
    }

    /// Waits for the ids of running processes, and takes hold of these.
    pub(crate) async fn processes(&self) -> Vec<Held> {
        self.lines().await.iter().map(|pid| Held::new(pid)).collect()
    }
}

/// This process and no other, whoever gets its number later.
pub(crate) struct Held {
    pub(crate) pid: i32,
    pidfd: OwnedFd,
}

impl Held {
    fn new(pid: &str) -> Self {
        let pid: i32 = pid.trim().parse().unwrap();
        Self { pid, pidfd: pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).unwrap() }
    }

    pub(crate) fn has_ended(&self) -> bool {
        let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
        poll(&mut end, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
    }
}
