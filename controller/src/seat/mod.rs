//! The seat of the controller: what lets it run for long, whatever it does. Lease, health, signals.

pub mod health;
pub mod lease;
pub mod signals;

mod limits;
