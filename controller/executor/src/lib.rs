//! Runs launches, watches and ends them, and reads their logs.
//!
//! A *launch* is one run of one attempt. Between the runtime and whatever runs launches are four verbs:
//!
//! | verb | `local`: processes of this machine | [`kubernetes`]: Jobs of a cluster |
//! |---|---|---|
//! | launch by name | [`LocalExecutor::launch`]: a name that runs is refused | [`kubernetes::Jobs::create`]: a name that is there is ours or foreign |
//! | observe | [`LocalExecutor::observe`], and an [`Event`] at the end | [`kubernetes::observe`], of what a watch brought |
//! | kill | [`LocalExecutor::kill`]: asks, waits for the grace, then forces | [`kubernetes::Jobs::delete`]: the kubelet does that |
//! | read the log | the process writes the file | [`kubernetes::PodLog::keep`] writes it; both are read by [`read_log`] |
//!
//! They share the words and not the shape: what is seen is told as an [`Observation`], and how a launch failed as a
//! [`Failure`], so that nothing of one executor leaks into the planner. There is no trait, since nobody could hold
//! it: one executor owns its processes, answers at once and tells an end by an event; the other is a few calls that may
//! be lost, and a pure reading of a cache that the runtime keeps.

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
pub use seam::{Event, LaunchSpec, Observation};
