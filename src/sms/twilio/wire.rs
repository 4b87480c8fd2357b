//! What Twilio posts to us: inbound texts and delivery reports, as `application/x-www-form-urlencoded`.
//!
//! Source: <https://www.twilio.com/docs/messaging/guides/webhook-request>.

use url::Url;

use crate::domain::ids::Number;
pub use crate::sms::provider::{MediaPart, Status};

/// The answer to every webhook: no reply by the provider itself. Sent as `text/xml`.
pub const TWIML_EMPTY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

/// More parts than Twilio sends (10), so that a growing limit loses nothing; beyond it is no message.
const MAX_MEDIA: usize = 50;
const MAX_PARAMS: usize = 500;
const MAX_SID: usize = 64;
const MAX_NUMBER: usize = 128;

/// Why a webhook makes no sense. Nothing was stored.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// There are more parameters than any webhook has.
    #[error("too many parameters")]
    TooManyParams,
    /// A parameter that every webhook has is not there, or blank.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A parameter is not what it must be.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// The message claims more media parts than any message has.
    #[error("more than {MAX_MEDIA} media parts")]
    TooManyMedia,
    /// A status made up since this was written; answer 200 and go on.
    #[error("the status is not known")]
    UnknownStatus,
}

/// A posted form, decoded but not yet text.
///
/// Twilio signs the bytes that percent-decoding yields. They are kept as they are for [`super::signature::verify`];
/// only [`Form::text`], what is stored and shown, has invalid UTF-8 replaced by U+FFFD. Otherwise a text with one bad
/// byte would fail its signature and be lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Decodes a body. The caller bounds its length.
    ///
    /// # Errors
    /// [`FormError::TooManyParams`].
    pub fn decode(body: &[u8]) -> Result<Self, FormError> {
        let mut pairs = Vec::new();
        for pair in body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PARAMS {
                return Err(FormError::TooManyParams);
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

/// A text from a contact.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    /// The provider's id, the same in every repetition of the webhook.
    pub message_sid: String,
    /// Who wrote it: E.164, a short code without `+`, or a name.
    pub from: Number,
    /// Which of our numbers it was for.
    pub to: Number,
    /// The text as it came; may be empty, and may hold NUL and other characters that are stripped where it is shown.
    pub body: String,
    /// Pictures and other parts, in order.
    pub media: Vec<MediaPart>,
    /// `STOP`, `START` or `HELP` where the provider took the text for such a keyword.
    pub opt_out_type: Option<String>,
    /// Where the number is registered.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Country as two letters.
    pub country: Option<String>,
}

impl std::fmt::Debug for InboundText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboundText")
            .field("message_sid", &self.message_sid)
            .field("body_bytes", &self.body.len())
            .field("media", &self.media.len())
            .finish_non_exhaustive()
    }
}

/// The inbound webhook's form.
#[derive(Clone, Copy, Debug)]
pub struct InboundForm;

impl InboundForm {
    /// Reads a text from its parameters; those not known here are ignored, as new ones appear unannounced.
    ///
    /// # Errors
    /// Where id, sender or receiver is missing, or the media makes no sense.
    pub fn parse(params: &[(String, String)]) -> Result<InboundText, FormError> {
        Ok(InboundText {
            message_sid: sid(params)?,
            from: number(params, "From")?,
            to: number(params, "To")?,
            body: get(params, "Body").unwrap_or_default().to_owned(),
            media: media(params)?,
            opt_out_type: filled(params, "OptOutType"),
            city: filled(params, "FromCity"),
            state: filled(params, "FromState"),
            zip: filled(params, "FromZip"),
            country: filled(params, "FromCountry"),
        })
    }
}

/// A report of how far a message of ours has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusForm {
    /// The provider's id of the message.
    pub sid: String,
    /// How far it has come.
    pub status: Status,
    /// Why it failed.
    pub error_code: Option<u32>,
}

impl StatusForm {
    /// Reads a report from its parameters.
    ///
    /// # Errors
    /// Where the id is missing or the status is none; [`FormError::UnknownStatus`] deserves a 200.
    pub fn parse(params: &[(String, String)]) -> Result<Self, FormError> {
        let status = get(params, "MessageStatus")
            .or_else(|| get(params, "SmsStatus"))
            .ok_or(FormError::Missing("MessageStatus"))?;
        Ok(Self {
            sid: sid(params)?,
            status: Status::parse(status).ok_or(FormError::UnknownStatus)?,
            error_code: get(params, "ErrorCode").and_then(|code| code.parse().ok()).filter(|code| *code != 0),
        })
    }
}

fn get<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Twilio names what it does not know too, with a blank value.
fn filled(params: &[(String, String)], name: &str) -> Option<String> {
    get(params, name)
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .map(|value| value.chars().take(100).collect())
}

fn sid(params: &[(String, String)]) -> Result<String, FormError> {
    let sid = get(params, "MessageSid")
        .or_else(|| get(params, "SmsSid"))
        .filter(|sid| !sid.is_empty())
        .ok_or(FormError::Missing("MessageSid"))?;
    if is_sid(sid) { Ok(sid.to_owned()) } else { Err(FormError::Invalid("MessageSid")) }
}

/// Twilio's ids are two letters and 32 hexadecimal digits, SignalWire's are UUIDs; both are safe in a path.
pub(super) fn is_sid(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_SID && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn number(params: &[(String, String)], name: &'static str) -> Result<Number, FormError> {
    let text = get(params, name).map(str::trim).filter(|n| !n.is_empty()).ok_or(FormError::Missing(name))?;
    if text.len() > MAX_NUMBER || text.chars().any(char::is_control) {
        return Err(FormError::Invalid(name));
    }
    Ok(Number::new(text))
}

fn media(params: &[(String, String)]) -> Result<Vec<MediaPart>, FormError> {
    let claimed = get(params, "NumMedia").unwrap_or("0");
    let count: usize = match claimed.trim() {
        "" => 0,
        digits => digits.parse().map_err(|_| FormError::Invalid("NumMedia"))?,
    };
    if count > MAX_MEDIA {
        return Err(FormError::TooManyMedia);
    }
    (0..count)
        .map(|n| {
            let url = get(params, &format!("MediaUrl{n}")).ok_or(FormError::Missing("MediaUrl"))?;
            let url = Url::parse(url).map_err(|_| FormError::Invalid("MediaUrl"))?;
            let content_type = filled(params, &format!("MediaContentType{n}"))
                .unwrap_or_else(|| "application/octet-stream".to_owned());
            Ok(MediaPart { url, content_type })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(body: &str) -> Result<InboundText, FormError> {
        InboundForm::parse(&Form::decode(body.as_bytes()).unwrap().text())
    }

    const WHO: &str = "MessageSid=SM00000000000000000000000000000001&From=%2B14155550100&To=%2B15005550006";

    #[test]
    fn a_plain_text_is_read_and_what_is_new_is_ignored() {
        let text =
            parse(&format!("{WHO}&Body=Hi+there%21&NumMedia=0&Brand=New&FromCity=&FromCountry=US")).unwrap();
        assert_eq!(text.message_sid, "SM00000000000000000000000000000001");
        assert_eq!(text.from.as_str(), "+14155550100");
        assert_eq!(text.to.as_str(), "+15005550006");
        assert_eq!(text.body, "Hi there!");
        assert_eq!((text.city, text.country.as_deref()), (None, Some("US")));
        assert!(text.media.is_empty() && text.opt_out_type.is_none());
    }

    #[test]
    fn pictures_without_a_word_are_a_message() {
        let text = parse(&format!(
            "{WHO}&NumMedia=2&MediaUrl0=https%3A%2F%2Fapi.test%2F0&MediaContentType0=image%2Fjpeg&MediaUrl1=https%3A%2F%2Fapi.test%2F1"
        ))
        .unwrap();
        assert_eq!(text.body, "");
        assert_eq!(text.media.len(), 2);
        assert_eq!(text.media[0].content_type, "image/jpeg");
        assert_eq!(text.media[1].content_type, "application/octet-stream");
    }

    #[test]
    fn senders_without_a_number_are_senders() {
        for from in ["72345", "ACME+Bank", "gateway%40mail.test"] {
            let body = format!("SmsSid=SM1&From={from}&To=%2B1&Body=x");
            assert_eq!(parse(&body).unwrap().from.as_str(), from.replace('+', " ").replace("%40", "@"));
        }
    }

    #[test]
    fn hostile_forms_get_a_clear_answer() {
        use FormError as E;
        let many = format!("{WHO}&NumMedia=51");
        let table = [
            ("", E::Missing("MessageSid")),
            ("MessageSid=&From=a&To=b", E::Missing("MessageSid")),
            ("MessageSid=../../x&From=a&To=b", E::Invalid("MessageSid")),
            ("MessageSid=SM1&From=+&To=b", E::Missing("From")),
            ("MessageSid=SM1&From=a", E::Missing("To")),
            ("MessageSid=SM1&From=a%0Ab&To=c", E::Invalid("From")),
            (many.as_str(), E::TooManyMedia),
            ("MessageSid=SM1&From=a&To=b&NumMedia=-1", E::Invalid("NumMedia")),
            ("MessageSid=SM1&From=a&To=b&NumMedia=99999999999999999999", E::Invalid("NumMedia")),
            ("MessageSid=SM1&From=a&To=b&NumMedia=1", E::Missing("MediaUrl")),
            ("MessageSid=SM1&From=a&To=b&NumMedia=1&MediaUrl0=nonsense", E::Invalid("MediaUrl")),
        ];
        for (body, error) in table {
            assert_eq!(parse(body).unwrap_err(), error, "{body}");
        }
        assert_eq!(Form::decode("a=b&".repeat(501).as_bytes()), Err(E::TooManyParams));
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
        assert_eq!(read("SmsSid=SM1&SmsStatus=teleported"), Err(FormError::UnknownStatus));
        assert_eq!(read("SmsSid=SM1"), Err(FormError::Missing("MessageStatus")));
    }

    proptest! {
        #[test]
        fn any_bytes_decode_without_harm(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(form) = Form::decode(&body) {
                let _ = InboundForm::parse(&form.text());
                let _ = StatusForm::parse(&form.text());
            }
        }

        #[test]
        fn what_a_browser_encodes_is_decoded(name in "\\PC{1,20}", value in ".{0,50}") {
            let body = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            prop_assert_eq!(Form::decode(body.as_bytes()).unwrap().text(), vec![(name, value)]);
        }
    }
}
