//! The commands: one file each, over the same project and the same planner.

mod ask;
mod controller;
mod explain;
mod graph;
mod lint;
mod logs;
mod plan;
mod print;
mod run;
mod status;
mod summary;
mod view;

use std::fmt;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use authoring::{Colour, Problem};
use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::{Arguments, Command};

/// How a person calls the command.
const NAME: &str = "daybreak";

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

/// Does what the arguments say.
pub(crate) fn execute(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Rerun(arguments) => ask::rerun(&arguments),
        Command::Backfill(arguments) => ask::backfill(&arguments),
        Command::Lint(arguments) => lint::lint(&arguments),
        Command::Plan(arguments) => plan::plan(&arguments),
        Command::Graph(arguments) => graph::graph(&arguments),
        Command::Status(arguments) => status::status(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Logs(arguments) => logs::logs(&arguments),
        Command::Controller(arguments) => controller::controller(&arguments),
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    print::text(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::from(EXIT_COMPLETE))
}
