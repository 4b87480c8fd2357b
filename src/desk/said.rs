//! What an agent writes in a session's room: whether it goes to the phone.

use std::borrow::Cow;

use ruma::OwnedEventId;

use super::reply_target::{self, Known};
use super::{blanks, enclosed, later_word, notices};
use crate::acts::enclosing;
use crate::acts::interactions::once;
use crate::acts::replies::{Saying, say};
use crate::acts::responses;
use crate::acts::rights::not_now;
use crate::acts::spelling;
use crate::commands;
use crate::commit::Tx;
use crate::domain::address::ChannelRules;
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::input::{MessageKind, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::notice::HeldBack;
use crate::domain::reply::{Reply, ReplyState, in_words};
use crate::domain::sent_file::SentFile;
use crate::domain::text::prefix::{self, Typed};
use crate::domain::text::{outgoing, sanitize};
use crate::store::rooms::Session;
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, interactions, responses as response_store};

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
    /// The file it brings.
    file: Option<&'a SentFile>,
}

impl Words<'_> {
    /// As the transcript has it.
    fn shown(&self) -> Cow<'_, str> {
        if self.file.is_some() { in_words(self.body) } else { self.body.into() }
    }
}

/// What is to become of a message.
enum Fate {
    /// It is a command.
    Command(String),
    /// It stays among agents.
    Internal,
    /// It goes to the phone.
    Send(String),
    /// The standard response of this shortcut goes in its place.
    Shortcut(String),
    /// It cannot go.
    HoldBack(HeldBack),
}

/// An agent says something.
pub(super) async fn message(tx: &mut Tx<'_>, by: Speaking<'_>, message: &Message<'_>) -> Result<()> {
    let (interaction, agent) = (&by.session.interaction, by.agent);
    let body =
        if message.reply_to.is_some() { outgoing::strip_reply_fallback(message.body) } else { message.body };
    let rules = interaction.contact.number.rules();
    let file = message.kind.file();
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
            notices::run(tx, agent, &said, &line).await?;
            if file.is_some() && interaction.is_owned_by(&agent.who.id) {
                let (event, user) = (&by.event.event_id, &agent.who.user);
                // The command may have taken them out of the room.
                let after = interactions::by_id(tx.db().await?, &interaction.id).await?;
                once(tx, after.as_ref().unwrap_or(interaction), event, user, HeldBack::BesideCommand).await?;
            }
            return Ok(());
        }
        Fate::Send(_) | Fate::Shortcut(_) | Fate::HoldBack(_)
            if fills_blank(tx, by, message, body).await? =>
        {
            return Ok(());
        }
        Fate::Send(text) if file.is_none() && us(tx, &text, by, message).await? => return Ok(()),
        fate => fate,
    };
    let (fate, in_reply_to) = match stands(tx, &interaction.id, message).await? {
        Known::Said => (fate, None),
        // Someone who writes to the contact may have meant it for them: they are told that it stayed
        // internal.
        Known::Unsaid if interaction.hears(&agent.who.id) => match fate {
            Fate::Send(_) | Fate::Shortcut(_) => (Fate::HoldBack(HeldBack::UnknownReply), None),
            fate => (fate, None),
        },
        Known::Unsaid | Known::Internal => (Fate::Internal, None),
        Known::Nothing => (fate, message.reply_to.cloned()),
    };
    carry_out(tx, by, Words { said: &by.event.event_id, in_reply_to, body, file }, fate).await
}

/// Carries out the fate of a message that is no command.
async fn carry_out(tx: &mut Tx<'_>, by: Speaking<'_>, words: Words<'_>, fate: Fate) -> Result<()> {
    let Speaking { event, session, agent } = by;
    let shown = words.shown().into_owned();
    let Words { said, in_reply_to, file, .. } = words;
    let files = file.map(std::slice::from_ref).unwrap_or_default();
    let interaction = &session.interaction;
    let fate = match fate {
        Fate::Send(_) | Fate::Shortcut(_) | Fate::HoldBack(_) => {
            not_now(interaction, agent, tx.now).map_or(fate, Fate::HoldBack)
        }
        Fate::Command(_) | Fate::Internal => fate,
    };
    let fate = match fate {
        Fate::Send(_) if file.is_some() => {
            enclosing::way(tx, interaction, &agent.who.user).await?.map_or_else(Fate::HoldBack, |_| fate)
        }
        fate => fate,
    };
    let author = agent.who.user.as_str();
    match fate {
        Fate::Send(text) => {
            let saying =
                Saying { interaction, agent, event: said, at: event.at, in_reply_to, response: None, files };
            say(tx, session.queue.as_ref(), saying, &text).await.map(drop)
        }
        Fate::Shortcut(shortcut) => {
            let saying =
                Saying { interaction, agent, event: said, at: event.at, in_reply_to, response: None, files };
            Box::pin(responses::typed(tx, saying, &shortcut)).await
        }
        Fate::HoldBack(why) => {
            tx.write_down(interaction, held_back_as(why), author, &shown, Some(said.as_str())).await?;
            tx.hold_back(interaction, said.clone(), &agent.who.user, why).await
        }
        Fate::Command(_) | Fate::Internal => {
            tx.write_down(interaction, LineKind::Internal, author, &shown, Some(said.as_str())).await
        }
    }
}

/// The transcript line of a message that was held back. What was not meant for the contact, or may not have
/// been, stays among agents, also where it is edited.
fn held_back_as(why: HeldBack) -> LineKind {
    match why {
        HeldBack::NotOwner | HeldBack::UnknownReply | HeldBack::Callback => LineKind::Internal,
        HeldBack::NotActive
        | HeldBack::Held
        | HeldBack::Snoozed
        | HeldBack::Expired
        | HeldBack::WrapUp
        | HeldBack::OptedOut
        | HeldBack::Blocked
        | HeldBack::MayNotText
        | HeldBack::Unanswerable
        | HeldBack::WindowClosed
        | HeldBack::SlashCommand
        | HeldBack::NoShortcut
        | HeldBack::ValueMissing
        | HeldBack::Unsupported
        | HeldBack::MediaNotAllowed
        | HeldBack::NoMms
        | HeldBack::MediaTooLarge
        | HeldBack::AnimationTooLarge
        | HeldBack::MediaNotCarried
        | HeldBack::SoundNotCarried
        | HeldBack::VideoNotCarried
        | HeldBack::MediaUnreadable
        | HeldBack::VideoUnreadable
        | HeldBack::MediaEmpty
        | HeldBack::MediaEndedProgram
        | HeldBack::BesideCommand
        | HeldBack::BesideShortcut
        | HeldBack::MediaEncrypted
        | HeldBack::MediaGone
        | HeldBack::Late
        | HeldBack::AlreadySent
        | HeldBack::NotCorrected
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
        MessageKind::EncryptedFile => return Fate::HoldBack(HeldBack::MediaEncrypted),
        MessageKind::Media { file: None } | MessageKind::Other { .. } => {
            return Fate::HoldBack(HeldBack::Unsupported);
        }
        MessageKind::Location { geo_uri } => {
            return outgoing::map_link(geo_uri).map_or(Fate::HoldBack(HeldBack::Unsupported), Fate::Send);
        }
        MessageKind::Media { file: Some(_) } if body.trim().is_empty() => return Fate::Send(String::new()),
        MessageKind::Media { file: Some(_) } | MessageKind::Text | MessageKind::Emote => {}
    }
    let plain = |body: &str| outgoing::plain(body, message.formatted, message.pills);
    let text = match prefix::classify(body, prefix) {
        Typed::Command(line) => return Fate::Command(line.to_owned()),
        Typed::Internal => return Fate::Internal,
        Typed::SlashCommand => return Fate::HoldBack(HeldBack::SlashCommand),
        Typed::LoneShortcut(_) if message.kind.file().is_some() => {
            return Fate::HoldBack(HeldBack::BesideShortcut);
        }
        Typed::LoneShortcut(shortcut) if shortcut.ends_with(['?', '？']) => {
            return Fate::Command(format!("reply {shortcut}"));
        }
        Typed::LoneShortcut(shortcut) => return Fate::Shortcut(shortcut.to_owned()),
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
    } else if !rules.takes(&text) {
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
    let line = if let Fate::Command(line) = &fate { Some(line.as_str()) } else { None };
    if Box::pin(later_word::edited(tx, (interaction, agent, event), (of, new.pills), line)).await? {
        return Ok(());
    }
    let file = new.kind.file();
    let words = Words { said: of, in_reply_to: None, body, file };
    let Some(mut reply) = enclosed::whole(tx, &interaction.id, of).await? else {
        return edit_of_unsent(tx, by, words, fate).await;
    };
    if reply.by != event.sender {
        return Ok(());
    }
    if reply.state == ReplyState::Dropped {
        return edit_ignored(tx, interaction, agent, of, &fate).await;
    }
    let is_new = matches!(fate, Fate::Send(_)) && reply.is_waiting() && reply.misspelt().is_none();
    let (changed, why) = match fate {
        Fate::Send(text) if !reply.enclosures.is_empty() && reply.response.is_none() => {
            (reply.rewrite_beside(of, &text, file), None)
        }
        Fate::Send(text) if file.is_none() => (reply.rewrite(text), None),
        Fate::Send(_) | Fate::Command(_) | Fate::Internal | Fate::Shortcut(_) | Fate::HoldBack(_) => {
            let was_waiting = reply.is_waiting();
            (take_back(tx, &mut reply, of).await?, was_waiting.then_some(HeldBack::EditedAway))
        }
    };
    // Other words than those that were looked at, or than those of a standard response.
    if is_new && reply.is_waiting() {
        reply.spelling = spelling::wanted(tx.settings, by.session.queue.as_ref(), agent);
    }
    if let Some(sending) = reply.spell_again() {
        tx.emit(sending).await?;
    }
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
async fn edit_of_unsent(tx: &mut Tx<'_>, by: Speaking<'_>, words: Words<'_>, fate: Fate) -> Result<()> {
    let of = words.said;
    let Speaking { event, session: Session { interaction, .. }, agent } = by;
    let Some(line) = transcript::line(tx.db().await?, &interaction.id, of).await? else {
        return edit_ignored(tx, interaction, agent, of, &fate).await;
    };
    if line.author != event.sender.as_str() {
        return Ok(());
    }
    let was_aside = matches!(prefix::classify(&line.body, &tx.settings.prefix), Typed::Internal);
    match (line.kind, &fate) {
        (LineKind::HeldBack, Fate::Send(_) | Fate::Shortcut(_) | Fate::HoldBack(_)) => {
            transcript::forget_held_back(tx.db().await?, &interaction.id, of).await?;
            carry_out(tx, by, words, fate).await
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
        Fate::Send(_) | Fate::Command(_) | Fate::Shortcut(_) | Fate::HoldBack(_) => {
            once(tx, interaction, of, &agent.who.user, HeldBack::EditIgnored).await
        }
    }
}

/// A message is deleted: while it can be taken back, it is not sent.
pub(super) async fn redaction(tx: &mut Tx<'_>, interaction: &Interaction, of: &OwnedEventId) -> Result<()> {
    if later_word::deleted(tx, interaction, of).await? {
        return Ok(());
    }
    response_store::taken_back(tx.db().await?, &interaction.id, of).await?;
    let Some(mut reply) = enclosed::whole(tx, &interaction.id, of).await? else {
        // A message that was held back is never sent, not even because of an edit that arrives later.
        return transcript::forget_held_back(tx.db().await?, &interaction.id, of).await;
    };
    let unsent = take_back(tx, &mut reply, of).await?;
    // Of pictures that wait because of their captions, one was taken back.
    if let Some(sending) = reply.spell_again() {
        tx.emit(sending).await?;
    }
    tx.update_reply(reply.clone()).await?;
    if unsent {
        // A message that was never sent need not be kept.
        return transcript::forget_held_back(tx.db().await?, &interaction.id, of).await;
    }
    once(tx, interaction, of, &reply.by, HeldBack::AlreadySent).await
}

/// Takes back what an event brought: of pictures that go together, this one. False if it is on its way.
async fn take_back(tx: &mut Tx<'_>, reply: &mut Reply, of: &OwnedEventId) -> Result<bool> {
    if reply.is_waiting() && !reply.enclosures.is_empty() {
        return enclosed::leave_out(tx, reply, of).await;
    }
    Ok(reply.take_back())
}

/// A reply to a question for a blank of a standard response answers it, whatever it looks like. Returns
/// whether it was one.
async fn fills_blank(tx: &mut Tx<'_>, by: Speaking<'_>, message: &Message<'_>, body: &str) -> Result<bool> {
    let Some(target) = message.reply_to.filter(|_| !message.in_thread) else { return Ok(false) };
    if !matches!(message.kind, MessageKind::Text | MessageKind::Emote) {
        return Ok(false);
    }
    let text = &outgoing::plain(body, message.formatted, message.pills);
    let Speaking { event, session, agent } = by;
    let replying = blanks::Replying { interaction: &session.interaction, agent, event, target, text };
    // It is rare; boxed, it does not make the future of every other message larger.
    Box::pin(blanks::filled(tx, replying)).await
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
