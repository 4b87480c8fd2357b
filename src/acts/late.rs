//! Late messages, and others that wait until their writer says whether they are to be sent.

use ruma::OwnedEventId;

use super::response_sent;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::{Interaction, Work};
use crate::domain::notice::{Says, Unsent};
use crate::domain::reply::{Held, Reply};
use crate::domain::session::Event;
use crate::store::rooms::Stands;
use crate::store::transcript::{self, LineKind};
use crate::store::{Result, interactions, replies};

/// Keeps a message that was written long ago until its writer says that it is still to be sent.
pub(crate) async fn ask(tx: &mut Tx<'_>, mut reply: Reply) -> Result<()> {
    let question = reply.ask();
    tx.insert_reply(reply).await?;
    tx.emit(question).await
}

/// The place where an agent says that a message is still to be sent.
pub(crate) struct Word<'a> {
    /// The room they say it in.
    pub(crate) given_in: &'a Place,
    /// Where the message they reply to stands, seen from there.
    pub(crate) stands: Stands,
}

/// An agent says that a late message is still to be sent.
pub(crate) async fn send(
    tx: &mut Tx<'_>,
    agent: &Agent,
    of: &InteractionId,
    held: &OwnedEventId,
    word: Word<'_>,
) -> Result<()> {
    let Some((interaction, reply)) = in_their_hands(tx, agent, of, held, word).await? else { return Ok(()) };
    if reply.held != Some(Held::Word) {
        return Ok(());
    }
    tx.audit(agent, "send", Some(&interaction.id), "a message that got here late").await?;
    go(tx, &interaction, reply).await
}

/// The message that waits for its writer's word, if it is theirs to give. The owner of its conversation is
/// read anew, wherever they say so. If it can no longer be sent, they are told: in the room if they said so
/// there and it is theirs, else in their console.
pub(crate) async fn in_their_hands(
    tx: &mut Tx<'_>,
    agent: &Agent,
    of: &InteractionId,
    held: &OwnedEventId,
    Word { given_in, stands }: Word<'_>,
) -> Result<Option<(Interaction, Reply)>> {
    let Some(reply) = replies::by_event(tx.db().await?, of, held).await? else { return Ok(None) };
    let Some(interaction) = interactions::by_id(tx.db().await?, of).await? else { return Ok(None) };
    if !matches!(reply.held, Some(Held::Word | Held::Spelling)) {
        return Ok(None);
    }
    let is_begun = interaction.is_outbound();
    let is_owner = interaction.is_owned_by(&agent.who.id) || is_begun && reply.by == agent.who.user;
    let why = if reply.by != agent.who.user {
        Unsent::NotWriter
    } else if !is_owner {
        Unsent::NotYours
    } else if !is_begun && interaction.work() != Some(Work::Active) {
        Unsent::NotActive
    } else if stands == Stands::Elsewhere {
        Unsent::OtherConversation
    } else {
        return Ok(Some((interaction, reply)));
    };
    let (to, of) = if is_owner && stands == Stands::Here {
        (given_in.clone(), Some(held.clone()))
    } else {
        (Place::Console(agent.who.id.clone()), None)
    };
    let (contact, texts) = (interaction.contact.name.clone(), vec![reply.unsent()]);
    tx.say(&to, Says::NotSent { contact, texts, why }.about(&interaction.id), of).await?;
    Ok(None)
}

/// A message that waited for its writer's word is sent.
pub(crate) async fn go(tx: &mut Tx<'_>, interaction: &Interaction, mut reply: Reply) -> Result<()> {
    let Some(sending) = reply.confirm() else { return Ok(()) };
    tx.update_reply(reply.clone()).await?;
    for event in reply.events() {
        replies::sent_after_all(tx.db().await?, &interaction.id, event).await?;
    }
    if transcript::line_kind(tx.db().await?, &interaction.id, &reply.event).await?.is_none() {
        let (author, event) = (reply.by.as_str(), Some(reply.event.as_str()));
        tx.write_down(interaction, LineKind::Owner, author, &reply.in_words(), event).await?;
        response_sent::show(tx, &reply).await?;
    }
    tx.emit(sending).await?;
    // Only the owner's word gets here, so nothing can be refused.
    tx.happens(interaction, Event::Replied).await
}
