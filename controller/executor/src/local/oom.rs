//! Tells a kill by the kernel for want of memory from a kill by someone else.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many times the kernel has killed for want of memory, on the machine or in any of its groups. The
/// kernel tells a process's parent nothing but SIGKILL, so a count that grew is the best sign there is:
/// it may take another program's misfortune for a step's that someone killed at the same time.
#[derive(Debug)]
pub(super) struct Kills {
    seen: AtomicU64,
}

impl Kills {
    pub(super) fn counted_from_now() -> Self {
        Self { seen: AtomicU64::new(count()) }
    }

    /// Whether there were any since the last look.
    pub(super) fn grew(&self) -> bool {
        let now = count();
        self.seen.swap(now, Ordering::Relaxed) < now
    }
}

/// Zero where the kernel (before 4.13) does not say.
fn count() -> u64 {
    let counters = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let line = counters.lines().find_map(|line| line.strip_prefix("oom_kill "));
    line.and_then(|count| count.parse().ok()).unwrap_or(0)
}
