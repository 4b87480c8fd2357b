//! What a room shows of its conversation, as that stands when it is delivered.

use crate::domain::conversation::Conversation;
use crate::domain::effect::{PublishContact, PublishRights, PublishState, PublishTopic};
use crate::domain::input::Evidence;
use crate::outbox::target::{self, session};
use crate::outbox::{Detour, Ports, mend, shown};

/// The state event every session room carries.
pub(super) const STATE_EVENT: &str = "org.switchroom.interaction";

/// Writes the state event.
pub(super) async fn publish(ports: &Ports, of: &PublishState) -> Result<Evidence, Detour> {
    let found = target::of(ports, &of.interaction).await?;
    let room = target::room(found.by_ref())?;
    ports.matrix.put_state(&room, STATE_EVENT, "", &shown::state(ports, found.by_ref()).await?).await?;
    Ok(Evidence::Nothing)
}

/// Writes the room's topic.
pub(super) async fn publish_topic(ports: &Ports, of: &PublishTopic) -> Result<Evidence, Detour> {
    let (found, room) = session(ports, &of.interaction).await?;
    ports.matrix.set_topic(&room, &ports.templates.topic(&shown::interaction(ports, &found))).await?;
    Ok(Evidence::Nothing)
}

/// Writes who may write in the room of a talk.
pub(super) async fn publish_rights(ports: &Ports, of: &PublishRights) -> Result<Evidence, Detour> {
    let found = target::of(ports, &of.interaction).await?;
    if let Conversation::Talk(talk) = &found {
        ports.matrix.set_writing(&target::room(found.by_ref())?, target::kind(talk), talk.is_open()).await?;
    }
    Ok(Evidence::Nothing)
}

/// Gives ghost and room the name the contact goes by now.
pub(super) async fn publish_contact(ports: &Ports, of: &PublishContact) -> Result<Evidence, Detour> {
    let (found, room) = session(ports, &of.interaction).await?;
    let shown = shown::interaction(ports, &found);
    let name = ports.templates.room_name(&shown);
    ports.matrix.rename_ghost(&mend::ghost_of(ports, &found.contact.number).await?.name, &name).await?;
    ports.matrix.set_name(&room, &name).await?;
    ports.matrix.set_topic(&room, &ports.templates.topic(&shown)).await?;
    Ok(Evidence::Nothing)
}
