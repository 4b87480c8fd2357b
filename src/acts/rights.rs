//! Whose words go to a contact: read anew whenever something is about to be sent, whenever and however it was
//! asked for.

use ruma::UserId;

use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::interaction::{Interaction, Phase, Work};
use crate::domain::notice::HeldBack;
use crate::store::{Result, interactions};

/// Why a message that is about to be sent may not go, if it may not: whoever wrote it has to speak with the
/// contact still, and the contact's channel has to let them be answered. Of a conversation that is done, that
/// is who had it last: they typed it before the end, or send again what failed.
pub(crate) async fn obstacle(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    by: &UserId,
) -> Result<Option<HeldBack>> {
    let not_theirs = match &interaction.phase {
        Phase::Owned { .. } if !interaction.hears_user(by) => Some(HeldBack::NotOwner),
        Phase::Owned { work: Work::Expired, .. } => Some(HeldBack::Expired),
        Phase::Owned { .. } => None,
        Phase::Queued { .. } | Phase::Offered { .. } => Some(HeldBack::NotOwner),
        Phase::Done { by: last, .. } if last.user == *by => None,
        Phase::Done { .. } => (!has_the_contact(tx, interaction, by).await?).then_some(HeldBack::NotOwner),
    };
    if not_theirs.is_some() {
        return Ok(not_theirs);
    }
    Ok(window_is_closed(tx, interaction).await?.then_some(HeldBack::WindowClosed))
}

/// Whether the contact of an interaction can be answered no more until they write. They may have written
/// since, in another.
async fn window_is_closed(tx: &mut Tx<'_>, interaction: &Interaction) -> Result<bool> {
    if !interaction.window_is_closed(tx.now) {
        return Ok(false);
    }
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let open = interactions::open_of(tx.db().await?, ours, theirs).await?;
    Ok(open.is_none_or(|open| open.window_is_closed(tx.now)))
}

/// Whether an agent may send again what failed: who has the contact now; where nobody has, who had this
/// conversation last.
pub(crate) async fn may_send_again(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    agent: &Agent,
) -> Result<bool> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let me = &agent.who.id;
    Ok(match interactions::open_of(tx.db().await?, ours, theirs).await? {
        Some(open) => open.is_owned_by(me),
        None => match &interaction.phase {
            Phase::Owned { owner: last, .. } | Phase::Done { by: last, .. } => last.id == *me,
            Phase::Queued { .. } | Phase::Offered { .. } => false,
        },
    })
}

/// Whether a user owns what is open with the contact of an interaction.
async fn has_the_contact(tx: &mut Tx<'_>, interaction: &Interaction, user: &UserId) -> Result<bool> {
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let open = interactions::open_of(tx.db().await?, ours, theirs).await?;
    Ok(open.is_some_and(|open| open.is_owned_by_user(user)))
}
