//! Why a notification is refused: what its sender is told, and under what it is counted.

use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};

use crate::cluster::notifications::limits::{BODY_MAX, BODY_TIMEOUT};
use crate::cluster::notifications::message::MessageError;
use crate::cluster::notifications::tokens::TokenError;
use crate::work::launch::chain;

/// Why a notification is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Its sender gave no token, or another.
    #[error("give the token, as `Authorization: Bearer TOKEN` or as the password in the URL")]
    Stranger,
    /// There is no token by which senders could be known.
    #[error("nobody can be let in at the moment")]
    NoToken(#[source] TokenError),
    /// It is too large.
    #[error("the body is larger than {BODY_MAX} bytes: send it in parts")]
    Large,
    /// It did not arrive in time.
    #[error("the body did not arrive within {} s", BODY_TIMEOUT.as_secs())]
    Slow,
    /// It did not arrive.
    #[error("the body did not arrive")]
    Torn(#[source] axum::Error),
    /// It is not understood.
    #[error(transparent)]
    Unread(MessageError),
    /// There are more of them than are looked at.
    #[error("too many notifications wait to be looked at: send it again later")]
    Full,
}

impl Refusal {
    /// Under what it is counted.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::NoToken(_) => "no-token",
            Self::Large | Self::Unread(MessageError::TooMany { .. }) => "large",
            Self::Slow => "slow",
            Self::Torn(_) => "torn",
            Self::Unread(
                MessageError::Unreadable { .. } | MessageError::Unknown | MessageError::Faults { .. },
            ) => "unread",
            Self::Full => "full",
        }
    }

    /// Senders try again after 5xx, and SNS after no other: what a later try may mend is one.
    fn status(&self) -> StatusCode {
        match self {
            Self::Stranger => StatusCode::UNAUTHORIZED,
            Self::NoToken(_) | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Large | Self::Unread(MessageError::TooMany { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Torn(_)
            | Self::Unread(
                MessageError::Unreadable { .. } | MessageError::Unknown | MessageError::Faults { .. },
            ) => StatusCode::BAD_REQUEST,
        }
    }

    /// What its sender is told: nothing of this machine.
    fn sentence(&self) -> String {
        match self {
            Self::NoToken(_) => self.to_string(),
            Self::Stranger | Self::Large | Self::Slow | Self::Torn(_) | Self::Unread(_) | Self::Full => {
                chain(self)
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = format!("{}\n", self.sentence());
        match self {
            // SNS gives the password of its URL only when it is asked so.
            Self::Stranger => {
                (self.status(), [(WWW_AUTHENTICATE, r#"Basic realm="daybreak""#)], text).into_response()
            }
            Self::NoToken(_) | Self::Large | Self::Slow | Self::Torn(_) | Self::Unread(_) | Self::Full => {
                (self.status(), text).into_response()
            }
        }
    }
}
