//! Takes what Telnyx posts to us, as JSON: what contacts write, and what became of what we sent.
//!
//! Whoever gets here signed it: it is a customer's text, or says what became of one of ours. So it is read as
//! far as it makes sense. Events come in any order and more than once: a text is the same as another by its
//! message's id, and a report that says nothing new of its message changes nothing.
//! <https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks>

use std::fmt::Write as _;
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::codes;
use super::reply::is_id;
use super::signature::{self, PublicKey};
use super::status::part_state;
use crate::domain::address::Address;
use crate::domain::input::{ContactText, Input, MediaPart, Report};
use crate::domain::text::sanitize;
use crate::sms::callback::Doors;
use crate::sms::provider::why_failed;
use crate::sms::webhook::{Door, Refused, Taken, Webhook, Webhooks};

/// Telnyx gives up after 2 s.
const PATIENCE: Duration = Duration::from_millis(1_800);
/// As many parts of a message are shown; Telnyx takes 10.
const MAX_MEDIA: usize = 50;
/// The longest sender or receiver that is one.
const MAX_NUMBER: usize = 128;
/// How much of the subject of an MMS is kept.
const MAX_SUBJECT_CHARS: usize = 500;

/// What an account's webhooks are checked against.
#[derive(Clone, Debug)]
pub struct TelnyxWebhooks {
    /// Our doors, as the provider reaches them.
    pub doors: Doors,
    /// The key they are signed for.
    pub public_key: PublicKey,
}

impl Webhooks for TelnyxWebhooks {
    fn provider(&self) -> &'static str {
        self.doors.provider
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn is_signed(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(signature::HEADER) && headers.contains_key(signature::TIMESTAMP)
    }

    fn read(&self, webhook: &Webhook<'_>) -> Result<Taken, Refused> {
        self.public_key.verify(webhook.headers, webhook.body, webhook.now)?;
        let event: Value = serde_json::from_slice(webhook.body)
            .map_err(|_| Refused::Unreadable("the body is not JSON".to_owned()))?;
        let data = &event["data"];
        let input = match (data["event_type"].as_str(), webhook.door) {
            (Some("message.received"), Door::Inbound | Door::Status) => {
                Some(Input::Text(contact_text(data, webhook.body)))
            }
            (Some("message.sent" | "message.finalized"), Door::Status) => {
                let part = self.doors.part_of(webhook.query)?;
                report(part, &data["payload"]).map(Input::Reported)
            }
            // A report at the other door does not say which part it is about. It is taken all the same, as is
            // what was made up since this was written: saying no would have it repeated.
            (Some(_), Door::Inbound | Door::Status | Door::Call) => None,
            (None, Door::Inbound | Door::Status | Door::Call) => {
                return Err(Refused::Unreadable("the body has no data.event_type".to_owned()));
            }
        };
        Ok(Taken { inputs: input.into_iter().collect(), content_type: "application/json", answer: "{}" })
    }
}

/// What an event says became of a part, if that is something.
fn report(part: String, payload: &Value) -> Option<Report> {
    let code = &payload["errors"][0]["code"];
    let code =
        code.as_str().and_then(|code| code.parse().ok()).or_else(|| u32::try_from(code.as_u64()?).ok());
    let state = part_state(payload["to"][0]["status"].as_str()?, code)?;
    let sid = payload["id"].as_str().filter(|id| is_id(id)).unwrap_or_default().to_owned();
    Some(Report { part, sid, state, why: why_failed(state, codes::meaning) })
}

/// A text in the desk's words.
fn contact_text(data: &Value, body: &[u8]) -> ContactText {
    let payload = &data["payload"];
    let (media, left_out) = media(&payload["media"]);
    let subject = payload["subject"].as_str().map(sanitize::one_line).filter(|subject| !subject.is_empty());
    let subject = subject.map(|subject| subject.chars().take(MAX_SUBJECT_CHARS).collect());
    ContactText {
        // The message's own id; the event has another one, which a repetition keeps too.
        sid: [&payload["id"], &data["id"]]
            .into_iter()
            .find_map(|id| id.as_str().filter(|id| is_id(id)).map(str::to_owned))
            .unwrap_or_else(|| hash(body, 16)),
        from: number(&payload["from"]).unwrap_or_else(|| Address::sms("unknown")),
        to: number(&payload["to"][0]).unwrap_or_else(|| Address::sms("")),
        body: payload["text"].as_str().unwrap_or_default().to_owned(),
        media,
        left_out,
        origin: vec![],
        more: subject.map(|subject| ("subject".to_owned(), subject)).into_iter().collect(),
        opt_out: None,
        fetched_late: None,
    }
}

/// A sender or receiver as it came. One that is too long for an address, or holds what none can hold, is cut,
/// and told apart from others by its hash.
fn number(of: &Value) -> Option<Address> {
    let text = of["phone_number"].as_str().map(str::trim).filter(|number| !number.is_empty())?;
    if text.len() <= MAX_NUMBER && !text.chars().any(char::is_control) {
        return Some(Address::sms(text));
    }
    let begin: String = text.chars().filter(|c| !c.is_control()).take(MAX_NUMBER / 5).collect();
    Some(Address::sms(format!("{begin}~{}", hash(text.as_bytes(), 8))))
}

/// The parts that can be fetched, and how many more there are.
fn media(parts: &Value) -> (Vec<MediaPart>, u32) {
    let all = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    let part = |(place, part): (u32, &Value)| {
        let url = Url::parse(part["url"].as_str()?).ok()?;
        let content_type = part["content_type"].as_str().filter(|text| !text.is_empty() && text.len() <= 100);
        Some((place, url, content_type.unwrap_or("application/octet-stream").to_owned()))
    };
    let found = (1..).zip(all).filter_map(part).take(MAX_MEDIA);
    let media: Vec<MediaPart> = (1..)
        .zip(found)
        .map(|(place, (number, url, content_type))| MediaPart {
            url: url.into(),
            content_type,
            number: (number != place).then_some(number),
        })
        .collect();
    let left_out = u32::try_from(all.len() - media.len()).unwrap_or(u32::MAX);
    (media, left_out)
}

/// The beginning of a hash, so many bytes of it, in hexadecimal digits.
fn hash(of: &[u8], bytes: usize) -> String {
    Sha256::digest(of).iter().take(bytes).fold(String::new(), |mut hash, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

#[cfg(test)]
mod tests;
