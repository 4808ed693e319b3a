//! Refusals: what the API server answers instead of what was asked for.

use bytes::Bytes;
use serde_json::json;

use crate::apiserver::resource::Id;

/// Why a call was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into() }
    }

    pub(crate) fn not_found(id: &Id) -> Self {
        Self::new(404, "NotFound", format!("{} not found", about(id)))
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(crate) fn exists(id: &Id) -> Self {
        Self::new(409, "AlreadyExists", format!("{} already exists", about(id)))
    }

    pub(crate) fn conflict(id: &Id, why: &str) -> Self {
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {}: {why}", about(id)))
    }

    pub(crate) fn outdated(id: &Id) -> Self {
        Self::conflict(
            id,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    pub(crate) fn invalid(id: &Id, why: &str) -> Self {
        Self::new(422, "Invalid", format!("{} is invalid: {why}", about(id)))
    }

    pub(crate) fn forbidden(id: &Id, why: &str) -> Self {
        Self::new(403, "Forbidden", format!("{} is forbidden: {why}", about(id)))
    }

    pub(crate) fn bad_request(why: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", why)
    }

    pub(crate) fn expired() -> Self {
        Self::new(410, "Expired", "too old resource version")
    }

    /// The refusal as the API writes it.
    pub(crate) fn text(&self) -> Bytes {
        let Self { code, reason, message } = self;
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code,
        });
        status.to_string().into()
    }
}

fn about(id: &Id) -> String {
    let traits = id.resource.traits();
    let group = if traits.group.is_empty() { String::new() } else { format!(".{}", traits.group) };
    format!("{}{group} \"{}\"", traits.plural, id.name)
}
