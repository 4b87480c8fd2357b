//! Twilio's Calls API as the bridge sees it.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::NewCall;
use crate::sms::simulator::api::{accepted, authorize};
use crate::sms::simulator::faults::AnswerFault;
use crate::sms::simulator::line::PhoneLine;
use crate::sms::simulator::resource::rfc2822;
use crate::sms::simulator::rules::{ApiError, is_e164};
use crate::sms::simulator::server::Simulator;
use crate::sms::twilio::wire::Form;

/// How long a phone rings if nobody says otherwise.
const RINGS: Duration = Duration::from_mins(1);
const BEGIN: &str = "<Conference";
const END: &str = "</Conference>";
const PAGE: usize = 50;

pub(in crate::sms::simulator) fn routes() -> Router<Simulator> {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Calls.json", get(list).post(create))
        .route("/2010-04-01/Accounts/{account}/Calls/{sid}", get(fetch).post(update).delete(delete))
}

pub(super) fn value<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// The name of the conference that a document leads to.
fn conference(twiml: &str) -> Option<String> {
    let (_, rest) = twiml.split_once(BEGIN)?;
    let (_, rest) = rest.split_once('>')?;
    let (name, _) = rest.split_once(END)?;
    Some(name.to_owned())
}

impl Simulator {
    /// Checks what is posted, as Twilio does.
    fn checked(&self, params: &[(String, String)]) -> Result<NewCall, ApiError> {
        let bad = |code, message: &str| Err(ApiError::bad(code, message));
        let (to, from) = (value(params, "To"), value(params, "From"));
        if to.is_empty() {
            return bad(21201, "No 'To' number is specified");
        }
        if from.is_empty() {
            return bad(21213, "'From' phone number is required");
        }
        if !is_e164(to) || to == "+15005550001" {
            return bad(21217, "Phone number does not appear to be valid");
        }
        if !self.is_ours(from) {
            return bad(21210, "'From' phone number not verified");
        }
        if to == "+15005550003" {
            return bad(21215, "Account not authorized to call that region");
        }
        let Some(conference) = conference(value(params, "Twiml")) else {
            return bad(21205, "Url parameter is required");
        };
        let rings = value(params, "Timeout").parse().map_or(RINGS, Duration::from_secs);
        let callback = Some(value(params, "StatusCallback")).filter(|url| !url.is_empty());
        Ok(NewCall {
            ours: from.to_owned(),
            phone: to.to_owned(),
            conference,
            callback: callback.map(str::to_owned),
            rings,
        })
    }
}

/// `POST /2010-04-01/Accounts/{account}/Calls.json`
async fn create(
    Shared(simulator): Shared<Simulator>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let form = Form::decode(&body).map_err(|error| ApiError::bad(20001, error.to_string()))?;
    let fault = simulator.faults().next_answer();
    match fault {
        Some(AnswerFault::RateLimit) => return Err(ApiError::too_many()),
        Some(AnswerFault::Unavailable) => return Err(ApiError::unavailable(StatusCode::SERVICE_UNAVAILABLE)),
        Some(AnswerFault::FailedAtOnce(code)) => return Err(ApiError::bad(code, "The call was refused")),
        _ => {}
    }
    let new = simulator.checked(&form.text())?;
    simulator.ensure_phone(&new.phone).await.map_err(|error| ApiError::bad(21217, error.to_string()))?;
    let answer = resource(&account, &simulator.begin_call(new));
    accepted(&simulator, fault, &answer).await
}

/// `GET /2010-04-01/Accounts/{account}/Calls.json`: the newest first, one page.
async fn list(
    Shared(simulator): Shared<Simulator>,
    Path(account): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let form = Form::decode(query.unwrap_or_default().as_bytes())
        .map_err(|error| ApiError::bad(20001, error.to_string()))?;
    let params = form.text();
    let (to, from) = (value(&params, "To"), value(&params, "From"));
    let fits =
        |call: &PhoneLine| (to.is_empty() || to == call.phone) && (from.is_empty() || from == call.ours);
    let calls: Vec<_> = simulator
        .calls()
        .into_iter()
        .rev()
        .filter(fits)
        .take(PAGE)
        .map(|call| resource(&account, &call))
        .collect();
    Ok(Json(json!({"calls": calls, "next_page_uri": null, "page": 0, "page_size": PAGE})).into_response())
}

/// The call resource.
fn resource(account: &str, call: &PhoneLine) -> Value {
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "date_created": rfc2822(call.created),
        "date_updated": rfc2822(call.ended.or(call.answered).unwrap_or(call.created)),
        "direction": "outbound-api",
        "duration": call.ended.map(|_| call.secs().to_string()),
        "end_time": call.ended.map(rfc2822),
        "from": call.ours,
        "sid": call.sid,
        "start_time": call.answered.map(rfc2822),
        "status": call.status,
        "to": call.phone,
        "uri": format!("/2010-04-01/Accounts/{account}/Calls/{}.json", call.sid),
    })
}

fn missing(sid: &str) -> ApiError {
    ApiError::not_found(&format!("/Calls/{sid}"))
}

/// The call that a path names.
fn found(
    simulator: &Simulator,
    (account, sid): (&str, &str),
    headers: &HeaderMap,
) -> Result<PhoneLine, ApiError> {
    authorize(simulator, account, headers)?;
    let sid = sid.trim_end_matches(".json");
    simulator.call(sid).ok_or_else(|| missing(sid))
}

/// `GET /2010-04-01/Accounts/{account}/Calls/{sid}.json`
async fn fetch(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let call = found(&simulator, (&account, &sid), &headers)?;
    Ok(Json(resource(&account, &call)).into_response())
}

/// `POST /2010-04-01/Accounts/{account}/Calls/{sid}.json` with `Status=completed` or `canceled`.
async fn update(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let call = found(&simulator, (&account, &sid), &headers)?;
    let form = Form::decode(&body).map_err(|error| ApiError::bad(20001, error.to_string()))?;
    if call.status.is_over() {
        return Err(ApiError::bad(21220, "Call is not in-progress. Cannot redirect."));
    }
    if !matches!(value(&form.text(), "Status"), "completed" | "canceled") {
        return Err(ApiError::bad(20001, "Status is not valid"));
    }
    let ended = simulator.end_call(&call.sid).ok_or_else(|| missing(&call.sid))?;
    Ok(Json(resource(&account, &ended)).into_response())
}

/// `DELETE /2010-04-01/Accounts/{account}/Calls/{sid}.json`, of a call that is over.
async fn delete(
    Shared(simulator): Shared<Simulator>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let call = found(&simulator, (&account, &sid), &headers)?;
    if !call.status.is_over() {
        return Err(ApiError::bad(20009, "Cannot delete a call that is in progress"));
    }
    simulator.state().calls.retain(|kept| kept.sid != call.sid);
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conference_of_a_document_is_found() {
        let twiml =
            "<Response><Dial><Conference beep=\"false\">switchroom-i-1</Conference></Dial></Response>";
        assert_eq!(conference(twiml).as_deref(), Some("switchroom-i-1"));
        for none in ["", "<Response><Say>hi</Say></Response>", "<Conference>x", "<Conference"] {
            assert_eq!(conference(none), None, "{none}");
        }
    }
}
