//! Every bound of the receiver of notifications, each with its reason.

use std::time::Duration;

/// The longest body that is read: S3 sends 64 KB at most, SNS 256 KB.
pub(crate) const BODY_MAX: usize = 1 << 20;

/// So much of a longer body is read and thrown away, so that its sender hears the answer and not a broken connection.
pub(crate) const DISCARD_MAX: usize = 8 << 20;

/// The most records of one body. S3 sends one at a time, others dozens.
pub(crate) const RECORDS_MAX: usize = 4_000;

/// Connections at once: each may hold a body, and is answered within milliseconds. Others wait in the system's backlog.
pub(crate) const CONNECTIONS: usize = 32;

/// How long the head of a request may take. EventBridge gives a request up after 5 s, versitygw after 3 s.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a body may take, for the same reason.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may last: head and body, and a sender who does not listen to its answer.
pub(crate) const CONNECTION_MAX: Duration = Duration::from_secs(15);

/// The pause after a connection that could not be accepted: what was used up, file descriptors above all, comes back.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Paths that wait to be looked at: those of some large bodies, in 20 MB at most. With more of them senders are told to
/// come again later.
pub(crate) const QUEUE: usize = 20_000;

/// The shortest token, in bytes: as few random letters can't be guessed over a network.
pub(crate) const TOKEN_MIN: usize = 16;
