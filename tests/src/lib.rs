//! The harness of the black-box tests: a project in a temporary folder or a namespace of a real cluster, the real
//! `daybreak` at work on it, and what its steps wrote down.

#![expect(clippy::missing_panics_doc, reason = "panicking is how a test fails")]
#![expect(clippy::return_self_not_must_use, reason = "checks may be chained, and need not be")]

mod cluster;
mod command;
mod ledger;
mod process;
mod project;
mod proxy;
mod random;
mod store;
mod testbed;

pub use cluster::{Cluster, Controller, Sandbox, USER};
pub use command::{Outcome, Running, binary};
pub use ledger::{Entry, Ledger};
pub use process::{are_gone, eventually, marked};
pub use project::Project;
pub use proxy::{Fault, Proxy};
pub use random::{Random, number};
pub use store::{Hdfs, S3};
