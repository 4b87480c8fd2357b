//! A contact's text, as it is posted to us.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use url::Url;

use super::super::address::from_wire;
use super::{filled, filled_to, get, sid};
use crate::domain::address::Address;

/// As many parts of a message are shown; Twilio sends 10.
pub const MAX_MEDIA: usize = 50;
const MAX_NUMBER: usize = 128;
/// As many parameters that are not known here are kept of a message, and as much of each.
const MAX_MORE: usize = 20;
const MAX_MORE_CHARS: usize = 500;

/// What the provider says of every message, which nobody wrote, and what is read for itself. `MediaUrl0` and
/// the like are told apart by how they begin.
const KNOWN: [&str; 32] = [
    "MessageSid",
    "SmsSid",
    "SmsMessageSid",
    "AccountSid",
    "MessagingServiceSid",
    "ApiVersion",
    "SmsStatus",
    "MessageStatus",
    "ErrorCode",
    "NumMedia",
    "NumSegments",
    "OptOutType",
    "From",
    "FromCity",
    "FromState",
    "FromZip",
    "FromCountry",
    "To",
    "ToCity",
    "ToState",
    "ToZip",
    "ToCountry",
    "Body",
    "Latitude",
    "Longitude",
    "Address",
    "Label",
    "AddOns",
    "ChannelPrefix",
    "ChannelInstallSid",
    "ChannelMetadata",
    "WaId",
];

/// A text from a contact.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    /// The provider's id, the same in every repetition of the webhook; where it gave none, the form's own
    /// fingerprint.
    pub message_sid: String,
    /// Who wrote it: E.164, a short code without `+`, or a name; `unknown` where that is not said.
    pub from: Address,
    /// Which of our numbers it was for; empty where that is not said.
    pub to: Address,
    /// The text as it came; may be empty, and may hold NUL and other characters that are stripped where it is
    /// shown.
    pub body: String,
    /// Pictures and other parts, in order.
    pub media: Vec<InboundPart>,
    /// How many parts there are besides: those without an address, and those beyond [`MAX_MEDIA`].
    pub left_out: u32,
    /// The place that was sent.
    pub place: Option<Place>,
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
    /// What else was sent, by the provider's names: the button that was tapped, the name of a profile.
    pub more: Vec<(String, String)>,
}

/// A part that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundPart {
    /// Its number in its message, from 1, as the provider's list of the message's media counts.
    pub number: u32,
    /// Where it lies.
    pub url: Url,
    /// What the provider says it is.
    pub content_type: String,
}

/// A place, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Place {
    pub latitude: Option<String>,
    pub longitude: Option<String>,
    pub address: Option<String>,
    pub label: Option<String>,
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
    /// Reads a text from its parameters.
    #[must_use]
    pub fn parse(params: &[(String, String)]) -> InboundText {
        let (media, left_out) = media(params);
        InboundText {
            message_sid: sid(params).unwrap_or_else(|| fingerprint(params)),
            from: address(params, "From").unwrap_or_else(|| Address::sms("unknown")),
            to: address(params, "To").unwrap_or_else(|| Address::sms("")),
            body: get(params, "Body").unwrap_or_default().to_owned(),
            media,
            left_out,
            place: place(params),
            opt_out_type: filled(params, "OptOutType"),
            city: filled(params, "FromCity"),
            state: filled(params, "FromState"),
            zip: filled(params, "FromZip"),
            country: filled(params, "FromCountry"),
            more: more(params),
        }
    }
}

/// An id of a form that names none: the same in every repetition of it, and no other form's.
fn fingerprint(params: &[(String, String)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(params);
    hash(&form.finish(), 16)
}

/// The beginning of the text's hash, so many bytes of it, in hexadecimal digits.
fn hash(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes()).iter().take(bytes).fold(String::new(), |mut hash, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

/// A sender or receiver as it came. One that is too long for an address, or holds what none can hold, is cut,
/// and told apart from others by its hash.
fn address(params: &[(String, String)], name: &str) -> Option<Address> {
    let text = get(params, name).map(str::trim).filter(|n| !n.is_empty())?;
    if text.len() <= MAX_NUMBER && !text.chars().any(char::is_control) {
        return Some(from_wire(text));
    }
    let begin: String = text.chars().filter(|c| !c.is_control()).take(MAX_NUMBER / 5).collect();
    Some(from_wire(&format!("{begin}~{}", hash(text, 8))))
}

/// The parts that can be fetched, whatever `NumMedia` says, and how many more there are.
fn media(params: &[(String, String)]) -> (Vec<InboundPart>, u32) {
    let claimed = get(params, "NumMedia").map(str::trim).unwrap_or_default();
    let all_digits = !claimed.is_empty() && claimed.bytes().all(|byte| byte.is_ascii_digit());
    let claimed = if all_digits { claimed.parse().unwrap_or(u32::MAX) } else { 0 };
    let mut urls = BTreeMap::new();
    for (name, value) in params {
        let number = name.strip_prefix("MediaUrl").and_then(|number| number.parse::<u32>().ok());
        if let Some(number) = number.filter(|_| !value.trim().is_empty()) {
            urls.entry(number).or_insert(value.trim());
        }
    }
    let there_are = claimed.max(u32::try_from(urls.len()).unwrap_or(u32::MAX));
    let parts = urls.into_iter().filter_map(|(number, url)| {
        let content_type = filled(params, &format!("MediaContentType{number}"))
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        Some(InboundPart { number: number.saturating_add(1), url: Url::parse(url).ok()?, content_type })
    });
    let parts: Vec<InboundPart> = parts.take(MAX_MEDIA).collect();
    let left_out = there_are.saturating_sub(u32::try_from(parts.len()).unwrap_or(u32::MAX));
    (parts, left_out)
}

fn place(params: &[(String, String)]) -> Option<Place> {
    let place = Place {
        latitude: filled(params, "Latitude"),
        longitude: filled(params, "Longitude"),
        address: filled_to(params, "Address", MAX_MORE_CHARS),
        label: filled_to(params, "Label", MAX_MORE_CHARS),
    };
    (place != Place::default()).then_some(place)
}

/// What is not known here: providers name what people sent in ever new ways.
fn more(params: &[(String, String)]) -> Vec<(String, String)> {
    let is_known = |name: &str| {
        KNOWN.contains(&name) || name.starts_with("MediaUrl") || name.starts_with("MediaContentType")
    };
    let mut more: Vec<(String, String)> = Vec::new();
    for (name, _) in params.iter().filter(|(name, _)| !name.trim().is_empty() && !is_known(name)) {
        let key: String = name.chars().take(50).collect();
        if more.len() < MAX_MORE
            && more.iter().all(|(known, _)| *known != key)
            && let Some(value) = filled_to(params, name, MAX_MORE_CHARS)
        {
            more.push((key, value));
        }
    }
    more
}

#[cfg(test)]
mod tests {
    use super::super::{Form, is_sid};
    use super::*;
    use crate::domain::address::Channel;

    fn parse(body: &str) -> InboundText {
        InboundForm::parse(&Form::decode(body.as_bytes()).unwrap().text())
    }

    const WHO: &str = "MessageSid=SM00000000000000000000000000000001&From=%2B14155550100&To=%2B15005550006";

    #[test]
    fn a_plain_text_is_read_and_what_is_new_is_kept() {
        let text = parse(&format!(
            "{WHO}&Body=Hi+there%21&NumMedia=0&ButtonText=Yes&ButtonPayload=&ButtonText=No&FromCity=&FromCountry=US&ToZip=1"
        ));
        assert_eq!(text.message_sid, "SM00000000000000000000000000000001");
        assert_eq!(text.from.value(), "+14155550100");
        assert_eq!(text.to.value(), "+15005550006");
        assert_eq!(text.body, "Hi there!");
        assert_eq!((text.city, text.country.as_deref()), (None, Some("US")));
        assert!(text.media.is_empty() && text.opt_out_type.is_none() && text.place.is_none());
        assert_eq!(text.more, [("ButtonText".to_owned(), "Yes".to_owned())]);
        let flood: Vec<String> = (0..500).map(|n| format!("&New{n}={}", "x".repeat(600))).collect();
        let flood = flood.concat();
        let more = parse(&format!("{WHO}{flood}")).more;
        assert_eq!((more.len(), more[0].1.len()), (MAX_MORE, MAX_MORE_CHARS));
    }

    #[test]
    fn pictures_without_a_word_are_a_message() {
        let text = parse(&format!(
            "{WHO}&NumMedia=2&MediaUrl0=https%3A%2F%2Fapi.test%2F0&MediaContentType0=image%2Fjpeg&MediaUrl1=https%3A%2F%2Fapi.test%2F1"
        ));
        assert_eq!(text.body, "");
        assert_eq!(text.media.len(), 2);
        assert_eq!(text.media[0].content_type, "image/jpeg");
        assert_eq!(text.media[1].content_type, "application/octet-stream");
    }

    #[test]
    fn senders_without_a_number_are_senders() {
        for from in ["72345", "ACME+Bank", "gateway%40mail.test"] {
            let body = format!("SmsSid=SM1&From={from}&To=%2B1&Body=x");
            assert_eq!(parse(&body).from.value(), from.replace('+', " ").replace("%40", "@"));
        }
    }

    #[test]
    fn whoever_writes_on_whatsapp_writes_to_a_sender_of_whatsapp() {
        let text =
            parse("MessageSid=SM1&From=whatsapp%3A%2B14155550100&To=whatsapp%3A%2B15005550006&Body=x&WaId=1");
        assert!(text.more.is_empty(), "it repeats the number");
        assert_eq!(text.from, Address::new(Channel::Whatsapp, "+14155550100"));
        assert_eq!(text.to, Address::new(Channel::Whatsapp, "+15005550006"));
    }

    #[test]
    fn whatever_the_form_its_words_are_read_and_its_parts_counted() {
        let table = [
            ("&NumMedia=3", 0, 3),
            ("&NumMedia=1&MediaUrl0=nonsense", 0, 1),
            ("&MediaUrl0=https%3A%2F%2Fa.test%2F0", 1, 0),
            ("&NumMedia=1&MediaUrl0=https%3A%2F%2Fa.test%2F0&MediaUrl7=https%3A%2F%2Fa.test%2F7", 2, 0),
            ("&NumMedia=51", 0, 51),
            ("&NumMedia=-1", 0, 0),
            ("&NumMedia=99999999999999999999", 0, u32::MAX),
        ];
        for (parts, shown, left_out) in table {
            let text = parse(&format!("{WHO}&Body=Hi{parts}"));
            assert_eq!((text.media.len(), text.left_out), (shown, left_out), "{parts}");
            assert_eq!((text.body.as_str(), text.from.value()), ("Hi", "+14155550100"), "{parts}");
        }
        let parts: Vec<String> =
            (0..51).map(|n| format!("&MediaUrl{n}=https%3A%2F%2Fa.test%2F{n}")).collect();
        let parts = parts.concat();
        let text = parse(&format!("{WHO}&NumMedia=51{parts}"));
        assert_eq!((text.media.len(), text.left_out), (MAX_MEDIA, 1));
        assert_eq!(text.media[10].url.as_str(), "https://a.test/10");
    }

    #[test]
    fn a_part_keeps_its_number_behind_one_that_cannot_be_fetched() {
        let text = parse(&format!(
            "{WHO}&NumMedia=3&MediaUrl0=https%3A%2F%2Fa.test%2F0&MediaUrl1=nonsense&MediaUrl2=https%3A%2F%2Fa.test%2F2"
        ));
        let parts: Vec<_> = text.media.iter().map(|part| (part.number, part.url.as_str())).collect();
        assert_eq!((parts, text.left_out), (vec![(1, "https://a.test/0"), (3, "https://a.test/2")], 1));
    }

    #[test]
    fn senders_and_messages_without_a_name_are_told_apart() {
        let long = "x".repeat(129);
        let from = |from: &str| parse(&format!("MessageSid=SM1&To=%2B1&From={from}")).from;
        assert_eq!(from("").value(), "unknown");
        assert_ne!(from(&long), from(&format!("{long}y")));
        assert_ne!(from("a%0Ab"), from("ab"));
        assert!(from(&long).value().len() <= MAX_NUMBER && !from("a%0Ab").value().contains('\n'));
        let sid = |body: &str| parse(body).message_sid;
        for none in ["", "MessageSid=../../x&From=a&To=b", "MessageSid=&Body=1"] {
            assert!(is_sid(&sid(none)), "{none}");
            assert_eq!(sid(none), sid(none), "the same in each repetition");
        }
        assert_ne!(sid("Body=1"), sid("Body=2"));
        assert_eq!(sid("MessageSid=..&SmsSid=SM2"), "SM2");
    }

    #[test]
    fn a_place_is_read() {
        let text =
            parse(&format!("{WHO}&Body=&Latitude=37.79&Longitude=-122.39&Address=1+Ferry+Plaza&Label=Pier"));
        let word = |word: &str| Some(word.to_owned());
        let place = Place {
            latitude: word("37.79"),
            longitude: word("-122.39"),
            address: word("1 Ferry Plaza"),
            label: word("Pier"),
        };
        assert_eq!((text.place, text.more), (Some(place), vec![]));
    }
}
