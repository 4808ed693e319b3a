//! The testbed: its scripts, and the servers that tests share.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Servers below one directory, for as long as this is held. The first who needs them starts them, and they end soon
/// after the last, however they end.
#[derive(Debug)]
pub(crate) struct Shared {
    script: &'static str,
    directory: PathBuf,
    _users: File,
}

impl Shared {
    /// Keeps what a script starts from ending, whether it runs already or not.
    #[track_caller]
    pub(crate) fn hold(script: &'static str, name: &str) -> Self {
        let directory = temporary().join(format!("{script}s")).join(name);
        fs::create_dir_all(&directory).expect("the target folder is writable");
        let users = lock_file(&directory.join("users"));
        users.lock_shared().expect("locks are to be had");
        Self { script, directory, _users: users }
    }

    /// Where it all lies.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Starts it unless it is up, and stays alone with that.
    #[track_caller]
    pub(crate) fn start_unless(&self, is_up: impl FnOnce() -> bool, start: impl FnOnce()) {
        let turn = lock_file(&self.directory.join("turn"));
        turn.lock().expect("locks are to be had");
        let started = self.directory.join("started");
        if started.exists() && is_up() {
            return;
        }
        // What is there from before says nothing about a start that fails.
        let _ = fs::remove_file(&started);
        self.keep();
        start();
        fs::write(&started, "").expect("the target folder is writable");
    }

    /// The keeper outlives this process, and whoever started that, so that it can end the servers in any case.
    #[track_caller]
    fn keep(&self) {
        let mut keeper = Command::new("setsid");
        keeper.arg("--fork").arg(path("keeper")).arg(self.script).arg(&self.directory);
        keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = keeper.status().expect("setsid is there");
        assert!(started.success(), "the keeper does not start");
    }
}

/// The folder of the repo.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_owned).unwrap_or_default()
}

/// A script of the testbed.
pub(crate) fn testbed(name: &str) -> Command {
    Command::new(path(name))
}

fn path(name: &str) -> PathBuf {
    root().join("tests/testbed").join(name)
}

/// Cargo's folder for what tests leave: `target/tmp`.
fn temporary() -> PathBuf {
    let here = std::env::current_exe().expect("a test knows its own path");
    let target = here.ancestors().nth(3).expect("it lies in target/PROFILE/deps");
    target.join("tmp")
}

fn lock_file(path: &Path) -> File {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    file.expect("the target folder is writable")
}

/// What a command prints; fails with all that it said if it fails.
#[track_caller]
#[expect(clippy::panic, reason = "this is how a test fails")]
pub(crate) fn run(command: &mut Command) -> String {
    try_run(command).unwrap_or_else(|said| panic!("{said}"))
}

/// What a command prints, or all that it said if it failed.
pub(crate) fn try_run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{command:?}\n{printed}{}", String::from_utf8_lossy(&output.stderr)))
}
