//! The seat of the controller: what lets it run for long, whatever it does. Lease, endpoint, health, metrics, logs,
//! signals.

pub mod client;
pub mod endpoint;
pub mod health;
pub mod lease;
pub mod metrics;
pub mod signals;
pub mod spans;
pub mod telemetry;

mod limits;
