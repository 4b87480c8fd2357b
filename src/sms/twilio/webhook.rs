//! Takes what Twilio posts to us: what contacts write, and what became of what we sent.
//! <https://www.twilio.com/docs/messaging/guides/webhook-request>

use std::time::Duration;

use http::HeaderMap;
use secrecy::SecretString;

use super::codes;
use super::dialect::Dialect;
use super::signature;
use super::status::part_state;
use super::wire::{CallForm, Form, InboundForm, InboundText, Place, StatusForm, TWIML_EMPTY};
use crate::domain::input::{CallInput, ContactText, Input, MediaPart, OptOut, Report};
use crate::domain::text::{outgoing, sanitize};
use crate::sms::callback::Doors;
use crate::sms::provider::why_failed;
use crate::sms::webhook::{Door, Refused, Taken, Webhook, Webhooks};

/// Twilio gives up after 15 s.
const PATIENCE: Duration = Duration::from_secs(12);

/// What an account's webhooks are checked against. Its `Debug` form shows no secret.
#[derive(Clone, Debug)]
pub struct TwilioWebhooks {
    /// Our doors, as the provider reaches them.
    pub doors: Doors,
    /// The account whose messages these are.
    pub account_sid: String,
    /// The keys that may have signed: two while one is being replaced.
    pub signing_keys: Vec<SecretString>,
    /// Who it is.
    pub dialect: &'static Dialect,
}

impl TwilioWebhooks {
    /// What a request says to be signed with.
    fn claimed<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.dialect.headers.iter().find_map(|name| headers.get(*name)?.to_str().ok())
    }

    /// The parameters of a form that the provider signed.
    fn verified(&self, webhook: &Webhook<'_>) -> Result<Vec<(String, String)>, Refused> {
        let form = Form::decode(webhook.body)
            .map_err(|error| Refused::Unreadable(format!("the form is too long: {error}")))?;
        let claimed = self.claimed(webhook.headers).ok_or(Refused::Signature)?;
        let (keys, url) = (&self.signing_keys, self.doors.address(webhook.door, webhook.query));
        let is_signed = signature::verify(keys, &url, form.signed(), claimed)
            || self.dialect.signs_whole_bodies && signature::verify_whole(keys, &url, webhook.body, claimed);
        if !is_signed {
            return Err(Refused::Signature);
        }
        let params = form.text();
        if params.iter().any(|(name, value)| name == "AccountSid" && *value != self.account_sid) {
            return Err(Refused::Account);
        }
        Ok(params)
    }
}

impl Webhooks for TwilioWebhooks {
    fn provider(&self) -> &'static str {
        self.doors.provider
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn is_signed(&self, headers: &HeaderMap) -> bool {
        self.claimed(headers).is_some()
    }

    fn read(&self, webhook: &Webhook<'_>) -> Result<Taken, Refused> {
        let params = self.verified(webhook)?;
        let inputs = match webhook.door {
            Door::Inbound => vec![Input::Text(contact_text(InboundForm::parse(&params)))],
            // A report that says nothing to us is taken too: saying no would have it repeated.
            Door::Status => {
                let part = self.doors.part_of(webhook.query)?;
                report(part, &params).map(Input::Reported).into_iter().collect()
            }
            Door::Call => {
                let (call, side) = self.doors.call_of(webhook.query)?;
                let report = CallForm::parse(&params).map(|form| form.of(call, side));
                report.map(|report| Input::Call(CallInput::Reported(report))).into_iter().collect()
            }
        };
        // The provider is to say nothing to the contact by itself.
        Ok(Taken { inputs, content_type: "text/xml", answer: TWIML_EMPTY })
    }
}

/// What a form says became of a part, if that is something.
fn report(part: String, params: &[(String, String)]) -> Option<Report> {
    let report = StatusForm::parse(params)?;
    let state = part_state(report.status, report.error_code)?;
    Some(Report { part, sid: report.sid, state, why: why_failed(state, codes::meaning) })
}

/// The provider's form in the desk's words.
fn contact_text(text: InboundText) -> ContactText {
    let known = [("city", text.city), ("state", text.state), ("zip", text.zip), ("country", text.country)];
    let origin = known.into_iter().filter_map(|(key, value)| {
        let value = sanitize::one_line(&value?);
        (!value.is_empty()).then(|| (key.to_owned(), value))
    });
    let more =
        text.more.iter().map(|(name, value)| (sanitize::one_line(name), sanitize::from_contact(value)));
    let said = [Some(text.body).filter(|body| !body.is_empty()), text.place.as_ref().map(place)];
    ContactText {
        sid: text.message_sid,
        from: text.from,
        to: text.to,
        body: said.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        media: (1..)
            .zip(text.media)
            .map(|(place, part)| MediaPart {
                url: part.url.into(),
                content_type: part.content_type,
                number: (part.number != place).then_some(part.number),
            })
            .collect(),
        left_out: text.left_out,
        origin: origin.collect(),
        more: more.filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect(),
        opt_out: text.opt_out_type.as_deref().and_then(opt_out),
        fetched_late: None,
    }
}

/// A place in words, with a link to a map.
fn place(place: &Place) -> String {
    let [latitude, longitude] =
        [&place.latitude, &place.longitude].map(|degrees| degrees.as_deref().unwrap_or("?"));
    let called = [&place.label, &place.address].into_iter().flatten();
    let mut words: Vec<String> = called.map(|words| sanitize::one_line(words)).collect();
    words.dedup();
    let words = if words.is_empty() { "a place".to_owned() } else { words.join(", ") };
    let link = outgoing::map_link(&format!("geo:{latitude},{longitude}"));
    let on_earth = match link {
        Some(link) => format!("\n{link}"),
        None if place.latitude.is_none() && place.longitude.is_none() => String::new(),
        None => format!("\nlatitude {latitude}, longitude {longitude}"),
    };
    format!("📍 {words}{on_earth}")
}

fn opt_out(keyword: &str) -> Option<OptOut> {
    match keyword.to_ascii_uppercase().as_str() {
        "STOP" => Some(OptOut::Stop),
        "START" => Some(OptOut::Start),
        "HELP" => Some(OptOut::Help),
        _ => None,
    }
}
