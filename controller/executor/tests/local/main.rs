//! The local executor with real processes, real signals and real files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod ending;
mod machine;
mod orphans;
mod outcomes;
mod output;
mod starts;
