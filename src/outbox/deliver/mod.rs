//! From an effect to the call that does it: a file for each family of effects, by the name it has in
//! `domain::effect`.
//!
//! | file | what it delivers |
//! | --- | --- |
//! | `rooms` | rooms and consoles: made, left, cleared |
//! | `contact`, `media` | what the contact sent, said by their ghost; parts of an MMS, fetched |
//! | `notices` | what the bot says, amends, takes away and marks |
//! | `members` | who is invited, joins, and is taken out |
//! | `state` | what a room shows of its conversation |
//! | `calls` | telephone calls: phones called, calls ended and looked at |
//! | `replies` | what goes to phones, in which order, and what became of it |
//! | `lookups` | what the homeserver is asked |
//! | `route` | nothing: the desk itself decides who is offered what waits |
//! | `erasure` | what tells of a person, erased at the homeserver and the provider, a piece at a time |

mod calls;
mod contact;
mod erasure;
mod lookups;
mod media;
mod members;
mod notices;
mod replies;
mod rooms;
mod route;
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
        // A mark under an event that is gone, or what is gone already, is not worth anybody's attention.
        (Effect::React(_) | Effect::GhostReact(_) | Effect::TakeAway(_), Verdict::Rejected { .. }) => {
            tracing::info!(why, "a mark could not be set, or something not be taken away");
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
        Effect::OpenRoom(room) => rooms::open_room(ports, room, head, claim).await?,
        Effect::OpenConsole(console) => rooms::open_console(ports, console, head).await?,
        Effect::OpenSpace(space) => rooms::open_space(ports, space, head).await?,
        Effect::OfferConsole(console) => rooms::offer_console(ports, console).await?,
        Effect::CloseConsole(console) => rooms::close_console(ports, console).await?,
        Effect::LeaveRoom(room) => rooms::leave_room(ports, room).await?,
        Effect::LeaveForeign(room) => rooms::leave_foreign(ports, room).await?,
        Effect::ClearRoom(room) => rooms::clear_room(ports, room).await?,
        Effect::LookAtRoom(_) => {
            mend::look(ports, head, claim).await?;
            Evidence::Nothing
        }

        Effect::GhostText(text) => contact::say_text(ports, head, text).await?,
        Effect::GhostMedia(media) => contact::show_part(ports, head, media).await?,
        Effect::GhostReact(react) => contact::react(ports, head, react).await?,
        Effect::DeleteMedia(media) => media::delete(ports, media).await?,
        Effect::FetchMedia(media) => media::fetch(ports, (head, claim), media).await?,

        Effect::Notify(notify) => notices::notify(ports, head, notify).await?,
        Effect::Amend(amend) => notices::amend(ports, head, amend).await?,
        Effect::TakeAway(away) => notices::take_away(ports, head, away).await?,
        Effect::React(react) => notices::react(ports, head, react).await?,

        Effect::Invite(invite) => members::invite(ports, invite).await?,
        Effect::Join(join) => members::join(ports, join).await?,
        Effect::Remove(remove) => members::remove(ports, remove).await?,

        Effect::PublishState(state) => state::publish(ports, state).await?,
        Effect::PublishTopic(topic) => state::publish_topic(ports, topic).await?,
        Effect::PublishContact(contact) => state::publish_contact(ports, contact).await?,
        Effect::PublishRights(rights) => state::publish_rights(ports, rights).await?,

        Effect::SendReply(reply) => return replies::send(ports, (head, claim), reply).await,
        Effect::ReconcilePart(part) => return replies::reconcile::look(ports, claim, part).await,

        Effect::Dial(of) => return calls::dial(ports, claim, of).await,
        Effect::HoldCall(of) => return calls::hold(ports, claim, of).await,
        Effect::HangUp(of) => calls::hang_up(ports, of).await?,
        Effect::LookAtCall(of) => return calls::look(ports, claim, of).await,

        Effect::MeetAgent(newcomer) => lookups::meet(ports, newcomer).await?,
        Effect::LookForFile(look) => lookups::file(ports, look).await?,
        Effect::ReadText(text) => lookups::read_text(ports, text).await?,
        Effect::LookUpPresence(peer) => return lookups::peer(ports, claim, peer).await,
        Effect::LookWhetherOnline(one) => return lookups::whether_online(ports, one).await,
        Effect::Route(route) => return route::route(ports, claim, route).await,
        Effect::Erase(erase) => Box::pin(erasure::erase(ports, erase)).await?,
    };
    Ok(Delivery::Done(evidence))
}
