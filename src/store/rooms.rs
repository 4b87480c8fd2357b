//! Rooms the desk made, and what its bot posted in them.

use ruma::{EventId, OwnedEventId, RoomId, UserId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow};

use super::{Batch, Result, from_json, many, to_json};
use crate::clock::Millis;
use crate::domain::agent::Agent;
use crate::domain::effect::{Place, Role};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::queue::QueueSettings;

/// What an event of ours is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// A text or picture of the contact, by their ghost.
    Contact,
    /// A notice of the bot, with what answering it means.
    Notice(Option<Role>),
}

impl Posted {
    /// As the database writes it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Notice(_) => "notice",
        }
    }
}

/// Where an event of ours stands, relative to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// In this room.
    Here,
    /// In another one.
    Elsewhere,
}

/// Remembers what a room is for.
pub async fn add(conn: &mut AnyConnection, room: &RoomId, place: &Place) -> Result<()> {
    let (kind, subject) = columns(place);
    sqlx::query("INSERT INTO rooms (room_id, kind, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(room.as_str())
        .bind(kind)
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

fn columns(place: &Place) -> (&'static str, &str) {
    match place {
        Place::Session(interaction) => ("session", interaction.as_str()),
        Place::Talk(first) => ("talk", first.as_str()),
        Place::Console(agent) => ("console", agent.as_str()),
    }
}

fn place(kind: &str, subject: String) -> Place {
    match kind {
        "console" => Place::Console(AgentId::new(subject)),
        "talk" => Place::Talk(InteractionId::new(subject)),
        _ => Place::Session(InteractionId::new(subject)),
    }
}

/// Remembers that a room, or an alias, can no longer be used, by either's id.
pub async fn lose(conn: &mut AnyConnection, id: &str, of: &Place, now: Millis) -> Result<()> {
    let (kind, subject) = columns(of);
    sqlx::query(
        "INSERT INTO rooms (room_id, kind, subject, lost_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (room_id) DO UPDATE SET lost_at = excluded.lost_at",
    )
    .bind(id)
    .bind(kind)
    .bind(subject)
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many rooms of one subject were lost since a moment.
pub async fn losses_since(conn: &mut AnyConnection, of: &Place, since: Millis) -> Result<i64> {
    let (kind, subject) = columns(of);
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM rooms WHERE kind = $1 AND subject = $2 AND lost_at >= $3")
        .bind(kind)
        .bind(subject)
        .bind(since.0)
        .fetch_one(conn)
        .await?)
}

/// The subjects of the rooms lost after a moment, and when, the latest first.
pub async fn lost_since(conn: &mut AnyConnection, after: Millis) -> Result<Vec<(Place, Millis)>> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT kind, subject, lost_at FROM rooms WHERE lost_at > $1 AND room_id LIKE '!%'
         ORDER BY lost_at DESC, room_id",
    )
    .bind(after.0)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(kind, subject, at)| (place(&kind, subject), Millis(at))).collect())
}

/// The subject of a room, and whether the room is lost; nothing if the desk did not make it.
pub async fn purpose(conn: &mut AnyConnection, room: &RoomId) -> Result<Option<(Place, bool)>> {
    let row: Option<(String, String, Option<i64>)> =
        sqlx::query_as("SELECT kind, subject, lost_at FROM rooms WHERE room_id = $1")
            .bind(room.as_str())
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(kind, subject, lost_at)| (place(&kind, subject), lost_at.is_some())))
}

/// Where something happens and who does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What the room is for.
    pub place: Place,
    /// The agent who does it, if it is one.
    pub agent: Option<Agent>,
    /// The session of a session room.
    pub session: Option<Session>,
}

/// An interaction with the queue it came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The interaction.
    pub interaction: Interaction,
    /// Its queue, as it is set now.
    pub queue: Option<QueueSettings>,
}

/// The scene of what a user does in a room; nothing if the desk did not make the room, or it is lost.
pub async fn scene(conn: &mut AnyConnection, room: &RoomId, user: &UserId) -> Result<Option<Scene>> {
    let mut batch = Batch::on(conn);
    batch_scene(&mut batch, room, user);
    scene_in(&batch.fetch(conn).await?)
}

/// Reads the scene of what a user does in a room, together with other statements.
pub(crate) fn batch_scene(batch: &mut Batch, room: &RoomId, user: &UserId) {
    let select = batch.add(
        "SELECT r.kind, r.subject, a.body, i.body, q.body FROM rooms r
         LEFT JOIN agents a ON a.user_id = $2
         LEFT JOIN interactions i ON i.id = r.subject AND r.kind = 'session'
         LEFT JOIN queues q ON q.name = i.queue
         WHERE r.room_id = $1 AND r.lost_at IS NULL",
    );
    select.bind(room.as_str()).bind(user.as_str());
}

/// The scene in the rows that [`batch_scene`] returned.
pub(crate) fn scene_in(rows: &[AnyRow]) -> Result<Option<Scene>> {
    type Row = (String, String, Option<String>, Option<String>, Option<String>);
    let row: Option<Row> = rows.first().map(FromRow::from_row).transpose()?;
    let Some((kind, subject, agent, interaction, queue)) = row else { return Ok(None) };
    let place = place(&kind, subject);
    let agent = agent.map(|agent| from_json("agent", &agent)).transpose()?;
    let queue = queue.map(|queue| from_json("queue", &queue)).transpose()?;
    let interaction = interaction.map(|found| from_json("interaction", &found)).transpose()?;
    let session = interaction.map(|interaction| Session { interaction, queue });
    Ok(Some(Scene { place, agent, session }))
}

/// Remembers events of ours, each with the lane of the room it stands in.
pub async fn add_posted(conn: &mut AnyConnection, posted: &[(OwnedEventId, Lane, Posted)]) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_posted(&mut batch, posted)?;
    batch.run(conn).await
}

/// The same, together with other statements.
pub(crate) fn batch_posted(batch: &mut Batch, posted: &[(OwnedEventId, Lane, Posted)]) -> Result<()> {
    for piece in many::pieces(posted) {
        let insert = batch.add(format!(
            "INSERT INTO posted (event_id, lane, kind, role) VALUES {} ON CONFLICT DO NOTHING",
            many::places(piece.len(), 4)
        ));
        for (event, lane, posted) in piece {
            let (kind, role) = match posted {
                Posted::Contact => (posted.kind(), None),
                Posted::Notice(role) => (posted.kind(), role.as_ref()),
            };
            let role = role.map(|role| to_json("role", role)).transpose()?;
            insert.bind(event.as_str()).bind(lane.to_string()).bind(kind).bind(role);
        }
    }
    Ok(())
}

/// What an event is, if it is ours, and whether it stands in this room.
pub async fn posted(
    conn: &mut AnyConnection,
    place: &Place,
    event: &EventId,
) -> Result<Option<(Posted, Stands)>> {
    let row: Option<(String, String, Option<String>)> =
        sqlx::query_as("SELECT lane, kind, role FROM posted WHERE event_id = $1")
            .bind(event.as_str())
            .fetch_optional(conn)
            .await?;
    let Some((lane, kind, role)) = row else { return Ok(None) };
    let stands = if lane == place.lane().to_string() { Stands::Here } else { Stands::Elsewhere };
    if kind == "contact" {
        return Ok(Some((Posted::Contact, stands)));
    }
    let role = role.map(|role| from_json("role", &role)).transpose()?;
    Ok(Some((Posted::Notice(role), stands)))
}

/// Forgets an event of ours that was taken away.
///
/// # Errors
/// [`super::StoreError`].
pub async fn forget_posted(conn: &mut AnyConnection, event: &EventId) -> Result<()> {
    sqlx::query("DELETE FROM posted WHERE event_id = $1").bind(event.as_str()).execute(conn).await?;
    Ok(())
}

/// The event in which the bot, or a ghost, played a role.
pub async fn in_role(conn: &mut AnyConnection, role: &Role) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT event_id FROM posted WHERE role = $1")
        .bind(to_json("role", role)?)
        .fetch_optional(conn)
        .await?)
}
