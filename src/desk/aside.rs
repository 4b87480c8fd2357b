//! What cannot be applied is kept for a person, and does not come again by itself: not by a replay, not as a timer, not
//! as the outcome of an effect that stays the head of its lane.

use std::time::Duration;

use sqlx::AnyConnection;

use super::Tx;
use crate::clock::{self, Millis};
use crate::domain::agent::Role;
use crate::domain::effect::Place;
use crate::domain::input::{Claim, ContactText, Evidence, Input, RoomAct, RoomEvent};
use crate::domain::notice::Says;
use crate::domain::text::sanitize;
use crate::domain::timer::{Due, Timer};
use crate::store::upkeep::Aside;
use crate::store::{Result, StoreError, agents, outbox, timers, upkeep};

/// What was set aside, counted since the start.
pub(crate) const COUNTED: &str = "switchroom_set_aside_total";
/// How soon admins hear of it. What comes within that time they hear of together.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How long admins hear no more of what goes on for the same reason.
const TOLD_FOR: Duration = Duration::from_mins(10);
/// The newest of which people were told; when admins were told last, and why that was set aside.
const TOLD_TO: &str = "set_aside_told_to";
const TOLD_AT: &str = "set_aside_told_at";
const TOLD_WHY: &str = "set_aside_told_why";
/// How much of what someone wrote is quoted to them, in characters.
const QUOTED: usize = 200;

/// Keeps an input, and why it could not be applied.
pub(super) async fn keep(conn: &mut AnyConnection, input: &Input, why: &str, now: Millis) -> Result<()> {
    let body = serde_json::to_string(input).unwrap_or_default();
    // Where not even the telling can be done there is the log.
    if let Input::Due { due: Due::SetAside, .. } = input {
        upkeep::set_aside(conn, &fresh_id(), now, "input", why, &body).await?;
    } else {
        add(conn, ("input", why), &body, now).await?;
    }
    use_up(conn, input, now).await
}

/// Keeps something for a person, with what it is and why it could not be done, and has them told.
pub(super) async fn add(
    conn: &mut AnyConnection,
    (what, why): (&str, &str),
    body: &str,
    now: Millis,
) -> Result<()> {
    let id = fresh_id();
    tracing::error!(set_aside = id, what, why, "set aside");
    metrics::counter!(COUNTED).increment(1);
    upkeep::set_aside(conn, &id, now, what, why, body).await?;
    let every = TELL_EVERY.as_millis();
    let due_at = Millis(now.0 - now.0.rem_euclid(i64::try_from(every).unwrap_or(1))) + TELL_EVERY;
    timers::set(conn, &Timer { due_at, what: Due::SetAside }).await
}

fn fresh_id() -> String {
    format!("s-{}", clock::random_typable(6))
}

/// Tells admins that something was set aside, and those who wrote it.
pub(super) async fn tell(tx: &mut Tx<'_>) -> Result<()> {
    let told_to = recall(tx, TOLD_TO).await?;
    let new = upkeep::aside_since(tx.conn, told_to.unwrap_or(Millis(0))).await?;
    let Some(newest) = new.first() else { return Ok(()) };
    upkeep::remember(tx.conn, TOLD_TO, &newest.at.to_string()).await?;
    for aside in &new {
        tell_writer(tx, aside).await?;
    }
    let is_known = upkeep::recall(tx.conn, TOLD_WHY).await?.as_deref() == Some(newest.why.as_str());
    if is_known && recall(tx, TOLD_AT).await?.is_some_and(|told_at| tx.now.since(told_at) < TOLD_FOR) {
        return Ok(());
    }
    upkeep::remember(tx.conn, TOLD_WHY, &newest.why).await?;
    upkeep::remember(tx.conn, TOLD_AT, &tx.now.0.to_string()).await?;
    let all = upkeep::set_aside_count(tx.conn).await?;
    let more = u32::try_from(all - 1).unwrap_or(0);
    let says = Says::SetAside { what: words(&newest.what), why: newest.why.clone(), more };
    tell_admins(tx, &says).await
}

/// Says something to every admin, in their console.
pub(super) async fn tell_admins(tx: &mut Tx<'_>, says: &Says) -> Result<()> {
    for admin in agents::all(tx.conn).await?.into_iter().filter(|agent| agent.is(Role::Admin)) {
        tx.say(&Place::Console(admin.who.id), says.clone().plainly(), None).await?;
    }
    Ok(())
}

async fn recall(tx: &mut Tx<'_>, fact: &str) -> Result<Option<Millis>> {
    Ok(upkeep::recall(tx.conn, fact).await?.and_then(|text| text.parse().ok()).map(Millis))
}

/// Tells who wrote a message that was set aside, in their console: its room may be what could not be read.
async fn tell_writer(tx: &mut Tx<'_>, aside: &Aside) -> Result<()> {
    let Ok(Input::Room(RoomEvent { sender, what: RoomAct::Message { body, .. }, .. })) =
        serde_json::from_str(&aside.body)
    else {
        return Ok(());
    };
    let writer = match agents::by_user(tx.conn, &sender).await {
        Err(StoreError::Corrupt { .. }) => None,
        writer => writer?,
    };
    let Some(writer) = writer else { return Ok(()) };
    let what = sanitize::cut(&sanitize::one_line(&body), QUOTED);
    tx.say(&Place::Console(writer.who.id), Says::InternalError { what }.plainly(), None).await
}

/// What something that was set aside is, in words.
pub(crate) fn words(what: &str) -> String {
    let lane = what.strip_prefix("effect ").and_then(|place| place.rsplit_once('/')).map(|(lane, _)| lane);
    match lane.and_then(|lane| lane.split_once(':')) {
        Some(("room", room)) => format!("something for the room of {room}"),
        Some(("console", agent)) => format!("something for the console of {agent}"),
        Some(("sms", _)) => "a message to a phone".to_owned(),
        Some(_) => "something to be done".to_owned(),
        None if what == "text" => "a text of a contact".to_owned(),
        None => "something that happened".to_owned(),
    }
}

/// Takes away what would bring the input again.
async fn use_up(conn: &mut AnyConnection, input: &Input, now: Millis) -> Result<()> {
    if let Some(receipt) = receipt(input) {
        upkeep::claim(conn, &receipt, now).await?;
    }
    if let Input::Text(text) = input {
        upkeep::claim_all(conn, &receipts_of_parts(text).collect::<Vec<_>>(), now).await?;
    }
    match input {
        Input::Due { id, .. } => timers::take(conn, id).await.map(drop),
        // Without its room nothing of a lane can go anywhere.
        Input::Delivered { claim, evidence } => {
            leave_lane(conn, claim, matches!(evidence, Evidence::Room { .. })).await
        }
        Input::Undeliverable { claim, .. }
        | Input::RoomLost { claim, .. }
        | Input::AliasTaken { claim, .. }
        | Input::GhostLost { claim, .. }
        | Input::Turn { claim, .. }
        | Input::Sought { claim, .. }
        | Input::Answered { claim, .. }
        | Input::Looked { claim, .. }
        | Input::PeerFound { claim, .. }
        | Input::Route { claim, .. } => leave_lane(conn, claim, false).await,
        // The provider reports what it likes as often as it likes; the others read nothing that could be bad.
        Input::Text(_)
        | Input::Room(_)
        | Input::RoomRefused { .. }
        | Input::Reported(_)
        | Input::Postponed { .. }
        | Input::Begun { .. }
        | Input::Presences { .. }
        | Input::Channel(_)
        | Input::CatchingUp { .. }
        | Input::EraseTalks
        | Input::Setup(_) => Ok(()),
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
        Input::Text(text) => Some(upkeep::receipt_of_text(&text.sid)),
        Input::Room(event) => Some(match &event.what {
            RoomAct::Marker { nonce } => receipt_of_marker(nonce),
            RoomAct::Message { .. }
            | RoomAct::Edit { .. }
            | RoomAct::Redaction { .. }
            | RoomAct::Reaction { .. }
            | RoomAct::Member { .. }
            | RoomAct::Upgraded
            | RoomAct::Unsupported { .. } => event.event_id.to_string(),
        }),
        Input::CatchingUp { ours, begun, .. } => Some(format!("catching_up:{ours}:{}", begun.0)),
        Input::Reported(_)
        | Input::Due { .. }
        | Input::Delivered { .. }
        | Input::Postponed { .. }
        | Input::Begun { .. }
        | Input::Undeliverable { .. }
        | Input::RoomLost { .. }
        | Input::AliasTaken { .. }
        | Input::GhostLost { .. }
        | Input::RoomRefused { .. }
        | Input::Turn { .. }
        | Input::Sought { .. }
        | Input::Answered { .. }
        | Input::Looked { .. }
        | Input::PeerFound { .. }
        | Input::Route { .. }
        | Input::Presences { .. }
        | Input::Channel(_)
        | Input::EraseTalks
        | Input::Setup(_) => None,
    }
}

/// The receipts of the parts that came with a text: what is told of the message later is held against them.
pub(super) fn receipts_of_parts(text: &ContactText) -> impl Iterator<Item = String> {
    (1..).zip(&text.media).map(|(number, _)| upkeep::receipt_of_part(&text.sid, number))
}

/// The receipt of the bot's marker with this nonce, whichever of its copies came back.
pub(crate) fn receipt_of_marker(nonce: &str) -> String {
    format!("marker:{nonce}")
}
