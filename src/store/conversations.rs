//! Conversations: looks up a session or a talk by its id. The rows of each are in [`interactions`] and
//! [`talks`].

use sqlx::AnyConnection;

use super::{Result, interactions, talks};
use crate::clock::Millis;
use crate::domain::conversation::Conversation;
use crate::domain::effect::Place;
use crate::domain::ids::{AgentId, InteractionId};

/// The conversation of an id. For a session, which most are, that is one query.
pub async fn by_id(conn: &mut AnyConnection, id: &InteractionId) -> Result<Option<Conversation>> {
    if let Some(session) = interactions::by_id(conn, id).await? {
        return Ok(Some(session.into()));
    }
    Ok(talks::by_id(conn, id).await?.map(Conversation::from))
}

/// The conversation in the room that was made for an id: the session, or the newest of the talks there.
pub async fn in_room(conn: &mut AnyConnection, first: &InteractionId) -> Result<Option<Conversation>> {
    if let Some(session) = interactions::by_id(conn, first).await? {
        return Ok(Some(session.into()));
    }
    Ok(talks::in_room(conn, first).await?.map(Conversation::from))
}

/// The conversation at a place; none in a console.
pub async fn at(conn: &mut AnyConnection, place: &Place) -> Result<Option<Conversation>> {
    match place {
        Place::Session(id) => Ok(interactions::by_id(conn, id).await?.map(Conversation::from)),
        Place::Talk(first) => Ok(talks::in_room(conn, first).await?.map(Conversation::from)),
        Place::Console(_) => Ok(None),
    }
}

/// The conversation an agent is being offered: the oldest session, since a contact waits there; else the talk
/// they were invited to last.
pub async fn offered_to(conn: &mut AnyConnection, agent: &AgentId) -> Result<Option<Conversation>> {
    let session = interactions::offered_to(conn, agent).await?.into_iter().next();
    if let Some(session) = session {
        return Ok(Some(session.into()));
    }
    Ok(talks::offered_to(conn, agent).await?.map(Conversation::from))
}

/// Keeps what changed in a conversation.
pub async fn save(conn: &mut AnyConnection, conversation: &Conversation) -> Result<()> {
    match conversation {
        Conversation::Session(session) => interactions::save(conn, session).await,
        Conversation::Talk(talk) => talks::save(conn, talk).await,
    }
}

/// The rooms of all conversations that were not done at some time since then, for looking up what was never
/// delivered.
pub async fn rooms_since(conn: &mut AnyConnection, since: Millis) -> Result<Vec<String>> {
    let mut rooms = interactions::rooms_since(conn, since).await?;
    rooms.extend(talks::rooms_since(conn, since).await?);
    Ok(rooms)
}
