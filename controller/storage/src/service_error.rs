//! What a service answered that it should not have, in words for a person.

use std::error::Error as _;

use opendal::ErrorKind;

/// How much of a service's own words is told: they may be a page of HTML.
const WORDS: usize = 300;

/// How it shows that nothing answers at an address.
const UNREACHED: [std::io::ErrorKind; 4] = [
    std::io::ErrorKind::ConnectionRefused,
    std::io::ErrorKind::HostUnreachable,
    std::io::ErrorKind::NetworkUnreachable,
    std::io::ErrorKind::TimedOut,
];

/// Why a service gave no answer that can be relied on.
#[derive(Debug)]
pub struct ServiceError(opendal::Error);

impl From<opendal::Error> for ServiceError {
    fn from(error: opendal::Error) -> Self {
        Self(error)
    }
}

impl ServiceError {
    /// What a person can do about it, as the rest of a sentence.
    pub(crate) fn advice(&self, operation: &str) -> String {
        match self.0.kind() {
            ErrorKind::PermissionDenied => {
                format!("; check the credentials, and grant the right to {} there", right(operation))
            }
            ErrorKind::ConfigInvalid => {
                "; create the bucket, or bind the store to one that is there".to_owned()
            }
            // A listing of nothing is empty, and a copy is of something that was seen.
            ErrorKind::NotFound => {
                "; check the credentials and the address: the server does not know one of them".to_owned()
            }
            ErrorKind::RateLimited => "; it asks for fewer calls, and is asked again later".to_owned(),
            _ if self.is_unreached() => {
                "; check the address, and whether it is up and can be reached from here".to_owned()
            }
            _ => String::new(),
        }
    }

    /// Whether nothing answered at the address.
    fn is_unreached(&self) -> bool {
        let error = self.cause().and_then(|cause| cause.downcast_ref::<std::io::Error>());
        error.is_some_and(|error| UNREACHED.contains(&error.kind()))
    }

    /// What is behind all other causes.
    fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let mut cause = self.0.source()?;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Some(cause)
    }
}

/// What must be granted for an operation. Who may not list is told of no object whether it is there.
fn right(operation: &str) -> &'static str {
    match operation {
        "list" => "list",
        "look at" => "list and read",
        "write" | "copy to" | "make" => "write",
        "remove" => "delete",
        _ => "read",
    }
}

impl std::fmt::Display for ServiceError {
    /// The service's words, and not the context that opendal adds: that names addresses and headers.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.0.kind(), words(self.0.message()))?;
        // A request that was not even made is told in the words of the library alone.
        match self.cause().map(|cause| words(&cause.to_string())) {
            Some(cause) if !self.0.message().contains(&cause) => write!(formatter, ": {cause}"),
            Some(_) | None => Ok(()),
        }
    }
}

/// The first line of a text, which may go on with where in its own code a service found the fault, and not too much of it.
fn words(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// What caused it says the same again, in the words of the library.
impl std::error::Error for ServiceError {}
