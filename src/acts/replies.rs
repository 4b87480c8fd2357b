//! Messages to contacts.

use crate::clock;
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::SendReply;
use crate::domain::interaction::Interaction;
use crate::domain::reply::{Part, Reply};
use crate::domain::session::Event;
use crate::store::{Result, replies};

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
