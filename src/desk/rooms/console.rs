//! Events of an agent's console.

use super::inside::stranger;
use crate::acts::people;
use crate::commands;
use crate::commit::{Applied, Tx};
use crate::desk::notices::{self, Answer, Came};
use crate::desk::outbound::{self, Changed};
use crate::domain::agent::{Agent, Role};
use crate::domain::effect::{LookWhetherOnline, OfferConsole, Place};
use crate::domain::ids::AgentId;
use crate::domain::input::{Membership, MessageKind, RoomAct, RoomEvent};
use crate::domain::notice::{Missing, Problem, Says};
use crate::domain::talk::ImPresence;
use crate::domain::text::outgoing;
use crate::domain::text::prefix::{self, Typed};
use crate::store::{Result, agents};

/// Applies an event of a console.
pub(super) async fn event(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    owner: &AgentId,
    agent: Option<Agent>,
) -> Result<Applied> {
    let place = Place::Console(owner.clone());
    let Some(agent) = agent.filter(|agent| agent.who.id == *owner) else {
        return stranger(tx, event, &place).await;
    };
    match &event.what {
        RoomAct::Message { kind, body, reply_to, pills, .. } if *kind != MessageKind::Notice => {
            let reply_to = reply_to.as_ref();
            let said = commands::Said { event, place, conversation: None, reply_to, pills };
            let body = if reply_to.is_some() { outgoing::strip_reply_fallback(body) } else { body };
            if let Typed::Command(line) = prefix::classify(body, &tx.settings.prefix) {
                notices::run(tx, &agent, &said, line).await?;
            } else if let Some(answer) = Answer::of_words(body) {
                let came = match reply_to {
                    Some(of) => Box::pin(notices::answer(tx, &agent, &said, of, answer)).await?,
                    None => Came::Unknown,
                };
                match came {
                    Came::Taken => {}
                    // A yes to something else takes no offer.
                    Came::AsksNothing => {
                        let says = Says::no_such(Missing::Question, "mine");
                        tx.say(&said.place, says.plainly(), Some(event.event_id.clone())).await?;
                    }
                    Came::Unknown => commands::run(tx, &agent, &said, body).await?,
                }
            } else {
                let (command, problem) = match kind {
                    MessageKind::Media { .. } | MessageKind::EncryptedFile if agent.is(Role::Admin) => {
                        ("response set <shortcut> media this", Problem::FileForResponse)
                    }
                    MessageKind::Media { .. } | MessageKind::EncryptedFile => {
                        ("help", Problem::FileInConsole)
                    }
                    MessageKind::Text
                    | MessageKind::Emote
                    | MessageKind::Notice
                    | MessageKind::Location { .. }
                    | MessageKind::Other { .. } => ("help", Problem::CommandsOnly),
                };
                let usage = format!("{}{command}", tx.settings.prefix);
                let notice = Says::Usage { usage, problem }.plainly();
                tx.say(&said.place, notice, Some(event.event_id.clone())).await?;
            }
        }
        RoomAct::Reaction { of, key } => {
            let said = commands::Said::done(event, place, None);
            Box::pin(notices::react(tx, &agent, said, of, key)).await?;
        }
        RoomAct::Member { user, membership, .. } if *user == agent.who.user => {
            let is_in = *membership == Membership::Join;
            // Nothing of the desk reaches an agent who has left their console: they are asked back once, and
            // may decline.
            if *membership == Membership::Leave && agents::is_in_console(tx.db().await?, owner).await? {
                tx.emit(OfferConsole { agent: owner.clone() }).await?;
            }
            agents::set_in_console(tx.db().await?, &agent.who.id, is_in).await?;
            if is_in && agents::greet(tx.db().await?, &agent.who.id).await? {
                people::greet(tx, &agent).await?;
                people::give_space(tx, owner).await?;
            }
            if is_in && tx.settings.desk.im_presence == ImPresence::Matrix {
                tx.emit(LookWhetherOnline { user: user.clone() }).await?;
            }
        }
        RoomAct::Edit { of, .. } => {
            Box::pin(outbound::changed(tx, (&place, event), of, Changed::Edited)).await?;
        }
        RoomAct::Redaction { of } => {
            Box::pin(outbound::changed(tx, (&place, event), of, Changed::Deleted)).await?;
        }
        // A notice is written by a bot, which may be anyone's: it is never a command.
        RoomAct::Message { .. }
        | RoomAct::Member { .. }
        | RoomAct::Marker { .. }
        | RoomAct::Upgraded
        | RoomAct::Unsupported { .. } => {}
    }
    Ok(Applied::Done)
}
