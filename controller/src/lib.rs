//! The `daybreak` command: arguments in, exit code out; a library, so that its runtimes can be run within a test.

mod args;
mod clock;
pub mod cluster;
mod commands;
mod environment;
mod local;
mod logs;
mod project;
mod requests;
pub mod seat;
mod state;
mod work;

use std::process::ExitCode;

/// Does what the arguments of this process say.
pub fn execute() -> ExitCode {
    let caller = args::Caller::of_process();
    let (arguments, subject) = caller.arguments();
    commands::execute((arguments.command, subject), caller).unwrap_or_else(|failure| {
        eprintln!("{failure}");
        ExitCode::from(commands::EXIT_WRONG)
    })
}
