//! The limits of the seat, each with its reason.

use std::time::Duration;

/// How long a holder that is not heard of keeps the lease: what Kubernetes' own controllers take.
pub(crate) const LEASE_DURATION: Duration = Duration::from_secs(15);

/// How long after its last renewal a holder still leads. The other third of the lease is for work that is under way.
pub(crate) const RENEW_DEADLINE: Duration = Duration::from_secs(10);

/// How long the elector rests between two rounds: a holder has five tries before it must stop.
pub(crate) const RETRY_PERIOD: Duration = Duration::from_secs(2);

/// How long a round of one read and one write may take: half the deadline, so that one that hangs leaves time for another.
pub(crate) const ROUND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long giving the lease back may take: a part of the time to drain, and without it the lease runs out by itself.
pub(crate) const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a process that was told to end may take: the chart grants 30 s, and a drained node is not kept waiting.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How many beats an idle loop gives within the limit of its pulse: two may be late.
pub(crate) const IDLE_BEATS: u32 = 3;
