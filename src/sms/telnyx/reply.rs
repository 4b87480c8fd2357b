//! What an HTTP answer of Telnyx means for the message that was submitted.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::status::part_state;
use crate::domain::reply::PartState;
use crate::reach::Trouble;
use crate::sms::provider::SendOutcome;
use crate::sms::request::{OfAccount, accepted, number_or_text, words_of};

/// An account without money answers so; whoever wrote the message is to know why it did not go.
const NO_MONEY: u32 = 20_100;
/// 429 with the spending limit of a messaging profile is of the message, as is 403 with other codes than
/// these.
const OF_ACCOUNT: OfAccount = OfAccount {
    limit: 40_333,
    is_accounts: |code| code != NO_MONEY && matches!(code, 10_009..10_011 | 20_000..21_000),
};

/// An error body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Errors {
    errors: Vec<ErrorEntry>,
}

/// One error of an answer or of a webhook.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorEntry {
    #[serde(deserialize_with = "number_or_text")]
    pub(super) code: Option<u32>,
    title: Option<String>,
    detail: Option<String>,
}

impl Errors {
    /// Reads what can be read; a proxy's HTML page is an error without words.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    pub(super) fn code(&self) -> Option<u32> {
        self.errors.first().and_then(|error| error.code)
    }

    /// The provider's words, bounded; for the agent and not for the log.
    pub(super) fn words(self, status: StatusCode) -> String {
        let first = self.errors.into_iter().next().unwrap_or_default();
        words_of(first.detail.or(first.title), status)
    }
}

#[derive(Deserialize)]
struct Created {
    data: Message,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(default)]
    to: Vec<Receiver>,
    #[serde(default)]
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct Receiver {
    #[serde(default)]
    status: String,
}

/// The outcome of a submission that was answered. `body` is `None` where the answer broke off after its head.
pub(super) fn classify(status: StatusCode, headers: &HeaderMap, body: Option<&[u8]>) -> SendOutcome {
    if status.is_success() {
        return accepted(status, body, created);
    }
    let errors = body.map(Errors::read).unwrap_or_default();
    OF_ACCOUNT.refused((status, headers), errors.code(), |status| errors.words(status))
}

/// What an answer says of Telnyx as a whole.
pub(super) fn trouble(status: StatusCode, body: &[u8]) -> Option<Trouble> {
    OF_ACCOUNT.trouble(status, || Errors::read(body).code())
}

/// The id and state of the message that was made.
fn created(body: &[u8]) -> Option<(String, Option<PartState>)> {
    let Created { data } = serde_json::from_slice(body).ok()?;
    let code = data.errors.first().and_then(|error| error.code);
    let state = data.to.first().and_then(|to| part_state(&to.status, code));
    is_id(&data.id).then_some((data.id, state))
}

/// Telnyx's ids are UUIDs; whatever it gives stands in our database and nowhere in an address.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, body: &str) -> SendOutcome {
        classify(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), Some(body.as_bytes()))
    }

    fn error(code: &str) -> String {
        format!(r#"{{"errors":[{{"code":"{code}","title":"t","detail":"d"}}]}}"#)
    }

    #[test]
    fn each_answer_has_its_outcome() {
        let created = r#"{"data":{"id":"a-1","to":[{"status":"queued"}],"errors":[]}}"#;
        let table = [
            (200, created.to_owned(), "accepted"),
            (202, r#"{"data":{"id":"a-1"}}"#.to_owned(), "accepted"),
            (200, r#"{"data":{"id":"../x","to":[]}}"#.to_owned(), "unknown"),
            (200, "<html>".to_owned(), "unknown"),
            (200, String::new(), "unknown"),
            (302, String::new(), "rejected"),
            (400, error("40310"), "rejected"),
            (400, "not json".to_owned(), "rejected"),
            (401, error("10009"), "retry"),
            (402, error("20100"), "rejected"),
            (403, String::new(), "retry"),
            (403, error("10010"), "retry"),
            (403, error("20006"), "retry"),
            (403, error("20100"), "rejected"),
            (403, error("40300"), "rejected"),
            (404, error("10005"), "rejected"),
            (408, String::new(), "unknown"),
            (422, error("40302"), "rejected"),
            (429, error("40318"), "retry"),
            (429, String::new(), "retry"),
            (429, error("40333"), "rejected"),
            (500, error("10007"), "unknown"),
            (503, String::new(), "unknown"),
            (599, created.to_owned(), "unknown"),
        ];
        for (status, body, expected) in table {
            assert_eq!(outcome(status, &body).kind(), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_refusal_tells_code_and_words_and_the_log_only_the_code() {
        let expected = SendOutcome::Rejected { code: Some(40300), why: "d".to_owned() };
        assert_eq!(outcome(400, &error("40300")), expected);
        let body = r#"{"errors":[{"code":10007,"detail":"to +14155550100"}]}"#;
        let SendOutcome::Unknown { why } = outcome(500, body) else { panic!() };
        assert_eq!(why, "the provider answered 500, error 10007");
    }

    #[test]
    fn an_acceptance_tells_what_became_of_it_already() {
        let body = r#"{"data":{"id":"a-1","to":[{"status":"sending_failed"}],"errors":[{"code":"40010"}]}}"#;
        let state = PartState::Failed { code: Some(40010) };
        assert_eq!(outcome(200, body), SendOutcome::Accepted { sid: "a-1".to_owned(), state });
        let new = r#"{"data":{"id":"a-1","to":[{"status":"teleporting"}]}}"#;
        let state = PartState::Accepted;
        assert_eq!(outcome(200, new), SendOutcome::Accepted { sid: "a-1".to_owned(), state });
    }

    #[test]
    fn an_answer_that_breaks_off_keeps_what_its_head_says() {
        let none = HeaderMap::new();
        assert_eq!(classify(StatusCode::OK, &none, None).kind(), "unknown");
        assert_eq!(classify(StatusCode::BAD_REQUEST, &none, None).kind(), "rejected");
    }
}
