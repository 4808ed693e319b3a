//! The seat of the controller, as whoever runs it sees it.

mod client;
mod generated;
mod health;
mod lease;
mod metrics;
mod model;
mod signals;
mod telemetry;
