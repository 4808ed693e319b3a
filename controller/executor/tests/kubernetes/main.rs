//! What the Kubernetes executor makes, reads and is told, in the API's own JSON.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod faults;
mod fixtures;
mod jobs;
mod names;
mod observe;
mod outcomes;
