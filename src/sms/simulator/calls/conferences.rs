//! Twilio's Conferences API as the bridge sees it: which conference goes on, and who is on hold in it.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::api::value;
use crate::sms::simulator::api::authorize;
use crate::sms::simulator::change::Change;
use crate::sms::simulator::faults::AnswerFault;
use crate::sms::simulator::line::{CallStatus, PhoneLine};
use crate::sms::simulator::resource::rfc2822;
use crate::sms::simulator::rules::ApiError;
use crate::sms::simulator::server::Simulator;
use crate::sms::twilio::wire::Form;

pub(in crate::sms::simulator) fn routes() -> Router<Simulator> {
    Router::new()
        .route("/2010-04-01/Accounts/{account}/Conferences.json", get(list))
        .route("/2010-04-01/Accounts/{account}/Conferences/{conference}/Participants/{sid}", post(update))
}

/// The id of a conference that goes on, which is that of its first phone by another name: when a phone leaves
/// it, it is over.
fn sid(first: &PhoneLine) -> String {
    first.sid.replacen("CA", "CF", 1)
}

impl Simulator {
    /// The conferences that go on, as their first phones; the newest first.
    fn conferences(&self) -> Vec<PhoneLine> {
        let mut first: Vec<PhoneLine> = Vec::new();
        for call in self.calls().into_iter().filter(|call| call.status == CallStatus::InProgress) {
            if !first.iter().any(|known| known.is_in(&call.conference)) {
                first.push(call);
            }
        }
        first.reverse();
        first
    }

    /// Puts a phone on hold in a conference, or takes it off it. Nothing if it is not in there.
    fn hold(&self, (conference, sid_of_call): (&str, &str), on: Option<bool>) -> Option<PhoneLine> {
        let of = self.conferences().into_iter().find(|first| sid(first) == conference)?;
        let changed = {
            let mut state = self.state();
            let call = state.calls.iter_mut().find(|call| call.sid == sid_of_call)?;
            if !call.is_in(&of.conference) {
                return None;
            }
            call.on_hold = on.unwrap_or(call.on_hold);
            call.clone()
        };
        self.tell(Change::call(&changed));
        Some(changed)
    }
}

/// `GET /2010-04-01/Accounts/{account}/Conferences.json`: those that go on, by their name. One that is over
/// is not remembered.
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
    let (name, status) = (value(&params, "FriendlyName"), value(&params, "Status"));
    let size = value(&params, "PageSize").parse().unwrap_or(50).clamp(1, 1_000);
    let goes_on = matches!(status, "" | "in-progress");
    let found: Vec<_> = simulator
        .conferences()
        .into_iter()
        .filter(|first| goes_on && (name.is_empty() || name == first.conference))
        .take(size)
        .map(|first| conference(&account, &first))
        .collect();
    let page = json!({"conferences": found, "next_page_uri": null, "page": 0, "page_size": size});
    Ok(Json(page).into_response())
}

/// `POST /2010-04-01/Accounts/{account}/Conferences/{conference}/Participants/{sid}.json` with `Hold`.
async fn update(
    Shared(simulator): Shared<Simulator>,
    Path((account, conference, sid)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    authorize(&simulator, &account, &headers)?;
    let form = Form::decode(&body).map_err(|error| ApiError::bad(20001, error.to_string()))?;
    let on = match value(&form.text(), "Hold").to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        "" => None,
        _ => return Err(ApiError::bad(20001, "Hold must be true or false")),
    };
    match simulator.faults().next_answer() {
        Some(AnswerFault::RateLimit) => return Err(ApiError::too_many()),
        Some(AnswerFault::Unavailable) => return Err(ApiError::unavailable(StatusCode::SERVICE_UNAVAILABLE)),
        Some(AnswerFault::FailedAtOnce(code)) => return Err(ApiError::bad(code, "The call was not changed")),
        Some(
            AnswerFault::ErrorAfterAccepting
            | AnswerFault::SilenceAfterAccepting
            | AnswerFault::BreakAfterAccepting,
        )
        | None => {}
    }
    let sid = sid.trim_end_matches(".json");
    let held = simulator.hold((&conference, sid), on);
    let held =
        held.ok_or_else(|| ApiError::not_found(&format!("/Conferences/{conference}/Participants/{sid}")))?;
    Ok(Json(participant((&account, &conference), &held)).into_response())
}

/// The conference resource.
fn conference(account: &str, first: &PhoneLine) -> Value {
    let since = rfc2822(first.answered.unwrap_or(first.created));
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "date_created": since,
        "date_updated": since,
        "friendly_name": first.conference,
        "sid": sid(first),
        "status": "in-progress",
        "uri": format!("/2010-04-01/Accounts/{account}/Conferences/{}.json", sid(first)),
    })
}

/// The participant resource.
fn participant((account, conference): (&str, &str), call: &PhoneLine) -> Value {
    let since = rfc2822(call.answered.unwrap_or(call.created));
    json!({
        "account_sid": account,
        "call_sid": call.sid,
        "coaching": false,
        "conference_sid": conference,
        "date_created": since,
        "date_updated": since,
        "end_conference_on_exit": true,
        "hold": call.on_hold,
        "muted": false,
        "start_conference_on_enter": true,
        "status": "connected",
        "uri": format!(
            "/2010-04-01/Accounts/{account}/Conferences/{conference}/Participants/{}.json", call.sid
        ),
    })
}
