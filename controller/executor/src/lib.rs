//! Runs launches, watches and ends them, and reads their logs.
//!
//! A *launch* is one run of one attempt. The seam between the runtime and whatever runs launches is
//! five verbs, and every executor has them:
//!
//! | verb | here | what it promises |
//! |---|---|---|
//! | launch by name | [`LocalExecutor::launch`] | a name that is already running is refused, never run twice |
//! | observe | [`LocalExecutor::observe`], [`Event`] | what is known now; an event when a launch has ended |
//! | kill | [`LocalExecutor::kill`] | asks, waits for the grace, then forces; an unknown name is already done |
//! | read the log | [`read_log`] | bytes from an offset, and the offset to go on from |
//! | say what it can do | [`LocalExecutor::capabilities`] | what of a step this executor can honour |
//!
//! What an executor sees is told as an [`Observation`] and in no other word, so that nothing of one
//! executor leaks into the planner. `local` runs processes of this machine (Linux: process
//! groups, pidfds and `/proc`). There is no trait yet: the second executor will show its shape.

mod capacity;
mod failure;
pub mod kubernetes;
mod limits;
mod local;
mod log;
mod orphans;
mod process_table;
mod seam;

pub use capacity::Capacity;
pub use failure::{Failure, Signal, StartFault};
pub use local::{LaunchError, LocalExecutor};
pub use log::{LogError, last_lines, read_log};
pub use orphans::{Orphan, OrphanError, end_orphans};
pub use seam::{Capabilities, Event, LaunchSpec, Observation};
