//! What Twilio refuses and with which code, which numbers fail, and what the keywords do.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::sms::twilio::Status;
use crate::sms::twilio::address::WHATSAPP;

const MAX_TEXT_CHARS: usize = 1600;
const MAX_MEDIA_URLS: usize = 10;

/// An error answer in Twilio's form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) message: String,
}

impl ApiError {
    pub(super) fn bad(code: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    pub(super) fn unauthenticated() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: 20003, message: "Authenticate".to_owned() }
    }

    pub(super) fn not_found(path: &str) -> Self {
        let message = format!("The requested resource {path} was not found");
        Self { status: StatusCode::NOT_FOUND, code: 20404, message }
    }

    pub(super) fn too_many() -> Self {
        Self { status: StatusCode::TOO_MANY_REQUESTS, code: 20429, message: "Too Many Requests".to_owned() }
    }

    pub(super) fn unavailable(status: StatusCode) -> Self {
        Self { status, code: 20500, message: "An internal server error has occurred".to_owned() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let more_info = format!("https://www.twilio.com/docs/errors/{}", self.code);
        let status = self.status.as_u16();
        let body =
            json!({"code": self.code, "message": self.message, "more_info": more_info, "status": status});
        (self.status, Json(body)).into_response()
    }
}

/// A submission as posted.
#[derive(Debug, Default)]
pub(super) struct Submission {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) body: String,
    pub(super) media_urls: Vec<String>,
    pub(super) callback: Option<String>,
}

impl Submission {
    pub(super) fn read(params: Vec<(String, String)>) -> Self {
        let mut read = Self::default();
        for (name, value) in params {
            match name.as_str() {
                "From" => read.from = value,
                "To" => read.to = value,
                "Body" => read.body = value,
                "MediaUrl" => read.media_urls.push(value),
                "StatusCallback" => read.callback = Some(value),
                _ => {}
            }
        }
        read
    }

    /// Checks everything that does not depend on what happened before.
    pub(super) fn check(&self, is_ours: bool) -> Result<(), ApiError> {
        let bad = |code, message: &str| Err(ApiError::bad(code, message));
        let to = &self.to;
        if to.is_empty() {
            return bad(21604, "A 'To' phone number is required.");
        }
        if self.from.is_empty() {
            return bad(21603, "A 'From' phone number is required.");
        }
        if self.body.is_empty() && self.media_urls.is_empty() {
            return bad(21602, "Message body is required.");
        }
        if self.body.chars().count() > MAX_TEXT_CHARS {
            return bad(21617, "The concatenated message body exceeds the 1600 character limit");
        }
        let number = number_of(to);
        if !is_e164(number) || number == "+15005550001" {
            return bad(21211, &format!("Invalid 'To' Phone Number: {}", mask(to)));
        }
        if to == &self.from {
            return bad(21266, "Message 'To' and 'From' number cannot be the same");
        }
        if is_whatsapp(to) != is_whatsapp(&self.from) {
            return bad(21910, "Invalid From and To pair. From and To should be of the same channel");
        }
        if !is_ours {
            return bad(
                21606,
                "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination",
            );
        }
        match number {
            "+15005550002" => {
                return bad(21612, "Message cannot be sent with the current combination of 'To' and 'From'");
            }
            "+15005550003" => {
                return bad(21408, "Permission to send an SMS has not been enabled for the region");
            }
            "+15005550004" => return Err(opted_out()),
            "+15005550009" => return bad(21614, "'To' number is not a valid mobile number"),
            _ => {}
        }
        if self.media_urls.len() > MAX_MEDIA_URLS {
            return bad(21623, "Number of media files exceeds allowed limit");
        }
        if !self.media_urls.iter().all(|url| is_http(url)) {
            return bad(21620, "Invalid media URL(s)");
        }
        if self.callback.as_ref().is_some_and(|url| !is_http(url)) {
            return bad(21609, "The 'StatusCallback' URL is not a valid URL");
        }
        Ok(())
    }
}

pub(super) fn opted_out() -> ApiError {
    ApiError::bad(21610, "Attempt to send to unsubscribed recipient")
}

fn is_http(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Twilio masks most digits of a number in its errors.
fn mask(number: &str) -> String {
    let length = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(at, c)| if at > 3 && at + 2 < length { 'X' } else { c })
        .take(20)
        .collect()
}

/// Whether an address is one of WhatsApp.
fn is_whatsapp(address: &str) -> bool {
    address.starts_with(WHATSAPP)
}

/// What an address holds beside its channel.
pub(super) fn number_of(address: &str) -> &str {
    address.strip_prefix(WHATSAPP).unwrap_or(address)
}

pub(super) fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// How a message to this number ends.
pub(super) fn fate(number: &str) -> (Status, Option<u32>) {
    match number.get(number.len().saturating_sub(4)..) {
        Some("0404") => (Status::Undelivered, Some(30003)),
        Some("0405") => (Status::Undelivered, Some(30004)),
        Some("0406") => (Status::Undelivered, Some(30006)),
        Some("0407") => (Status::Undelivered, Some(30007)),
        Some("0408") => (Status::Failed, Some(30008)),
        _ => (Status::Delivered, None),
    }
}

/// Where a number is registered: city, state, postal code, country. Enough to fill the parameters as Twilio
/// does.
pub(super) fn place(number: &str) -> [&'static str; 4] {
    const PLACES: [(&str, [&str; 4]); 7] = [
        ("+1415", ["SAN FRANCISCO", "CA", "94103", "US"]),
        ("+1212", ["NEW YORK", "NY", "10001", "US"]),
        ("+1", ["", "", "", "US"]),
        ("+44", ["", "", "", "GB"]),
        ("+49", ["", "", "", "DE"]),
        ("+33", ["", "", "", "FR"]),
        ("+971", ["", "", "", "AE"]),
    ];
    PLACES.iter().find(|(prefix, _)| number.starts_with(prefix)).map_or([""; 4], |(_, place)| *place)
}

/// A word that the provider acts on by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Keyword {
    Stop,
    Start,
    Help,
}

impl Keyword {
    /// The keyword that a text is, if it is nothing else. YES is one only to who has opted out: to others it
    /// is an answer.
    pub(super) fn of(text: &str, has_opted_out: bool) -> Option<Self> {
        match text.trim().to_ascii_uppercase().as_str() {
            "STOP" | "UNSUBSCRIBE" | "END" | "QUIT" | "STOPALL" | "REVOKE" | "OPTOUT" | "CANCEL" => {
                Some(Self::Stop)
            }
            "START" | "UNSTOP" => Some(Self::Start),
            "YES" if has_opted_out => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    /// As in the parameter `OptOutType`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }

    /// What the provider answers by itself.
    pub(super) fn answer(self) -> &'static str {
        match self {
            Self::Stop => "You will get no more messages from this number. Reply START to get them again.",
            Self::Start => "You will get messages from this number again. Reply STOP to end them.",
            Self::Help => "Reply STOP to get no more messages from this number.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission() -> Submission {
        let text = str::to_owned;
        Submission {
            from: text("+15005550006"),
            to: text("+14155550100"),
            body: text("hi"),
            ..Submission::default()
        }
    }

    fn code(change: impl FnOnce(&mut Submission)) -> u32 {
        let mut changed = submission();
        change(&mut changed);
        changed.check(true).map_or_else(|error| error.code, |()| 0)
    }

    #[test]
    fn what_twilio_refuses_is_refused_with_its_code() {
        assert_eq!(code(|_| {}), 0);
        assert_eq!(code(|s| s.body = "x".repeat(1600)), 0);
        assert_eq!(code(|s| s.to.clear()), 21604);
        assert_eq!(code(|s| s.from.clear()), 21603);
        assert_eq!(code(|s| s.body.clear()), 21602);
        assert_eq!(code(|s| s.body = "é".repeat(1601)), 21617);
        for number in ["72345", "+123", "+1415555O100", "14155550100", "ACME", "+15005550001", "+04155550100"]
        {
            assert_eq!(code(|s| s.to = number.to_owned()), 21211, "{number}");
        }
        assert_eq!(code(|s| s.to = s.from.clone()), 21266);
        assert_eq!(code(|s| s.to = "whatsapp:+14155550100".to_owned()), 21910);
        let whatsapp = |s: &mut Submission, number: &str| {
            s.from = "whatsapp:+15005550006".to_owned();
            s.to = format!("whatsapp:{number}");
        };
        assert_eq!(code(|s| whatsapp(s, "+14155550100")), 0);
        assert_eq!(code(|s| whatsapp(s, "72345")), 21211);
        assert_eq!(code(|s| s.to = "+15005550003".to_owned()), 21408);
        assert_eq!(code(|s| s.to = "+15005550004".to_owned()), 21610);
        assert_eq!(code(|s| s.media_urls = vec!["https://a.test/x".to_owned(); 11]), 21623);
        assert_eq!(code(|s| s.media_urls = vec!["mxc://a/b".to_owned()]), 21620);
        assert_eq!(code(|s| s.callback = Some("/status".to_owned())), 21609);
        assert_eq!(submission().check(false).unwrap_err().code, 21606);
    }

    #[test]
    fn a_keyword_stands_alone() {
        for (text, out, expected) in [
            ("stop", false, Some(Keyword::Stop)),
            (" Stop\n", false, Some(Keyword::Stop)),
            ("please stop", false, None),
            ("START", false, Some(Keyword::Start)),
            ("yes", false, None),
            ("Yes", true, Some(Keyword::Start)),
            ("info", false, Some(Keyword::Help)),
            ("", false, None),
        ] {
            assert_eq!(Keyword::of(text, out), expected, "{text:?}");
        }
    }

    #[test]
    fn the_ending_of_a_number_decides_its_fate() {
        assert_eq!(fate("+14155550404"), (Status::Undelivered, Some(30003)));
        assert_eq!(fate("+14155550100"), (Status::Delivered, None));
        assert_eq!(fate(""), (Status::Delivered, None));
        assert_eq!(fate("éé"), (Status::Delivered, None));
    }
}
