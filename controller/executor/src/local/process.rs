//! One running process group, from its start to the end of its last member.

use std::fs::{File, OpenOptions};
use std::future;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::pin::pin;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, test_kill_process_group};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::failure::{self, Failure, StartFault};
use crate::limits::{GROUP_POLL, KILL_PATIENCE};
use crate::local::environment::Environment;
use crate::local::{oom, program};
use crate::process_table;
use crate::seam::{LaunchSpec, Observation};

/// A process that leads a group of its own, not yet reaped. As long as that is so, its number belongs to
/// nobody else, and a signal to the group can't hit a stranger; so reaping is the last that happens.
#[derive(Debug)]
pub(super) struct Process {
    leader: Child,
    group: Pid,
    /// Becomes readable when the leader ends. One descriptor for each process, and no SIGCHLD to share.
    exit: AsyncFd<OwnedFd>,
}

/// How a process came to its end.
#[derive(Debug)]
pub(super) struct End {
    cut: Option<Cut>,
    status: io::Result<ExitStatus>,
}

/// Why a launch is ended before it ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Asked,
    Overdue { limit: Duration },
}

impl Process {
    /// Starts a launch's command. Needs a tokio runtime around it, and blocks until the program is loaded.
    pub(super) fn start(spec: &LaunchSpec, environment: &Environment) -> Result<Self, StartFault> {
        let name = spec.argv.first().ok_or(StartFault::NoCommand)?;
        // Absolute, or a relative program would be sought below it twice.
        let working_dir = std::path::absolute(&spec.working_dir)
            .map_err(|_| StartFault::NoWorkingDirectory { path: spec.working_dir.clone() })?;
        let program = program::find(name, environment.path(spec), &working_dir)?;
        let (stdout, stderr) = open_log(&spec.log)
            .map_err(|error| StartFault::NoLog { path: spec.log.clone(), reason: error.to_string() })?;
        let mut command = Command::new(&program);
        // Nothing here needs code between fork and exec, so that std takes posix_spawn, which is cheap
        // however large this process is.
        command.arg0(name).args(&spec.argv[1..]).current_dir(&working_dir).process_group(0);
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        environment.apply(&mut command, spec);
        let leader = command.spawn().map_err(|error| program::explain(&error, program, &working_dir))?;
        Self::follow(leader).map_err(|error| StartFault::NoRoom { reason: error.to_string() })
    }

    fn follow(mut leader: Child) -> io::Result<Self> {
        let group = Pid::from_child(&leader);
        let pidfd = pidfd_open(group, PidfdFlags::empty()).map_err(io::Error::from);
        match pidfd.and_then(when_readable) {
            Ok(exit) => Ok(Self { leader, group, exit }),
            Err(error) => {
                signal(group, Signal::KILL);
                leader.wait()?;
                Err(error)
            }
        }
    }

    /// Waits for the end, by itself, on request or by its timeout, which counts from `since`. Then nothing of
    /// the group runs any more: what a step leaves behind must not write to outputs that are being published.
    pub(super) async fn run(
        mut self,
        spec: &LaunchSpec,
        since: Instant,
        mut dead_by: watch::Receiver<Option<Instant>>,
    ) -> End {
        let cut = tokio::select! {
            biased;
            () = self.exited() => None,
            by = asked(&mut dead_by) => Some((Cut::Asked, by)),
            limit = passed(spec.timeout, since) => Some((Cut::Overdue { limit }, Instant::now() + spec.grace)),
        };
        if let Some((_, by)) = cut {
            self.wind_down(by, &mut dead_by).await;
        }
        signal(self.group, Signal::KILL);
        self.exited().await;
        let status = self.leader.wait();
        if timeout(KILL_PATIENCE, self.last_member_gone()).await.is_err() {
            tracing::warn!(group = %self.group, "a process survives SIGKILL; it hangs in the kernel");
        }
        End { cut: cut.map(|(cut, _)| cut), status }
    }

    /// Asks the group to end, and gives all of it time, the leader being often a mere shell, until `by` or
    /// until someone wants it sooner.
    async fn wind_down(&self, mut by: Instant, dead_by: &mut watch::Receiver<Option<Instant>>) {
        signal(self.group, Signal::TERM);
        let mut ended = pin!(async {
            self.exited().await;
            while group_runs(self.group) {
                sleep(GROUP_POLL).await;
            }
        });
        loop {
            tokio::select! {
                () = &mut ended => return,
                () = sleep_until(by) => return,
                Ok(()) = dead_by.changed() => by = dead_by.borrow_and_update().unwrap_or(by).min(by),
            }
        }
    }

    async fn exited(&self) {
        if self.exit.readable().await.is_err() {
            // The tokio runtime is shutting down, and drops this task.
            future::pending::<()>().await;
        }
    }

    /// Waits for members that outlive the reaped leader; mostly there are none, and one system call says so.
    async fn last_member_gone(&self) {
        while test_kill_process_group(self.group) != Err(Errno::SRCH) && group_runs(self.group) {
            sleep(GROUP_POLL).await;
        }
    }
}

impl End {
    /// The same in the words of the seam.
    pub(super) fn observation(self, oom_kills: &oom::Kills) -> Observation {
        match (self.cut, self.status) {
            (Some(Cut::Asked), _) => Observation::Disrupted { why: "the run was told to end".to_owned() },
            (Some(Cut::Overdue { limit }), _) => Observation::Failed(Failure::Deadline(limit)),
            (None, Ok(status)) => of_status(status, oom_kills),
            (None, Err(error)) => {
                // Only where whoever started us had SIGCHLD ignored, so that the kernel reaps for us.
                tracing::warn!(%error, "a process ended without telling its exit code");
                Observation::Disrupted { why: "no one can tell how it ended".to_owned() }
            }
        }
    }
}

fn of_status(status: ExitStatus, oom_kills: &oom::Kills) -> Observation {
    match (status.code(), status.signal().unwrap_or_default()) {
        (Some(0), _) => Observation::Succeeded,
        (Some(code), _) => Observation::Failed(Failure::ExitCode(code)),
        (None, KILLED) if oom_kills.grew() => Observation::Failed(Failure::OutOfMemory),
        (None, number) => Observation::Failed(Failure::Signal(failure::Signal(number))),
    }
}

/// SIGKILL, which is also what the kernel sends when memory runs out.
const KILLED: i32 = Signal::KILL.as_raw();

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types other than OwnedFd, which never changes"
)]
fn when_readable(pidfd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(pidfd, Interest::READABLE)
}

/// The log for both streams, as one open file: what they write follows each other and overwrites nothing.
fn open_log(path: &Path) -> io::Result<(File, File)> {
    let log = OpenOptions::new().append(true).create(true).open(path)?;
    Ok((log.try_clone()?, log))
}

/// Signals the whole group. The only failure is that it has gone meanwhile, which is what we are after.
fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}

/// Where `/proc` can't be read, nobody is seen, and nobody waited for.
fn group_runs(group: Pid) -> bool {
    process_table::group_runs(group).unwrap_or(false)
}

async fn asked(dead_by: &mut watch::Receiver<Option<Instant>>) -> Instant {
    match dead_by.wait_for(Option::is_some).await.map(|by| *by) {
        Ok(Some(by)) => by,
        Ok(None) | Err(_) => future::pending().await,
    }
}

async fn passed(limit: Option<Duration>, since: Instant) -> Duration {
    // A limit beyond what the clock can count is none.
    match limit.and_then(|limit| Some((limit, since.checked_add(limit)?))) {
        Some((limit, deadline)) => {
            sleep_until(deadline).await;
            limit
        }
        None => future::pending().await,
    }
}
