//! The clock: the one place that reads the time of day.

use std::time::SystemTime;

use planner::calendar::Instant;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(crate) fn now() -> Instant {
    SystemTime::now().into()
}
