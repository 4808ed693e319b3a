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
pub struct ServiceError {
    error: opendal::Error,
    /// The server that was asked, if the store's address does not name it.
    endpoint: Option<String>,
}

impl From<opendal::Error> for ServiceError {
    fn from(error: opendal::Error) -> Self {
        Self { error, endpoint: None }
    }
}

impl ServiceError {
    /// The same, from this server.
    pub(crate) fn at(self, endpoint: Option<&str>) -> Self {
        Self { endpoint: endpoint.map(str::to_owned), ..self }
    }

    /// What a person can do about it, as the rest of a sentence.
    pub(crate) fn advice(&self, operation: &str) -> String {
        if self.error.kind() == ErrorKind::PermissionDenied {
            return format!("; check the credentials, and grant the right to {} there", right(operation));
        }
        let advice = [
            (ErrorKind::ConfigInvalid, "; create the bucket, or bind the store to one that is there"),
            // A listing of nothing is empty, and a copy is of something that was seen.
            (
                ErrorKind::NotFound,
                "; check the credentials and the address: the server does not know one of them",
            ),
            (ErrorKind::RateLimited, "; it asks for fewer calls, and is asked again later"),
        ];
        let advice =
            advice.into_iter().find(|(kind, _)| *kind == self.error.kind()).map(|(_, advice)| advice);
        let endpoint = self.endpoint.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
        let unreached =
            || format!("; check the address{endpoint}, and whether it is up and can be reached from here");
        let otherwise = || if self.is_unreached() { unreached() } else { String::new() };
        advice.map_or_else(otherwise, str::to_owned)
    }

    /// Whether nothing answered at the address.
    fn is_unreached(&self) -> bool {
        let error = self.cause().and_then(|cause| cause.downcast_ref::<std::io::Error>());
        error.is_some_and(|error| UNREACHED.contains(&error.kind()))
    }

    /// What is behind all other causes.
    fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let mut cause = self.error.source()?;
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
        let told = words(self.error.message());
        write!(formatter, "{}", self.error.kind())?;
        // An answer to a look has no words.
        if !told.is_empty() {
            write!(formatter, ": {told}")?;
        }
        // A request that was not even made is told in the words of the library alone.
        match self.cause().map(|cause| words(&cause.to_string())) {
            Some(cause) if told.is_empty() || !told.contains(&cause) && !cause.contains(&told) => {
                write!(formatter, ": {cause}")
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The first line of a text, and not too much of it. It may go on with where in its own code a service found the fault.
fn words(text: &str) -> String {
    let line = without_marks(text.trim().lines().next().unwrap_or_default());
    match line.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// What S3 says, without the number of the request: who tells it again would tell something new each time.
fn without_marks(words: &str) -> String {
    let quoted = |field: &str| {
        let (_, rest) = words.split_once(&format!("{field}: \""))?;
        Some(rest.split_once("\", ").map_or(rest, |(text, _)| text))
    };
    match quoted("code").zip(quoted("message")).filter(|_| words.starts_with("S3Error")) {
        Some((code, message)) => format!("{code}: {message}"),
        None => words.to_owned(),
    }
}

/// What caused it says the same again, in the words of the library.
impl std::error::Error for ServiceError {}

#[cfg(test)]
mod tests {
    use opendal::{Error, ErrorKind};

    use super::ServiceError;

    #[test]
    fn the_same_refusal_is_told_in_the_same_words() {
        let told = |request: &str| {
            let words = format!(
                "S3Error {{ code: \"AccessDenied\", message: \"Access Denied.\", resource: \"/b\", request_id: \"{request}\" }}"
            );
            ServiceError::from(Error::new(ErrorKind::PermissionDenied, words)).to_string()
        };
        assert_eq!(told("1"), "PermissionDenied: AccessDenied: Access Denied.");
        assert_eq!(told("1"), told("2"));
    }

    #[test]
    fn other_words_are_told_as_they_are() {
        let error =
            ServiceError::from(Error::new(ErrorKind::Unexpected, "the code: \"x\" is odd\nat line 3"));
        assert_eq!(error.to_string(), "Unexpected: the code: \"x\" is odd");
        let silent = ServiceError::from(Error::new(ErrorKind::PermissionDenied, ""));
        assert_eq!(silent.to_string(), "PermissionDenied");
    }
}
