//! What cannot be applied is kept for a person, and does not come again by itself: not by a replay, not as a timer, not
//! as the outcome of an effect that stays the head of its lane.

use sqlx::AnyConnection;

use crate::clock::{self, Millis};
use crate::domain::input::{Claim, Evidence, Input, RoomAct};
use crate::store::{Result, outbox, timers, upkeep};

/// Keeps an input, and why it could not be applied.
pub(super) async fn keep(conn: &mut AnyConnection, input: &Input, why: &str, now: Millis) -> Result<()> {
    let id = format!("s-{}", clock::random_typable(6));
    tracing::error!(set_aside = id, why, "an input was set aside");
    let body = serde_json::to_string(input).unwrap_or_default();
    upkeep::set_aside(conn, &id, now, "input", why, &body).await?;
    use_up(conn, input, now).await
}

/// Takes away what would bring the input again.
async fn use_up(conn: &mut AnyConnection, input: &Input, now: Millis) -> Result<()> {
    if let Some(receipt) = receipt(input) {
        upkeep::claim(conn, &receipt, now).await?;
    }
    match input {
        Input::Due { id, .. } => timers::take(conn, id).await.map(drop),
        // Without its room nothing of a lane can go anywhere.
        Input::Delivered { claim, evidence } => {
            leave_lane(conn, claim, matches!(evidence, Evidence::Room { .. })).await
        }
        Input::Undeliverable { claim, .. }
        | Input::Turn { claim, .. }
        | Input::Sought { claim, .. }
        | Input::Answered { claim, .. }
        | Input::Looked { claim, .. }
        | Input::PeerFound { claim, .. }
        | Input::Route { claim, .. } => leave_lane(conn, claim, false).await,
        // The provider reports what it likes as often as it likes; the others read nothing that could be bad.
        Input::Text(_) | Input::Room(_) | Input::Reported(_) | Input::Postponed { .. } | Input::Setup(_) => {
            Ok(())
        }
    }
}

async fn leave_lane(conn: &mut AnyConnection, claim: &Claim, whole_lane: bool) -> Result<()> {
    if outbox::still_ours(conn, claim).await? {
        outbox::set_aside(conn, claim, whole_lane).await?;
    }
    Ok(())
}

/// The receipt of an input that may come again; the others are used up by what they do.
pub(super) fn receipt(input: &Input) -> Option<String> {
    match input {
        Input::Text(text) => Some(receipt_of_text(&text.sid)),
        Input::Room(event) => Some(match &event.what {
            RoomAct::Marker { nonce } => receipt_of_marker(nonce),
            RoomAct::Message { .. }
            | RoomAct::Edit { .. }
            | RoomAct::Redaction { .. }
            | RoomAct::Reaction { .. }
            | RoomAct::Member { .. }
            | RoomAct::Unsupported { .. } => event.event_id.to_string(),
        }),
        Input::Reported(_)
        | Input::Due { .. }
        | Input::Delivered { .. }
        | Input::Postponed { .. }
        | Input::Undeliverable { .. }
        | Input::Turn { .. }
        | Input::Sought { .. }
        | Input::Answered { .. }
        | Input::Looked { .. }
        | Input::PeerFound { .. }
        | Input::Route { .. }
        | Input::Setup(_) => None,
    }
}

/// The receipt of a contact's text.
pub(super) fn receipt_of_text(sid: &str) -> String {
    format!("sms:{sid}")
}

/// The receipt of the bot's marker with this nonce, whichever of its copies came back.
pub(crate) fn receipt_of_marker(nonce: &str) -> String {
    format!("marker:{nonce}")
}
