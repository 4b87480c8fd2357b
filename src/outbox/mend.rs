//! The homeserver refused something in a room of ours. Before the effect is given up, this checks whether the
//! room and its ghost can be used at all. A ghost that is out is let in again. A lost room or ghost is
//! reported to the desk, which replaces it.

use ruma::{OwnedRoomId, RoomId};

use super::record::recorded;
use super::target;
use super::{Delivery, Detour, Ports, shown};
use crate::domain::address::Address;
use crate::domain::conversation::Conversation;
use crate::domain::effect::{Effect, Place};
use crate::domain::input::{Claim, Input, Membership};
use crate::matrix::client::Sender;
use crate::matrix::error::Verdict;
use crate::matrix::standing::{Account, Standing};
use crate::store::contacts::Ghost;
use crate::store::outbox::Head;
use crate::store::{Result as StoreResult, agents, contacts};

/// After this many ghosts of one number were replaced over one effect, it is left to a person.
const MOST_GHOSTS: i64 = 3;

/// A room of ours, and the contact whose ghost belongs in it.
struct Subject {
    place: Place,
    room: Option<OwnedRoomId>,
    contact: Option<Speaker>,
}

/// A contact as their ghost speaks for them.
pub(super) struct Speaker {
    /// Their number.
    pub(super) number: Address,
    /// What the ghost is called.
    pub(super) called: String,
}

/// Finds out why an effect was refused. True if something was mended, so that another try is worthwhile.
pub(super) async fn look(ports: &Ports, head: &Head, claim: &Claim) -> Result<bool, Detour> {
    let Some(subject) = subject(ports, &head.effect).await? else { return Ok(false) };
    let Subject { place, room: Some(room), contact } = subject else { return Ok(false) };
    let known = match &contact {
        Some(contact) => Some(ghost_of(ports, &contact.number).await?),
        None => None,
    };
    match ports.matrix.standing(&room, known.as_ref().map(|known| &known.name)).await? {
        Standing::Lost(how) => {
            tracing::warn!(%room, ?how, "a room is lost");
            let input = Input::RoomLost { claim: claim.clone(), place, room, how };
            Err(recorded(ports, input).await?)
        }
        Standing::Ours { ghost } => match contact {
            Some(contact) => let_ghost_in(ports, head, claim, &contact, (&room, ghost)).await,
            None => Ok(false),
        },
    }
}

/// Makes sure that the contact's ghost can be used and is in the room. False if it was so already.
pub(super) async fn let_ghost_in(
    ports: &Ports,
    head: &Head,
    claim: &Claim,
    contact: &Speaker,
    (room, membership): (&RoomId, Option<Membership>),
) -> Result<bool, Detour> {
    let matrix = &ports.matrix;
    let Ghost { name, called } = ghost_of(ports, &contact.number).await?;
    let sender = Sender::Ghost(name.clone());
    match matrix.account(&name).await? {
        Account::Usable if membership == Some(Membership::Join) => return Ok(false),
        Account::Usable => {}
        Account::Missing => matrix.ensure_ghost(&name, &contact.called).await?,
        // It was still being made.
        Account::Unusable if called.is_none() => matrix.ensure_ghost(&name, &contact.called).await?,
        Account::Unusable => {
            if head.ghosts_lost >= MOST_GHOSTS {
                let why = "the contact's ghosts cannot be used, one after another; see who deactivates them";
                return Err(Delivery::Undeliverable(why.to_owned()));
            }
            tracing::warn!(%room, "a ghost cannot be used any more; another takes its place");
            match matrix.remove(room, &matrix.user_id(&sender), Some("replaced")).await {
                Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => {}
                removed => removed?,
            }
            let number = contact.number.clone();
            let input = Input::GhostLost { claim: claim.clone(), number, ghost: name };
            return Err(recorded(ports, input).await?);
        }
    }
    matrix.invite(room, &matrix.user_id(&sender), None).await?;
    matrix.join(&sender, room).await?;
    Ok(true)
}

/// The ghost of a number.
pub(super) async fn ghost_of(ports: &Ports, number: &Address) -> Result<Ghost, Detour> {
    let mut conn = ports.store.connection().await?;
    let ghost = contacts::ghost(&mut conn, number).await?;
    ghost.ok_or_else(|| Delivery::Undeliverable("the contact has no ghost".to_owned()))
}

/// The room an effect needs as it is.
async fn subject(ports: &Ports, effect: &Effect) -> Result<Option<Subject>, Detour> {
    let Some(place) = effect.place() else { return Ok(None) };
    Ok(Some(match place {
        Place::Session(id) | Place::Talk(id) => match target::of(ports, &id).await? {
            Conversation::Session(found) => {
                let called = ports.templates.room_name(&shown::interaction(ports, &found));
                let speaker = || Speaker { number: found.contact.number.clone(), called };
                let contact = (!found.is_done()).then(speaker);
                Subject { place: Place::Session(id), room: found.room, contact }
            }
            Conversation::Talk(found) => {
                Subject { place: Place::Talk(found.first_talk), room: found.room, contact: None }
            }
        },
        Place::Console(id) => {
            let mut conn = ports.store.connection().await?;
            let room: StoreResult<_> = agents::console(&mut conn, &id).await;
            let room = room?.and_then(|room| OwnedRoomId::try_from(room).ok());
            Subject { place: Place::Console(id), room, contact: None }
        }
    }))
}

/// The alias of a new room belongs to another's room: the desk draws a new one.
pub(super) async fn alias_taken(ports: &Ports, head: &Head, claim: &Claim) -> Result<bool, Detour> {
    let Some(Subject { place, room: None, .. }) = subject(ports, &head.effect).await? else {
        return Ok(false);
    };
    Err(recorded(ports, Input::AliasTaken { claim: claim.clone(), place }).await?)
}
