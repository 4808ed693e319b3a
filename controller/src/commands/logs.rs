//! `daybreak logs`: prints what an attempt wrote, byte for byte, and goes on while it runs.

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
use crate::commands::show;
use crate::commands::{EXIT_COMPLETE, Failure, tell};
use crate::local::journal::Journal;
use crate::logs::{self, Log, Wanted};
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
    let args::Logs { pipeline, key, step, attempt, .. } = arguments;
    check_step(&plan, &logs, step.as_deref())?;
    let wanted = Wanted { pipeline, key, step: step.as_deref(), attempt: *attempt };
    let log = logs::choose(logs, wanted).map_err(Failure::new)?;
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

/// Refuses a step that neither the manifest nor a log knows.
fn check_step(plan: &Pipeline, logs: &[Log], step: Option<&str>) -> Result<(), Failure> {
    let is_logged = |step| logs.iter().any(|log| log.step == step);
    step.filter(|step| !is_logged(*step)).map_or(Ok(()), |step| show::step(plan, step).map(drop))
}
