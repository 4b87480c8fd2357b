//! What an agent writes in a session's room: whether it goes to the phone.

use ruma::OwnedEventId;

use super::notices;
use super::reply_target::{self, Known};
use crate::acts::interactions::once;
use crate::acts::late;
use crate::clock::{self, Millis};
use crate::commands;
use crate::commit::Tx;
use crate::domain::address::ChannelRules;
use crate::domain::agent::Agent;
use crate::domain::effect::{Effect, Place, SendReply};
use crate::domain::ids::InteractionId;
use crate::domain::input::{MessageKind, RoomEvent};
use crate::domain::interaction::{Interaction, Work};
use crate::domain::notice::HeldBack;
use crate::domain::reply::{Reply, ReplyState};
use crate::domain::session::Event;
use crate::domain::text::prefix::{self, Typed};
use crate::domain::text::{fill, outgoing, sanitize};
use crate::store::interactions::{self, LineKind};
use crate::store::rooms::Session;
use crate::store::{Result, replies};

/// The longest reply, as a multiple of the longest message of the contact's channel. A provider that takes
/// less at once gets more requests.
const MAX_REQUESTS: usize = 20;

/// A message of an agent.
pub(super) struct Message<'a> {
    /// What kind.
    pub(super) kind: &'a MessageKind,
    /// Its body, or its caption.
    pub(super) body: &'a str,
    /// What it replies to.
    pub(super) reply_to: Option<&'a OwnedEventId>,
    /// Whether it stands in a thread.
    pub(super) in_thread: bool,
    /// The users it names, with their names.
    pub(super) pills: &'a [(String, String)],
    /// The client's HTML, in which its formatting is resolved.
    pub(super) formatted: Option<&'a str>,
}

/// An agent who says something in a session's room.
#[derive(Clone, Copy)]
pub(super) struct Speaking<'a> {
    /// The event of the message.
    pub(super) event: &'a RoomEvent,
    /// The session.
    pub(super) session: &'a Session,
    /// The agent who wrote it.
    pub(super) agent: &'a Agent,
}

/// The text of the message.
struct Words<'a> {
    /// The event of the message; for an edit that is the first event, not the edit.
    said: &'a OwnedEventId,
    /// The event it replies to, if the desk does not know that one.
    in_reply_to: Option<OwnedEventId>,
    /// Its text, without what it quotes.
    body: &'a str,
}

/// What is to become of a message.
enum Fate {
    /// It is a command.
    Command(String),
    /// It stays among agents.
    Internal,
    /// It goes to the phone.
    Send(String),
    /// It cannot go.
    HoldBack(HeldBack),
}

/// An agent says something.
pub(super) async fn message(tx: &mut Tx<'_>, by: Speaking<'_>, message: &Message<'_>) -> Result<()> {
    let (interaction, agent) = (&by.session.interaction, by.agent);
    let body =
        if message.reply_to.is_some() { outgoing::strip_reply_fallback(message.body) } else { message.body };
    let rules = interaction.contact.number.rules();
    let fate = match fate_of(message, body, &tx.settings.prefix, rules) {
        Fate::Command(line) => {
            // An agent who has left the room since reads the answer in their console.
            let place = if interaction.has_inside(&agent.who.user) {
                Place::Session(interaction.id.clone())
            } else {
                Place::Console(agent.who.id.clone())
            };
            let said = commands::Said {
                reply_to: message.reply_to,
                pills: message.pills,
                ..commands::Said::done(by.event, place, Some(interaction.into()))
            };
            return notices::run(tx, agent, &said, &line).await;
        }
        Fate::Send(text) if us(tx, &text, by, message).await? => return Ok(()),
        fate => fate,
    };
    let (fate, in_reply_to) = match stands(tx, &interaction.id, message).await? {
        Known::Said => (fate, None),
        // Someone who writes to the contact may have meant it for them: they are told that it stayed
        // internal.
        Known::Unsaid if interaction.hears(&agent.who.id) => match fate {
            Fate::Send(_) => (Fate::HoldBack(HeldBack::UnknownReply), None),
            fate => (fate, None),
        },
        Known::Unsaid | Known::Internal => (Fate::Internal, None),
        Known::Nothing => (fate, message.reply_to.cloned()),
    };
    carry_out(tx, by, Words { said: &by.event.event_id, in_reply_to, body }, fate).await
}

/// Carries out the fate of a message that is no command.
async fn carry_out(tx: &mut Tx<'_>, by: Speaking<'_>, words: Words<'_>, fate: Fate) -> Result<()> {
    let Speaking { event, session, agent } = by;
    let Words { said, in_reply_to, body } = words;
    let interaction = &session.interaction;
    let fate = match fate {
        Fate::Send(_) | Fate::HoldBack(_) => {
            obstacle(interaction, agent, tx.now).map_or(fate, Fate::HoldBack)
        }
        Fate::Command(_) | Fate::Internal => fate,
    };
    let author = agent.who.user.as_str();
    match fate {
        Fate::Send(text) => {
            let (id, by) = (clock::random_hex(), agent.who.user.clone());
            let mut reply = Reply::new(id, interaction.id.clone(), said.clone(), by, text.clone());
            reply.in_reply_to = in_reply_to;
            if tx.now.since(event.at) > tx.settings.desk.late() {
                return late::ask(tx, reply).await;
            }
            reply.signature = signature(tx, session, agent).await?;
            tx.write_down(interaction, LineKind::Owner, author, &text, Some(said.as_str())).await?;
            send(tx, interaction, reply, event.at.min(tx.now)).await
        }
        Fate::HoldBack(why) => {
            tx.write_down(interaction, held_back_as(why), author, body, Some(said.as_str())).await?;
            tx.hold_back(interaction, said.clone(), &agent.who.user, why).await
        }
        Fate::Command(_) | Fate::Internal => {
            tx.write_down(interaction, LineKind::Internal, author, body, Some(said.as_str())).await
        }
    }
}

/// The transcript line of a message that was held back. What was not meant for the contact, or may not have
/// been, stays among agents, also where it is edited.
fn held_back_as(why: HeldBack) -> LineKind {
    match why {
        HeldBack::NotOwner | HeldBack::UnknownReply => LineKind::Internal,
        HeldBack::NotActive
        | HeldBack::Held
        | HeldBack::Snoozed
        | HeldBack::Expired
        | HeldBack::WrapUp
        | HeldBack::OptedOut
        | HeldBack::Blocked
        | HeldBack::Unanswerable
        | HeldBack::WindowClosed
        | HeldBack::SlashCommand
        | HeldBack::NoShortcut
        | HeldBack::Unsupported
        | HeldBack::Late
        | HeldBack::AlreadySent
        | HeldBack::Reaction
        | HeldBack::EditedAway
        | HeldBack::EditIgnored
        | HeldBack::TooLong
        | HeldBack::Empty
        | HeldBack::OldRoom
        | HeldBack::Erased => LineKind::HeldBack,
    }
}

/// The fate of a message by its content alone, whoever wrote it. `body` is its new text, `rules` are those of
/// the contact's channel.
fn fate_of(message: &Message<'_>, body: &str, prefix: &str, rules: &ChannelRules) -> Fate {
    match message.kind {
        MessageKind::Notice => return Fate::Internal,
        MessageKind::Media | MessageKind::Other { .. } => return Fate::HoldBack(HeldBack::Unsupported),
        MessageKind::Location { geo_uri } => {
            return outgoing::map_link(geo_uri).map_or(Fate::HoldBack(HeldBack::Unsupported), Fate::Send);
        }
        MessageKind::Text | MessageKind::Emote => {}
    }
    let plain = |body: &str| outgoing::plain(body, message.formatted, message.pills);
    let text = match prefix::classify(body, prefix) {
        Typed::Command(line) => return Fate::Command(line.to_owned()),
        Typed::Internal => return Fate::Internal,
        Typed::SlashCommand => return Fate::HoldBack(HeldBack::SlashCommand),
        Typed::LoneShortcut(_) => return Fate::HoldBack(HeldBack::NoShortcut),
        Typed::Escaped(escaped) => match prefix::classify(&plain(body), prefix) {
            Typed::Escaped(text) => text,
            _ => outgoing::plain(&escaped, None, message.pills),
        },
        Typed::Text => plain(body),
    };
    let text = text.trim().to_owned();
    // A text without a visible character counts as empty.
    if sanitize::one_line(&text).is_empty() {
        Fate::HoldBack(HeldBack::Empty)
    } else if text.encode_utf16().count() > MAX_REQUESTS * rules.max_units {
        Fate::HoldBack(HeldBack::TooLong)
    } else {
        Fate::Send(text)
    }
}

/// Who the message is for, by where it stands: a thread is internal, and so is a reply to something internal.
async fn stands(tx: &mut Tx<'_>, of: &InteractionId, message: &Message<'_>) -> Result<Known> {
    match message.reply_to {
        _ if message.in_thread => Ok(Known::Internal),
        None => Ok(Known::Said),
        Some(target) => reply_target::what_is(tx, of, target).await,
    }
}

/// Why this agent's words cannot reach this contact now, if they cannot.
fn obstacle(interaction: &Interaction, agent: &Agent, now: Millis) -> Option<HeldBack> {
    let Some(work) = interaction.work() else { return Some(HeldBack::NotActive) };
    if !interaction.hears(&agent.who.id) {
        return Some(HeldBack::NotOwner);
    }
    match work {
        Work::Active => {}
        Work::Held => return Some(HeldBack::Held),
        Work::Snoozed { .. } => return Some(HeldBack::Snoozed),
        Work::Expired => return Some(HeldBack::Expired),
        Work::WrapUp => return Some(HeldBack::WrapUp),
    }
    if !interaction.contact.number.can_be_answered() {
        return Some(HeldBack::Unanswerable);
    }
    interaction.window_is_closed(now).then_some(HeldBack::WindowClosed)
}

/// The text below this message: the queue's signature, if it is the owner's first message here.
async fn signature(tx: &mut Tx<'_>, session: &Session, agent: &Agent) -> Result<String> {
    let Session { interaction, queue } = session;
    let template = queue.as_ref().and_then(|queue| queue.signature.as_deref());
    let Some(template) = template else { return Ok(String::new()) };
    if interactions::has_spoken(tx.db().await?, &interaction.id, &agent.who.user).await? {
        return Ok(String::new());
    }
    Ok(fill::fill(template, &interaction.contact, &agent.who).unwrap_or_else(|error| {
        tracing::warn!(queue = %interaction.queue, %error, "the queue's signature cannot be filled in; sent without");
        String::new()
    }))
}

/// Sends a message once it can no longer be taken back.
async fn send(tx: &mut Tx<'_>, interaction: &Interaction, reply: Reply, said_at: Millis) -> Result<()> {
    let undo = std::time::Duration::from_millis(interaction.rules.undo_ms);
    let effect =
        Effect::SendReply(SendReply { interaction: interaction.id.clone(), reply: reply.id.clone() });
    tx.insert_reply(reply).await?;
    tx.emit_said(effect, tx.now + undo, said_at).await?;
    // Only the owner's words get here, so nothing can be refused.
    tx.happens(interaction, Event::Replied).await
}

/// An agent edits a message: while it can be taken back, the new text is sent instead.
pub(super) async fn edit(
    tx: &mut Tx<'_>,
    by: Speaking<'_>,
    of: &OwnedEventId,
    new: &Message<'_>,
) -> Result<()> {
    let Speaking { event, session: Session { interaction, .. }, agent } = by;
    let body = outgoing::strip_reply_fallback(new.body);
    let fate = fate_of(new, body, &tx.settings.prefix, interaction.contact.number.rules());
    let Some(mut reply) = replies::by_event(tx.db().await?, &interaction.id, of).await? else {
        return edit_of_unsent(tx, by, of, fate, body).await;
    };
    if reply.by != event.sender {
        return Ok(());
    }
    if reply.state == ReplyState::Dropped {
        return edit_ignored(tx, interaction, agent, of, &fate).await;
    }
    let (changed, why) = match fate {
        Fate::Send(text) => (reply.rewrite(text), None),
        Fate::Command(_) | Fate::Internal | Fate::HoldBack(_) => {
            let was_waiting = reply.is_waiting();
            (reply.take_back(), was_waiting.then_some(HeldBack::EditedAway))
        }
    };
    tx.update_reply(reply.clone()).await?;
    if !changed {
        return once(tx, interaction, of, &event.sender, HeldBack::AlreadySent).await;
    }
    match why {
        Some(why) => tx.hold_back(interaction, of.clone(), &event.sender, why).await,
        None => Ok(()),
    }
}

/// An edit of a message that was not sent. One that was held back is judged anew, as if it had just been
/// written; one that was not meant for the contact stays internal.
async fn edit_of_unsent(
    tx: &mut Tx<'_>,
    by: Speaking<'_>,
    of: &OwnedEventId,
    fate: Fate,
    body: &str,
) -> Result<()> {
    let Speaking { event, session: Session { interaction, .. }, agent } = by;
    let Some(line) = interactions::line(tx.db().await?, &interaction.id, of).await? else {
        return edit_ignored(tx, interaction, agent, of, &fate).await;
    };
    if line.author != event.sender.as_str() {
        return Ok(());
    }
    let was_aside = matches!(prefix::classify(&line.body, &tx.settings.prefix), Typed::Internal);
    match (line.kind, &fate) {
        (LineKind::HeldBack, Fate::Send(_) | Fate::HoldBack(_)) => {
            interactions::forget_held_back(tx.db().await?, &interaction.id, of).await?;
            carry_out(tx, by, Words { said: of, in_reply_to: None, body }, fate).await
        }
        (LineKind::HeldBack, Fate::Command(_)) => edit_ignored(tx, interaction, agent, of, &fate).await,
        (LineKind::Internal, _) if was_aside => edit_ignored(tx, interaction, agent, of, &fate).await,
        // It stood in a thread, or among what is not for the contact: an edit does not change where it
        // stands.
        (
            LineKind::HeldBack
            | LineKind::Internal
            | LineKind::Owner
            | LineKind::Failed
            | LineKind::Contact
            | LineKind::Change
            | LineKind::Note,
            _,
        ) => Ok(()),
    }
}

/// Says, once, that an edit which would have reached the contact or the bot did not.
async fn edit_ignored(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    agent: &Agent,
    of: &OwnedEventId,
    fate: &Fate,
) -> Result<()> {
    match fate {
        Fate::Internal => Ok(()),
        Fate::Send(_) | Fate::Command(_) | Fate::HoldBack(_) => {
            once(tx, interaction, of, &agent.who.user, HeldBack::EditIgnored).await
        }
    }
}

/// A message is deleted: while it can be taken back, it is not sent.
pub(super) async fn redaction(tx: &mut Tx<'_>, interaction: &Interaction, of: &OwnedEventId) -> Result<()> {
    let Some(mut reply) = replies::by_event(tx.db().await?, &interaction.id, of).await? else {
        // A message that was held back is never sent, not even because of an edit that arrives later.
        return interactions::forget_held_back(tx.db().await?, &interaction.id, of).await;
    };
    let unsent = reply.take_back();
    tx.update_reply(reply.clone()).await?;
    if unsent {
        // A message that was never sent need not be kept.
        return interactions::forget_held_back(tx.db().await?, &interaction.id, of).await;
    }
    once(tx, interaction, of, &reply.by, HeldBack::AlreadySent).await
}

/// A bare number, yes or no in reply to a notice may answer it. Returns whether it was taken as an answer.
async fn us(tx: &mut Tx<'_>, text: &str, by: Speaking<'_>, message: &Message<'_>) -> Result<bool> {
    let Some(target) = message.reply_to.filter(|_| !message.in_thread) else { return Ok(false) };
    let Some(answer) = notices::Answer::of_words(text) else { return Ok(false) };
    let interaction = &by.session.interaction;
    let place = Place::Session(interaction.id.clone());
    let said = commands::Said::done(by.event, place, Some(interaction.into()));
    let came = Box::pin(notices::answer(tx, by.agent, &said, target, answer)).await?;
    Ok(came == notices::Came::Taken)
}
