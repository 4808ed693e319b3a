//! The seat of the controller, as whoever runs it sees it.

mod health;
mod lease;
mod model;
mod signals;
