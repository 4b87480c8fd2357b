//! What an HTTP answer of Twilio means for the message that was submitted.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::status::{Status, part_state};
use crate::domain::reply::PartState;
use crate::reach::Trouble;
use crate::sms::provider::{SendOutcome, answered};
use crate::sms::request::{AUTH_RETRY, number_or_text, retry_after};

const DAILY_LIMIT: u32 = 63038;

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

    /// The provider's words, bounded; it repeats numbers in them, so they are for the agent and not for the
    /// log.
    pub(super) fn words(self, status: StatusCode) -> String {
        let words = self.message.or(self.detail).or(self.title);
        words.map_or_else(|| format!("HTTP {status}"), |words| words.chars().take(300).collect())
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
        return accepted(status, body);
    }
    let error = body.map(ErrorBody::read).unwrap_or_default();
    let code = error.code;
    let after = retry_after(headers);
    let why = format!("the provider {}", answered(status.as_u16(), code));
    match status.as_u16() {
        429 if of_account(status, code).is_none() => SendOutcome::Rejected { code, why: error.words(status) },
        429 => SendOutcome::Retry { after, why },
        401 => SendOutcome::Retry { after: Some(after.unwrap_or(AUTH_RETRY)), why },
        // 403 is either the account (codes of 20000, or none) or this message (a region that is not allowed).
        403 if of_account(status, code).is_some() => {
            SendOutcome::Retry { after: Some(after.unwrap_or(AUTH_RETRY)), why }
        }
        // The server gave up waiting for a request that it may have read.
        408 => SendOutcome::Unknown { why },
        300..=499 => SendOutcome::Rejected { code, why: error.words(status) },
        _ => SendOutcome::Unknown { why },
    }
}

/// What an answer says of Twilio as a whole.
pub(super) fn trouble(status: StatusCode, body: &[u8]) -> Option<Trouble> {
    match status {
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            of_account(status, ErrorBody::read(body).code)
        }
        status => Trouble::of_status(status.as_u16()),
    }
}

/// What a refusal that may be of the account or of one message says of the account.
fn of_account(status: StatusCode, code: Option<u32>) -> Option<Trouble> {
    match status {
        StatusCode::TOO_MANY_REQUESTS if code != Some(DAILY_LIMIT) => Some(Trouble::Busy),
        StatusCode::FORBIDDEN if code.is_none_or(|code| (20_000..21_000).contains(&code)) => {
            Some(Trouble::Refused)
        }
        _ => None,
    }
}

fn accepted(status: StatusCode, body: Option<&[u8]>) -> SendOutcome {
    let Some(body) = body else {
        return SendOutcome::Unknown { why: "the answer broke off".to_owned() };
    };
    match serde_json::from_slice::<Created>(body) {
        Ok(created) if super::wire::is_sid(&created.sid) => {
            let code = created.error_code.filter(|code| *code != 0);
            let state = Status::parse(&created.status).and_then(|status| part_state(status, code));
            // A status made up since this was written is still an acceptance.
            SendOutcome::Accepted { sid: created.sid, state: state.unwrap_or(PartState::Accepted) }
        }
        _ => SendOutcome::Unknown { why: format!("the answer ({status}) is not a message") },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sms::request::MAX_RETRY_AFTER;

    fn outcome(status: u16, body: &str) -> SendOutcome {
        classify(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), Some(body.as_bytes()))
    }

    fn kind(outcome: &SendOutcome) -> &'static str {
        match outcome {
            SendOutcome::Accepted { .. } => "accepted",
            SendOutcome::Retry { .. } => "retry",
            SendOutcome::Rejected { .. } => "rejected",
            SendOutcome::Unknown { .. } => "unknown",
        }
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
            assert_eq!(kind(&outcome(status, body)), expected, "{status} {body}");
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
        assert_eq!(kind(&classify(StatusCode::CREATED, &none, None)), "unknown");
        assert_eq!(kind(&classify(StatusCode::BAD_REQUEST, &none, None)), "rejected");
    }
}
