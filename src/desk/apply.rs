//! From an input to the code that applies it.

use super::outcomes::{self, calls, lookups, replies, route};
use super::{behind, callback, kept, lost, overdue, retention, rooms, setup, shell, then};
use crate::acts::{
    channels, conversations, dead_letters, forget, later, people, pictures, program, readiness, talks,
};
use crate::commit::{Applied, Tx};
use crate::domain::address::Address;
use crate::domain::conversation::Conversation;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::{LeaveRoom, Place, ReconcilePart, Role, Route, TakeAway};
use crate::domain::input::{Input, RoomAct};
use crate::domain::notice::Says;
use crate::domain::reply;
use crate::domain::session::Event;
use crate::domain::talk;
use crate::domain::timer::Due;
use crate::store::search::earlier;
use crate::store::{
    Result, conversations as conversation_store, lists, outbox, replies as reply_store, scheduled, timers,
    transcript,
};

/// How many messages of a page are looked at whether they are still on their way.
const LOOK_BACK: i64 = 20;

/// Applies one input inside a commit that has claimed its receipt.
pub(super) async fn apply(tx: &mut Tx<'_>, input: &Input) -> Result<Applied> {
    if !comes_often(input) {
        tx.db().await?;
    }
    match input {
        Input::Text(text) => kept::text(tx, text).await,
        Input::Reported(report) => replies::reported(tx, report).await,
        Input::Call(call) => Box::pin(calls::happened(tx, call)).await,
        Input::Room(event) => Box::pin(rooms::event(tx, event)).await,
        Input::Due { id, due } => Box::pin(due_now(tx, id, due)).await,
        Input::Delivered { claim, evidence } => outcomes::delivered(tx, claim, evidence).await,
        Input::Postponed { claim, until, counts } => {
            outbox::postpone(tx.db().await?, claim, *until, *counts).await?;
            Ok(Applied::Done)
        }
        Input::Begun { claim } => {
            Ok(if outbox::begin(tx.db().await?, claim).await? { Applied::Done } else { Applied::Lost })
        }
        Input::Undeliverable { claim, why } => outcomes::undeliverable(tx, claim, why).await,
        // These are rare; boxed, they make the step of no other input larger.
        Input::RoomLost { claim, place, room, how } => {
            Box::pin(lost::room(tx, claim, place, room, *how)).await
        }
        Input::AliasTaken { claim, place } => Box::pin(lost::alias(tx, claim, place)).await,
        Input::GhostLost { claim, number, ghost } => Box::pin(lost::ghost(tx, claim, number, ghost)).await,
        Input::RoomRefused { room } => Box::pin(lost::doubt(tx, room)).await,
        Input::ReplyDue { claim, reply, is_next } => Box::pin(replies::due(tx, claim, reply, *is_next)).await,
        Input::SpellingChecked { claim, reply, text, found } => {
            Box::pin(replies::spelling_checked(tx, claim, reply, (text.as_str(), found))).await
        }
        Input::ReplyTargetResolved { claim, reply, by } => {
            Box::pin(replies::target_resolved(tx, claim, reply, *by)).await
        }
        Input::FileRead { claim, reply, event, file, is_over } => {
            Box::pin(replies::file_read(tx, claim, reply, (&**event, file), *is_over)).await
        }
        Input::FileReady { claim, reply, event, file, made } => {
            Box::pin(replies::file_ready(tx, claim, reply, (&**event, file), made)).await
        }
        Input::Answered { claim, reply, part, answer } => {
            replies::answered(tx, claim, reply, *part, answer).await
        }
        Input::PartLookupDone { claim, part, tries, found } => {
            replies::part_lookup_done(tx, claim, part, *tries, found.as_ref()).await
        }
        Input::PeerPresenceFound { claim, wanted, presence } => {
            Box::pin(lookups::presence_found(tx, claim, wanted, *presence)).await
        }
        Input::Route { claim, queue } => Box::pin(route::route(tx, claim, queue)).await,
        Input::Presences { shown } => people::presences(tx, shown).await,
        Input::Channel(seen) => channels::seen(tx, seen).await,
        Input::CatchingUp { ours, read, .. } => Box::pin(catching_up(tx, ours, *read)).await,
        Input::EraseOld { what } => Box::pin(retention::erase(tx, *what)).await,
        Input::IndexLines => index_lines(tx).await,
        Input::ResumeErasures => Box::pin(forget::resume(tx)).await.map(|()| Applied::Done),
        Input::Setup(desk) => setup::setup(tx, desk).await,
        Input::Person(person) => Box::pin(shell::person(tx, person)).await,
        Input::EraseContact { contact, keep_names } => Box::pin(shell::erase(tx, contact, *keep_names)).await,
        Input::Program(asked) => {
            let answer = Box::pin(program::text(tx, asked)).await?;
            Ok(Applied::Program(Box::new(answer)))
        }
        Input::AtShell { what, subject, detail } => shell::note(tx, what, subject, detail).await,
    }
}

/// Whether an input is one of those that make up most commits. These see what others of their commit added
/// only where they ask for it.
fn comes_often(input: &Input) -> bool {
    match input {
        Input::Text(_)
        | Input::Reported(_)
        | Input::Delivered { .. }
        | Input::ReplyDue { .. }
        | Input::Answered { .. } => true,
        Input::Room(event) => matches!(event.what, RoomAct::Message { .. }),
        Input::Call(_)
        | Input::Due { .. }
        | Input::Postponed { .. }
        | Input::Begun { .. }
        | Input::Undeliverable { .. }
        | Input::RoomLost { .. }
        | Input::AliasTaken { .. }
        | Input::GhostLost { .. }
        | Input::RoomRefused { .. }
        | Input::SpellingChecked { .. }
        | Input::ReplyTargetResolved { .. }
        | Input::FileRead { .. }
        | Input::FileReady { .. }
        | Input::PartLookupDone { .. }
        | Input::PeerPresenceFound { .. }
        | Input::Route { .. }
        | Input::Presences { .. }
        | Input::Channel(_)
        | Input::CatchingUp { .. }
        | Input::EraseOld { .. }
        | Input::IndexLines
        | Input::ResumeErasures
        | Input::Setup(_)
        | Input::Person(_)
        | Input::EraseContact { .. }
        | Input::Program(_)
        | Input::AtShell { .. } => false,
    }
}

/// The provider's list of a number is longer than what is read of it at once: the admins hear of it, once.
async fn catching_up(tx: &mut Tx<'_>, ours: &Address, read: u64) -> Result<Applied> {
    dead_letters::tell_admins(tx, &Says::CatchingUp { number: ours.shown().into_owned(), read }).await?;
    Ok(Applied::Done)
}

async fn index_lines(tx: &mut Tx<'_>) -> Result<Applied> {
    let now = tx.now;
    let is_more = earlier::index_some(tx.db().await?, now).await?;
    Ok(if is_more { Applied::More } else { Applied::Done })
}

async fn due_now(tx: &mut Tx<'_>, id: &str, due: &Due) -> Result<Applied> {
    if *due == Due::Unreadable {
        return unreadable(tx, id).await;
    }
    if !timers::take(tx.db().await?, id).await? {
        return Ok(Applied::Seen);
    }
    let (interaction, event) = match due {
        Due::OfferExpires { interaction, number } => (interaction, Event::OfferExpired { number: *number }),
        Due::OfferRings { interaction, number, rings_at } => {
            (interaction, Event::OfferRings { number: *number, rings_at: *rings_at })
        }
        Due::ReplyWait { interaction, since, taken, .. } => {
            let under_way = overdue::is_under_way(tx, interaction).await?;
            (interaction, Event::ReplyWait { since: *since, taken: *taken, under_way })
        }
        Due::Overflow { interaction, .. } => {
            fail::fail_point!("overflow_due", |_| std::process::abort());
            (interaction, Event::OverflowDue)
        }
        Due::OwnerAway { interaction } => (interaction, Event::AwayTooLong),
        Due::SnoozeOver { interaction, until } => (interaction, Event::SnoozeOver { until: *until }),
        Due::Quiet { interaction, expires_at } => {
            let last_said = transcript::last_said(tx.db().await?, interaction).await?;
            // What goes later is still to be said.
            let last_said = last_said.max(scheduled::last_due(tx.db().await?, interaction).await?);
            (interaction, Event::Quiet { expires_at: *expires_at, last_said })
        }
        Due::PageOver { interaction, over_at } => {
            let newest = reply_store::newest(tx.db().await?, interaction, LOOK_BACK).await?;
            let answered_by = reply::answered_by(&newest).map(ToOwned::to_owned);
            let dispositions = lists::defined(tx.db().await?).await?;
            (interaction, Event::PageOver { over_at: *over_at, answered_by, dispositions })
        }
        Due::LeaveRoom { interaction } => {
            if let Some(interaction) = conversations::deserted_room(tx, interaction).await? {
                tx.emit(LeaveRoom { interaction }).await?;
            }
            return Ok(Applied::Done);
        }
        Due::RouteAgain { queue } => {
            tx.emit(Route { queue: queue.clone() }).await?;
            return Ok(Applied::Done);
        }
        Due::PicturesLate { interaction } => {
            pictures::release(tx, interaction).await?;
            return Ok(Applied::Done);
        }
        Due::Flood { interaction } => return kept::tell(tx, interaction).await,
        // It was looked at above.
        Due::Unreadable => return Ok(Applied::Seen),
        Due::DeadLetters => return dead_letters::tell(tx).await.map(|()| Applied::Done),
        Due::RoomDoubted { room } => return Box::pin(lost::doubt(tx, room)).await,
        Due::RoomsLost => return Box::pin(lost::tell(tx)).await.map(|()| Applied::Done),
        Due::Forget { erasure } => return Box::pin(forget::go_on(tx, erasure)).await.map(|()| Applied::Done),
        Due::LeftInDoubt { event } => return Box::pin(rooms::left(tx, event)).await,
        Due::NotReadyTooLong { agent, since } => {
            return Box::pin(readiness::too_long(tx, agent, *since)).await.map(|()| Applied::Done);
        }
        Due::CallLook { call, tries } => return Box::pin(calls::look(tx, call, *tries)).await,
        Due::Callback { event, at } => return Box::pin(callback::due(tx, event, *at)).await,
        Due::Later { event, at } => return Box::pin(later::due(tx, event, *at)).await,
        Due::Then { reply } => return Box::pin(then::run(tx, reply)).await,
        Due::Retry { input } => return Box::pin(again(tx, input)).await,
        Due::ReactedEarly { event } => return Box::pin(rooms::known(tx, event)).await,
        Due::TokenShown { token, agent } => {
            let to = Place::Console(agent.clone());
            tx.emit(TakeAway { to, role: Role::Token { token: token.clone() } }).await?;
            return Ok(Applied::Done);
        }
        Due::ReconcilePart { part, tries } => {
            tx.emit(ReconcilePart { part: part.clone(), tries: *tries }).await?;
            return Ok(Applied::Done);
        }
    };
    // A timer that no longer fits is refused; that is how timers are taken back.
    match (conversation_store::by_id(tx.db().await?, interaction).await?, event) {
        (Some(Conversation::Session(session)), event) => {
            if !behind::put_off(tx, &session, due).await? {
                tx.happens(&session, event).await?;
            }
        }
        (Some(Conversation::Talk(talk)), Event::OfferExpired { .. }) => {
            talks::happens(tx, &talk, talk::Event::OfferExpired).await?;
        }
        // Of a talk nothing else has a time.
        (Some(Conversation::Talk(_)) | None, _) => {}
    }
    Ok(Applied::Done)
}

/// Applies an input once more that was set aside, whether it was claimed before or not.
async fn again(tx: &mut Tx<'_>, input: &str) -> Result<Applied> {
    // It was read when it was asked for.
    let Ok(input) = serde_json::from_str::<Input>(input) else { return Ok(Applied::Foreign) };
    tx.claim_again(&input).await?;
    apply(tx, &input).await
}

/// Keeps a timer for a person that cannot be read, so that the others run.
async fn unreadable(tx: &mut Tx<'_>, id: &str) -> Result<Applied> {
    let Some(body) = timers::take_row(tx.db().await?, id).await? else { return Ok(Applied::Seen) };
    let now = tx.now;
    dead_letters::add(tx.db().await?, (&DeadLetterKind::Timer, "its row cannot be read"), &body, now).await?;
    tx.wake_timers();
    Ok(Applied::DeadLettered)
}
