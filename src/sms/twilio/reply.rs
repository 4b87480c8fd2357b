//! What an HTTP answer of Twilio means for the message that was submitted.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::status::{Status, part_state};
use crate::domain::reply::PartState;
use crate::reach::Trouble;
use crate::sms::provider::{ListError, SendOutcome};
use crate::sms::request::{OfAccount, accepted, number_or_text, words_of};

/// 429 with the code of the daily limit is of the message, as is 403 where a region is not allowed.
const OF_ACCOUNT: OfAccount = OfAccount { limit: 63_038, is_accounts: |code| matches!(code, 20_000..21_000) };

/// An error body, either Twilio's own form or RFC 9457 (`title`, `detail`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorBody {
    #[serde(deserialize_with = "number_or_text")]
    pub(super) code: Option<u32>,
    message: Option<String>,
    detail: Option<String>,
    title: Option<String>,
}

impl ErrorBody {
    /// Reads what can be read; a proxy's HTML page is an error without words.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The provider's words, bounded; for the agent and not for the log.
    pub(super) fn words(self, status: StatusCode) -> String {
        words_of(self.message.or(self.detail).or(self.title), status)
    }
}

#[derive(Deserialize)]
struct Created {
    sid: String,
    status: String,
    #[serde(default, deserialize_with = "number_or_text")]
    error_code: Option<u32>,
}

/// The outcome of a submission that was answered. `body` is `None` where the answer broke off after its head.
pub(super) fn classify(status: StatusCode, headers: &HeaderMap, body: Option<&[u8]>) -> SendOutcome {
    if status.is_success() {
        return accepted(status, body, created);
    }
    refused(status, headers, body)
}

/// The outcome of a submission that was not taken.
pub(super) fn refused(status: StatusCode, headers: &HeaderMap, body: Option<&[u8]>) -> SendOutcome {
    let error = body.map(ErrorBody::read).unwrap_or_default();
    OF_ACCOUNT.refused((status, headers), error.code, |status| error.words(status))
}

/// Why something was not looked up or changed, as an answer says.
pub(super) fn refusal(status: StatusCode, body: &[u8]) -> ListError {
    let error = ErrorBody::read(body);
    ListError::Refused { status: status.as_u16(), code: error.code, why: error.words(status) }
}

/// What an answer says of Twilio as a whole.
pub(super) fn trouble(status: StatusCode, body: &[u8]) -> Option<Trouble> {
    OF_ACCOUNT.trouble(status, || ErrorBody::read(body).code)
}

/// The id and state of the message that was made.
fn created(body: &[u8]) -> Option<(String, Option<PartState>)> {
    let created: Created = serde_json::from_slice(body).ok()?;
    let code = created.error_code.filter(|code| *code != 0);
    let state = Status::parse(&created.status).and_then(|status| part_state(status, code));
    super::wire::is_sid(&created.sid).then_some((created.sid, state))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sms::request::MAX_RETRY_AFTER;

    fn outcome(status: u16, body: &str) -> SendOutcome {
        classify(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), Some(body.as_bytes()))
    }

    #[test]
    fn each_answer_has_its_outcome() {
        let created = r#"{"sid":"SM1","status":"queued","error_code":null}"#;
        let table = [
            (201, created, "accepted"),
            (200, r#"{"sid":"SM1","status":"teleporting"}"#, "accepted"),
            (201, "", "unknown"),
            (201, "<html>", "unknown"),
            (201, r#"{"sid":"../x","status":"queued"}"#, "unknown"),
            (200, r#"{"status":"queued"}"#, "unknown"),
            (302, "", "rejected"),
            (400, r#"{"code":21610,"message":"m","status":400}"#, "rejected"),
            (400, "not json", "rejected"),
            (401, r#"{"code":20003}"#, "retry"),
            (403, "", "retry"),
            (403, r#"{"code":20403}"#, "retry"),
            (403, r#"{"code":21408}"#, "rejected"),
            (404, r#"{"code":20404}"#, "rejected"),
            (408, "", "unknown"),
            (429, r#"{"code":20429}"#, "retry"),
            (429, "", "retry"),
            (429, r#"{"code":63038}"#, "rejected"),
            (500, "", "unknown"),
            (503, r#"{"code":20503}"#, "unknown"),
            (599, created, "unknown"),
        ];
        for (status, body, expected) in table {
            assert_eq!(outcome(status, body).kind(), expected, "{status} {body}");
        }
    }

    #[test]
    fn an_acceptance_tells_what_became_of_it_already() {
        let table = [
            (
                r#"{"sid":"SM1","status":"failed","error_code":30001}"#,
                PartState::Failed { code: Some(30001) },
            ),
            (
                r#"{"sid":"SM1","status":"undelivered","error_code":"30003"}"#,
                PartState::Failed { code: Some(30003) },
            ),
            (r#"{"sid":"SM1","status":"canceled","error_code":null}"#, PartState::Failed { code: None }),
            (r#"{"sid":"SM1","status":"delivered","error_code":0}"#, PartState::Delivered),
            (r#"{"sid":"SM1","status":"queued"}"#, PartState::Accepted),
        ];
        for (body, state) in table {
            let sid = "SM1".to_owned();
            assert_eq!(outcome(201, body), SendOutcome::Accepted { sid, state }, "{body}");
        }
    }

    #[test]
    fn both_forms_of_error_tell_code_and_words() {
        let twilio = r#"{"code":21211,"message":"bad number","more_info":"x","status":400}"#;
        let rfc = r#"{"type":"x","title":"Bad","status":400,"detail":"bad number","code":"21211"}"#;
        for body in [twilio, rfc] {
            let expected = SendOutcome::Rejected { code: Some(21211), why: "bad number".to_owned() };
            assert_eq!(outcome(400, body), expected);
        }
    }

    #[test]
    fn what_is_logged_tells_status_and_code_and_none_of_the_providers_words() {
        for (status, code) in [(401, 20003), (403, 20403), (408, 20408), (429, 20429), (500, 20500)] {
            let words = r#""To +14155550100 is too much","detail":"+14155550100","title":"+14155550100""#;
            match outcome(status, &format!(r#"{{"code":{code},"message":{words}}}"#)) {
                SendOutcome::Retry { why, .. } | SendOutcome::Unknown { why } => {
                    assert_eq!(why, format!("the provider answered {status}, error {code}"));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn the_wait_asked_for_is_kept_within_reason() {
        let wait = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::RETRY_AFTER, text.parse().unwrap());
            match classify(StatusCode::TOO_MANY_REQUESTS, &headers, None) {
                SendOutcome::Retry { after, .. } => after,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("99999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn an_answer_that_breaks_off_keeps_what_its_head_says() {
        let none = HeaderMap::new();
        assert_eq!(classify(StatusCode::CREATED, &none, None).kind(), "unknown");
        assert_eq!(classify(StatusCode::BAD_REQUEST, &none, None).kind(), "rejected");
    }
}
