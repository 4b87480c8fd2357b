//! Dead letters: an input that cannot be applied is kept for a person. It does not come again by itself, be
//! it a replay, a timer, or the outcome of the effect at the head of a lane.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::agent::Role;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::Place;
use crate::domain::input::{ContactText, Evidence, Input, Receipt, RoomAct, RoomEvent};
use crate::domain::lane::Lane;
use crate::domain::notice::Says;
use crate::domain::text::sanitize;
use crate::domain::timer::{Due, Timer};
use crate::store::upkeep::{self, DeadLetter};
use crate::store::{Result, StoreError, agents, outbox, timers};

/// What was set aside, counted since the start.
pub(crate) const SET_ASIDE: &str = "switchroom_set_aside_total";
/// After how long admins are told. Everything that comes within that time is told together.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How long admins are not told again of the same reason.
const TOLD_FOR: Duration = Duration::from_mins(10);
/// The newest one that people were told of; when admins were told last, and the hash of that one's
/// reason.
const TOLD_TO: &str = "set_aside_told_to";
const TOLD_AT: &str = "set_aside_told_at";
const TOLD_WHY: &str = "set_aside_told_why";
/// How much of what someone wrote is quoted to them, in characters.
const QUOTED: usize = 200;

/// Keeps an input, and why it could not be applied.
pub(crate) async fn keep(conn: &mut AnyConnection, input: &Input, why: &str, now: Millis) -> Result<()> {
    let body = match input {
        // What is kept is what was tried again.
        Input::Due { due: Due::Retry { input }, .. } => input.clone(),
        input => serde_json::to_string(input).unwrap_or_default(),
    };
    // If not even the telling works, the log still has it.
    if let Input::Due { due: Due::DeadLetters, .. } = input {
        upkeep::add_dead_letter(conn, &fresh_id(), now, &DeadLetterKind::Input, why, &body).await?;
    } else {
        add(conn, (&DeadLetterKind::Input, why), &body, now).await?;
    }
    use_up(conn, input, now).await
}

/// Keeps something for a person, with what it is and why it failed, and sets the timer that tells them.
pub(crate) async fn add(
    conn: &mut AnyConnection,
    (what, why): (&DeadLetterKind, &str),
    body: &str,
    now: Millis,
) -> Result<()> {
    let id = fresh_id();
    tracing::error!(set_aside = id, %what, why, "set aside");
    metrics::counter!(SET_ASIDE).increment(1);
    upkeep::add_dead_letter(conn, &id, now, what, why, body).await?;
    let every = TELL_EVERY.as_millis();
    let due_at = Millis(now.0 - now.0.rem_euclid(i64::try_from(every).unwrap_or(1))) + TELL_EVERY;
    timers::set(conn, &Timer { due_at, what: Due::DeadLetters }).await
}

fn fresh_id() -> String {
    format!("s-{}", clock::random_typable(6))
}

/// Tells admins that something was set aside, and those who wrote it.
pub(crate) async fn tell(tx: &mut Tx<'_>) -> Result<()> {
    let told_to = recall(tx, TOLD_TO).await?;
    let new = upkeep::dead_letters_since(tx.db().await?, told_to.unwrap_or(Millis(0))).await?;
    let Some(newest) = new.first() else { return Ok(()) };
    upkeep::remember(tx.db().await?, TOLD_TO, &newest.at.to_string()).await?;
    for letter in &new {
        tell_writer(tx, letter).await?;
    }
    // It may quote what a person wrote, and is kept for as long as nothing else is set aside: the same again
    // is known by its hash.
    let why = hash(&newest.why);
    let is_known = upkeep::recall(tx.db().await?, TOLD_WHY).await?.as_deref() == Some(why.as_str());
    if is_known && recall(tx, TOLD_AT).await?.is_some_and(|told_at| tx.now.since(told_at) < TOLD_FOR) {
        return Ok(());
    }
    upkeep::remember(tx.db().await?, TOLD_WHY, &why).await?;
    let now = tx.now;
    upkeep::remember(tx.db().await?, TOLD_AT, &now.0.to_string()).await?;
    let all = upkeep::dead_letter_count(tx.db().await?).await?;
    let more = u32::try_from(all - 1).unwrap_or(0);
    let says = Says::SetAside { what: newest.what.describe(), error: newest.why.clone(), more };
    tell_admins(tx, &says).await
}

fn hash(text: &str) -> String {
    let begin = Sha256::digest(text).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    format!("{begin:016x}")
}

/// Says something to every admin, in their console.
pub(crate) async fn tell_admins(tx: &mut Tx<'_>, says: &Says) -> Result<()> {
    for admin in agents::all(tx.db().await?).await?.into_iter().filter(|agent| agent.is(Role::Admin)) {
        tx.say(&Place::Console(admin.who.id), says.clone().plainly(), None).await?;
    }
    Ok(())
}

async fn recall(tx: &mut Tx<'_>, fact: &str) -> Result<Option<Millis>> {
    Ok(upkeep::recall(tx.db().await?, fact).await?.and_then(|text| text.parse().ok()).map(Millis))
}

/// Tells who wrote a message that was set aside, in their console: its room may be what could not be read.
async fn tell_writer(tx: &mut Tx<'_>, letter: &DeadLetter) -> Result<()> {
    let Ok(Input::Room(RoomEvent { sender, what: RoomAct::Message { body, .. }, .. })) =
        serde_json::from_str(&letter.body)
    else {
        return Ok(());
    };
    let writer = match agents::by_user(tx.db().await?, &sender).await {
        Err(StoreError::Corrupt { .. }) => None,
        writer => writer?,
    };
    let Some(writer) = writer else { return Ok(()) };
    let what = sanitize::short_line(&body, QUOTED);
    tx.say(&Place::Console(writer.who.id), Says::InternalError { what }.plainly(), None).await
}

/// Takes away what would bring the input again.
async fn use_up(conn: &mut AnyConnection, input: &Input, now: Millis) -> Result<()> {
    let receipts: Vec<String> =
        input.receipt().into_iter().chain(input.more_receipts()).map(Receipt::into_string).collect();
    upkeep::claim_all(conn, &receipts, now).await?;
    if let Input::Due { id, .. } = input {
        timers::take(conn, id).await?;
    }
    if let Some(claim) = input.claim()
        && outbox::still_ours(conn, claim).await?
    {
        // Without its room, nothing in a lane can be delivered.
        let whole_lane = matches!(input, Input::Delivered { evidence: Evidence::Room(_), .. });
        outbox::set_aside(conn, claim, whole_lane).await?;
    }
    Ok(())
}

/// Tries a dead letter again; false if it cannot be read. An effect goes back to its place in the outbox;
/// anything else comes through the door once more, by a timer.
pub(crate) async fn try_again(tx: &mut Tx<'_>, letter: &DeadLetter) -> Result<bool> {
    let input = match &letter.what {
        DeadLetterKind::Effect { lane, seq } => return bring_back(tx, lane, *seq).await,
        DeadLetterKind::Text => serde_json::from_str::<ContactText>(&letter.body).ok().map(Input::Text),
        DeadLetterKind::Input | DeadLetterKind::Timer | DeadLetterKind::Unknown(_) => {
            serde_json::from_str::<Input>(&letter.body).ok()
        }
    };
    let Some(input) = input else { return Ok(false) };
    if let Some(claim) = input.claim() {
        return bring_back(tx, &claim.lane, claim.seq).await;
    }
    let what = match input {
        Input::Due { due, .. } => due,
        input => Due::Retry { input: serde_json::to_string(&input).unwrap_or_default() },
    };
    tx.set(&Timer { due_at: tx.now, what }).await?;
    Ok(true)
}

async fn bring_back(tx: &mut Tx<'_>, lane: &Lane, seq: i64) -> Result<bool> {
    let is_back = outbox::bring_back(tx.db().await?, lane, seq).await?;
    if is_back {
        tx.wake_lane(lane);
    }
    Ok(is_back)
}
