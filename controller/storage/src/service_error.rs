//! What a service answered that it should not have, in words for a person.

use opendal::ErrorKind;

/// How much of a service's own words is told: they may be a page of HTML.
const WORDS: usize = 300;

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
    pub(crate) fn advice(&self) -> &'static str {
        let advice = [
            (
                ErrorKind::PermissionDenied,
                "; check the credentials, and grant the right to list, read and write there",
            ),
            (ErrorKind::ConfigInvalid, "; create the bucket, or bind the store to one that is there"),
            (ErrorKind::RateLimited, "; it asks for fewer calls, and is asked again later"),
        ];
        advice.into_iter().find(|(kind, _)| *kind == self.0.kind()).map_or("", |(_, advice)| advice)
    }
}

impl std::fmt::Display for ServiceError {
    /// The service's words, and not the context that opendal adds: that names addresses and headers.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What follows on further lines is where in its own code the service found the fault.
        let words = without_marks(self.0.message().trim().lines().next().unwrap_or_default());
        match words.char_indices().nth(WORDS) {
            Some((end, _)) => write!(formatter, "{}: {}…", self.0.kind(), &words[..end]),
            None => write!(formatter, "{}: {words}", self.0.kind()),
        }
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
    }
}
