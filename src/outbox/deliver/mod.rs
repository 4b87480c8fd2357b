//! From an effect to the call that does it: a file for each family of effects.
//!
//! | file | what it delivers |
//! | --- | --- |
//! | `rooms` | rooms and consoles: made, left, cleared |
//! | `contact`, `media` | what the contact sent, said by their ghost; parts of an MMS, fetched |
//! | `notices` | what the bot says, amends and marks |
//! | `members` | who is invited, joins, and is taken out |
//! | `state` | what a room shows of its conversation |
//! | `replies` | what goes to phones, in which order, and what became of it |
//! | `lookups` | what the homeserver is asked |
//! | `route` | nothing: the desk itself decides who is offered what waits |

mod contact;
mod lookups;
mod media;
mod members;
mod notices;
mod replies;
mod rooms;
mod route;
mod said;
mod state;

use super::{Delivery, Detour, Ports, mend};
use crate::domain::effect::Effect;
use crate::domain::input::{Claim, Evidence};
use crate::matrix::error::{MatrixError, Verdict};
use crate::store::outbox::Head;

/// Does what an effect asks for.
pub(super) async fn deliver(ports: &Ports, head: &Head, claim: &Claim) -> Delivery {
    let refused = match either(try_deliver(ports, head, claim).await) {
        Delivery::Refused(refused) => refused,
        delivery => return delivery,
    };
    let looked = match &refused {
        MatrixError::ForeignRoom => mend::alias_taken(ports, head, claim).await,
        _ => mend::look(ports, head, claim).await,
    };
    match looked {
        Ok(true) => match either(try_deliver(ports, head, claim).await) {
            Delivery::Refused(refused) => given_up(head, &refused),
            delivery => delivery,
        },
        Ok(false) => given_up(head, &refused),
        Err(Delivery::Refused(refused)) => given_up(head, &refused),
        Err(delivery) => delivery,
    }
}

fn either(tried: Result<Delivery, Detour>) -> Delivery {
    match tried {
        Ok(delivery) | Err(delivery) => delivery,
    }
}

/// What to do with an effect that is refused although nothing is wrong with its room.
fn given_up(head: &Head, refused: &MatrixError) -> Delivery {
    let why = refused.to_string();
    match (&head.effect, refused.verdict()) {
        // A mark under an event that is gone is not worth anybody's attention.
        (Effect::React { .. }, Verdict::Rejected { .. }) => {
            tracing::info!(why, "a mark could not be set");
            Delivery::Done(Evidence::Nothing)
        }
        (_, Verdict::Rejected { .. }) => Delivery::Undeliverable(why),
        (_, Verdict::Retry { after } | Verdict::ServerError { after }) => {
            Delivery::Retry { after, counts: false, why }
        }
    }
}

async fn try_deliver(ports: &Ports, head: &Head, claim: &Claim) -> Result<Delivery, Detour> {
    let evidence = match &head.effect {
        Effect::OpenRoom { interaction } => rooms::open_room(ports, interaction, head, claim).await?,
        Effect::OpenConsole { agent, alias } => rooms::open_console(ports, agent, alias, head).await?,
        Effect::OfferConsole { agent } => rooms::offer_console(ports, agent).await?,
        Effect::CloseConsole { agent, user } => rooms::close_console(ports, agent, user).await?,
        Effect::LeaveRoom { interaction } => rooms::leave_room(ports, interaction).await?,
        Effect::LeaveForeign { room, reason, ghost } => {
            rooms::leave_foreign(ports, room, reason, ghost.as_deref()).await?
        }
        Effect::ClearRoom { room, ghost } => rooms::clear_room(ports, room, ghost.as_ref()).await?,
        Effect::LookAtRoom { .. } => {
            mend::look(ports, head, claim).await?;
            Evidence::Nothing
        }

        Effect::GhostText { interaction, body, mention, written_at } => {
            contact::say_text(ports, head, interaction, body, (mention.as_ref(), *written_at)).await?
        }
        Effect::GhostMedia { picture, content, written_at } => {
            contact::show_part(ports, head, picture, content.as_ref(), *written_at).await?
        }
        Effect::FetchMedia { picture } => media::fetch(ports, (head, claim), picture).await?,

        Effect::Notify { to, notice, reply_to, role } => {
            notices::notify(ports, head, to, notice, reply_to.as_deref(), role.as_ref()).await?
        }
        Effect::Amend { to, role, notice } => notices::amend(ports, head, to, role, notice).await?,
        Effect::React { to, event, key } => notices::react(ports, head, to, event, key).await?,

        Effect::Invite { interaction, user } => members::invite(ports, interaction, user).await?,
        Effect::Join { interaction, user } => members::join(ports, interaction, user).await?,
        Effect::Remove { interaction, user, reason } => {
            members::remove(ports, interaction, user, reason).await?
        }

        Effect::PublishState { interaction } => state::publish(ports, interaction).await?,
        Effect::PublishTopic { interaction } => state::publish_topic(ports, interaction).await?,
        Effect::PublishContact { interaction } => state::publish_contact(ports, interaction).await?,
        Effect::PublishRights { interaction } => state::publish_rights(ports, interaction).await?,

        Effect::SendReply { interaction, reply } => {
            return replies::send(ports, (head, claim), interaction, reply).await;
        }
        Effect::ReconcilePart { part, tries } => {
            return replies::settle::look(ports, claim, part, *tries).await;
        }

        Effect::MeetAgent { agent, by } => lookups::meet(ports, agent, by).await?,
        Effect::LookUpPresence { wanted } => return lookups::peer(ports, claim, wanted).await,
        Effect::LookWhetherOnline { user } => return lookups::whether_online(ports, user).await,
        Effect::Route { queue } => {
            return route::route(ports, claim, queue).await;
        }
    };
    Ok(Delivery::Done(evidence))
}
