//! Messages to contacts.

use std::time::Duration;

use ruma::OwnedEventId;

use crate::acts::{late, response_sent, spelling};
use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::{Effect, SendReply};
use crate::domain::interaction::Interaction;
use crate::domain::queue::QueueSettings;
use crate::domain::reply::{Part, Reply};
use crate::domain::response::Used;
use crate::domain::sent_file::SentFile;
use crate::domain::session::Event;
use crate::domain::text::fill;
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, replies, retention};

/// A message that an agent writes to a contact.
pub(crate) struct Saying<'a> {
    /// The conversation.
    pub(crate) interaction: &'a Interaction,
    /// Who writes it.
    pub(crate) agent: &'a Agent,
    /// The event it was typed in: its marks go there, and while it can be taken back, deleting that does.
    pub(crate) event: &'a OwnedEventId,
    /// When that was, by the homeserver's clock.
    pub(crate) at: Millis,
    /// The event it replies to, if the desk does not know that one.
    pub(crate) in_reply_to: Option<OwnedEventId>,
    /// The standard response that it is.
    pub(crate) response: Option<Used>,
    /// The files it brings; its text is the caption then.
    pub(crate) files: &'a [SentFile],
}

/// Sends a message, once it can no longer be taken back, with the queue's signature below the first one.
/// Nothing may be in its way. Returns whether it goes; one that was written long ago waits for its writer's
/// word.
pub(crate) async fn say(
    tx: &mut Tx<'_>,
    queue: Option<&QueueSettings>,
    saying: Saying<'_>,
    text: &str,
) -> Result<bool> {
    let Saying { interaction, agent, event, at, in_reply_to, response, files } = saying;
    let mut reply = new(interaction, agent, event, text);
    (reply.in_reply_to, reply.response) = (in_reply_to, response);
    for file in files {
        reply = reply.enclosing(file.clone());
        // Whoever erases the conversation has the homeserver erase what was posted in it too. What belongs to
        // a standard response goes to others as well.
        if reply.response.is_none() {
            retention::add_posted(tx.db_unflushed().await?, file.uri.as_str(), interaction).await?;
        }
    }
    // A standard response was looked through when it was written.
    if reply.response.is_none() {
        reply.spelling = spelling::wanted(tx.settings, queue, agent);
    }
    if tx.now.since(at) > tx.settings.desk.late() {
        return late::ask(tx, reply).await.map(|()| false);
    }
    let reply = write_down(tx, (interaction, queue, agent), reply).await?;
    response_sent::show(tx, &reply).await?;
    let undo = Duration::from_millis(interaction.rules.undo_ms);
    send(tx, interaction, reply, (at.min(tx.now), undo)).await.map(|()| true)
}

/// Sends a message at once that was promised for this moment: there was time to take it back. If the
/// conversation changes hands before its turn comes, it goes all the same.
pub(crate) async fn say_now(
    tx: &mut Tx<'_>,
    queue: Option<&QueueSettings>,
    saying: Saying<'_>,
    text: &str,
) -> Result<()> {
    let Saying { interaction, agent, event, response, files, .. } = saying;
    let mut reply = new(interaction, agent, event, text);
    (reply.response, reply.is_promised) = (response, true);
    for file in files {
        reply = reply.enclosing(file.clone());
    }
    if reply.response.is_none() {
        reply.spelling = spelling::wanted(tx.settings, queue, agent);
    }
    let reply = write_down(tx, (interaction, queue, agent), reply).await?;
    let now = tx.now;
    send(tx, interaction, reply, (now, Duration::ZERO)).await
}

fn new(interaction: &Interaction, agent: &Agent, event: &OwnedEventId, text: &str) -> Reply {
    let (id, by) = (clock::random_hex(), agent.who.user.clone());
    Reply::new(id, interaction.id.clone(), event.clone(), by, text.to_owned())
}

/// Writes a message into the transcript, with the queue's signature below the first one.
async fn write_down(
    tx: &mut Tx<'_>,
    (interaction, queue, agent): (&Interaction, Option<&QueueSettings>, &Agent),
    mut reply: Reply,
) -> Result<Reply> {
    reply.signature = signature(tx, interaction, queue, agent).await?;
    let (author, event) = (agent.who.user.as_str(), reply.event.clone());
    tx.write_down(interaction, LineKind::Owner, author, &reply.in_words(), Some(event.as_str())).await?;
    Ok(reply)
}

/// The text below this message: the queue's signature, if it is the owner's first message here.
pub(crate) async fn signature(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    queue: Option<&QueueSettings>,
    agent: &Agent,
) -> Result<String> {
    let template = queue.and_then(|queue| queue.signature.as_deref());
    let Some(template) = template else { return Ok(String::new()) };
    if transcript::has_spoken(tx.db().await?, &interaction.id, &agent.who.user).await? {
        return Ok(String::new());
    }
    Ok(fill::fill(template, &interaction.contact, &agent.who).unwrap_or_else(|error| {
        tracing::warn!(queue = %interaction.queue, %error, "the queue's signature cannot be filled in; sent without");
        String::new()
    }))
}

/// Sends a message once it can no longer be taken back.
async fn send(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    reply: Reply,
    (said_at, undo): (Millis, Duration),
) -> Result<()> {
    let effect =
        Effect::SendReply(SendReply { interaction: interaction.id.clone(), reply: reply.id.clone() });
    tx.insert_reply(reply).await?;
    tx.emit_said(effect, tx.now + undo, said_at).await?;
    // Only the owner's words get here, so nothing can be refused.
    tx.happens(interaction, Event::Replied).await
}

/// Sends parts of a message again, as a new message of the agent who asks. Its marks go where those of the
/// first one went.
pub(crate) async fn resend(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    of: &Reply,
    by: &Agent,
    parts: &[Part],
) -> Result<()> {
    let reply = of.again(clock::random_hex(), by.who.user.clone(), parts);
    let effect = SendReply { interaction: interaction.id.clone(), reply: reply.id.clone() };
    replies::said_again(tx.db().await?, &reply).await?;
    tx.insert_reply(reply).await?;
    tx.emit(effect).await?;
    // It counts as an answer like any other. An interaction that is done takes none, and the message goes all
    // the same.
    tx.happens(interaction, Event::Replied).await
}
