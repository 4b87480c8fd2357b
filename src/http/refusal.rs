//! Why a request was not taken: one JSON form for all doors, the one Matrix has,
//! <https://spec.matrix.org/latest/client-server-api/#standard-error-response>.

use std::any::Any;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::desk::ApplyError;
use crate::matrix::events::TransactionError;
use crate::sms::link::BadLink;
use crate::sms::webhook::Refused;
use crate::store::StoreError;

/// How long a sender is asked to wait before it tries again, in seconds.
const RETRY_AFTER_SECS: HeaderValue = HeaderValue::from_static("1");

/// Why a request was not taken. Nothing of it was kept, but for what is said at [`Refusal::TooSlow`] and
/// [`Refusal::NotApplied`].
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The homeserver did not prove itself.
    #[error("the request carries no token: it belongs in the header Authorization, after the word Bearer")]
    NoToken,
    /// Somebody else's token.
    #[error("the token is not the hs_token of the registration")]
    WrongToken,
    /// The token came where proxies and logs keep it.
    #[error(
        "the token stands in the query string, where logs keep it: upgrade the homeserver to one that sends it in the \
         Authorization header only"
    )]
    TokenInQuery,
    /// There is no such user or room that the homeserver could ask us to make.
    #[error("the bridge makes its users and rooms itself")]
    NotFound,
    /// Longer than the door takes.
    #[error("the body is longer than is taken here")]
    TooLarge,
    /// Too many long bodies are under way.
    #[error("too many long requests are under way; try again")]
    Crowded,
    /// The body stopped half-way.
    #[error("the body did not arrive whole")]
    BrokenBody,
    /// Not what a homeserver sends.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// Not what the SMS provider sends.
    #[error(transparent)]
    Webhook(#[from] Refused),
    /// Not kept, or only the first hundreds of a very long transaction; a repetition is safe.
    #[error(transparent)]
    NotApplied(#[from] ApplyError),
    /// It may be kept, and a repetition is safe.
    #[error("this took too long; try again")]
    TooSlow,
    /// The link to a file is not valid.
    #[error(transparent)]
    Link(#[from] BadLink),
    /// The link is valid, and its file is kept no longer.
    #[error("this file is not kept any longer: ask whoever sent it to send it again")]
    NoSuchFile,
    /// A file could not be read.
    #[error("the file could not be read; try again")]
    NotRead(#[source] StoreError),
    /// There is nothing here.
    #[error("there is nothing at this path")]
    NoSuchPath,
    /// There is something here, but not for this method.
    #[error("this path does not take this method")]
    NoSuchMethod,
    /// A mistake of ours.
    #[error("the bridge made a mistake; it is in its log")]
    Panicked,
}

/// Which [`Refusal`] an answer is, an extension of it, for whoever counts them. Whether it is worth a line in
/// the log: whatever anybody can ask for that is not there is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    /// Its name.
    pub(super) name: &'static str,
    /// Whether the log tells of it.
    pub(super) is_told: bool,
}

impl Refusal {
    fn reason(&self) -> Reason {
        let name = match self {
            Self::NoToken => "no token",
            Self::WrongToken => "wrong token",
            Self::TokenInQuery => "token in the query",
            Self::Webhook(Refused::Signature) => "signature not valid for sms.public_url",
            Self::Webhook(Refused::Stale) => "signature too old",
            Self::Webhook(Refused::Account) => "another account",
            Self::Webhook(Refused::WrongPart | Refused::NoPart) => "not a report of ours",
            Self::Webhook(Refused::Unreadable(_)) => "not a form of the provider",
            Self::Transaction(_) => "not a transaction",
            Self::Link(BadLink::Forged) => "not a link of ours",
            Self::Link(BadLink::Over) => "link has run out",
            Self::NotRead(_) => "file not read",
            Self::TooLarge => "too long",
            Self::BrokenBody => "broken off",
            Self::Crowded => "too many long requests",
            Self::NotApplied(_) => "not applied",
            Self::TooSlow => "too slow",
            Self::Panicked => "our mistake",
            Self::NotFound | Self::NoSuchFile | Self::NoSuchPath | Self::NoSuchMethod => "not there",
        };
        let is_told =
            !matches!(self, Self::NotFound | Self::NoSuchFile | Self::NoSuchPath | Self::NoSuchMethod);
        Reason { name, is_told }
    }

    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "M_FORBIDDEN"),
            Self::WrongToken
            | Self::TokenInQuery
            | Self::Link(_)
            | Self::Webhook(Refused::Signature | Refused::Stale | Refused::Account | Refused::WrongPart) => {
                (StatusCode::FORBIDDEN, "M_FORBIDDEN")
            }
            Self::NotFound | Self::NoSuchFile => (StatusCode::NOT_FOUND, "M_NOT_FOUND"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE"),
            Self::Transaction(TransactionError::NotATransaction(why)) if why.is_data() => {
                (StatusCode::BAD_REQUEST, "M_BAD_JSON")
            }
            Self::Transaction(_) => (StatusCode::BAD_REQUEST, "M_NOT_JSON"),
            Self::BrokenBody => (StatusCode::BAD_REQUEST, "M_UNKNOWN"),
            Self::Webhook(Refused::NoPart) => (StatusCode::BAD_REQUEST, "M_MISSING_PARAM"),
            Self::Webhook(Refused::Unreadable(_)) => (StatusCode::BAD_REQUEST, "M_INVALID_PARAM"),
            Self::NotApplied(_) | Self::NotRead(_) | Self::TooSlow | Self::Crowded => {
                (StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN")
            }
            Self::NoSuchPath => (StatusCode::NOT_FOUND, "M_UNRECOGNIZED"),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, "M_UNRECOGNIZED"),
            Self::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, errcode) = self.answer();
        // Each one for whoever looks closely; `observe` tells of them in few lines.
        tracing::debug!(status = status.as_u16(), why = %self, "a request was refused");
        let body = Json(json!({ "errcode": errcode, "error": self.to_string() }));
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(self.reason());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_SECS);
        }
        response
    }
}

/// The answer to a request whose handling panicked. What it panicked with may hold anything, so it goes
/// nowhere.
pub(super) fn of_panic(_: Box<dyn Any + Send>) -> Response {
    Refusal::Panicked.into_response()
}
