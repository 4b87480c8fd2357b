//! What Twilio posts to us: inbound texts and delivery reports, as `application/x-www-form-urlencoded`.
//!
//! Whoever gets here signed the form: it is a customer's text, or says what became of one of ours. So it is
//! read as far as it makes sense, and never refused for what does not; only its size has a bound.
//!
//! Source: <https://www.twilio.com/docs/messaging/guides/webhook-request>.

mod inbound;

pub use self::inbound::{InboundForm, InboundPart, InboundText, MAX_MEDIA, Place};
use super::status::{Status, progress};
use crate::domain::call::{CallReport, Progress, Side};
use crate::domain::ids::InteractionId;

/// The answer to every webhook: no reply by the provider itself. Sent as `text/xml`.
pub const TWIML_EMPTY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

const MAX_PARAMS: usize = 4_000;
const MAX_SID: usize = 64;

/// Why a form is not taken. Nothing was stored.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_PARAMS} parameters")]
pub struct TooManyParams;

/// A posted form, decoded but not yet text.
///
/// Twilio signs the bytes that percent-decoding yields. They are kept as they are for
/// [`super::signature::verify`]; only [`Form::text`], what is stored and shown, has invalid UTF-8 replaced by
/// U+FFFD. Otherwise a text with one bad byte would fail its signature and be lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Decodes a body. The caller bounds its length.
    ///
    /// # Errors
    /// [`TooManyParams`].
    pub fn decode(body: &[u8]) -> Result<Self, TooManyParams> {
        let mut pairs = Vec::new();
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMS {
                return Err(TooManyParams);
            }
            let equals = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            pairs.push((unescape(&pair[..equals]), unescape(pair.get(equals + 1..).unwrap_or_default())));
        }
        Ok(Self { pairs })
    }

    /// The parameters as they were signed.
    #[must_use]
    pub fn signed(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.pairs
    }

    /// The parameters as text.
    #[must_use]
    pub fn text(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.pairs.iter().map(|(name, value)| (text(name), text(value))).collect()
    }
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, used) = match (first, tail) {
            (b'+', _) => (b' ', 0),
            (b'%', [high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, 2),
                _ => (b'%', 0),
            },
            (other, _) => (other, 0),
        };
        out.push(byte);
        rest = &tail[used..];
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// A report of how far a message of ours has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusForm {
    /// The provider's id of the message; empty where it gave none.
    pub sid: String,
    /// How far it has come.
    pub status: Status,
    /// Why it failed.
    pub error_code: Option<u32>,
}

impl StatusForm {
    /// Reads a report from its parameters; nothing where its status is missing, or was made up since this was
    /// written.
    #[must_use]
    pub fn parse(params: &[(String, String)]) -> Option<Self> {
        let status = get(params, "MessageStatus").or_else(|| get(params, "SmsStatus"))?;
        Some(Self {
            sid: sid(params).unwrap_or_default(),
            status: Status::parse(status)?,
            error_code: get(params, "ErrorCode").and_then(|code| code.parse().ok()).filter(|code| *code != 0),
        })
    }
}

/// A report of how far a telephone call has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallForm {
    sid: String,
    progress: Progress,
    secs: Option<u64>,
}

impl CallForm {
    /// Reads a report from its parameters; nothing where its status is missing, or was made up since this was
    /// written. <https://www.twilio.com/docs/voice/api/call-resource#statuscallback>
    #[must_use]
    pub fn parse(params: &[(String, String)]) -> Option<Self> {
        let progress = progress(get(params, "CallStatus")?)?;
        let sid = get(params, "CallSid").filter(|sid| is_sid(sid)).unwrap_or_default().to_owned();
        let secs = get(params, "CallDuration").and_then(|secs| secs.parse().ok());
        Some(Self { sid, progress, secs: secs.filter(|_| progress.is_over()) })
    }

    /// The report in the desk's words, as one of a phone's part in a call.
    #[must_use]
    pub fn of(self, call: InteractionId, side: Side) -> CallReport {
        let Self { sid, progress, secs } = self;
        CallReport { call, side, sid, progress, secs }
    }
}

fn get<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Twilio names what it does not know too, with a blank value.
fn filled(params: &[(String, String)], name: &str) -> Option<String> {
    filled_to(params, name, 100)
}

fn filled_to(params: &[(String, String)], name: &str, max_chars: usize) -> Option<String> {
    get(params, name)
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| value.chars().take(max_chars).collect())
}

fn sid(params: &[(String, String)]) -> Option<String> {
    let sid = get(params, "MessageSid").filter(|sid| is_sid(sid)).or_else(|| get(params, "SmsSid"));
    sid.filter(|sid| is_sid(sid)).map(str::to_owned)
}

/// Twilio's ids are two letters and 32 hexadecimal digits, SignalWire's are UUIDs; both are safe in a path.
pub(super) fn is_sid(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_SID && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_has_a_bound() {
        assert!(Form::decode("a=b&".repeat(MAX_PARAMS).as_bytes()).is_ok());
        assert_eq!(Form::decode("a=b&".repeat(MAX_PARAMS + 1).as_bytes()), Err(TooManyParams));
    }

    #[test]
    fn bad_bytes_are_signed_as_sent_and_shown_replaced() {
        let form = Form::decode(b"Body=a%FFb%00c&X=%zz%4").unwrap();
        assert_eq!(form.signed()[0].1, b"a\xFFb\0c");
        assert_eq!(form.text()[0].1, "a\u{FFFD}b\0c");
        assert_eq!(form.text()[1].1, "%zz%4");
    }

    #[test]
    fn a_report_is_read_and_a_new_status_is_told_apart() {
        let read = |body: &str| StatusForm::parse(&Form::decode(body.as_bytes()).unwrap().text());
        let failed = read("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003").unwrap();
        assert_eq!((failed.status, failed.error_code), (Status::Undelivered, Some(30003)));
        assert_eq!(read("SmsSid=SM1&SmsStatus=sent&ErrorCode=0").unwrap().error_code, None);
        assert_eq!(read("SmsSid=SM1&SmsStatus=teleported"), None);
        assert_eq!(read("SmsSid=SM1"), None);
        assert_eq!(read("SmsSid=..&SmsStatus=sent").unwrap().sid, "");
    }

    #[test]
    fn a_report_of_a_call_is_read_as_far_as_it_makes_sense() {
        let read = |body: &str| CallForm::parse(&Form::decode(body.as_bytes()).unwrap().text());
        let over = read("CallSid=CA1&CallStatus=completed&CallDuration=42").unwrap();
        assert_eq!((over.sid.as_str(), over.progress, over.secs), ("CA1", Progress::Completed, Some(42)));
        assert_eq!(read("CallSid=CA1&CallStatus=ringing&CallDuration=42").unwrap().secs, None);
        assert_eq!(read("CallSid=../x&CallStatus=busy&CallDuration=-1").unwrap().sid, "");
        assert_eq!(read("CallSid=CA1&CallStatus=busy&CallDuration=99999999999999999999").unwrap().secs, None);
        for nothing in ["CallSid=CA1", "CallSid=CA1&CallStatus=", "CallSid=CA1&CallStatus=teleported"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_harm(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(form) = Form::decode(&body) {
                let _ = InboundForm::parse(&form.text());
                let _ = StatusForm::parse(&form.text());
                let _ = CallForm::parse(&form.text());
            }
        }

        #[test]
        fn what_a_browser_encodes_is_decoded(name in "\\PC{1,20}", value in ".{0,50}") {
            let body = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            prop_assert_eq!(Form::decode(body.as_bytes()).unwrap().text(), vec![(name, value)]);
        }
    }
}
