//! What the bot said, once it stands in its room: what answering it means is kept, and what it is answered
//! with by one tap stands under it.

use ruma::{EventId, OwnedEventId};

use crate::acts::auto_reply;
use crate::commands;
use crate::commit::Tx;
use crate::desk::behind;
use crate::domain::conversation::Conversation;
use crate::domain::effect::{Noticed, Place, React, Role, TakenAway};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::lane::Lane;
use crate::domain::talk::Phase;
use crate::store::rooms::{self, Posted};
use crate::store::{Result, callbacks, conversations, replies, scheduled, talks};

/// The bot said it.
pub(super) async fn noticed(tx: &mut Tx<'_>, lane: &Lane, noticed: &Noticed) -> Result<()> {
    let Noticed { event, role } = noticed;
    tx.record_posted(lane, event, Posted::Notice(role.clone())).await?;
    match role {
        Some(Role::Offer { interaction, number, agent }) => {
            seed_answers(tx, event, interaction, *number, agent).await
        }
        Some(Role::Ring { interaction, number, agent }) => {
            if is_asking(tx, interaction, *number, agent).await?.is_some() {
                yes_and_no(tx, event, &Place::Console(agent.clone())).await?;
            }
            Ok(())
        }
        Some(Role::Overdue { agent, .. }) => {
            seed(tx, event, &Place::Console(agent.clone()), &["✅", "🔁"]).await
        }
        Some(Role::Hand { agent, .. } | Role::Courtesy { agent, .. }) => {
            seed(tx, event, &Place::Console(agent.clone()), &["✅"]).await
        }
        Some(Role::Later { interaction, event: of, at }) => {
            seed_later(tx, event, (interaction, of.as_ref()), at).await
        }
        Some(Role::Callback { event: of, at }) => {
            match callbacks::by_event(tx.db_unflushed().await?, of).await? {
                Some(_) => seed(tx, event, at, &["❌"]).await,
                None => Ok(()),
            }
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
        Some(Role::List { asks: true, taps: Some(taps), .. }) => yes_and_no(tx, event, &taps.at).await,
        Some(Role::List { taps: Some(taps), .. }) => seed_numbers(tx, event, &taps.at, taps.rows).await,
        Some(Role::Misspelt { interaction, event: about }) => {
            seed_spelling(tx, event, interaction, about).await
        }
        Some(
            Role::Held { .. }
            | Role::Failed { .. }
            | Role::Token { .. }
            | Role::List { taps: None, .. }
            | Role::Attachment { .. }
            | Role::Tapback { .. },
        )
        | None => Ok(()),
    }
}

/// What was said is taken away: the next in its role is the only one.
pub(super) async fn taken_away(tx: &mut Tx<'_>, taken: &TakenAway) -> Result<()> {
    rooms::forget_posted(tx.db_unflushed().await?, &taken.event).await
}

/// Puts ✅ and ❌ under an offer, so that answering is one tap.
async fn seed_answers(
    tx: &mut Tx<'_>,
    event: &OwnedEventId,
    interaction: &InteractionId,
    number: u32,
    agent: &AgentId,
) -> Result<()> {
    let Some(asking) = is_asking(tx, interaction, number, agent).await? else { return Ok(()) };
    if let Conversation::Session(session) = asking {
        behind::shown(tx, &session, number).await?;
    }
    yes_and_no(tx, event, &Place::Console(agent.clone())).await
}

/// The conversation, if its offer of a number is still open to an agent.
async fn is_asking(
    tx: &mut Tx<'_>,
    interaction: &InteractionId,
    number: u32,
    agent: &AgentId,
) -> Result<Option<Conversation>> {
    let found = conversations::by_id(tx.db_unflushed().await?, interaction).await?;
    Ok(found.filter(|found| found.is_asking(agent, number)))
}

/// Puts ✅ and ❌ under the question whether a message with unknown words is to be sent, so that answering is
/// one tap; nothing under a hint, or once it was answered.
async fn seed_spelling(
    tx: &mut Tx<'_>,
    event: &OwnedEventId,
    interaction: &InteractionId,
    about: &EventId,
) -> Result<()> {
    let waiting = replies::by_event(tx.db().await?, interaction, about).await?;
    if waiting.is_none_or(|reply| reply.misspelt().is_none()) {
        return Ok(());
    }
    yes_and_no(tx, event, &Place::Session(interaction.clone())).await
}

/// Puts ❌ under a notice of texts that go later, so that taking them back is one tap, and ✅ where one waits
/// for a word; nothing, once none waits any more.
async fn seed_later(
    tx: &mut Tx<'_>,
    event: &OwnedEventId,
    (interaction, of): (&InteractionId, Option<&OwnedEventId>),
    at: &Place,
) -> Result<()> {
    let conn = tx.db().await?;
    let waiting = match of {
        Some(of) => scheduled::by_event(conn, of).await?.into_iter().collect(),
        None => scheduled::of(conn, interaction).await?,
    };
    match (of, waiting.first()) {
        (_, None) => Ok(()),
        (Some(_), Some(later)) if later.asks.is_some() => yes_and_no(tx, event, at).await,
        (_, Some(_)) => seed(tx, event, at, &["❌"]).await,
    }
}

/// Puts ✅ and ❌ under a question.
async fn yes_and_no(tx: &mut Tx<'_>, event: &OwnedEventId, to: &Place) -> Result<()> {
    seed(tx, event, to, &["✅", "❌"]).await
}

/// Puts answers under a notice.
async fn seed(tx: &mut Tx<'_>, event: &OwnedEventId, to: &Place, keys: &[&str]) -> Result<()> {
    for key in keys {
        tx.emit(React { to: to.clone(), event: event.clone(), key: (*key).to_owned() }).await?;
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
    let Some(talk) =
        talks::by_id(tx.db_unflushed().await?, id).await?.filter(|talk| talk.phase == Phase::Ended)
    else {
        return Ok(());
    };
    tx.emit(React { to: Place::Talk(talk.first_talk), event: event.to_owned(), key: "✅".to_owned() }).await
}
