//! Finds and ends the processes that a killed run left behind.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

use crate::limits::{COMMAND_CHARS, KILL_PATIENCE, ORPHAN_SEARCH, ORPHAN_SECOND_LOOK};
use crate::local::{LAUNCH_VARIABLE, STATE_VARIABLE};
use crate::process_table;

/// A process of a former run that was found alive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    /// Its process id.
    pub pid: i32,
    /// The launch it belongs to, where the process still says so.
    pub launch: Option<String>,
    /// Its command, shortened.
    pub command: String,
}

/// Why orphans could not be dealt with. Nothing may be launched on that state then.
#[derive(Debug, thiserror::Error)]
pub enum OrphanError {
    /// The processes can't be listed.
    #[error("the processes of this machine can't be listed in /proc")]
    List(#[source] io::Error),
    /// A process can't be waited for.
    #[error("the end of the processes of a former run can't be waited for")]
    Wait(#[source] io::Error),
    /// Some do not go away even so.
    #[error("processes of a former run do not end although they were killed: {}", names(.0))]
    Survive(Vec<Orphan>),
}

/// An orphan that we hold on to. A pidfd means this very process for ever: a signal through it can't hit
/// another process that got the same number later.
struct Held {
    orphan: Orphan,
    pidfd: OwnedFd,
}

/// Ends every process that carries `state_marker`, first by SIGTERM, after `grace` by SIGKILL, waits until
/// all are gone, and tells which there were. For the owner of the state's lock, before its first launch.
///
/// The marker is among the variables that a process was started with, so no record is needed, and nothing
/// that a crash could have lost. A process without it is left alone, unless it is in the process group of a
/// leader with it: no one but a launch's own descendants can get into that group. The caller and its own
/// ancestors are never touched. A process that wiped its variables *and* left its group is not found.
///
/// Blocks its thread.
pub fn end_orphans(state_marker: &str, grace: Duration) -> Result<Vec<Orphan>, OrphanError> {
    let mut hunt = Hunt { wanted: Wanted::new(state_marker), held: Vec::new(), found: BTreeSet::new() };
    if !hunt.end_all(Signal::TERM, grace)? && !hunt.end_all(Signal::KILL, KILL_PATIENCE)? {
        return Err(OrphanError::Survive(hunt.held.into_iter().map(|held| held.orphan).collect()));
    }
    Ok(hunt.found.into_iter().collect())
}

/// How far we are.
struct Hunt {
    wanted: Wanted,
    /// Those that have not ended yet. One that is ending shows no variables any more and no search finds it,
    /// so we must remember it.
    held: Vec<Held>,
    found: BTreeSet<Orphan>,
}

impl Hunt {
    /// Signals all there are until none is left or the time is up, searching more than once, since they may
    /// start others while we look. Answers whether all are gone.
    fn end_all(&mut self, signal: Signal, within: Duration) -> Result<bool, OrphanError> {
        let until = Instant::now() + within;
        let mut signalled = BTreeSet::new();
        loop {
            self.search().map_err(OrphanError::List)?;
            if self.held.is_empty() {
                // One that is just being replaced by another program shows no variables for a moment.
                std::thread::sleep(ORPHAN_SECOND_LOOK);
                self.search().map_err(OrphanError::List)?;
            }
            if self.held.is_empty() || Instant::now() >= until {
                return Ok(self.held.is_empty());
            }
            for held in self.held.iter().filter(|held| signalled.insert(held.orphan.pid)) {
                // It may have ended by now, which is what we are after.
                let _ = pidfd_send_signal(&held.pidfd, signal);
            }
            self.wait(until).map_err(OrphanError::Wait)?;
        }
    }

    fn search(&mut self) -> io::Result<()> {
        let known: BTreeSet<i32> = self.held.iter().map(|held| held.orphan.pid).collect();
        for held in self.wanted.search()? {
            if !known.contains(&held.orphan.pid) {
                self.found.insert(held.orphan.clone());
                self.held.push(held);
            }
        }
        Ok(())
    }

    /// Waits until one of them ends, and not so long that new ones would go unseen; lets go of the ended.
    fn wait(&mut self, until: Instant) -> io::Result<()> {
        let wait = until.saturating_duration_since(Instant::now()).min(ORPHAN_SEARCH);
        let wait = Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
        let mut ends: Vec<_> = self.held.iter().map(|held| PollFd::new(&held.pidfd, PollFlags::IN)).collect();
        match poll(&mut ends, Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ended: Vec<bool> = ends.iter().map(|end| !end.revents().is_empty()).collect();
        let mut ended = ended.into_iter();
        self.held.retain(|_| !ended.next().unwrap_or(false));
        Ok(())
    }
}

/// What makes a process one of ours.
struct Wanted {
    /// The variable as it stands among a process's variables.
    variable: String,
    /// The caller and those who wait for it.
    spared: BTreeSet<i32>,
}

impl Wanted {
    fn new(state_marker: &str) -> Self {
        let parent = |pid: &Pid| process_table::stat(*pid).and_then(|stat| Pid::from_raw(stat.parent));
        let spared = std::iter::successors(Some(getpid()), parent).map(Pid::as_raw_pid).collect();
        Self { variable: format!("{STATE_VARIABLE}={state_marker}"), spared }
    }

    fn search(&self) -> io::Result<Vec<Held>> {
        let mut pids = process_table::pids()?;
        pids.retain(|pid| !self.spared.contains(&pid.as_raw_pid()));
        let leads = |pid: Pid| process_table::stat(pid).is_some_and(|stat| stat.group == pid.as_raw_pid());
        let marked = |pid: &Pid| variable_starting(*pid, &self.variable).is_some_and(|rest| rest.is_empty());
        let leaders: BTreeSet<i32> =
            pids.iter().filter(|pid| marked(pid) && leads(**pid)).map(|pid| pid.as_raw_pid()).collect();
        let follows = |pid: &Pid| {
            !leaders.is_empty()
                && process_table::stat(*pid).is_some_and(|stat| stat.runs && leaders.contains(&stat.group))
        };
        let ours = |pid: &Pid| marked(pid) || follows(pid);
        Ok(pids.into_iter().filter(ours).filter_map(|pid| hold(pid, ours)).collect())
    }
}

/// Takes hold of a process, and then looks again whether it is still the one that was found.
fn hold(pid: Pid, ours: impl Fn(&Pid) -> bool) -> Option<Held> {
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    ours(&pid).then(|| {
        let launch = variable_starting(pid, &format!("{LAUNCH_VARIABLE}="));
        let command = process_table::command(pid).chars().take(COMMAND_CHARS).collect();
        Held { orphan: Orphan { pid: pid.as_raw_pid(), launch, command }, pidfd }
    })
}

/// What follows `start` in the variable that begins with it.
fn variable_starting(pid: Pid, start: &str) -> Option<String> {
    let variables = process_table::environ(pid);
    let found = variables.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(start.as_bytes()))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

fn names(orphans: &[Orphan]) -> String {
    let names: Vec<_> = orphans.iter().map(|orphan| format!("{} ({})", orphan.pid, orphan.command)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use rustix::process::getppid;

    use super::*;

    #[test]
    fn the_caller_and_its_ancestors_are_spared() {
        let spared = Wanted::new("any").spared;
        assert!(spared.contains(&getpid().as_raw_pid()));
        assert!(spared.contains(&getppid().map_or(0, Pid::as_raw_pid)), "{spared:?}");
    }
}
