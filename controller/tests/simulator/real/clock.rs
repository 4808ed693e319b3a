//! The time of day: a real server stamps its objects with it.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

/// The time now.
#[expect(clippy::disallowed_methods, reason = "what happens on a real server happens in real time")]
pub(crate) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
