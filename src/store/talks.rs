//! Talks: IMs and consults.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::left_behind::{self, What};
use super::{Result, from_json, many, search, to_json};
use crate::clock::Millis;
use crate::domain::effect::Place;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::talk::Talk;
use crate::domain::timer::{Due, LEAVE_AFTER, Timer};

/// A talk that was done long ago, by the columns of its row: what it holds need not be readable to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Old {
    /// Its id.
    pub id: InteractionId,
    /// The first talk in its room.
    pub first_talk: InteractionId,
    /// The interaction that it was a consult about.
    pub parent: Option<InteractionId>,
    /// The id of its room, as it is stored.
    pub room: Option<String>,
    /// When it was done, in Unix milliseconds.
    pub done_at: Millis,
}

impl Old {
    /// The timer by which the bot leaves its room.
    #[must_use]
    pub fn leave_timer(&self) -> Timer {
        let what = Due::LeaveRoom { interaction: self.id.clone() };
        Timer { due_at: self.done_at + LEAVE_AFTER, what }
    }
}

/// Keeps a new talk.
pub async fn add(conn: &mut AnyConnection, talk: &Talk) -> Result<()> {
    sqlx::query(
        "INSERT INTO talks
         (id, first_talk, initiator, invitee, parent, state, room_id, created_at, updated_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(talk.id.as_str())
    .bind(talk.first_talk.as_str())
    .bind(talk.initiator.id.as_str())
    .bind(talk.invitee.id.as_str())
    .bind(talk.parent.as_ref().map(|parent| parent.as_str().to_owned()))
    .bind(talk.state())
    .bind(talk.room.as_ref().map(|room| room.as_str().to_owned()))
    .bind(talk.created_at.0)
    .bind(talk.updated_at.0)
    .bind(to_json("talk", talk)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps what changed in a talk.
pub async fn save(conn: &mut AnyConnection, talk: &Talk) -> Result<()> {
    sqlx::query("UPDATE talks SET state = $2, room_id = $3, updated_at = $4, body = $5 WHERE id = $1")
        .bind(talk.id.as_str())
        .bind(talk.state())
        .bind(talk.room.as_ref().map(|room| room.as_str().to_owned()))
        .bind(talk.updated_at.0)
        .bind(to_json("talk", talk)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// The talk of an id.
pub async fn by_id(conn: &mut AnyConnection, id: &InteractionId) -> Result<Option<Talk>> {
    first(conn, "SELECT body FROM talks WHERE id = $1", id.as_str()).await
}

/// The talk that goes on in the room which was made for `first_talk`: the newest one there.
pub async fn in_room(conn: &mut AnyConnection, first_talk: &InteractionId) -> Result<Option<Talk>> {
    let sql = "SELECT body FROM talks WHERE first_talk = $1 ORDER BY created_at DESC, id DESC LIMIT 1";
    first(conn, sql, first_talk.as_str()).await
}

/// The talk an agent is being invited to: of several, the latest.
pub async fn offered_to(conn: &mut AnyConnection, agent: &AgentId) -> Result<Option<Talk>> {
    let sql =
        "SELECT body FROM talks WHERE invitee = $1 AND state = 'offered' ORDER BY created_at DESC LIMIT 1";
    first(conn, sql, agent.as_str()).await
}

/// The consult about an interaction that is connected: of several, the newest.
pub async fn connected(conn: &mut AnyConnection, parent: &InteractionId) -> Result<Option<Talk>> {
    let sql =
        "SELECT body FROM talks WHERE parent = $1 AND state = 'connected' ORDER BY created_at DESC LIMIT 1";
    first(conn, sql, parent.as_str()).await
}

/// The consults about an interaction in which people can write.
pub async fn open_of(conn: &mut AnyConnection, parent: &InteractionId) -> Result<Vec<Talk>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM talks WHERE parent = $1 AND state NOT IN ('ended', 'done') ORDER BY created_at, id",
    )
    .bind(parent.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("talk", row)).collect()
}

/// The newest talks of an agent, newest first.
pub async fn of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Talk>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM talks WHERE initiator = $1 OR invitee = $1
         ORDER BY created_at DESC, id DESC LIMIT $2",
    )
    .bind(agent.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("talk", row)).collect()
}

/// The talks of an agent that are not done, oldest first.
pub async fn not_done(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<Talk>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM talks WHERE (initiator = $1 OR invitee = $1) AND state <> 'done'
         ORDER BY created_at, id",
    )
    .bind(agent.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("talk", row)).collect()
}

/// The rooms of all talks that somebody was in at some time since then, for looking up what was never
/// delivered.
pub async fn rooms_since(conn: &mut AnyConnection, since: Millis) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT room_id FROM talks WHERE state <> 'done' AND room_id IS NOT NULL
         UNION
         SELECT room_id FROM talks WHERE state = 'done' AND updated_at >= $1 AND room_id IS NOT NULL",
    )
    .bind(since.0)
    .fetch_all(conn)
    .await?)
}

/// The talks of rooms in which nothing is on its way and every talk was done before a moment, of at most
/// `limit` rooms, the longest done first. Talks that share a room go together: the room holds what was said
/// in all of them.
pub async fn done_before(conn: &mut AnyConnection, before: Millis, limit: i64) -> Result<Vec<Old>> {
    type Row = (String, String, Option<String>, Option<String>, i64);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, first_talk, parent, room_id, updated_at FROM talks WHERE first_talk IN
         (SELECT first_talk FROM talks t WHERE state = 'done' AND updated_at < $1
          AND NOT EXISTS (SELECT 1 FROM talks other
                          WHERE other.first_talk = t.first_talk
                            AND (other.state <> 'done' OR other.updated_at >= $1))
          AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane = 'room:' || t.first_talk AND o.state = 'ready')
          ORDER BY updated_at LIMIT $2)
         ORDER BY created_at, id",
    )
    .bind(before.0)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let old = |(id, first_talk, parent, room, done_at): Row| Old {
        id: InteractionId::new(id),
        first_talk: InteractionId::new(first_talk),
        parent: parent.map(InteractionId::new),
        room,
        done_at: Millis(done_at),
    };
    Ok(rows.into_iter().map(old).collect())
}

/// Erases talks, with everything that holds what was said in them. Returns how many lines of transcripts that
/// were.
pub async fn erase(conn: &mut AnyConnection, talks: &[Old]) -> Result<u64> {
    let mut lines = 0;
    for talk in talks {
        search::remove_all(conn, &talk.id).await?;
        forget_aside(conn, talk).await?;
    }
    for piece in many::pieces(talks) {
        let ids: Vec<&str> = piece.iter().map(|talk| talk.id.as_str()).collect();
        lines += remove(conn, "transcript", "interaction", &ids).await?;
        remove(conn, "messages", "interaction", &ids).await?;
        remove(conn, "talks", "id", &ids).await?;
        let rooms: Vec<&str> = piece.iter().filter_map(|talk| talk.room.as_deref()).collect();
        remove(conn, "rooms", "room_id", &rooms).await?;
        let consults: Vec<(String, String)> = piece
            .iter()
            .filter_map(|talk| Some((talk.parent.as_ref()?.to_string(), talk.room.clone()?)))
            .collect();
        left_behind::add(conn, What::Talk, &consults).await?;
        let places: Vec<Place> = piece.iter().map(|talk| Place::Talk(talk.first_talk.clone())).collect();
        let of_rooms: Vec<String> = places.iter().map(|place| place.lane().to_string()).collect();
        remove(conn, "outbox", "lane", &of_rooms).await?;
        let shown: Vec<String> = places.iter().map(|place| to_json("place", place)).collect::<Result<_>>()?;
        remove(conn, "lists", "place", &shown).await?;
    }
    Ok(lines)
}

/// Deletes the dead letters of a talk's room: they hold what was said.
async fn forget_aside(conn: &mut AnyConnection, talk: &Old) -> Result<()> {
    let lane = Place::Talk(talk.first_talk.clone()).lane();
    let room = talk.room.as_ref().map_or_else(String::new, |room| format!("%{room}%"));
    sqlx::query("DELETE FROM set_aside WHERE what LIKE $1 OR body LIKE $2")
        .bind(format!("effect {lane}/%"))
        .bind(room)
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes the rows of a table whose column has one of some values.
pub(super) async fn remove(
    conn: &mut AnyConnection,
    table: &'static str,
    column: &'static str,
    values: &[impl AsRef<str>],
) -> Result<u64> {
    let mut removed = 0;
    for piece in many::pieces(values) {
        let places = many::places(piece.len(), 1);
        let mut delete =
            sqlx::query(AssertSqlSafe(format!("DELETE FROM {table} WHERE {column} IN (VALUES {places})")));
        for value in piece {
            delete = delete.bind(value.as_ref());
        }
        removed += delete.execute(&mut *conn).await?.rows_affected();
    }
    Ok(removed)
}

async fn first(conn: &mut AnyConnection, sql: &'static str, value: &str) -> Result<Option<Talk>> {
    let row: Option<String> = sqlx::query_scalar(sql).bind(value).fetch_optional(conn).await?;
    row.map(|row| from_json("talk", &row)).transpose()
}
