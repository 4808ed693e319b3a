//! The Kubernetes executor: each launch is one Job of one pod.
//!
//! What is asked and what is seen are pure: [`job`] makes the object of a launch, and [`observe`] reads what a Job and
//! its pods tell. [`Jobs`] is all that is written, and [`PodLog`] keeps what a pod printed.

mod client;
mod expansion;
mod fault;
mod identity;
mod job;
mod launch;
mod log;
mod observe;
mod outcome;
mod part;
mod pod;
mod security;
mod status;
mod waiting;

pub use client::{Created, JobRef, Jobs, Left};
pub use fault::{CallError, CallFault};
pub use identity::LaunchId;
pub use job::{CONTAINER, job};
pub use launch::{LaunchSpec, RunAs, StoreMount};
pub use log::{Kept, PodLog};
pub use observe::{Seen, observe};
pub use outcome::disruption;
