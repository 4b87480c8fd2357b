//! The SMS provider's door: what contacts write, and what became of what we sent. Twilio's wire, for every provider that
//! speaks it. <https://www.twilio.com/docs/messaging/guides/webhook-request>

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawQuery, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use url::form_urlencoded;

use super::edge::{Edge, LONG_WEBHOOKS, SmsDoor, WEBHOOK_BYTES};
use super::house::Visit;
use super::refusal::Refusal;
use super::whole::{Takes, Whole};
use crate::desk::ApplyError;
use crate::domain::input::{ContactText, Input, MediaPart, OptOut, Report};
use crate::domain::text::{outgoing, sanitize};
use crate::sms::callback;
use crate::sms::twilio::signature;
use crate::sms::twilio::wire::{Form, InboundForm, InboundText, Place, StatusForm, TWIML_EMPTY};

/// The doors of the one provider that is configured; there are none for others.
pub(super) fn routes(provider: &str) -> Router<Arc<Edge>> {
    Router::new()
        .route(&format!("/sms/{provider}/inbound"), post(inbound))
        .route(&format!("/sms/{provider}/status"), post(status))
        .layer(Extension(Takes::of_strangers(WEBHOOK_BYTES, LONG_WEBHOOKS)))
}

/// What a provider says to have signed a request with, looked for before anything is read of the body.
struct Claimed(String);

impl<S: Sync> FromRequestParts<S> for Claimed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let claimed = parts.headers.get(signature::HEADER).and_then(|value| value.to_str().ok());
        claimed.map(|claimed| Self(claimed.to_owned())).ok_or(Refusal::Signature)
    }
}

/// `POST /sms/{provider}/inbound`: a contact wrote. It is durable when this answers 200; a repetition changes nothing.
async fn inbound(
    State(edge): State<Arc<Edge>>,
    RawQuery(query): RawQuery,
    Claimed(claimed): Claimed,
    visit: Visit,
    body: Whole,
) -> Result<Response, Refusal> {
    let params = verified(&edge.sms, "inbound", query.as_deref(), &claimed, &body.bytes)?;
    visit.has_proved_itself();
    keep(&edge, "inbound", Input::Text(contact_text(InboundForm::parse(&params)))).await?;
    Ok(nothing_to_reply())
}

/// `POST /sms/{provider}/status`: what became of a part of ours, which is named in the address and signed by us.
async fn status(
    State(edge): State<Arc<Edge>>,
    RawQuery(query): RawQuery,
    Claimed(claimed): Claimed,
    visit: Visit,
    body: Whole,
) -> Result<Response, Refusal> {
    let params = verified(&edge.sms, "status", query.as_deref(), &claimed, &body.bytes)?;
    visit.has_proved_itself();
    let part = part_of(&edge.sms, query.as_deref().unwrap_or_default())?;
    // A report that says nothing to us is taken too: saying no would have it repeated.
    if let Some(report) = StatusForm::parse(&params)
        && let Some(state) = callback::part_state(report.status, report.error_code)
    {
        keep(&edge, "status", Input::Reported(Report { part, sid: report.sid, state })).await?;
    }
    Ok(nothing_to_reply())
}

/// Keeps what the provider brought. What cannot be kept it may not bring again, so that its list has to be read.
async fn keep(edge: &Edge, door: &'static str, input: Input) -> Result<(), ApplyError> {
    let begun = edge.provider.begin();
    edge.apply(door, vec![input]).await?;
    begun.ended_well();
    Ok(())
}

/// The parameters of a form that the provider signed. Nothing of a form is looked at before.
fn verified(
    sms: &SmsDoor,
    door: &str,
    query: Option<&str>,
    claimed: &str,
    body: &[u8],
) -> Result<Vec<(String, String)>, Refusal> {
    let form = Form::decode(body)?;
    let mut url = String::from(callback::door(&sms.public_url, sms.provider, door));
    if let Some(query) = query {
        // As it came: Twilio signs the bytes it was told to request.
        url.extend(["?", query]);
    }
    if !signature::verify(&sms.tokens, &url, form.signed(), claimed) {
        // Most often the address or the token in the config is not the one at the provider.
        return Err(Refusal::Signature);
    }
    let params = form.text();
    if params.iter().any(|(name, value)| name == "AccountSid" && *value != sms.account_sid) {
        return Err(Refusal::Account);
    }
    Ok(params)
}

/// The part that a report is about.
fn part_of(sms: &SmsDoor, query: &str) -> Result<String, Refusal> {
    let value = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value)
    };
    let (Some(part), Some(signature)) = (value(callback::PART), value(callback::SIGNATURE)) else {
        return Err(Refusal::NoPart);
    };
    if sms.part_key.verify(&part, &signature) { Ok(part.into_owned()) } else { Err(Refusal::WrongPart) }
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

/// It is taken, and the provider is to say nothing to the contact by itself.
fn nothing_to_reply() -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], TWIML_EMPTY).into_response()
}
