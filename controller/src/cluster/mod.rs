//! The cluster runtime: Pipelines are reconciled around the planner, with Jobs as launches and objects as reports.

pub mod configuration;
pub mod notifications;

mod apply;
mod archive;
mod binding;
mod caches;
mod carry;
mod decide;
mod desk;
mod events;
mod kept_log;
mod launch;
mod ledger;
mod limits;
mod mind;
mod objects;
mod order;
mod orphans;
mod outlook;
mod overlay;
mod pass;
mod places;
mod prune;
mod publish;
mod reconcile;
mod release;
mod report;
mod rounds;
mod run;
mod scribe;
mod senses;
mod settle;
mod shelf;
mod ship;
mod sighting;
mod spool;
mod sweep;
mod tidy;
mod validate;
mod working_set;

pub(crate) use archive::drawer as archive_drawer;
pub use configuration::Configuration;
pub use desk::Clock;
pub use run::{RunError, Surroundings, run};
