//! Owners' messages on their way to phones.

use matrix_sdk::ruma::EventId;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, from_json, many, to_json};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId, Number};
use crate::domain::input::Claim;
use crate::domain::interaction::Interaction;
use crate::domain::reply::Reply;

/// All that decides what becomes of a message whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTurn {
    /// The message.
    pub reply: Reply,
    /// The interaction it belongs to.
    pub interaction: Interaction,
    /// Whether the contact wants no messages.
    pub opted_out: bool,
}

/// Keeps new messages.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, replies: &[Reply], at: Millis) -> Result<()> {
    for piece in many::pieces(replies) {
        let sql = format!(
            "INSERT INTO replies (id, interaction, event_id, created_at, body) VALUES {}",
            many::places(piece.len(), 5)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for reply in piece {
            insert = insert
                .bind(reply.id.as_str())
                .bind(reply.interaction.as_str())
                .bind(reply.event.as_str())
                .bind(at.0)
                .bind(to_json("reply", reply)?);
        }
        insert.execute(&mut *conn).await?;
    }
    Ok(())
}

/// Keeps what changed in a message.
///
/// # Errors
/// [`super::StoreError`].
pub async fn save(conn: &mut AnyConnection, reply: &Reply) -> Result<()> {
    sqlx::query("UPDATE replies SET body = $2 WHERE id = $1")
        .bind(reply.id.as_str())
        .bind(to_json("reply", reply)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// The message of an id.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_id(conn: &mut AnyConnection, id: &str) -> Result<Option<Reply>> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT body FROM replies WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.map(|row| from_json("reply", &row)).transpose()
}

/// A message whose turn it is; nothing if there is none of that id, or the effect that sends it is done or another's.
///
/// # Errors
/// [`super::StoreError`].
pub async fn on_turn(conn: &mut AnyConnection, claim: &Claim, id: &str) -> Result<Option<OnTurn>> {
    let row: Option<(String, String, Option<i64>)> = sqlx::query_as(
        "SELECT r.body, i.body, n.since FROM outbox o JOIN lanes l ON l.id = o.lane
         JOIN replies r ON r.id = $4 JOIN interactions i ON i.id = r.interaction
         LEFT JOIN opt_outs n ON n.our_number = i.our_number AND n.contact_number = i.contact_number
         WHERE o.lane = $1 AND o.seq = $2 AND o.state = 'ready' AND l.epoch = $3",
    )
    .bind(claim.lane.as_str())
    .bind(claim.seq)
    .bind(claim.epoch)
    .bind(id)
    .fetch_optional(conn)
    .await?;
    let Some((reply, interaction, opted_out_since)) = row else { return Ok(None) };
    let (reply, interaction) = (from_json("reply", &reply)?, from_json("interaction", &interaction)?);
    Ok(Some(OnTurn { reply, interaction, opted_out: opted_out_since.is_some() }))
}

/// The message typed in an event; the newest, where it was sent again.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_event(conn: &mut AnyConnection, event: &EventId) -> Result<Option<Reply>> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE event_id = $1 ORDER BY created_at DESC, id LIMIT 1",
    )
    .bind(event.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| from_json("reply", &row)).transpose()
}

/// The newest messages of an interaction, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn newest(conn: &mut AnyConnection, interaction: &InteractionId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE interaction = $1 ORDER BY created_at DESC, id LIMIT $2",
    )
    .bind(interaction.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The newest messages of all that an agent is working on, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn newest_of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.holder = $1 AND i.is_open = 1 AND i.state = 'active' ORDER BY r.created_at DESC, r.id LIMIT $2",
    )
    .bind(agent.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages between two numbers since a moment: what the provider's list is held against.
///
/// # Errors
/// [`super::StoreError`].
pub async fn between(
    conn: &mut AnyConnection,
    ours: &Number,
    theirs: &Number,
    since: Millis,
) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.our_number = $1 AND i.contact_number = $2 AND r.created_at >= $3 ORDER BY r.created_at, r.id",
    )
    .bind(ours.as_str())
    .bind(theirs.as_str())
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages from one of our numbers since a moment.
///
/// # Errors
/// [`super::StoreError`].
pub async fn sent_from(conn: &mut AnyConnection, ours: &Number, since: Millis) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.our_number = $1 AND r.created_at >= $2",
    )
    .bind(ours.as_str())
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}
