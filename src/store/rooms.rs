//! Rooms the desk made, and what its bot posted in them.

use matrix_sdk::ruma::{EventId, OwnedEventId, RoomId};
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, from_json, many, to_json};
use crate::domain::effect::{Place, Role};
use crate::domain::ids::{AgentId, InteractionId};

/// What an event of ours is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// A text or picture of the contact, by their ghost.
    Contact,
    /// A notice of the bot, with what answering it means.
    Notice(Option<Role>),
}

/// Remembers what a room is for.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, room: &RoomId, place: &Place) -> Result<()> {
    let (kind, subject) = match place {
        Place::Session(interaction) => ("session", interaction.as_str()),
        Place::Talk(home) => ("talk", home.as_str()),
        Place::Console(agent) => ("console", agent.as_str()),
    };
    sqlx::query("INSERT INTO rooms (room_id, kind, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(room.as_str())
        .bind(kind)
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// What a room is for; nothing if the desk did not make it.
///
/// # Errors
/// [`super::StoreError`].
pub async fn place(conn: &mut AnyConnection, room: &RoomId) -> Result<Option<Place>> {
    let row: Option<(String, String)> = sqlx::query_as("SELECT kind, subject FROM rooms WHERE room_id = $1")
        .bind(room.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(kind, subject)| match kind.as_str() {
        "console" => Place::Console(AgentId::new(subject)),
        "talk" => Place::Talk(InteractionId::new(subject)),
        _ => Place::Session(InteractionId::new(subject)),
    }))
}

/// Remembers events of ours.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add_posted(conn: &mut AnyConnection, posted: &[(OwnedEventId, Posted)]) -> Result<()> {
    for piece in many::pieces(posted) {
        let sql = format!(
            "INSERT INTO posted (event_id, kind, role) VALUES {} ON CONFLICT DO NOTHING",
            many::places(piece.len(), 3)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (event, posted) in piece {
            let (kind, role) = match posted {
                Posted::Contact => ("contact", None),
                Posted::Notice(role) => ("notice", role.as_ref()),
            };
            let role = role.map(|role| to_json("role", role)).transpose()?;
            insert = insert.bind(event.as_str()).bind(kind).bind(role);
        }
        insert.execute(&mut *conn).await?;
    }
    Ok(())
}

/// What an event is, if it is ours.
///
/// # Errors
/// [`super::StoreError`].
pub async fn posted(conn: &mut AnyConnection, event: &EventId) -> Result<Option<Posted>> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT kind, role FROM posted WHERE event_id = $1")
            .bind(event.as_str())
            .fetch_optional(conn)
            .await?;
    let Some((kind, role)) = row else { return Ok(None) };
    if kind == "contact" {
        return Ok(Some(Posted::Contact));
    }
    Ok(Some(Posted::Notice(role.map(|role| from_json("role", &role)).transpose()?)))
}

/// The event in which the bot played a role.
///
/// # Errors
/// [`super::StoreError`].
pub async fn in_role(conn: &mut AnyConnection, role: &Role) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT event_id FROM posted WHERE role = $1")
        .bind(to_json("role", role)?)
        .fetch_optional(conn)
        .await?)
}
