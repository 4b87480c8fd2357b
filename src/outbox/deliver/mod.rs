//! From an effect to the call that does it.

mod lookups;
mod media;
mod order;
mod replies;
mod rooms;
mod settle;

use std::time::Duration;

use ruma::{EventId, OwnedUserId, RoomId, UserId};
use serde_json::{Value, json};

use self::rooms::{
    clear_room, close_console, leave, leave_room, open_console, open_room, place, publish_contact,
};
use super::home::{self, Home, session};
use super::record::recorded;
use super::{Delivery, Ports, mend};
use crate::clock::Millis;
use crate::domain::effect::{Effect, Place, Role};
use crate::domain::ids::InteractionId;
use crate::domain::input::{Claim, Evidence, Input};
use crate::domain::notice::Notice;
use crate::domain::picture::Picture;
use crate::matrix::client::Sender;
use crate::matrix::error::{MatrixError, Verdict};
use crate::matrix::rooms::SOURCE_ID;
use crate::store::outbox::Head;
use crate::store::rooms as posts;

/// The state event every session room carries.
pub(crate) const STATE_EVENT: &str = "org.switchroom.interaction";
/// The homeserver remembers transaction ids for a day; a retry that is older looks first whether it was done.
const REMEMBERED: Duration = Duration::from_hours(20);

/// Why a delivery did not go its straight way.
pub(super) type Detour = Delivery;

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

/// What becomes of what is refused though nothing is wrong with its room.
fn given_up(head: &Head, refused: &MatrixError) -> Delivery {
    let why = refused.to_string();
    match (&head.effect, refused.verdict()) {
        // A mark under an event that is gone is not worth a person's look.
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
    let matrix = &ports.matrix;
    let evidence = match &head.effect {
        Effect::OpenRoom { interaction } => open_room(ports, interaction, head, claim).await?,
        Effect::OpenConsole { agent, alias } => open_console(ports, agent, alias, head).await?,
        Effect::OfferConsole { agent } => {
            let (room, user) = place(ports, &Place::Console(agent.clone())).await?;
            if let Some(user) = user {
                matrix.invite(&room, &user, None).await?;
            }
            Evidence::Nothing
        }
        Effect::MeetAgent { agent, by } => {
            let is_known = matrix.profile(&agent.who.user).await?.is_some();
            Evidence::Met { agent: agent.clone(), by: by.clone(), is_known }
        }
        Effect::CloseConsole { agent, user } => close_console(ports, agent, user).await?,
        Effect::GhostText { interaction, body, mention, written_at } => {
            ghost_text(ports, head, interaction, body, (mention.as_ref(), *written_at)).await?
        }
        Effect::FetchMedia { picture } => media::fetch(ports, (head, claim), picture).await?,
        Effect::GhostMedia { picture, content, written_at } => {
            let content = content.clone().ok_or_else(not_fetched)?;
            ghost_media(ports, head, picture, content, *written_at).await?
        }
        Effect::Notify { to, notice, reply_to, role } => {
            notify(ports, head, to, notice, reply_to.as_deref(), role.as_ref()).await?
        }
        Effect::Amend { to, role, notice } => amend(ports, head, to, role, notice).await?,
        Effect::React { to, event, key } => react(ports, head, to, (event, key)).await?,
        Effect::Invite { interaction, user } => {
            let room = home::of(ports, interaction).await?.room()?;
            matrix.invite(&room, user, None).await?;
            Evidence::Nothing
        }
        Effect::Remove { interaction, user, reason } => {
            let room = home::of(ports, interaction).await?.room()?;
            matrix.remove(&room, user, Some(reason)).await?;
            if let Some(agents) = &ports.for_agents {
                on_behalf(user, agents.forget(user, &room).await)?;
            }
            Evidence::Nothing
        }
        Effect::Join { interaction, user } => {
            let room = home::of(ports, interaction).await?.room()?;
            if let Some(agents) = &ports.for_agents {
                on_behalf(user, agents.join(user, &room).await)?;
            }
            Evidence::Nothing
        }
        Effect::PublishState { interaction } => {
            let home = home::of(ports, interaction).await?;
            matrix.put_state(&home.room()?, STATE_EVENT, "", &home.state_content()).await?;
            Evidence::Nothing
        }
        Effect::PublishTopic { interaction } => {
            let (found, room) = session(ports, interaction).await?;
            matrix.set_topic(&room, &ports.templates.topic(&found)).await?;
            Evidence::Nothing
        }
        Effect::PublishContact { interaction } => publish_contact(ports, interaction).await?,
        Effect::PublishRights { interaction } => {
            let home = home::of(ports, interaction).await?;
            if let Home::Talk(talk) = &home {
                matrix.set_writing(&home.room()?, home::kind(talk), talk.is_open()).await?;
            }
            Evidence::Nothing
        }
        Effect::LeaveRoom { interaction } => leave_room(ports, interaction).await?,
        Effect::LeaveForeign { room, reason, ghost } => {
            let sender = ghost.as_ref().and_then(|ghost| matrix.sender_of(ghost)).unwrap_or(Sender::Bot);
            leave(ports, &sender, room, Some(reason)).await?;
            Evidence::Nothing
        }
        Effect::LookAtRoom { .. } => {
            mend::look(ports, head, claim).await?;
            Evidence::Nothing
        }
        Effect::ClearRoom { room, ghost } => clear_room(ports, room, ghost.as_ref()).await?,
        Effect::SendReply { interaction, reply } => {
            if !order::is_first(ports, head, &claim.lane, interaction).await? {
                return Ok(Delivery::Recorded);
            }
            return replies::send(ports, claim, reply).await;
        }
        Effect::Settle { part, tries } => return settle::look(ports, claim, part, *tries).await,
        Effect::LookForPeer { wanted } => return lookups::look(ports, claim, wanted).await,
        Effect::LookWhetherOnline { user } => return lookups::look_whether_online(ports, user).await,
        Effect::Route { queue } => {
            return recorded(ports, Input::Route { claim: claim.clone(), queue: queue.clone() }).await;
        }
    };
    Ok(Delivery::Done(evidence))
}

async fn ghost_text(
    ports: &Ports,
    head: &Head,
    interaction: &InteractionId,
    body: &str,
    (mention, written_at): (Option<&OwnedUserId>, Option<Millis>),
) -> Result<Evidence, Detour> {
    let (found, room) = session(ports, interaction).await?;
    let mut content = json!({ "msgtype": "m.text", "body": body, "m.mentions": mentions(mention) });
    tell_when_written(&mut content, written_at);
    let ghost = Sender::Ghost(mend::ghost_of(ports, &found.contact.number).await?.name);
    Ok(Evidence::Said { event: say(ports, head, &ghost, &room, content).await? })
}

async fn ghost_media(
    ports: &Ports,
    head: &Head,
    picture: &Picture,
    mut content: Value,
    written_at: Option<Millis>,
) -> Result<Evidence, Detour> {
    let (found, room) = session(ports, &picture.interaction).await?;
    content["m.mentions"] = mentions(picture.mention.as_ref());
    tell_when_written(&mut content, written_at);
    let ghost = Sender::Ghost(mend::ghost_of(ports, &found.contact.number).await?.name);
    Ok(Evidence::Said { event: say(ports, head, &ghost, &room, content).await? })
}

fn not_fetched() -> Delivery {
    Delivery::Undeliverable("it was never fetched".to_owned())
}

fn tell_when_written(content: &mut Value, written_at: Option<Millis>) {
    if let Some(written_at) = written_at {
        content["org.switchroom.written_at"] = json!(written_at);
    }
}

async fn react(
    ports: &Ports,
    head: &Head,
    to: &Place,
    (event, key): (&EventId, &str),
) -> Result<Evidence, Detour> {
    let (room, _) = place(ports, to).await?;
    ports.matrix.react(&Sender::Bot, &room, event, key, &head.txn_id).await?;
    Ok(Evidence::Nothing)
}

/// What the bridge may not do for an agent they do themselves, by the invite and the link they have: an admin is never acted
/// for, and the homeserver may not know the second registration, which `switchroom check` tells.
fn on_behalf(user: &UserId, done: Result<(), MatrixError>) -> Result<(), Detour> {
    match done {
        Err(error) if error.has_status(401) || matches!(error.verdict(), Verdict::Rejected { .. }) => {
            tracing::info!(%user, %error, "the homeserver lets us not act for this agent");
            Ok(())
        }
        done => Ok(done?),
    }
}

fn mentions(user: Option<&OwnedUserId>) -> Value {
    user.map_or_else(|| json!({}), |user| json!({ "user_ids": [user] }))
}

/// Sends a message under the effect's transaction id; one that may be older than the homeserver's memory is looked for first.
async fn say(
    ports: &Ports,
    head: &Head,
    sender: &Sender,
    room: &RoomId,
    mut content: Value,
) -> Result<ruma::OwnedEventId, Detour> {
    content[SOURCE_ID] = json!(head.txn_id);
    if ports.clock.now().since(head.created_at) > REMEMBERED {
        let since = head.created_at - Duration::from_mins(1);
        if let Some(event) = ports.matrix.find_source(room, &head.txn_id, since).await? {
            return Ok(event);
        }
    }
    fail::fail_point!("before_matrix", |_| std::process::abort());
    let event = ports.matrix.send(sender, room, "m.room.message", &content, &head.txn_id).await?;
    fail::fail_point!("after_matrix", |_| std::process::abort());
    Ok(event)
}

async fn notify(
    ports: &Ports,
    head: &Head,
    to: &Place,
    notice: &Notice,
    reply_to: Option<&EventId>,
    role: Option<&Role>,
) -> Result<Evidence, Detour> {
    let (room, reader) = place(ports, to).await?;
    let reader = notice.says.reader().or(reader.as_deref());
    let content = ports.templates.content(notice, reply_to, reader);
    let event = say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Noticed { event, role: role.cloned() })
}

/// Edits what the bot said in a role; if it never got to say it, there is nothing to edit.
async fn amend(
    ports: &Ports,
    head: &Head,
    to: &Place,
    role: &Role,
    notice: &Notice,
) -> Result<Evidence, Detour> {
    let (room, _) = place(ports, to).await?;
    let said = {
        let mut conn = ports.store.connection().await?;
        posts::in_role(&mut conn, role).await?
    };
    let Some(said) = said.and_then(|event| EventId::parse(event).ok()) else { return Ok(Evidence::Nothing) };
    let content = ports.templates.edit(notice, &said);
    say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Nothing)
}
