//! The real command: started, signalled, waited for.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Nothing here takes so long, even where many tests share two processors: whoever is not done hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often the end of a process is looked for.
const LOOK: Duration = Duration::from_millis(2);

/// What a command that has ended left.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it printed, byte for byte.
    pub bytes: Vec<u8>,
    /// What it printed as errors.
    pub stderr: String,
}

/// A command at work.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Outcome {
    /// All that was printed.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Checks the exit code, and shows what was printed if it is another.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "it printed\n{}", self.text());
        self
    }

    /// Checks that each of these phrases was printed.
    #[track_caller]
    pub fn expect_text(self, phrases: &[&str]) -> Self {
        let text = self.text();
        for phrase in phrases {
            assert!(text.contains(phrase), "`{phrase}` is not in\n{text}");
        }
        self
    }
}

impl Running {
    /// Starts `daybreak` in a folder; what it prints goes to files, so that no pipe holds it up.
    pub(crate) fn start(
        folder: &Path,
        (arguments, env): (&[&str], BTreeMap<String, String>),
        prints: &Path,
    ) -> Self {
        let mut command = command(folder, arguments);
        command.envs(env);
        Self::spawn(command, prints)
    }

    /// Starts a command; what it prints goes to files.
    pub(crate) fn spawn(mut command: Command, prints: &Path) -> Self {
        let (stdout, stderr) = (prints.with_extension("out"), prints.with_extension("err"));
        let child = command.stdout(create(&stdout)).stderr(create(&stderr)).spawn();
        Self { child: child.expect("the command starts"), stdout, stderr }
    }

    /// Starts `daybreak` with a pipe from which nobody reads, as `daybreak | head -0` does.
    pub(crate) fn start_unread(folder: &Path, arguments: &[&str], prints: &Path) -> Self {
        let (stdout, stderr) = (prints.with_extension("out"), prints.with_extension("err"));
        let child = command(folder, arguments).stdout(Stdio::piped()).stderr(create(&stderr)).spawn();
        let mut child = child.expect("the command starts");
        drop(child.stdout.take());
        Self { child, stdout, stderr }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What was printed so far.
    pub fn text(&self) -> String {
        format!("{}{}", read(&self.stdout), read(&self.stderr))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process was not reaped yet");
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait(mut self) -> Outcome {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return self.outcome(status);
            }
            assert!(began.elapsed() < PATIENCE, "it does not end; it printed\n{}", self.text());
            thread::sleep(LOOK);
        }
    }

    fn outcome(&self, status: ExitStatus) -> Outcome {
        let (stdout, stderr) = (read(&self.stdout), read(&self.stderr));
        let bytes = fs::read(&self.stdout).unwrap_or_default();
        Outcome { code: status.code(), signal: status.signal(), stdout, bytes, stderr }
    }
}

impl Drop for Running {
    /// A test that fails in the middle leaves nothing running.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process(Pid::from_child(&self.child), Signal::INT);
            let _ = self.child.wait();
        }
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn create(path: &Path) -> File {
    File::create(path).expect("the temporary folder is writable")
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// The `daybreak` of the same profile: cargo puts the tests into `deps/` beside it.
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("a test knows its own path");
    let folder = here.ancestors().nth(2).expect("it lies in target/PROFILE/deps");
    let binary = folder.join("daybreak");
    assert!(binary.is_file(), "there is no {}: run `cargo build -p daybreak` first", binary.display());
    binary
}
