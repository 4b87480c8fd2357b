//! What may come of a request to the homeserver, and what the one who asked should do then.

use std::time::Duration;

use ruma::api::error::IntoHttpError;

use crate::reach::Trouble;

/// The longest pause a homeserver can ask for; a longer one would stop a lane for good.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long to wait for a room that is still being made: a busy homeserver takes seconds.
const WHILE_IT_IS_MADE: Duration = Duration::from_secs(3);

/// Why a request to the homeserver did not succeed. Nothing in its text names a person, a number or a token.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// The client could not be set up; nothing was sent.
    #[error("the client of the homeserver could not be set up")]
    Setup(#[source] reqwest::Error),
    /// The names given at the start make no Matrix user id; nothing was sent.
    #[error("bot name, ghost prefix and domain make no Matrix user id")]
    Name(#[source] ruma::IdParseError),
    /// The request could not be put together; nothing was sent.
    #[error("the request to the homeserver could not be put together")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No whole answer came: refused, reset or timed out. What was asked may have happened.
    #[error("no answer of the homeserver")]
    NoAnswer(#[source] reqwest::Error),
    /// The homeserver answered with an error; what was asked has not happened.
    #[error("the homeserver answered {status} {errcode}")]
    Answer {
        /// The HTTP status.
        status: u16,
        /// The Matrix error code, e.g. `M_FORBIDDEN`; empty where the answer has none.
        errcode: String,
        /// The homeserver's words, for an admin; they may name users.
        message: String,
        /// How long it asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is not what the protocol says. What was asked may have happened.
    #[error("the homeserver's answer could not be read")]
    Garbled(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer was longer than the limit and was cut. What was asked may have happened.
    #[error("the homeserver's answer is longer than {limit_bytes} bytes")]
    TooLong {
        /// How much would have been read.
        limit_bytes: usize,
    },
    /// The alias a new room should have leads to a room that is not ours; no room was made.
    #[error("the alias of the new room belongs to another room")]
    ForeignRoom,
    /// The alias a new room should have leads to a room that we are not in: it is still being made, its
    /// making was broken off, or it is another's. No room was made.
    #[error("the alias of the new room leads to a room that the bot is not in yet")]
    UnfinishedRoom,
    /// The look through a room's past ended at its bound before its goal.
    #[error("the room's past is too long to be searched")]
    TooFarBack,
}

/// What the one who asked should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ask again, not before this time has passed; such failures never count toward setting aside.
    Retry {
        /// The pause the homeserver asked for.
        after: Option<Duration>,
    },
    /// The homeserver failed at it. Ask again, not before this time has passed; it counts toward setting
    /// aside.
    ServerError {
        /// The pause.
        after: Option<Duration>,
    },
    /// The homeserver refuses it and will refuse it again.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The Matrix error code.
        errcode: String,
        /// The homeserver's words, for an admin.
        message: String,
    },
}

impl MatrixError {
    /// What to do about it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::NoAnswer(_) | Self::Setup(_) => Verdict::Retry { after: None },
            Self::Answer { status, errcode, message, retry_after } => {
                verdict_on_answer(*status, errcode, message, *retry_after)
            }
            Self::Garbled(_) | Self::TooLong { .. } | Self::TooFarBack => {
                Verdict::ServerError { after: None }
            }
            Self::UnfinishedRoom => Verdict::ServerError { after: Some(WHILE_IT_IS_MADE) },
            Self::Request(_) | Self::Name(_) => rejected(400, "M_BAD_JSON", &self.to_string()),
            Self::ForeignRoom => rejected(400, "M_ROOM_IN_USE", &self.to_string()),
        }
    }

    /// What it says of the homeserver as a whole; nothing where only this request was at fault.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::NoAnswer(_) => Some(Trouble::NoAnswer),
            Self::Garbled(_) => Some(Trouble::Failed),
            Self::Answer { status, errcode, .. } => match errcode.as_str() {
                "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN" => Some(Trouble::Refused),
                "M_LIMIT_EXCEEDED" => Some(Trouble::Busy),
                "M_BAD_STATUS" | "M_CONNECTION_FAILED" | "M_CONNECTION_TIMEOUT" => Some(Trouble::NoWayBack),
                // An answer without a code is not the homeserver's own, but that of something before it.
                "" => Some(Trouble::of_status(*status).unwrap_or(Trouble::Failed)),
                _ => Trouble::of_status(*status),
            },
            Self::Setup(_)
            | Self::Name(_)
            | Self::Request(_)
            | Self::TooLong { .. }
            | Self::ForeignRoom
            | Self::UnfinishedRoom
            | Self::TooFarBack => None,
        }
    }

    /// Whether the homeserver answered with this error code.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        matches!(self, Self::Answer { errcode, .. } if errcode == code)
    }

    /// Whether the homeserver answered with this HTTP status.
    #[must_use]
    pub fn has_status(&self, code: u16) -> bool {
        matches!(self, Self::Answer { status, .. } if *status == code)
    }

    /// Whether the homeserver says that the account it was asked for cannot be used, or has lost its device.
    #[must_use]
    pub fn is_of_account(&self) -> bool {
        let codes = ["M_UNKNOWN_DEVICE", "M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"];
        codes.iter().any(|code| self.is(code))
    }

    /// Reads an answer that is an error. `retry_after` is the header of that name.
    pub(super) fn from_answer(status: u16, retry_after: Option<&str>, body: &[u8]) -> Self {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| body.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let by_header = retry_after.and_then(|secs| secs.trim().parse().ok()).map(Duration::from_secs);
        let by_body =
            body.get("retry_after_ms").and_then(serde_json::Value::as_u64).map(Duration::from_millis);
        Self::Answer {
            status,
            errcode: text("errcode"),
            message: text("error"),
            retry_after: by_header.or(by_body).map(|pause| pause.min(LONGEST_PAUSE)),
        }
    }
}

impl From<IntoHttpError> for MatrixError {
    fn from(cause: IntoHttpError) -> Self {
        Self::Request(Box::new(cause))
    }
}

fn verdict_on_answer(status: u16, errcode: &str, message: &str, after: Option<Duration>) -> Verdict {
    match (status, errcode) {
        // A token that is not accepted is the desk's trouble, not this message's: it waits for the admin. A
        // device that is not there yet is made when the desk greets the homeserver.
        (401 | 408 | 429, _)
        | (_, "M_LIMIT_EXCEEDED" | "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN" | "M_UNKNOWN_DEVICE") => {
            Verdict::Retry { after }
        }
        // An answer without a code is not the homeserver's own, but that of something before it.
        (400..500, code) if !code.is_empty() => rejected(status, code, message),
        _ => Verdict::ServerError { after: None },
    }
}

fn rejected(status: u16, errcode: &str, message: &str) -> Verdict {
    Verdict::Rejected { status, errcode: errcode.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, header: Option<&str>, body: &str) -> Verdict {
        MatrixError::from_answer(status, header, body.as_bytes()).verdict()
    }

    #[test]
    fn too_many_requests_are_tried_again_when_the_homeserver_says() {
        let body = r#"{"errcode":"M_LIMIT_EXCEEDED","error":"slow","retry_after_ms":1500}"#;
        assert_eq!(verdict(429, None, body), Verdict::Retry { after: Some(Duration::from_millis(1500)) });
        assert_eq!(verdict(429, Some("3"), body), Verdict::Retry { after: Some(Duration::from_secs(3)) });
        assert_eq!(verdict(429, Some("99999999999"), body), Verdict::Retry { after: Some(LONGEST_PAUSE) });
        assert_eq!(verdict(429, Some("soon"), "not json"), Verdict::Retry { after: None });
    }

    #[test]
    fn an_unknown_token_never_sets_a_message_aside() {
        for status in [401, 403] {
            let body = r#"{"errcode":"M_UNKNOWN_TOKEN","error":"?"}"#;
            assert_eq!(verdict(status, None, body), Verdict::Retry { after: None });
        }
    }

    #[test]
    fn a_refusal_of_the_homeserver_is_final_and_one_of_a_proxy_is_not() {
        let refused = verdict(403, None, r#"{"errcode":"M_FORBIDDEN","error":"no"}"#);
        assert_eq!(refused, rejected(403, "M_FORBIDDEN", "no"));
        assert_eq!(verdict(404, None, "<html>not here</html>"), Verdict::ServerError { after: None });
        assert_eq!(verdict(400, None, r#"{"errcode":7}"#), Verdict::ServerError { after: None });
        assert_eq!(verdict(502, None, r#"{"errcode":"M_UNKNOWN"}"#), Verdict::ServerError { after: None });
        assert_eq!(verdict(302, None, ""), Verdict::ServerError { after: None });
    }

    #[test]
    fn what_an_error_says_of_the_homeserver_is_told_from_what_it_says_of_the_request() {
        let trouble = |status, errcode: &str| {
            let body = format!(r#"{{"errcode":"{errcode}"}}"#);
            MatrixError::from_answer(status, None, body.as_bytes()).trouble()
        };
        let table = [
            (500, "M_UNKNOWN", Some(Trouble::Failed)),
            (502, "", Some(Trouble::Failed)),
            (404, "", Some(Trouble::Failed)),
            (502, "M_CONNECTION_FAILED", Some(Trouble::NoWayBack)),
            (401, "M_UNKNOWN_TOKEN", Some(Trouble::Refused)),
            (403, "M_UNKNOWN_TOKEN", Some(Trouble::Refused)),
            (429, "M_LIMIT_EXCEEDED", Some(Trouble::Busy)),
            (403, "M_FORBIDDEN", None),
            (404, "M_NOT_FOUND", None),
        ];
        for (status, errcode, expected) in table {
            assert_eq!(trouble(status, errcode), expected, "{status} {errcode}");
        }
    }

    #[test]
    fn the_text_of_an_error_tells_nothing_of_people() {
        let body = r#"{"errcode":"M_FORBIDDEN","error":"@sms_k3v9a7q2xz:desk.test is not in the room"}"#;
        let error = MatrixError::from_answer(403, None, body.as_bytes());
        assert_eq!(error.to_string(), "the homeserver answered 403 M_FORBIDDEN");
    }
}
