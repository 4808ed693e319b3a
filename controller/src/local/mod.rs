//! The local runtime: observe, decide, apply, report, with directories as stores and processes as launches.

pub(crate) mod desk;
pub(crate) mod journal;
pub(crate) mod launch;
pub(crate) mod pipeline;
pub(crate) mod postponed;
pub(crate) mod progress;
pub(crate) mod recover;
pub(crate) mod run;
pub(crate) mod senses;
pub(crate) mod settle;
pub(crate) mod since;
pub(crate) mod sources;
