//! What the bot said, once it stands in its room: what answering it means is kept, and what it is answered
//! with by one tap stands under it.

use ruma::{EventId, OwnedEventId};

use crate::acts::auto_reply;
use crate::commands;
use crate::commit::Tx;
use crate::desk::behind;
use crate::domain::conversation::Conversation;
use crate::domain::effect::{Noticed, Place, React, Role};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::lane::Lane;
use crate::domain::talk::Phase;
use crate::store::rooms::Posted;
use crate::store::{Result, conversations, talks};

/// The bot said it.
pub(super) async fn noticed(tx: &mut Tx<'_>, lane: &Lane, noticed: &Noticed) -> Result<()> {
    let Noticed { event, role } = noticed;
    tx.record_posted(lane, event, Posted::Notice(role.clone())).await?;
    match role {
        Some(Role::Offer { interaction, number, agent }) => {
            seed_answers(tx, event, interaction, *number, agent).await
        }
        Some(Role::DeskText { interaction, text, confirms_until }) => {
            auto_reply::shown(tx, interaction, (text, *confirms_until), event).await
        }
        Some(Role::TalkOver { interaction }) => seed_close(tx, event, interaction).await,
        Some(Role::Blank { interaction, .. }) => {
            let to = Place::Session(interaction.clone());
            tx.emit(React { to, event: event.clone(), key: "❌".to_owned() }).await
        }
        Some(Role::Menu { at, lines }) => seed_numbers(tx, event, at, lines.len()).await,
        Some(
            Role::Held { .. }
            | Role::Misspelt { .. }
            | Role::Failed { .. }
            | Role::List { .. }
            | Role::Attachment { .. },
        )
        | None => Ok(()),
    }
}

/// Puts ✅ and ❌ under an offer, so that answering is one tap.
async fn seed_answers(
    tx: &mut Tx<'_>,
    event: &OwnedEventId,
    interaction: &InteractionId,
    number: u32,
    agent: &AgentId,
) -> Result<()> {
    let found = conversations::by_id(tx.db_unflushed(), interaction).await?;
    let Some(asking) = found.filter(|found| found.is_asking(agent, number)) else { return Ok(()) };
    if let Conversation::Session(session) = asking {
        behind::shown(tx, &session, number).await?;
    }
    let to = Place::Console(agent.clone());
    for key in ["✅", "❌"] {
        tx.emit(React { to: to.clone(), event: event.clone(), key: key.to_owned() }).await?;
    }
    Ok(())
}

/// Puts a keycap for each line under a menu, so that picking one is one tap.
async fn seed_numbers(tx: &mut Tx<'_>, event: &OwnedEventId, at: &Place, lines: usize) -> Result<()> {
    for key in commands::keycaps().take(lines) {
        tx.emit(React { to: at.clone(), event: event.clone(), key }).await?;
    }
    Ok(())
}

/// Puts ✅ under the notice that a talk is over, so that closing it is one tap.
async fn seed_close(tx: &mut Tx<'_>, event: &EventId, id: &InteractionId) -> Result<()> {
    let Some(talk) = talks::by_id(tx.db_unflushed(), id).await?.filter(|talk| talk.phase == Phase::Ended)
    else {
        return Ok(());
    };
    tx.emit(React { to: Place::Talk(talk.first_talk), event: event.to_owned(), key: "✅".to_owned() }).await
}
