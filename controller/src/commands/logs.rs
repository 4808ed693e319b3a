//! `daybreak logs`: prints what an attempt wrote, byte for byte, and goes on while it runs.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use planner::calendar::Partition;
use planner::facts::Running;
use planner::pipeline::Pipeline;

use crate::args;
use crate::commands::{EXIT_COMPLETE, Failure, tell};
use crate::local::journal::Journal;
use crate::logs::{self, Log};
use crate::project::Project;
use crate::state::State;
use crate::work::records::{Histories, Records as _};

/// How often a log that is followed is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Whose log is printed.
struct Subject<'a> {
    plan: &'a Pipeline,
    state: &'a State,
    partition: Partition,
    log: Log,
}

/// Prints a log.
pub(crate) fn logs(arguments: &args::Logs) -> Result<ExitCode, Failure> {
    let mut project = Project::around(&arguments.named).map_err(Failure::new)?;
    let plan = project.plan_named(&arguments.pipeline).map_err(|error| {
        tell(&project.problems);
        Failure::new(error)
    })?;
    let state = project.state();
    let calendar = &plan.parts().calendar;
    let partition = calendar.parse_key(&arguments.key).map_err(Failure::new)?;
    let logs = logs::list(&state.logs(&arguments.pipeline, &calendar.key(partition)));
    let log = chosen(&plan, logs, arguments).map_err(Failure::new)?;
    let subject = Subject { plan: &plan, state: &state, partition, log };
    let printed = if arguments.follow { subject.follow() } else { subject.print() };
    match printed {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot print {}: {error}", subject.log.path.display())))
        }
        Ok(()) | Err(_) => Ok(ExitCode::from(EXIT_COMPLETE)),
    }
}

impl Subject<'_> {
    fn print(&self) -> io::Result<()> {
        io::copy(&mut File::open(&self.log.path)?, &mut stdout()?).map(drop)
    }

    fn follow(&self) -> io::Result<()> {
        let (mut log, mut out) = (File::open(&self.log.path)?, stdout()?);
        let mut is_quiet = false;
        loop {
            // Asked before the copy, so that nothing is missed that is written until the end.
            let has_ended = is_quiet && self.has_ended();
            is_quiet = io::copy(&mut log, &mut out)? == 0;
            if has_ended {
                return Ok(());
            }
            if is_quiet {
                thread::sleep(LOOK);
            }
        }
    }

    /// Whether the launch is over: its end is recorded, or whoever could record it is gone.
    fn has_ended(&self) -> bool {
        if !self.state.is_locked() {
            return true;
        }
        let mut histories = Histories::new();
        let mut records = Journal::new(self.state.records(self.plan.parts().name.as_str()));
        let is_ours = |it: &Running| (it.attempt, it.launch) == (self.log.attempt, self.log.launch);
        // Records that can't be read now may be readable the next time.
        let is_known = records.load(self.plan, &[self.partition], &mut histories).is_ok();
        let history = self.plan.step_named(&self.log.step);
        let history = history.and_then(|step| histories.get(&self.partition)?.get(&step));
        is_known && !history.is_some_and(|history| history.running.as_ref().is_some_and(is_ours))
    }
}

/// Standard output without a buffer, so that the kernel may copy.
fn stdout() -> io::Result<File> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

/// The log that was asked for, or what there is instead.
fn chosen(plan: &Pipeline, mut logs: Vec<Log>, arguments: &args::Logs) -> Result<Log, String> {
    let of = format!("{} {}", arguments.pipeline, arguments.key);
    let steps: BTreeSet<String> = logs.iter().map(|log| log.step.clone()).collect();
    let those = || steps.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let Some(step) = arguments.step.as_ref().or_else(|| steps.first()) else {
        return Err(format!("no step of {of} has run yet, so that there is no log"));
    };
    if arguments.step.is_none() && steps.len() > 1 {
        return Err(format!("several steps of {of} have run: name one of {}", those()));
    }
    if plan.step_named(step).is_none() && !steps.contains(step) {
        let known: Vec<_> = plan.parts().steps.iter().map(|step| step.name.as_str()).collect();
        return Err(format!("{} has no step {step}: there is {}", arguments.pipeline, known.join(", ")));
    }
    logs.retain(|log| log.step == *step);
    let attempts: BTreeSet<u32> = logs.iter().map(|log| log.attempt).collect();
    let attempts = attempts.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let wanted = |log: &Log| arguments.attempt.is_none_or(|attempt| log.attempt == attempt);
    match (logs.into_iter().rfind(wanted), arguments.attempt) {
        (Some(log), _) => Ok(log),
        (None, Some(attempt)) if !attempts.is_empty() => {
            Err(format!("{step} of {of} has no attempt {attempt}: there is {attempts}"))
        }
        (None, _) if steps.is_empty() => Err(format!("no step of {of} has run yet, so that there is no log")),
        (None, _) => Err(format!("{step} of {of} has not run yet; there are logs of {}", those())),
    }
}
