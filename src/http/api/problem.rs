//! Why a program did not get what it asked for: `application/problem+json`, with a code that stays the same.
//! <https://www.rfc-editor.org/rfc/rfc9457>

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::desk::ApplyError;
use crate::domain::notice::HeldBack;
use crate::domain::outbound::{NotTexted, Warning};
use crate::domain::program::{Fault, KEY_LENGTH, NotTaken, Scope};
use crate::http::refusal::{Reason, Refusal};
use crate::store::StoreError;

/// What every type begins with; the code follows.
const TYPE: &str = "urn:switchroom:problem:";
/// What is said where nothing more is known.
pub(super) const NOT_SENT: &str = "it was not sent, and is not sent by itself";

/// A problem. Whatever it is about was not done, but for what is said at [`Problem::unavailable`].
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    more: Map<String, Value>,
    retry_secs: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, title, detail: detail.into(), more: Map::new(), retry_secs: None }
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        self.more.insert(field.to_owned(), value);
        self
    }

    fn again_in(self, secs: u64) -> Self {
        Self { retry_secs: Some(secs), ..self }
    }

    /// No token, or none that holds. Which of these it is nobody is told.
    pub(super) fn no_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "No valid token",
            "send a token of the desk in the header Authorization, after the word Bearer; an admin makes one by !token add",
        )
    }

    /// The token does not let that be done.
    pub(super) fn no_scope(scope: Scope) -> Self {
        let word = scope.word();
        let detail = format!("this token lacks the scope {word}; an admin gives it by !token set");
        Self::new(StatusCode::FORBIDDEN, "scope_missing", "The token does not allow this", detail)
            .with("scope", json!(word))
    }

    /// Nothing there, of this token at least.
    pub(super) fn no_interaction() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "interaction_not_found",
            "No such interaction",
            "this token has begun no interaction with this id, or its content is kept no longer",
        )
    }

    pub(super) fn no_such_path() -> Self {
        let detail = "there is nothing at this path; /api/v1/openapi.json says what there is";
        Self::new(StatusCode::NOT_FOUND, "path_not_found", "Nothing here", detail)
    }

    pub(super) fn no_such_method() -> Self {
        let detail = "this path does not take this method; the header Allow says which it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", detail)
    }

    pub(super) fn not_json_type() -> Self {
        let detail = "send the body as JSON, with Content-Type: application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not JSON", detail)
    }

    pub(super) fn not_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "not_json", "Not JSON", "the body cannot be read as JSON in UTF-8")
    }

    pub(super) fn no_key() -> Self {
        let detail = format!(
            "send one header Idempotency-Key of {} to {} visible ASCII characters: a new one for each text, and the same \
             one when you ask again about it",
            KEY_LENGTH.start(),
            KEY_LENGTH.end()
        );
        Self::new(StatusCode::BAD_REQUEST, "idempotency_key_missing", "No Idempotency-Key", detail)
    }

    /// The body is not what is asked for.
    pub(super) fn faults(faults: &[Fault]) -> Self {
        let detail = "the body is not what is asked for here; errors says what is wrong where";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", "Invalid request", detail)
            .with("errors", json!(faults))
    }

    /// The body did not come, or there was too much of it.
    pub(super) fn of_body(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "Too large",
                "the body is longer than is taken here",
            ),
            Refusal::Crowded => Self::unavailable(),
            _ => Self::new(
                StatusCode::BAD_REQUEST,
                "broken_body",
                "Broken body",
                "the body did not arrive whole; send it again with the same Idempotency-Key",
            ),
        }
    }

    pub(super) fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "Idempotency-Key used before",
            "this Idempotency-Key was used for another request in the last 7 days; send another text with a new one",
        )
    }

    pub(super) fn too_many(retry_secs: u64) -> Self {
        let detail = format!(
            "this token has sent as many texts in this minute as it may; ask again in {retry_secs} s"
        );
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_exceeded", "Too many texts", detail)
            .again_in(retry_secs)
    }

    /// It could not be done now. Perhaps it was: a program that asks again with the same key finds out.
    pub(super) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Not available now",
            "the desk cannot answer this now; ask again with the same Idempotency-Key",
        )
        .again_in(1)
    }

    pub(super) fn our_mistake() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "A mistake of the desk",
            "the desk made a mistake; it is in its log. Asking again with the same Idempotency-Key is safe",
        )
    }

    /// What the database did not give.
    pub(super) fn not_read(error: &StoreError) -> Self {
        tracing::warn!(%error, "what a program asked for could not be read");
        if error.is_permanent() { Self::our_mistake() } else { Self::unavailable() }
    }

    /// What the desk did not take.
    pub(super) fn not_applied(error: &ApplyError) -> Self {
        tracing::debug!(%error, "what a program asked for was not applied");
        Self::unavailable()
    }

    /// Why a text is not sent.
    pub(super) fn of(why: &NotTaken) -> Self {
        let wrong =
            |code, title, detail: &str| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, detail);
        match why {
            NotTaken::NotTexted { why } => Self::of_contact(*why),
            NotTaken::Asked { about } => Self::of_warnings(about).with("until", json!(why.until())),
            NotTaken::NoAddress { problem } => {
                wrong("invalid_number", "No such number", &format!("what stands in to {problem}"))
            }
            NotTaken::NotOurs => {
                wrong("unknown_from", "Not a number of the desk", "from must be one of the numbers of the desk; leave it out and one is chosen")
            }
            NotTaken::OtherChannel => {
                wrong("other_channel", "Another channel", "to and from must be on the same channel, both SMS or both WhatsApp")
            }
            NotTaken::NoQueue => wrong("unknown_queue", "No such queue", "the desk has no queue of this name"),
            NotTaken::QueueNotAllowed { queue } => Self::new(
                StatusCode::FORBIDDEN,
                "queue_not_allowed",
                "The token does not allow this queue",
                "this token does not reach the queue that would have the conversation; an admin changes that by !token set",
            )
            .with("queue", json!(queue)),
            NotTaken::NoAgent => wrong("unknown_agent", "No such agent", "the desk has no agent of this id"),
            NotTaken::AgentInNoQueue => Self::new(
                StatusCode::FORBIDDEN,
                "agent_not_allowed",
                "The token does not allow this agent",
                "the agent is in no queue that this token reaches",
            ),
            NotTaken::NoResponse => {
                wrong("unknown_response", "No such response", "the queue has no standard response of this shortcut")
            }
            NotTaken::ResponseHasFiles => wrong(
                "response_has_files",
                "The response brings files",
                "a response that brings pictures or files cannot be a first text; send its words as text",
            ),
            NotTaken::ValueMissing { names } => {
                wrong("value_missing", "Values are missing", "the response needs values that are not there; send them in variables or case, or name an agent")
                    .with("missing", json!(names))
            }
            NotTaken::NoVariable { names } => {
                wrong("unknown_variable", "No such variable", "the response asks for no values of these names")
                    .with("unknown", json!(names))
            }
            NotTaken::ResponseFaulty => {
                wrong("response_faulty", "The response is faulty", "the response cannot be filled in, or becomes too long")
            }
            NotTaken::FirstTextNeedsAgent => wrong(
                "first_text_needs_agent",
                "An agent is needed",
                "what this customer is told first names an agent; name one in agent",
            ),
        }
    }

    fn of_contact(why: NotTexted) -> Self {
        let (status, code, title, detail) = match why {
            NotTexted::OurNumber => {
                (422, "own_number", "A number of the desk", "to is a number of the desk itself")
            }
            NotTexted::ShortCode => {
                (422, "short_code", "A short code", "short codes write first; they cannot be texted")
            }
            NotTexted::Sender => (
                422,
                "not_a_number",
                "Not a number",
                "to is a name or an e-mail address, which no text reaches",
            ),
            NotTexted::Blocked => (
                409,
                "blocked",
                "The customer is blocked",
                "they are blocked at the desk; an agent can lift that by !unblock",
            ),
            NotTexted::OptedOut => (
                409,
                "opted_out",
                "The customer wants no texts",
                "they have opted out; only they, or an agent whom they told, can change that",
            ),
            NotTexted::NoConsent => (
                409,
                "no_consent",
                "No consent",
                "the desk texts first only who said that they want it, and they have not",
            ),
            NotTexted::WindowClosed => (
                409,
                "window_closed",
                "Nobody may write now",
                "their channel lets nobody write to them until they write again",
            ),
            NotTexted::NoNumber => {
                (422, "no_number", "No number", "nothing that can be texted is known of them")
            }
            NotTexted::NoNumberOfOurs => {
                (422, "no_from", "No number to send from", "the desk has no number on the channel of to")
            }
            NotTexted::NoQueue => (
                422,
                "from_leads_nowhere",
                "The number leads nowhere",
                "the number it would come from leads to no queue; an admin mends that by !number, or name a queue",
            ),
            NotTexted::Empty => (422, "empty", "Empty", "there is no text in it that can be seen"),
            NotTexted::TooLong => {
                (422, "too_long", "Too long", "the text is longer than can be sent on this channel")
            }
        };
        Self::new(StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT), code, title, detail)
    }

    /// An agent would be asked whether it is meant.
    fn of_warnings(about: &[Warning]) -> Self {
        let words: Vec<&str> = about.iter().map(Warning::word).collect();
        let (code, title, detail) = match about.first() {
            Some(Warning::SessionOpen(_)) => (
                "session_open",
                "A conversation goes on",
                "a conversation with this customer goes on; what is to be said belongs there. Ask again, with a new \
                 Idempotency-Key, when it is done",
            ),
            Some(Warning::QuietHours { .. }) | None => (
                "quiet_hours",
                "Quiet hours",
                "it is late where the customer is, or may be; ask again, with a new Idempotency-Key, after the moment in until",
            ),
            Some(Warning::LongUnseen { .. }) => (
                "long_unseen",
                "Not heard of for long",
                "nobody has written from this number for 90 days or more, and it may be somebody else's by now; an agent can \
                 text it by !sms",
            ),
            Some(Warning::Late { .. }) => ("late", "Late", "it was asked for long ago"),
        };
        Self::new(StatusCode::CONFLICT, code, title, detail).with("warnings", json!(words))
    }
}

/// The word of a reason.
pub(super) fn word(why: HeldBack) -> String {
    serde_json::to_value(why).ok().and_then(|why| why.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Why a message was not sent, in words.
pub(super) fn not_sent(why: HeldBack) -> &'static str {
    match why {
        HeldBack::Blocked => "the customer was blocked before it was sent",
        HeldBack::OptedOut => "the customer opted out before it was sent",
        HeldBack::Late => "nothing could be sent for so long that it may no longer be right",
        _ => NOT_SENT,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, title, detail, more, retry_secs } = self;
        tracing::debug!(status = status.as_u16(), code, "a program was refused something");
        let mut body = more;
        body.insert("type".to_owned(), json!(format!("{TYPE}{code}")));
        body.insert("title".to_owned(), json!(title));
        body.insert("status".to_owned(), json!(status.as_u16()));
        body.insert("detail".to_owned(), json!(detail));
        body.insert("code".to_owned(), json!(code));
        let mut response = (status, Json(Value::Object(body))).into_response();
        let is_told = !matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        response.extensions_mut().insert(Reason { name: code, is_told });
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(secs) = retry_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}
