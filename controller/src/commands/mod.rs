//! The commands: one file each, over the same project and the same planner.

mod archived_log;
mod ask;
mod controller;
mod explain;
mod graph;
mod lint;
mod live;
mod logs;
mod plan;
mod print;
mod run;
mod show;
mod status;
mod summary;
mod view;

use std::fmt;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use authoring::{Colour, Problem};
use clap_complete::Shell;

use crate::args::{Caller, Command, Subject};
use crate::commands::live::block_on;
use crate::commands::live::suspend::Wish;

/// Everything is there.
pub(crate) const EXIT_COMPLETE: u8 = 0;
/// A step failed, or storage gives no answer.
pub(crate) const EXIT_FAILED: u8 = 1;
/// A manifest, the environment or the command is wrong.
pub(crate) const EXIT_WRONG: u8 = 2;
/// Steps wait for data from outside.
pub(crate) const EXIT_WAITING: u8 = 3;
/// A person ended it, as shells say it of SIGINT.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// Why a command came to nothing, for a person.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "daybreak: {}", self.0)
    }
}

/// Tells a person of problems: drawn on a terminal, one line each elsewhere.
pub(crate) fn tell(problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    if std::io::stderr().is_terminal() {
        eprint!("{}", authoring::render(problems, Colour::Always));
    } else {
        for problem in problems {
            eprintln!("{problem}");
        }
    }
}

/// Does what the arguments say, on a cluster or on this machine.
pub(crate) fn execute((command, subject): (Command, Subject), caller: Caller) -> Result<ExitCode, Failure> {
    match (command, subject) {
        (Command::Plan(it), Subject::Machine) => plan::plan(&it),
        (Command::Plan(it), Subject::Cluster) => block_on(live::plan::plan(&it, caller)),
        (Command::Status(it), Subject::Machine) => status::status(&it),
        (Command::Status(it), Subject::Cluster) => block_on(live::status::status(&it, caller)),
        (Command::Explain(it), Subject::Machine) => explain::explain(&it),
        (Command::Explain(it), Subject::Cluster) => block_on(live::explain::explain(&it, caller)),
        (Command::Logs(it), Subject::Machine) => logs::logs(&it),
        (Command::Logs(it), Subject::Cluster) => block_on(live::logs::logs(&it, caller)),
        (Command::Rerun(it), Subject::Machine) => ask::rerun(&it),
        (Command::Rerun(it), Subject::Cluster) => block_on(live::ask::rerun(&it, caller)),
        (Command::Backfill(it), Subject::Machine) => ask::backfill(&it),
        (Command::Backfill(it), Subject::Cluster) => block_on(live::ask::backfill(&it, caller)),
        (Command::Suspend(it), _) => block_on(live::suspend::suspend(&it, Wish::Suspend, caller)),
        (Command::Resume(it), _) => block_on(live::suspend::suspend(&it, Wish::Resume, caller)),
        (Command::Run(it), _) => run::run(&it),
        (Command::Lint(it), _) => lint::lint(&it),
        (Command::Graph(it), _) => graph::graph(&it),
        (Command::Controller(it), _) => controller::controller(&it),
        (Command::ArchivedLog(it), _) => archived_log::archived_log(&it),
        (Command::Completions { shell }, _) => completions(shell, caller),
    }
}

fn completions(shell: Shell, caller: Caller) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut caller.command(), caller.program(), &mut script);
    print::text(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::from(EXIT_COMPLETE))
}
