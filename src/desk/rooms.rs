//! Something happens in a room: who came, who went, who reacted. What was said is in `said`.

use std::time::Duration;

use ruma::{OwnedEventId, UserId};

use super::notices::{self, Answer, Came};
use super::offers::{self, By};
use super::{Applied, Tx, foreign, left, lost, people, said, talks};
use crate::commands;
use crate::domain::agent::Agent;
use crate::domain::effect::{Effect, Place};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::{Membership, MessageKind, RoomAct, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{HeldBack, Says};
use crate::domain::session::Event;
use crate::domain::talk::ImPresence;
use crate::domain::text::outgoing;
use crate::domain::text::prefix::{self, Typed};
use crate::domain::timer::{Due, Timer};
use crate::store::rooms::{Posted, Scene, Session, Stands};
use crate::store::{Result, agents, interactions, replies, rooms, talks as talk_store, upkeep};

/// How soon the desk has heard, mostly, that something of ours stands in a room.
const RECORDED_WITHIN: Duration = Duration::from_secs(5);

/// Applies an event of a room.
pub(super) async fn event(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    if let RoomAct::Marker { .. } = &event.what {
        // That it came is all there is to it.
        return Ok(Applied::Done);
    }
    if let RoomAct::Member { user, membership, .. } = &event.what
        && tx.settings.is_ours(user)
    {
        return Box::pin(foreign::ours(tx, event, (user, *membership))).await;
    }
    let Some(scene) = rooms::scene(tx.db_unflushed(), &event.room_id, &event.sender).await? else {
        return Box::pin(foreign::event(tx, event)).await;
    };
    if scene.agent.is_some()
        && let RoomAct::Reaction { of, .. } = &event.what
        && !is_known(tx, &scene.place, of).await?
    {
        let what = Due::ReactedEarly { event: Box::new(event.clone()) };
        tx.set(&Timer { due_at: tx.now + RECORDED_WITHIN, what }).await?;
        return Ok(Applied::Done);
    }
    if scene.agent.is_some()
        && let RoomAct::Member { .. } = &event.what
    {
        return Box::pin(left::member(tx, event, scene)).await;
    }
    in_scene(tx, event, scene).await
}

/// Whether the desk knows what an event of a room is.
async fn is_known(tx: &mut Tx<'_>, place: &Place, event: &OwnedEventId) -> Result<bool> {
    if rooms::posted(tx.db().await?, place, event).await?.is_some() {
        return Ok(true);
    }
    let Place::Session(interaction) = place else { return Ok(false) };
    Ok(replies::by_event(tx.db().await?, interaction, event).await?.is_some())
}

/// Applies an event of a room that came before, or with another, and may be applied now.
pub(super) async fn known(tx: &mut Tx<'_>, event: &RoomEvent) -> Result<Applied> {
    match rooms::scene(tx.db().await?, &event.room_id, &event.sender).await? {
        Some(scene) => in_scene(tx, event, scene).await,
        None => Ok(Applied::Foreign),
    }
}

/// Applies an event of a room of ours, once it is known where that is and who did it.
pub(super) async fn in_scene(tx: &mut Tx<'_>, event: &RoomEvent, scene: Scene) -> Result<Applied> {
    let Scene { place, agent, session } = scene;
    match &event.what {
        RoomAct::Upgraded => return Box::pin(lost::doubt(tx, &event.room_id)).await,
        RoomAct::Member { user, membership: Membership::Leave | Membership::Ban, .. }
            if *user != event.sender =>
        {
            return Box::pin(lost::taken_out(tx, &place, user)).await;
        }
        _ => {}
    }
    match (place, session) {
        (Place::Console(owner), _) => Box::pin(in_console(tx, event, &owner, agent)).await,
        (Place::Session(_), Some(session)) => in_session(tx, event, &session, agent).await,
        (Place::Session(_), None) => Ok(Applied::Foreign),
        (Place::Talk(home), _) => match talk_store::in_room(tx.db().await?, &home).await? {
            Some(talk) => talks::event(tx, event, talk, agent).await,
            None => Ok(Applied::Foreign),
        },
    }
}

/// Someone who has no business in a room of ours says something there: a command is answered, and nothing comes of it.
async fn stranger(tx: &mut Tx<'_>, event: &RoomEvent, place: &Place) -> Result<Applied> {
    if let RoomAct::Message { kind: MessageKind::Text, body, .. } = &event.what
        && let Typed::Command(_) = prefix::classify(body, &tx.settings.prefix)
    {
        tx.say(place, Says::NotAllowed.plainly(), Some(event.event_id.clone())).await?;
    }
    Ok(Applied::Foreign)
}

async fn in_console(
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
            let said = commands::Said { event, place, interaction: None, talk: None, reply_to, pills };
            let body = if reply_to.is_some() { outgoing::strip_reply_fallback(body) } else { body };
            if let Typed::Command(line) = prefix::classify(body, &tx.settings.prefix) {
                commands::run(tx, &agent, &said, line).await?;
            } else if let Some(answer) = Answer::of_words(body) {
                let came = match reply_to {
                    Some(of) => Box::pin(notices::answer(tx, &agent, &said, (of, answer))).await?,
                    None => Came::Unknown,
                };
                match came {
                    Came::Taken => {}
                    // A yes to something else takes no offer.
                    Came::AsksNothing => {
                        let says = Says::no_such("that asks nothing of you", "mine");
                        tx.say(&said.place, says.plainly(), Some(event.event_id.clone())).await?;
                    }
                    Came::Unknown => commands::run(tx, &agent, &said, body).await?,
                }
            } else {
                let usage = format!("{}help", tx.settings.prefix);
                let problem = "the console takes commands only".to_owned();
                let notice = Says::Usage { usage, problem }.plainly();
                tx.say(&said.place, notice, Some(event.event_id.clone())).await?;
            }
        }
        RoomAct::Reaction { of, key } => {
            let said =
                commands::Said { event, place, interaction: None, talk: None, reply_to: None, pills: &[] };
            Box::pin(notices::react(tx, &agent, said, (of, key))).await?;
        }
        RoomAct::Member { user, membership, .. } if *user == agent.who.user => {
            let is_in = *membership == Membership::Join;
            // Nothing of the desk reaches who leaves it: they are asked back once, and may decline.
            if *membership == Membership::Leave && agents::is_in_console(tx.db().await?, owner).await? {
                tx.emit(Effect::OfferConsole { agent: owner.clone() }).await?;
            }
            agents::set_in_console(tx.db().await?, &agent.who.id, is_in).await?;
            if is_in && agents::greet(tx.db().await?, &agent.who.id).await? {
                people::greet(tx, &agent).await?;
            }
            if is_in && tx.settings.desk.im_presence == ImPresence::Matrix {
                tx.emit(Effect::LookWhetherOnline { user: user.clone() }).await?;
            }
        }
        // A notice is a bot's words, which may be anyone's: nobody's command.
        RoomAct::Message { .. }
        | RoomAct::Edit { .. }
        | RoomAct::Redaction { .. }
        | RoomAct::Member { .. }
        | RoomAct::Marker { .. }
        | RoomAct::Upgraded
        | RoomAct::Unsupported { .. } => {}
    }
    Ok(Applied::Done)
}

/// Whether something is only done by who is in the room: they have come in, though their coming may be heard of later, as the
/// homeserver may have lost that and have to be asked for it.
pub(super) fn is_from_inside(what: &RoomAct) -> bool {
    match what {
        RoomAct::Message { .. }
        | RoomAct::Edit { .. }
        | RoomAct::Redaction { .. }
        | RoomAct::Reaction { .. }
        | RoomAct::Unsupported { .. } => true,
        RoomAct::Member { .. } | RoomAct::Marker { .. } | RoomAct::Upgraded => false,
    }
}

/// What a session is once it is known that who does something there has come in; nothing if that is no news.
async fn came_in(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    Session { interaction, queue }: &Session,
    agent: &Agent,
) -> Result<Option<Box<Session>>> {
    let me = &agent.who.id;
    let is_news = is_from_inside(&event.what) && interaction.is_invited(me) && !interaction.is_watched_by(me);
    // What was said before they were asked was said when they were here earlier.
    if !is_news || event.at < interaction.updated_at {
        return Ok(None);
    }
    let _ = offers::answer(tx, agent, &interaction.id, None, true, (By::Membership, "")).await?;
    let now = interactions::by_id(tx.db().await?, &interaction.id).await?;
    Ok(now.map(|interaction| Box::new(Session { interaction, queue: queue.clone() })))
}

async fn in_session(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    session: &Session,
    agent: Option<Agent>,
) -> Result<Applied> {
    let Some(agent) = agent else {
        return stranger(tx, event, &Place::Session(session.interaction.id.clone())).await;
    };
    // It is rare; boxed, it makes the step of no other event larger.
    let taken = Box::pin(came_in(tx, event, session, &agent)).await?;
    let session = taken.as_deref().unwrap_or(session);
    let interaction = &session.interaction;
    match &event.what {
        RoomAct::Message { kind, body, reply_to, in_thread, pills, formatted } => {
            let (reply_to, in_thread, formatted) = (reply_to.as_ref(), *in_thread, formatted.as_deref());
            let message = said::Message { kind, body, reply_to, in_thread, pills, formatted };
            said::message(tx, event, session, &agent, &message).await?;
        }
        RoomAct::Edit { of, kind, body, pills, formatted } => {
            let formatted = formatted.as_deref();
            let new = said::Message { kind, body, reply_to: None, in_thread: false, pills, formatted };
            said::edit(tx, event, session, &agent, (of, &new)).await?;
        }
        RoomAct::Redaction { of } => said::redaction(tx, interaction, of).await?,
        RoomAct::Reaction { of, key } => {
            react_in_session(tx, event, interaction, &agent, (of, key)).await?;
        }
        RoomAct::Member { user, membership, before, reason, .. } => {
            if *user == event.sender {
                let reason = reason.as_deref().unwrap_or_default();
                member(tx, interaction, &agent, (*membership, *before), reason).await?;
            }
        }
        RoomAct::Unsupported { in_thread, .. } => {
            if !in_thread && is_owner(interaction, &event.sender) {
                let (of, writer) = (event.event_id.clone(), &event.sender);
                tx.hold_back(interaction, of, writer, HeldBack::Unsupported).await?;
            }
        }
        RoomAct::Marker { .. } | RoomAct::Upgraded => {}
    }
    Ok(Applied::Done)
}

/// Whether a user owns an interaction.
pub(super) fn is_owner(interaction: &Interaction, user: &UserId) -> bool {
    interaction.owner().is_some_and(|owner| owner.user == user)
}

/// Joining takes an offer, declining refuses it; an owner who comes or goes does just that.
async fn member(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    agent: &Agent,
    (now, before): (Membership, Option<Membership>),
    reason: &str,
) -> Result<()> {
    let offered = interaction.is_invited(&agent.who.id);
    match now {
        // Who was in the room before has another name or picture, and says nothing by it.
        Membership::Join if before == Some(Membership::Join) => {}
        Membership::Join if offered => {
            let _ = offers::answer(tx, agent, &interaction.id, None, true, (By::Membership, "")).await?;
        }
        Membership::Join => {
            let _ = tx.happen(interaction, Event::CameIn { by: agent.who.id.clone() }).await?;
        }
        Membership::Leave if offered => {
            let _ = offers::answer(tx, agent, &interaction.id, None, false, (By::Membership, reason)).await?;
        }
        Membership::Leave => {
            let event = Event::WentOut { by: agent.who.id.clone(), away: tx.settings.desk.owner_away() };
            if tx.happen(interaction, event).await?.is_ok() {
                tx.audit(agent, "leave", Some(&interaction.id), "the room").await?;
            }
        }
        Membership::Invite | Membership::Ban | Membership::Knock => {}
    }
    Ok(())
}

/// A reaction at a notice may answer it; at what was said with the contact, the owner's cannot reach the phone.
async fn react_in_session(
    tx: &mut Tx<'_>,
    event: &RoomEvent,
    interaction: &Interaction,
    agent: &Agent,
    (of, key): (&OwnedEventId, &str),
) -> Result<()> {
    let place = Place::Session(interaction.id.clone());
    let here = Some(interaction);
    let said = commands::Said { event, place, interaction: here, talk: None, reply_to: None, pills: &[] };
    if Box::pin(notices::react(tx, agent, said, (of, key))).await? == Came::Taken {
        return Ok(());
    }
    let place = Place::Session(interaction.id.clone());
    let speaks_to_contact = match rooms::posted(tx.db().await?, &place, of).await? {
        Some((posted, stands)) => posted == Posted::Contact && stands == Stands::Here,
        None => replies::by_event(tx.db().await?, &interaction.id, of).await?.is_some(),
    };
    if speaks_to_contact && is_owner(interaction, &agent.who.user) {
        once(tx, interaction, (of, &agent.who.user), HeldBack::Reaction).await?;
    }
    Ok(())
}

/// Says of a message, once, that something done to it cannot reach the phone.
pub(super) async fn once(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    (of, writer): (&OwnedEventId, &UserId),
    why: HeldBack,
) -> Result<()> {
    let now = tx.now;
    if upkeep::claim(tx.db().await?, &format!("told:{of}"), now).await? {
        tx.hold_back(interaction, of.clone(), writer, why).await?;
    }
    Ok(())
}

/// Whether an id belongs to a session; used where a command names one.
pub(crate) fn interaction_id(text: &str) -> Option<InteractionId> {
    let text = text.trim().to_lowercase();
    let bare = text.strip_prefix("i-").unwrap_or(&text);
    let fits = (4..=12).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| InteractionId::new(format!("i-{bare}")))
}
