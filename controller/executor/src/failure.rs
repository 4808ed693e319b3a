//! How a launch fails, in words for the person who wrote the step.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Why a launch failed. Its `Display` is a sentence without a final dot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It ended with a code that is not 0.
    #[error("it ended with exit code {0}")]
    ExitCode(i32),
    /// A signal ended it, and not one that we sent.
    #[error("it was ended by {0}")]
    Signal(Signal),
    /// The kernel killed it for want of memory.
    #[error("the kernel killed it because memory ran out; make it need less, or run fewer steps at once")]
    OutOfMemory,
    /// It was killed because it took more memory than its limit.
    #[error("it was killed because it took more memory than {}; raise the limit, or make it need less", memory_limit(.limit.as_deref()))]
    MemoryLimit {
        /// The limit as the step writes it, if it has one of its own.
        limit: Option<String>,
    },
    /// It was ended because it wrote more to its node's disk than a limit allows.
    #[error("it wrote more to its node's disk than it may; raise the limit, or make it write less: {words}")]
    StorageLimit {
        /// The node's words.
        words: String,
    },
    /// It ran past its timeout, and was ended with all that it had started.
    #[error("it ran longer than its timeout of {}", seconds(*.0))]
    Deadline(Duration),
    /// It never ran.
    #[error("it could not start: {0}")]
    CouldNotStart(StartFault),
}

/// Why a command can't start: what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartFault {
    /// `argv` is empty.
    #[error("the command is empty; its first element must name a program")]
    NoCommand,
    /// No folder of `PATH` holds the program.
    #[error("there is no program {program:?} in PATH; install it, or give its path")]
    NotInPath {
        /// The program as the step names it.
        program: String,
    },
    /// The program is a path, and nothing is there.
    #[error("there is no file {}; a relative path counts from the step's working directory", path.display())]
    NoSuchFile {
        /// The whole path.
        path: PathBuf,
    },
    /// The path is a directory, or another thing that no one can run.
    #[error("{} is not a file; name the program inside it", path.display())]
    NotAFile {
        /// The whole path.
        path: PathBuf,
    },
    /// The file is there and may not be run.
    #[error("{} may not be executed; `chmod +x` it, or put its interpreter first in the command", path.display())]
    NotExecutable {
        /// The whole path.
        path: PathBuf,
    },
    /// The file starts with no line that names an interpreter.
    #[error("{} is neither a program nor a script with a first line such as `#!/bin/sh`; add that line, or put its interpreter first in the command", path.display())]
    NoShebang {
        /// The whole path.
        path: PathBuf,
    },
    /// The interpreter that a script names is not there.
    #[error("the first line of {} names the interpreter {interpreter:?}, which is not there; {}", path.display(), interpreter_advice(interpreter))]
    NoInterpreter {
        /// The script.
        path: PathBuf,
        /// What stands after its `#!`.
        interpreter: String,
    },
    /// A binary for another processor or system.
    #[error("{} is a program for another processor or system; build it for this one", path.display())]
    ForeignProgram {
        /// The whole path.
        path: PathBuf,
    },
    /// The step's working directory is missing, or something else is there.
    #[error("there is no working directory {}; make it, or correct the step's workingDir", path.display())]
    NoWorkingDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// The arguments and variables are more than the kernel passes on.
    #[error(
        "its arguments and variables are too long for this system (128 KiB for one, about 2 MiB for all); pass a file that lists them"
    )]
    TooLong,
    /// An argument or a variable holds a NUL, which ends a string for the kernel.
    #[error("an argument or a variable holds a NUL character; take it out")]
    HoldsNul,
    /// The log can't be written; the disk may be full.
    #[error("its log {} can't be opened: {reason}", path.display())]
    NoLog {
        /// The log file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The system has no room for another process: a limit on processes, open files or memory.
    #[error(
        "the system takes on no further process at the moment ({reason}); run fewer steps at once, or raise the limits that `ulimit -a` shows"
    )]
    NoRoom {
        /// The system's words.
        reason: String,
    },
    /// The container could not start.
    #[error("{words}")]
    Container {
        /// The container runtime's words.
        words: String,
    },
    /// The container had not started when its time was up.
    #[error(
        "its container had not started within the timeout of {}; its image may be large or missing, or its node busy",
        seconds(*.0)
    )]
    TooSlow(
        /// The timeout.
        Duration,
    ),
    /// The kernel says no, for a reason that is not one of the above.
    #[error("{}: {reason}", path.display())]
    Refused {
        /// The whole path.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

/// A signal by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(
    /// The number, as `kill -l` lists it.
    pub i32,
);

/// Exit codes above this are a signal's number more, by the custom of shells and container runtimes.
pub(crate) const SIGNAL_BASE: i32 = 128;

impl Failure {
    /// The exit code of a command that ended by itself or by a signal, then 128 more than its number, as shells
    /// tell it: a container's runtime can't tell the two apart, and a step is to mean the same everywhere.
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::ExitCode(code) => Some(*code),
            Self::Signal(signal) => Some(SIGNAL_BASE + signal.0),
            Self::OutOfMemory
            | Self::MemoryLimit { .. }
            | Self::StorageLimit { .. }
            | Self::Deadline(_)
            | Self::CouldNotStart(_) => None,
        }
    }
}

impl Signal {
    /// The signal of that number, if it is one that ends a process.
    pub(crate) fn known(number: i32) -> Option<Self> {
        NAMES.iter().any(|(known, _, _)| *known == number).then_some(Self(number))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(number, _, _)| *number == self.0) {
            Some((number, name, meaning)) => write!(f, "signal {number}, {name} ({meaning})"),
            None => write!(f, "signal {}", self.0),
        }
    }
}

/// The signals that end a process by default, with the numbers of Linux on x86 and ARM.
const NAMES: &[(i32, &str, &str)] = &[
    (1, "SIGHUP", "its terminal went away"),
    (2, "SIGINT", "interrupted"),
    (3, "SIGQUIT", "told to quit"),
    (4, "SIGILL", "an instruction this processor does not know"),
    (5, "SIGTRAP", "a trap"),
    (6, "SIGABRT", "it aborted itself"),
    (7, "SIGBUS", "a bad memory access, perhaps of a file that shrank"),
    (8, "SIGFPE", "a division by zero or the like"),
    (9, "SIGKILL", "killed by a person or a program"),
    (11, "SIGSEGV", "a bad memory access"),
    (13, "SIGPIPE", "it wrote to a pipe that nobody read"),
    (14, "SIGALRM", "its own alarm"),
    (15, "SIGTERM", "told to end by a person or a program"),
    (24, "SIGXCPU", "past a limit on processor time"),
    (25, "SIGXFSZ", "past a limit on file size"),
    (31, "SIGSYS", "a forbidden system call"),
];

fn memory_limit(limit: Option<&str>) -> String {
    limit.map_or_else(|| "its node has".to_owned(), |limit| format!("its limit of {limit}"))
}

fn interpreter_advice(interpreter: &str) -> &'static str {
    if interpreter.ends_with('\r') {
        "the line ends as on Windows: save the file with Unix line ends"
    } else {
        "install it, or correct the line"
    }
}

/// A duration as a manifest writes it: `1h30m`, `45s`, `250ms`.
fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let parts = [(whole / 3600, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, unit)| count.to_string() + unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_told_as_it_was_written() {
        let told = |millis| seconds(Duration::from_millis(millis));
        assert_eq!([250, 45_000, 5_400_000, 3_600_001].map(told), ["250ms", "45s", "1h30m", "1h"]);
    }

    #[test]
    fn a_signal_is_told_by_number_name_and_meaning() {
        assert_eq!(
            Failure::Signal(Signal(11)).to_string(),
            "it was ended by signal 11, SIGSEGV (a bad memory access)"
        );
        assert_eq!(Failure::Signal(Signal(40)).to_string(), "it was ended by signal 40");
    }
}
