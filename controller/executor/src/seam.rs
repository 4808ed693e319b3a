//! The words that the runtime and every executor share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::failure::Failure;

/// One run of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchSpec {
    /// Its name, never used twice: a function of partition, step, attempt and launch.
    pub name: String,
    /// The program and its arguments, passed on as they are; never a shell string.
    pub argv: Vec<String>,
    /// Variables in addition to those that the executor inherited; they win.
    pub env: BTreeMap<String, String>,
    /// Where the command runs. A program or a `PATH` entry that is relative counts from here.
    pub working_dir: PathBuf,
    /// The file that takes the output and the errors, in the order in which they were written.
    /// Its folder must exist; what is in the file already stays.
    pub log: PathBuf,
    /// How long it may run, if there is a limit.
    pub timeout: Option<Duration>,
    /// How long it may take to end by itself after it was told that its time is up.
    pub grace: Duration,
}

/// What an executor sees of a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It has not started yet.
    Waiting {
        /// For what, in a sentence without a final dot.
        why: String,
    },
    /// It runs.
    Running {
        /// Since when.
        since: SystemTime,
    },
    /// It ended well: exit code 0.
    Succeeded,
    /// It ended by a fault of its own: this is a failed try.
    Failed(Failure),
    /// It was ended from outside, by [`crate::LocalExecutor::kill`] or an eviction: this is no try. Nothing of it
    /// runs any more.
    Disrupted {
        /// By what, in a sentence without a final dot.
        why: String,
    },
    /// It was stopped from outside, and whoever stopped it may start it again: it is to be ended, and is no try.
    Interrupted {
        /// By what, in a sentence without a final dot.
        why: String,
    },
    /// It can't be seen at the moment, may still run, and may come back.
    Lost {
        /// Why, in a sentence without a final dot.
        why: String,
        /// Since when.
        since: SystemTime,
    },
    /// The executor knows nothing of it: it ended and was told, or it never was.
    Gone,
}

/// A launch has ended: its last observation. Nothing of it runs any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The launch.
    pub name: String,
    /// How it ended: `Succeeded`, `Failed`, or `Disrupted`, also if no one can tell.
    pub observation: Observation,
}
