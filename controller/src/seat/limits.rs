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

/// How often it is looked whether a Service still leads here: nobody but a person changes that, and one small read shows it.
pub(crate) const ENDPOINT_PAUSE: Duration = Duration::from_secs(10);

/// How long a process that was told to end may take: the chart grants 30 s, and a drained node is not kept waiting.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How many beats an idle loop gives within the limit of its pulse: two may be late.
pub(crate) const IDLE_BEATS: u32 = 3;

/// Where the durations of calls and reconciles are told apart, in seconds: from a cached answer to the longest timeout.
pub(crate) const CALL_BUCKETS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Where the delays of launches are told apart, in seconds: from a notification at once to a night in a queue.
pub(crate) const DELAY_BUCKETS: [f64; 11] =
    [0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3_600.0, 28_800.0];

/// How long connecting to the API server may take, TLS included: it is near, or it is not there.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the API server may take to begin an answer: half of the 60 s after which it gives a request up itself.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may be silent in the midst of an answer: a little more than the 290 s for which a watch is asked.
pub(crate) const SILENCE_TIMEOUT: Duration = Duration::from_mins(5);

/// How long one batch of spans may take on its way: the collector is near, and the next batch waits.
pub(crate) const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the last spans may take when the process ends: a part of the time to drain.
pub(crate) const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
