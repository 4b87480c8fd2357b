//! What is older than it is kept: finding it by an index, some at a time, and erasing it.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::left_behind::{self, What};
use super::{
    Result, from_json, interactions, lists, many, media_out, provider_texts, talks, to_json, upkeep,
};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::effect::{Effect, GhostMedia, Place};
use crate::domain::ids::{InteractionId, QueueName};
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::reply::Reply;
use crate::domain::retention::Old;

/// More than this many is told as “more than”: counting may take no longer.
pub const MOST_COUNTED: i64 = 100_000;
/// What begins the name of the fact that an emptied interaction still has lines.
const REST: &str = "retention_rest:";
/// How many rows are passed over at once that cannot be read and may not be too old.
pub const MOST_PASSED_OVER: usize = 1_000;
/// How many dead letters are looked at for words of one conversation.
const LETTERS: i64 = 1_000;

/// The next queue, by name, that has something which is done.
pub const NEXT_QUEUE: &str =
    "SELECT queue FROM interactions WHERE done_at IS NOT NULL AND queue > $1 ORDER BY queue LIMIT 1";
/// The next queue, by name, that has pictures of what is done.
pub const NEXT_MEDIA_QUEUE: &str =
    "SELECT queue FROM media_shown WHERE done_at IS NOT NULL AND queue > $1 ORDER BY queue LIMIT 1";
/// The interactions of a queue that were done before a moment, and of which nothing is on its way.
pub const DUE: &str = "SELECT i.id, i.body FROM interactions i WHERE i.queue = $1 AND i.done_at < $2
     AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane = 'room:' || i.id AND o.state IN ('ready', 'parked'))
     AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.lane = 'sms:' || i.id AND o.state IN ('ready', 'parked'))
     AND NOT EXISTS (SELECT 1 FROM scheduled s WHERE s.interaction = i.id AND s.asks = 0)
     AND NOT EXISTS (SELECT 1 FROM callbacks c WHERE c.interaction = i.id)
     AND NOT EXISTS (SELECT 1 FROM replies r WHERE r.interaction = i.id
                     AND (r.body LIKE '%\"is\":\"sending\"%' OR r.body LIKE '%\"is\":\"unknown\"%'))
     ORDER BY i.done_at LIMIT $3";
/// The pictures of a queue whose conversations were done before a moment.
pub const MEDIA_DUE: &str =
    "SELECT uri, interaction FROM media_shown WHERE queue = $1 AND done_at < $2 ORDER BY done_at LIMIT $3";
/// The lines of the audit log from before a moment, the oldest first.
pub const AUDIT_DUE: &str = "SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2";
const COUNT_DUE: &str = "SELECT COUNT(*) FROM
     (SELECT 1 FROM interactions WHERE queue = $1 AND done_at < $2 LIMIT $3) AS due";
const COUNT_MEDIA: &str = "SELECT COUNT(*) FROM
     (SELECT 1 FROM media_shown WHERE queue = $1 AND done_at < $2 AND behind_preview = 0 LIMIT $3) AS due";
const COUNT_AUDIT: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE at < $1 LIMIT $2) AS due";
const COUNT_TALKS: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM talks WHERE state = 'done' AND updated_at < $1 LIMIT $2) AS due";

/// The queues that have something of a kind which may be too old, whether they still exist or not.
pub async fn queues(conn: &mut AnyConnection, what: Old) -> Result<Vec<QueueName>> {
    let sql = match what {
        Old::Conversations => NEXT_QUEUE,
        Old::Media => NEXT_MEDIA_QUEUE,
        Old::Talks | Old::Audit => return Ok(vec![]),
    };
    let (mut queues, mut after) = (Vec::new(), String::new());
    loop {
        let next: Option<String> =
            sqlx::query_scalar(sql).bind(after.as_str()).fetch_optional(&mut *conn).await?;
        let Some(next) = next else { return Ok(queues) };
        queues.push(QueueName::new(next.as_str()));
        after = next;
    }
}

/// How many conversations of a queue, or pictures of such, were done before a moment; at most one more than
/// [`MOST_COUNTED`].
pub async fn count_of_queue(
    conn: &mut AnyConnection,
    what: Old,
    queue: &QueueName,
    before: Millis,
) -> Result<i64> {
    let sql = match what {
        Old::Conversations => COUNT_DUE,
        Old::Media => COUNT_MEDIA,
        Old::Talks | Old::Audit => return Ok(0),
    };
    let count = sqlx::query_scalar(sql).bind(queue.as_str()).bind(before.0).bind(MOST_COUNTED + 1);
    Ok(count.fetch_one(conn).await?)
}

/// How many IMs and consults, or lines of the audit log, are from before a moment; at most one more than
/// [`MOST_COUNTED`].
pub async fn count_of_desk(conn: &mut AnyConnection, what: Old, before: Millis) -> Result<i64> {
    let sql = match what {
        Old::Talks => COUNT_TALKS,
        Old::Audit => COUNT_AUDIT,
        Old::Conversations | Old::Media => return Ok(0),
    };
    Ok(sqlx::query_scalar(sql).bind(before.0).bind(MOST_COUNTED + 1).fetch_one(conn).await?)
}

/// Interactions that are too old to be kept.
#[derive(Debug, Default)]
pub struct Due {
    /// Those that can be read.
    pub readable: Vec<Interaction>,
    /// The ids of those that cannot.
    pub unreadable: Vec<InteractionId>,
}

impl Due {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.readable.len() + self.unreadable.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The interactions of a queue that were done before a moment, the longest done first; none of which
/// something is on its way, or nobody knows yet whether a message arrived. One that cannot be read may not
/// tell when it was done: it is due if nothing changed in it since that moment. Those that did change since
/// are passed over, [`MOST_PASSED_OVER`] of them.
pub async fn due(conn: &mut AnyConnection, queue: &QueueName, before: Millis, limit: usize) -> Result<Due> {
    let mut due = Due::default();
    // Only where some are passed over are there more to be looked at.
    for most in [limit, limit + MOST_PASSED_OVER] {
        let rows: Vec<(String, String)> = sqlx::query_as(DUE)
            .bind(queue.as_str())
            .bind(before.0)
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(&mut *conn)
            .await?;
        let is_all = rows.len() < most;
        due = Due::default();
        for (id, row) in rows {
            match from_json("interaction", &row) {
                Ok(read) => due.readable.push(read),
                Err(_) => due.unreadable.push(InteractionId::new(id)),
            }
        }
        let changed = changed_since(conn, &due.unreadable, before).await?;
        due.unreadable.retain(|id| !changed.contains(id.as_str()));
        if is_all || changed.is_empty() {
            break;
        }
    }
    due.readable.truncate(limit);
    due.unreadable.truncate(limit - due.readable.len());
    Ok(due)
}

/// Those of some interactions in which something changed since a moment.
async fn changed_since(
    conn: &mut AnyConnection,
    of: &[InteractionId],
    since: Millis,
) -> Result<HashSet<String>> {
    let mut changed = HashSet::new();
    for piece in many::pieces(of) {
        let sql = format!(
            "SELECT DISTINCT interaction FROM changes WHERE interaction IN (VALUES {}) AND at >= ${}",
            many::places(piece.len(), 1),
            piece.len() + 1
        );
        let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
        for id in piece {
            select = select.bind(id.as_str());
        }
        let found: Vec<String> = select.bind(since.0).fetch_all(&mut *conn).await?;
        changed.extend(found);
    }
    Ok(changed)
}

/// Erases the content of an interaction, and all that quotes it, but its lines: those go by
/// [`erase_lines`], since there may be many. Which room and pictures it had at the homeserver is
/// remembered for whoever erases the customer later. It had been kept for so many days. Returns the pictures.
pub async fn empty(
    conn: &mut AnyConnection,
    whole: &Interaction,
    now: Millis,
    days: u64,
) -> Result<Vec<String>> {
    let left = Interaction { kept_days: Some(days), ..whole.emptied(now) };
    interactions::save(conn, &left).await?;
    // What stays as it was at the beginning is not saved with the rest.
    sqlx::query("UPDATE interactions SET contact_number = $2 WHERE id = $1")
        .bind(whole.id.as_str())
        .bind(left.contact.number.to_string())
        .execute(&mut *conn)
        .await?;
    erase_around(conn, &whole.id, whole.room.as_ref().map(|room| room.as_str())).await
}

/// What is known of an interaction that cannot be read.
#[derive(Debug)]
pub struct Unread {
    /// The number the contact wrote from.
    pub number: Address,
    /// The id of its room, as it is stored.
    pub room: Option<String>,
}

/// The same of one that cannot be read, by what its columns tell: these stay, and nothing of its document
/// does. Returns what they told, and the pictures.
pub async fn empty_unreadable(
    conn: &mut AnyConnection,
    id: &InteractionId,
    now: Millis,
) -> Result<(Unread, Vec<String>)> {
    let (number, room): (String, Option<String>) =
        sqlx::query_as("SELECT contact_number, room_id FROM interactions WHERE id = $1")
            .bind(id.as_str())
            .fetch_one(&mut *conn)
            .await?;
    let unread = Unread { number: Address::read(&number), room };
    sqlx::query("UPDATE interactions SET body = $2, contact_number = $3, room_id = NULL WHERE id = $1")
        .bind(id.as_str())
        .bind(to_json("emptied interaction", &json!({ "emptied_at": now }))?)
        .bind(Address::new(unread.number.channel(), "").to_string())
        .execute(&mut *conn)
        .await?;
    let pictures = erase_around(conn, id, unread.room.as_deref()).await?;
    Ok((unread, pictures))
}

/// Erases what quotes an interaction or hangs on it. Returns the pictures.
async fn erase_around(
    conn: &mut AnyConnection,
    of: &InteractionId,
    room: Option<&str>,
) -> Result<Vec<String>> {
    let id = of.as_str();
    // Whoever erases the customer later has them erased at the provider too.
    let gone: Vec<String> = sqlx::query_scalar("DELETE FROM replies WHERE interaction = $1 RETURNING body")
        .bind(id)
        .fetch_all(&mut *conn)
        .await?;
    for reply in gone.iter().filter_map(|body| from_json::<Reply>("reply", body).ok()) {
        for sid in reply.sids() {
            provider_texts::add(conn, of, sid).await?;
        }
    }
    for sql in [
        "DELETE FROM blanks WHERE interaction = $1",
        "DELETE FROM callbacks WHERE interaction = $1",
        "DELETE FROM scheduled WHERE interaction = $1",
        "DELETE FROM program_texts WHERE interaction = $1",
        "DELETE FROM tags WHERE interaction = $1",
        "DELETE FROM originals WHERE interaction = $1",
        "DELETE FROM ignored_words WHERE interaction = $1",
        "DELETE FROM messages WHERE interaction = $1 AND interaction <> ''",
        // Who did what and when stays: it is the log's own, and is erased with it.
        "UPDATE audit SET detail = '' WHERE subject = $1 AND subject <> '' AND detail <> ''",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *conn).await?;
    }
    media_out::forget(conn, of).await?;
    lists::forget(conn, &Place::Session(of.clone())).await?;
    forget_aside(conn, of, room).await?;
    for lane in lanes(conn, of).await? {
        let lane = lane.to_string();
        sqlx::query("DELETE FROM outbox WHERE lane = $1").bind(lane.as_str()).execute(&mut *conn).await?;
        sqlx::query("DELETE FROM posted WHERE lane = $1 AND role IS NOT NULL")
            .bind(lane)
            .execute(&mut *conn)
            .await?;
    }
    if let Some(room) = room {
        left_behind::add(conn, What::Room, &[(id.to_owned(), room.to_owned())]).await?;
        sqlx::query("DELETE FROM rooms WHERE room_id = $1").bind(room).execute(&mut *conn).await?;
    }
    upkeep::remember(conn, &format!("{REST}{id}"), "").await?;
    let uris: Vec<String> =
        sqlx::query_scalar("DELETE FROM media_shown WHERE interaction = $1 RETURNING uri")
            .bind(id)
            .fetch_all(&mut *conn)
            .await?;
    let left: Vec<(String, String)> = uris.iter().map(|uri| (id.to_owned(), uri.clone())).collect();
    left_behind::add(conn, What::File, &left).await?;
    Ok(uris)
}

/// The lanes in which something of an interaction may stand.
async fn lanes(conn: &mut AnyConnection, id: &InteractionId) -> Result<BTreeSet<Lane>> {
    let room = Lane::Room(id.clone());
    let rows: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1")
        .bind(room.to_string())
        .fetch_all(conn)
        .await?;
    let mut lanes = BTreeSet::from([room, Lane::Phone(id.clone())]);
    for row in &rows {
        if let Ok(Effect::GhostMedia(GhostMedia { picture, .. })) = from_json("effect", row) {
            lanes.insert(picture.lane());
        }
    }
    Ok(lanes)
}

/// Deletes the dead letters that hold something of an interaction.
async fn forget_aside(conn: &mut AnyConnection, id: &InteractionId, room: Option<&str>) -> Result<()> {
    let room = room.map_or_else(String::new, |room| format!("%{room}%"));
    sqlx::query(
        "DELETE FROM set_aside WHERE id IN (SELECT id FROM set_aside
         WHERE what LIKE $1 OR what LIKE $2 OR what LIKE $3 OR body LIKE $4 OR body LIKE $5 LIMIT $6)",
    )
    .bind(format!("effect room:{id}/%"))
    .bind(format!("effect sms:{id}/%"))
    .bind(format!("effect media:{id}/%"))
    .bind(format!("%{}%", to_json("id", id)?))
    .bind(room)
    .bind(LETTERS)
    .execute(conn)
    .await?;
    Ok(())
}

/// Erases lines of interactions that were emptied, with what finds them, at most so many. Returns how many
/// those were.
pub async fn erase_lines(conn: &mut AnyConnection, limit: i64) -> Result<i64> {
    let mut left = limit;
    for (fact, _) in upkeep::recall_all(conn, REST).await? {
        if left == 0 {
            break;
        }
        let id = fact.strip_prefix(REST).unwrap_or_default();
        let gone = sqlx::query(
            "DELETE FROM transcript WHERE id IN
             (SELECT id FROM transcript WHERE interaction = $1 ORDER BY id LIMIT $2)",
        )
        .bind(id)
        .bind(left)
        .execute(&mut *conn)
        .await?
        .rows_affected();
        left -= i64::try_from(gone).unwrap_or(left).min(left);
        if left > 0 {
            upkeep::forget(conn, &fact).await?;
        }
    }
    Ok(limit - left)
}

/// Remembers a picture or file of the contact's that the bot gave to the homeserver for an interaction.
pub async fn add_media(conn: &mut AnyConnection, uri: &str, of: &Interaction) -> Result<()> {
    add_file(conn, uri, of, (true, false)).await
}

/// Remembers a picture or file that an agent posted in an interaction.
pub async fn add_posted(conn: &mut AnyConnection, uri: &str, of: &Interaction) -> Result<()> {
    add_file(conn, uri, of, (false, false)).await
}

/// Remembers the original of a picture of which a preview is shown. People count the two as one.
pub async fn add_original(conn: &mut AnyConnection, uri: &str, of: &Interaction) -> Result<()> {
    add_file(conn, uri, of, (true, true)).await
}

/// Whether a contact sent the file at this address, as far as the homeserver may still have it. What was
/// posted in a conversation that is kept no longer counts as theirs too: it is to be deleted.
pub async fn is_contacts(conn: &mut AnyConnection, uri: &str) -> Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM media_shown WHERE uri = $1 AND of_contact = 1
         UNION SELECT 1 FROM left_behind WHERE at = $1 LIMIT 1",
    )
    .bind(uri)
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

async fn add_file(
    conn: &mut AnyConnection,
    uri: &str,
    of: &Interaction,
    (of_contact, behind_preview): (bool, bool),
) -> Result<()> {
    sqlx::query(
        "INSERT INTO media_shown (uri, interaction, queue, done_at, behind_preview, of_contact)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(uri)
    .bind(of.id.as_str())
    .bind(of.queue.as_str())
    .bind(of.is_done().then_some(of.last_handled_at().0))
    .bind(i64::from(behind_preview))
    .bind(i64::from(of_contact))
    .execute(conn)
    .await?;
    Ok(())
}

/// Remembers since when the conversation of pictures is done, if it is.
pub async fn set_done(conn: &mut AnyConnection, of: &Interaction) -> Result<()> {
    sqlx::query("UPDATE media_shown SET queue = $2, done_at = $3 WHERE interaction = $1")
        .bind(of.id.as_str())
        .bind(of.queue.as_str())
        .bind(of.is_done().then_some(of.last_handled_at().0))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the pictures of a queue whose conversations were done before a moment, and returns them. They
/// count as left behind until the homeserver has deleted them.
pub async fn take_media(
    conn: &mut AnyConnection,
    queue: &QueueName,
    before: Millis,
    limit: i64,
) -> Result<Vec<String>> {
    let due: Vec<(String, String)> = sqlx::query_as(MEDIA_DUE)
        .bind(queue.as_str())
        .bind(before.0)
        .bind(limit)
        .fetch_all(&mut *conn)
        .await?;
    let uris: Vec<String> = due.iter().map(|(uri, _)| uri.clone()).collect();
    let left: Vec<(String, String)> = due.into_iter().map(|(uri, interaction)| (interaction, uri)).collect();
    left_behind::add(conn, What::File, &left).await?;
    talks::remove(conn, "media_shown", "uri", &uris).await?;
    Ok(uris)
}

/// Erases lines of the audit log from before a moment, the oldest first; returns how many.
pub async fn erase_audit(conn: &mut AnyConnection, before: Millis, limit: i64) -> Result<u64> {
    let erased = sqlx::query(AssertSqlSafe(format!("DELETE FROM audit WHERE id IN ({AUDIT_DUE})")))
        .bind(before.0)
        .bind(limit)
        .execute(conn)
        .await?;
    Ok(erased.rows_affected())
}
