//! Whether, and how, an agent's pictures and files go to a contact. This is read anew when they are about to
//! be sent, like everything that decides whether a message goes.

use ruma::UserId;

use crate::commit::Tx;
use crate::domain::agent::Permission;
use crate::domain::carried::MediaRules;
use crate::domain::interaction::Interaction;
use crate::domain::notice::HeldBack;
use crate::domain::queue::Mms;
use crate::store::{Result, agents};

/// How files go to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// What goes as it is; nothing where none does.
    pub(crate) rules: Option<&'static MediaRules>,
    /// Whether the contact gets a link to what does not.
    pub(crate) links: bool,
}

/// How files of an agent go to the contact now; or why they do not.
pub(crate) async fn way(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    by: &UserId,
) -> Result<std::result::Result<Way, HeldBack>> {
    let agent = agents::by_user(tx.db_unflushed().await?, by).await?;
    if !agent.is_some_and(|agent| agent.may(Permission::MmsSend)) {
        return Ok(Err(HeldBack::MediaNotAllowed));
    }
    let links =
        agents::queue(tx.db_unflushed().await?, &interaction.queue).await?.is_some_and(|queue| queue.link);
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let number = agents::number(tx.db_unflushed().await?, ours).await?;
    let connects = |rules: &&MediaRules| match number.as_ref().map_or(Mms::Auto, |number| number.mms) {
        Mms::Auto => rules.connects(ours, theirs),
        Mms::Always => true,
        Mms::Never => false,
    };
    let rules = tx.settings.media.iter().find(|rules| rules.channel == theirs.channel()).filter(connects);
    Ok(if rules.is_some() || links { Ok(Way { rules, links }) } else { Err(HeldBack::NoMms) })
}
