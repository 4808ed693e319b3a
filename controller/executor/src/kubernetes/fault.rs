//! How a call to the API server can fail, by what is to be done about it.

use std::time::Duration;

use kube::core::Status;

/// A call failed.
#[derive(Debug, thiserror::Error)]
#[error("{call}")]
pub struct CallError {
    /// What was asked, of which object: `create job ads/impressions-…`.
    pub call: String,
    /// How it failed.
    #[source]
    pub fault: CallFault,
}

/// How a call failed. Texts are the server's own words.
#[derive(Debug, thiserror::Error)]
pub enum CallFault {
    /// A quota of the namespace is full: it is to wait.
    #[error("{0}")]
    Quota(String),
    /// It may not be done: the controller lacks a right, or an admission policy refuses the object.
    #[error("{0}")]
    Forbidden(String),
    /// The namespace is missing or being deleted.
    #[error("{0}")]
    NamespaceGone(String),
    /// The object breaks a rule of the API; the step must change.
    #[error("{0}")]
    Invalid(String),
    /// There is no such object.
    #[error("{0}")]
    NotFound(String),
    /// There is an object of that name.
    #[error("{0}")]
    AlreadyExists(String),
    /// The object is not as it was thought to be: look again.
    #[error("{0}")]
    Conflict(String),
    /// The server takes no more for the moment: try later, with every call.
    #[error("the API server is busy: {words}")]
    Busy {
        /// The server's words.
        words: String,
        /// How long the server asks to be left alone, if it says.
        retry_after: Option<Duration>,
    },
    /// No answer came in time. It may have been done, and asking again is safe.
    #[error("no answer came within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The server, or a node behind it, failed at the call. It may have been done, and asking again is safe.
    #[error("{0}")]
    Failed(String),
    /// No usable answer came. It may have been done, and asking again is safe.
    #[error("the API server can't be reached")]
    Unreachable(#[source] Box<kube::Error>),
}

impl CallFault {
    /// Whether the same call may succeed later although nobody changes anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict(_)
            | Self::Busy { .. }
            | Self::TimedOut(_)
            | Self::Failed(_)
            | Self::Unreachable(_) => true,
            Self::Quota(_)
            | Self::Forbidden(_)
            | Self::NamespaceGone(_)
            | Self::Invalid(_)
            | Self::NotFound(_)
            | Self::AlreadyExists(_) => false,
        }
    }
}

impl From<kube::Error> for CallFault {
    fn from(error: kube::Error) -> Self {
        if let kube::Error::Api(status) = error {
            return Self::from(*status);
        }
        Self::Unreachable(Box::new(error))
    }
}

impl From<Status> for CallFault {
    fn from(status: Status) -> Self {
        let words = status.message.clone();
        match status.code {
            // A quota that is full and one that wants a limit named begin alike; only the first is a wait.
            403 if words.contains("exceeded quota") => Self::Quota(words),
            403 if has_cause(&status, "NamespaceTerminating") => Self::NamespaceGone(words),
            401 | 403 => Self::Forbidden(words),
            404 if is_of_a_namespace(&status) => Self::NamespaceGone(words),
            404 => Self::NotFound(words),
            409 if status.is_already_exists() => Self::AlreadyExists(words),
            409 => Self::Conflict(words),
            429 | 503 => Self::Busy { words, retry_after: retry_after(&status) },
            400..=499 => Self::Invalid(words),
            _ => Self::Failed(words),
        }
    }
}

fn has_cause(status: &Status, reason: &str) -> bool {
    status.details.as_ref().is_some_and(|details| details.causes.iter().any(|cause| cause.reason == reason))
}

fn is_of_a_namespace(status: &Status) -> bool {
    status.details.as_ref().is_some_and(|details| details.kind == "namespaces")
}

fn retry_after(status: &Status) -> Option<Duration> {
    let seconds = status.details.as_ref()?.retry_after_seconds;
    (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
}
