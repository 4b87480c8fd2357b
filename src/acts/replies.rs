//! Messages to contacts.

use crate::clock;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::SendReply;
use crate::domain::interaction::Interaction;
use crate::domain::reply::Reply;
use crate::domain::session::Event;
use crate::store::{Result, replies};

/// Sends parts of a message again, as a new message of whoever asks for it: its marks go where the first
/// one's went.
pub(crate) async fn resend(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    of: &Reply,
    by: &Agent,
    texts: &[String],
) -> Result<()> {
    let reply = of.again(clock::random_hex(), by.who.user.clone(), texts);
    let effect = SendReply { interaction: interaction.id.clone(), reply: reply.id.clone() };
    replies::said_again(tx.db().await?, &reply).await?;
    tx.insert_reply(reply).await?;
    tx.emit(effect).await?;
    // It is an answer like any other; what is done takes none, and it goes all the same.
    tx.happens(interaction, Event::Replied).await
}
