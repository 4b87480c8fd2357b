//! Forgetting a person: takes what is kept of them out of every table.
//!
//! What is found by the contact or an address goes in one commit ([`unlink`]); then nobody finds them, and
//! what comes from the same address is somebody new's. The rest may be much, and goes piece by piece
//! ([`conversation`], [`page`]). A test holds the tables here against those of [`super::kept`].

use std::collections::HashSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, StoreError, contacts, from_json, many, search, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::contact::Contact;
use crate::domain::effect::{Effect, FetchMedia, GhostMedia, Place};
use crate::domain::erasure::ErasureId;
use crate::domain::forget::{Forgetting, Stage, Traces};
use crate::domain::ids::{ContactId, GhostName, InteractionId};
use crate::domain::interaction::Interaction;
use crate::domain::lane::{Lane, LaneKind};
use crate::domain::talk::Talk;

/// Rows that go by a key.
#[derive(Clone, Copy, Debug)]
struct Of {
    table: &'static str,
    sql: &'static str,
}

/// What goes by the id of a contact. The contact goes last.
const BY_CONTACT: &[Of] = &[
    Of { table: "contact_shares", sql: "DELETE FROM contact_shares WHERE contact = $1" },
    Of { table: "blocks", sql: "DELETE FROM blocks WHERE contact = $1" },
    Of { table: "auto_replies", sql: "DELETE FROM auto_replies WHERE contact = $1" },
    Of {
        table: "contact_moves",
        sql: "DELETE FROM contact_moves WHERE merge_id IN
              (SELECT id FROM contact_merges WHERE survivor = $1 OR merged = $1)",
    },
    Of { table: "contact_merges", sql: "DELETE FROM contact_merges WHERE survivor = $1 OR merged = $1" },
    Of { table: "contacts", sql: "DELETE FROM contacts WHERE id = $1" },
];
/// What goes by an address that is nobody else's. The address goes last; consent is [forgotten] beside it.
///
/// [forgotten]: super::consent::forget
const BY_ADDRESS: &[Of] = &[
    Of { table: "ghosts", sql: "DELETE FROM ghosts WHERE number = $1" },
    Of { table: "floods", sql: "DELETE FROM floods WHERE theirs = $1" },
    Of { table: "missed", sql: "DELETE FROM missed WHERE theirs = $1" },
    Of { table: "contact_numbers", sql: "DELETE FROM contact_numbers WHERE number = $1" },
];
/// What goes by the id of a conversation with them, besides the lines and what is on its way.
const BY_INTERACTION: &[Of] = &[
    Of { table: "replies", sql: "DELETE FROM replies WHERE interaction = $1" },
    Of { table: "tags", sql: "DELETE FROM tags WHERE interaction = $1" },
    Of { table: "offers", sql: "DELETE FROM offers WHERE interaction = $1" },
];
/// A piece of the lines of a conversation. Their words in the index go with them.
const LINES: &str = "DELETE FROM transcript WHERE id IN
     (SELECT id FROM transcript WHERE interaction = $1 ORDER BY id LIMIT $2)";

/// A table whose rows may speak of anyone: how it is read on from a row, so many at a time, and how a row is
/// forgotten. A row has one key, or two; then when it was written, and what it says.
#[derive(Clone, Copy, Debug)]
struct Anyones {
    table: &'static str,
    page: &'static str,
    forget: &'static str,
}

fn anyones(stage: Stage) -> Option<Anyones> {
    Some(match stage {
        Stage::Conversations | Stage::Talks => return None,
        Stage::Audit => Anyones {
            table: "audit",
            page: "SELECT id, '', at, subject || ' ' || detail FROM audit WHERE id > $1 AND '' <= $2
                   ORDER BY id LIMIT $3",
            // Who did what when stays; which words and which contact do not.
            forget: "UPDATE audit SET detail = '(erased)',
                     subject = CASE WHEN subject LIKE 'c-%' THEN '' ELSE subject END WHERE id = $1 AND '' <= $2",
        },
        Stage::Messages => Anyones {
            table: "messages",
            page: "SELECT id, '', at, interaction || ' ' || missed FROM messages WHERE id > $1 AND '' <= $2
                   ORDER BY id LIMIT $3",
            forget: "DELETE FROM messages WHERE id = $1 AND '' <= $2",
        },
        Stage::DeadLetters => Anyones {
            table: "set_aside",
            page: "SELECT id, '', at, what || ' ' || why || ' ' || body FROM set_aside
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            forget: "DELETE FROM set_aside WHERE id = $1 AND '' <= $2",
        },
        Stage::Outbox => Anyones {
            table: "outbox",
            page: "SELECT lane, CAST(seq AS TEXT), created_at, lane || ' ' || body FROM outbox
                   WHERE (lane, seq) > ($1, CAST($2 AS BIGINT)) ORDER BY lane, seq LIMIT $3",
            forget: "DELETE FROM outbox WHERE lane = $1 AND seq = CAST($2 AS BIGINT)",
        },
        Stage::Lists => Anyones {
            table: "lists",
            page: "SELECT place, agent, at, place || ' ' || body FROM lists WHERE (place, agent) > ($1, $2)
                   ORDER BY place, agent LIMIT $3",
            forget: "DELETE FROM lists WHERE place = $1 AND agent = $2",
        },
        Stage::Timers => Anyones {
            table: "timers",
            // Those of conversations that are over are refused when they fire, and hold no words.
            page: "SELECT id, '', CAST(9223372036854775807 AS BIGINT), body FROM timers
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            forget: "DELETE FROM timers WHERE id = $1 AND '' <= $2",
        },
        Stage::Posted => Anyones {
            table: "posted",
            page: "SELECT event_id, role, CAST(0 AS BIGINT), lane || ' ' || role FROM posted
                   WHERE role IS NOT NULL AND (role, event_id) > ($2, $1) ORDER BY role, event_id LIMIT $3",
            forget: "DELETE FROM posted WHERE event_id = $1 AND role = $2",
        },
        Stage::Merges => Anyones {
            table: "contact_merges",
            page: "SELECT id, '', CAST(9223372036854775807 AS BIGINT), body FROM contact_merges
                   WHERE id > $1 AND '' <= $2 ORDER BY id LIMIT $3",
            // Without what tells of them it cannot be undone any more.
            forget: "DELETE FROM contact_merges WHERE id = $1 AND '' <= $2",
        },
    })
}

/// What of a row that speaks of anyone is looked at in one commit.
const PAGE: i64 = 500;
/// How many talks are.
const TALKS: i64 = 200;

/// The statements that read a table piece by piece, to be explained.
#[must_use]
pub fn statements() -> Vec<&'static str> {
    Stage::ALL.iter().filter_map(|stage| anyones(*stage)).map(|of| of.page).chain([LINES]).collect()
}

/// The tables from which something is taken away as a whole row, or in which words of a row are.
#[must_use]
pub fn tables() -> Vec<&'static str> {
    let anyones = Stage::ALL.iter().filter_map(|stage| anyones(*stage)).map(|of| of.table);
    let by_key = [BY_CONTACT, BY_ADDRESS, BY_INTERACTION].concat();
    anyones.chain(by_key.into_iter().map(|of| of.table)).collect()
}

/// What is erased of a contact, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Conversations.
    pub conversations: u32,
    /// Those of them that are not done.
    pub open: u32,
    /// Lines that were said in them, as far as they are counted.
    pub texts: u32,
}

/// Counts what there is of a contact; lines up to `most`.
///
/// # Errors
/// [`super::StoreError`].
pub async fn extent(conn: &mut AnyConnection, contact: &ContactId, most: i64) -> Result<Extent> {
    let (conversations, open): (i64, i64) = sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN state <> 'done' THEN 1 ELSE 0 END), 0) AS BIGINT)
         FROM interactions WHERE contact = $1",
    )
    .bind(contact.as_str())
    .fetch_one(&mut *conn)
    .await?;
    let texts: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT t.id FROM interactions i JOIN transcript t ON t.interaction = i.id
         WHERE i.contact = $1 AND t.kind <> 'change' LIMIT $2) AS lines",
    )
    .bind(contact.as_str())
    .bind(most)
    .fetch_one(conn)
    .await?;
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Extent { conversations: count(conversations), open: count(open), texts: count(texts) })
}

/// Whom a contact was merged into, if they were.
///
/// # Errors
/// [`super::StoreError`].
pub async fn merged_into(conn: &mut AnyConnection, contact: &ContactId) -> Result<Option<ContactId>> {
    let mut into = None;
    let mut next = contact.clone();
    loop {
        let row: Option<Option<String>> =
            sqlx::query_scalar("SELECT merged_into FROM contacts WHERE id = $1")
                .bind(next.as_str())
                .fetch_optional(&mut *conn)
                .await?;
        match row.flatten() {
            Some(id) if id != contact.as_str() => {
                next = ContactId::new(id);
                into = Some(next.clone());
            }
            _ => return Ok(into),
        }
    }
}

/// The contact, and everybody who was merged into them, or into those.
///
/// # Errors
/// [`super::StoreError`].
pub async fn everyone(conn: &mut AnyConnection, contact: &Contact) -> Result<Vec<Contact>> {
    let mut all = vec![contact.clone()];
    let mut at = 0;
    while let Some(of) = all.get(at).map(|of| of.id.clone()) {
        let ids: Vec<String> =
            sqlx::query_scalar("SELECT id FROM contacts WHERE merged_into = $1 ORDER BY id")
                .bind(of.as_str())
                .fetch_all(&mut *conn)
                .await?;
        for id in ids {
            let id = ContactId::new(id);
            if !all.iter().any(|known| known.id == id)
                && let Some(merged) = contacts::by_id_even_merged(&mut *conn, &id).await?
            {
                all.push(merged);
            }
        }
        at += 1;
    }
    Ok(all)
}

/// Whether something of a contact is coming into being outside: a room, or a file.
///
/// # Errors
/// [`super::StoreError`].
pub async fn is_being_made(conn: &mut AnyConnection, contact: &ContactId) -> Result<bool> {
    for (lane, effect) in under_way(conn, contact).await? {
        let makes = effect.opens_room() || matches!(effect, Effect::FetchMedia(_));
        if makes && lane.kind() != LaneKind::Console {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What waits, or is being done, in the lanes of a contact's conversations.
async fn under_way(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<(Lane, Effect)>> {
    let mut found = Vec::new();
    // The lanes of pictures name their conversation too.
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT lane, body FROM outbox WHERE state = 'ready' AND lane IN
             (SELECT 'room:' || id FROM interactions WHERE contact = $1)
         UNION ALL SELECT lane, body FROM outbox WHERE state = 'ready' AND lane LIKE 'media:%'",
    )
    .bind(contact.as_str())
    .fetch_all(&mut *conn)
    .await?;
    for (lane, body) in rows {
        let (Ok(lane), Ok(effect)) = (lane.parse::<Lane>(), from_json::<Effect>("effect", &body)) else {
            continue;
        };
        if let Effect::FetchMedia(FetchMedia { picture }) = &effect
            && whose(conn, &picture.interaction).await?.as_ref() != Some(contact)
        {
            continue;
        }
        found.push((lane, effect));
    }
    Ok(found)
}

async fn whose(conn: &mut AnyConnection, id: &InteractionId) -> Result<Option<ContactId>> {
    let contact: Option<String> = sqlx::query_scalar("SELECT contact FROM interactions WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(contact.map(ContactId::new))
}

/// Drops what waits in the lanes of a contact's conversations, also what is parked or was set aside, and the
/// messages it would send: what is being submitted this moment finds nothing when its answer comes. Returns
/// the files that were to be shown.
///
/// # Errors
/// [`super::StoreError`].
pub async fn drop_waiting(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<String>> {
    let waiting: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM outbox WHERE state <> 'done' AND lane IN
             (SELECT 'room:' || id FROM interactions WHERE contact = $1)",
    )
    .bind(contact.as_str())
    .fetch_all(&mut *conn)
    .await?;
    for sql in [
        "DELETE FROM replies WHERE interaction IN
             (SELECT i.id FROM interactions i WHERE i.contact = $1 AND (i.state <> 'done' OR EXISTS
                 (SELECT 1 FROM outbox o WHERE o.lane = 'sms:' || i.id AND o.state <> 'done')))",
        "DELETE FROM outbox WHERE state <> 'done' AND lane IN
             (SELECT 'sms:' || id FROM interactions WHERE contact = $1)",
        "DELETE FROM outbox WHERE state <> 'done' AND lane IN
             (SELECT 'room:' || id FROM interactions WHERE contact = $1)",
    ] {
        sqlx::query(sql).bind(contact.as_str()).execute(&mut *conn).await?;
    }
    Ok(waiting.iter().filter_map(|body| file(body)).collect())
}

/// The file that an effect shows, by its address in the homeserver's media repository.
fn file(body: &str) -> Option<String> {
    match from_json::<Effect>("effect", body).ok()? {
        Effect::GhostMedia(GhostMedia { content: Some(content), .. }) => {
            content["url"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// Whether somebody else writes from an address too.
///
/// # Errors
/// [`super::StoreError`].
pub async fn is_anothers_too(
    conn: &mut AnyConnection,
    address: &Address,
    contacts: &[ContactId],
) -> Result<bool> {
    let sharing: Vec<String> = sqlx::query_scalar(
        "SELECT s.contact FROM contact_shares s JOIN contacts c ON c.id = s.contact
         WHERE s.number = $1 AND c.merged_into IS NULL",
    )
    .bind(address.to_string())
    .fetch_all(conn)
    .await?;
    Ok(sharing.iter().any(|id| !contacts.iter().any(|contact| contact.as_str() == id)))
}

/// The ghosts of an address, those that did speak for it before too.
///
/// # Errors
/// [`super::StoreError`].
pub async fn ghosts(conn: &mut AnyConnection, address: &Address) -> Result<Vec<GhostName>> {
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM ghosts WHERE number = $1 ORDER BY name")
        .bind(address.to_string())
        .fetch_all(conn)
        .await?;
    Ok(names.into_iter().map(GhostName::new).collect())
}

/// The interactions on an address that are not done and not with one of these contacts.
///
/// # Errors
/// [`super::StoreError`].
pub async fn others_on(
    conn: &mut AnyConnection,
    address: &Address,
    contacts: &[ContactId],
) -> Result<Vec<InteractionId>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, contact FROM interactions WHERE contact_number = $1 AND state <> 'done' ORDER BY id",
    )
    .bind(address.to_string())
    .fetch_all(conn)
    .await?;
    let of_others = rows.into_iter().filter(|(_, of)| !contacts.iter().any(|id| id.as_str() == of));
    Ok(of_others.map(|(id, _)| InteractionId::new(id)).collect())
}

/// The provider's ids of texts from an address that were fetched and are not applied yet.
///
/// # Errors
/// [`super::StoreError`].
pub async fn missed(conn: &mut AnyConnection, address: &Address) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT sid FROM missed WHERE theirs = $1 ORDER BY sid")
        .bind(address.to_string())
        .fetch_all(conn)
        .await?)
}

/// Takes away the ghosts of an address.
///
/// # Errors
/// [`super::StoreError`].
pub async fn forget_ghosts(conn: &mut AnyConnection, address: &Address) -> Result<()> {
    sqlx::query("DELETE FROM ghosts WHERE number = $1").bind(address.to_string()).execute(conn).await?;
    Ok(())
}

/// Forgets what the ghosts of an address are called: they get another name.
///
/// # Errors
/// [`super::StoreError`].
pub async fn rename_ghosts(conn: &mut AnyConnection, address: &Address) -> Result<()> {
    sqlx::query("UPDATE ghosts SET called = NULL WHERE number = $1")
        .bind(address.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// The consoles of all agents, also of those who left, and those that were lost.
///
/// # Errors
/// [`super::StoreError`].
pub async fn consoles(conn: &mut AnyConnection) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT console_room FROM agents WHERE console_room IS NOT NULL
         UNION SELECT room_id FROM rooms WHERE lost_at IS NOT NULL AND kind = 'console' AND room_id LIKE '!%'",
    )
    .fetch_all(conn)
    .await?)
}

/// Takes away an address that was theirs alone, with all that is kept by it.
///
/// # Errors
/// [`super::StoreError`].
pub async fn address(conn: &mut AnyConnection, address: &Address, fresh_salt: &str) -> Result<()> {
    super::consent::forget(conn, address, fresh_salt).await?;
    for of in BY_ADDRESS {
        sqlx::query(of.sql).bind(address.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Takes away the words of what was said about being texted on an address that another uses too, where they
/// tell of the person. What was said holds on: nobody knows which of them it was.
///
/// # Errors
/// [`super::StoreError`].
pub async fn forget_words(conn: &mut AnyConnection, address: &Address, traces: &Traces) -> Result<()> {
    let tells = traces.words();
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, words FROM consent_changes WHERE address = $1 ORDER BY id")
            .bind(address.to_string())
            .fetch_all(&mut *conn)
            .await?;
    for (id, _) in rows.iter().filter(|(_, words)| tells.are_in_text(words)) {
        sqlx::query("UPDATE consent_changes SET words = '' WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Gives an address that another uses too to somebody of whom nothing is known, as if their next text came
/// from a number that nobody has.
///
/// # Errors
/// [`super::StoreError`].
pub async fn pass_on(conn: &mut AnyConnection, address: &Address, to: &Contact) -> Result<()> {
    contacts::insert(conn, to).await?;
    sqlx::query("UPDATE contact_numbers SET contact = $2 WHERE number = $1")
        .bind(address.to_string())
        .bind(to.id.as_str())
        .execute(&mut *conn)
        .await?;
    // No attribute holds a number.
    contacts::save(conn, to, "").await
}

/// Takes away a contact and what is kept by their id. Their addresses were taken away, or passed on, before;
/// their conversations stay until they are [emptied](conversation).
///
/// # Errors
/// [`super::StoreError`].
pub async fn unlink(conn: &mut AnyConnection, contact: &ContactId) -> Result<()> {
    contacts::search::remove(conn, contact).await?;
    for of in BY_CONTACT {
        sqlx::query(of.sql).bind(contact.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Keeps what is to be forgotten, or how far that is.
///
/// # Errors
/// [`super::StoreError`].
pub async fn keep(conn: &mut AnyConnection, forgetting: &Forgetting) -> Result<()> {
    sqlx::query(
        "INSERT INTO forgetting (id, since, body) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    )
    .bind(forgetting.id.as_str())
    .bind(forgetting.since.0)
    .bind(to_json("forgetting", forgetting)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is to be forgotten in an erasure; nothing once it is.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_id(conn: &mut AnyConnection, id: &ErasureId) -> Result<Option<Forgetting>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM forgetting WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("forgetting", &row)).transpose()
}

/// Everything is forgotten: what was to be is too.
///
/// # Errors
/// [`super::StoreError`].
pub async fn done(conn: &mut AnyConnection, id: &ErasureId) -> Result<()> {
    sqlx::query("DELETE FROM forgetting WHERE id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// The next conversation with one of the contacts that is not emptied yet: its id, and the conversation, if
/// its row can be read.
///
/// # Errors
/// [`super::StoreError`].
pub async fn next_conversation(
    conn: &mut AnyConnection,
    contact: &ContactId,
) -> Result<Option<(InteractionId, Option<Interaction>)>> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT id, body FROM interactions WHERE contact = $1 ORDER BY created_at, id LIMIT 1",
    )
    .bind(contact.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id, body)| (InteractionId::new(id), from_json("interaction", &body).ok())))
}

/// What is known of a conversation elsewhere: rooms it had, and files that were shown in it lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// Ids of rooms.
    pub rooms: Vec<String>,
    /// Addresses of files in the homeserver's media repository.
    pub files: Vec<String>,
    /// Ids of rooms of talks about it.
    pub talks: Vec<String>,
}

/// Looks what is known of a conversation elsewhere.
///
/// # Errors
/// [`super::StoreError`].
pub async fn traced(conn: &mut AnyConnection, of: &InteractionId) -> Result<Traced> {
    let rooms: Vec<String> = sqlx::query_scalar(
        "SELECT room_id FROM interactions WHERE id = $1 AND room_id IS NOT NULL
         UNION SELECT room_id FROM rooms WHERE lost_at IS NOT NULL AND kind = 'session' AND subject = $1
             AND room_id LIKE '!%'",
    )
    .bind(of.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let talks: Vec<String> =
        sqlx::query_scalar("SELECT room_id FROM talks WHERE parent = $1 AND room_id IS NOT NULL")
            .bind(of.as_str())
            .fetch_all(&mut *conn)
            .await?;
    let shown: Vec<String> = sqlx::query_scalar("SELECT body FROM outbox WHERE lane = $1")
        .bind(Lane::Room(of.clone()).to_string())
        .fetch_all(conn)
        .await?;
    Ok(Traced { rooms, files: shown.iter().filter_map(|body| file(body)).collect(), talks })
}

/// Takes away what was said in a conversation, at most so many lines, and all else once no line is left. The
/// row stays with what reports count, if it can be read. Returns how many of the lines that may go are left;
/// nothing while there may be more to go.
///
/// # Errors
/// [`super::StoreError`].
pub async fn conversation(
    conn: &mut AnyConnection,
    (id, found): (&InteractionId, Option<&Interaction>),
    by: &ErasureId,
    most: i64,
) -> Result<Option<i64>> {
    let talks: Vec<String> = sqlx::query_scalar("SELECT id FROM talks WHERE parent = $1 ORDER BY id")
        .bind(id.as_str())
        .fetch_all(&mut *conn)
        .await?;
    let talks: Vec<InteractionId> = talks.into_iter().map(InteractionId::new).collect();
    let mut left = most;
    for id in [id].into_iter().chain(&talks) {
        let gone = sqlx::query(LINES).bind(id.as_str()).bind(left).execute(&mut *conn).await?;
        left -= i64::try_from(gone.rows_affected()).unwrap_or(i64::MAX);
        if left <= 0 {
            return Ok(None);
        }
    }
    for talk in &talks {
        search::remove_all(conn, talk).await?;
        match super::talks::by_id(conn, talk).await {
            Ok(Some(talk)) => empty_talk(conn, talk).await?,
            Err(StoreError::Corrupt { .. }) => {
                sqlx::query("DELETE FROM talks WHERE id = $1")
                    .bind(talk.as_str())
                    .execute(&mut *conn)
                    .await?;
            }
            found => drop(found?),
        }
    }
    for of_it in BY_INTERACTION {
        sqlx::query(of_it.sql).bind(id.as_str()).execute(&mut *conn).await?;
    }
    for lane in [Lane::Room(id.clone()), Lane::Phone(id.clone())] {
        sqlx::query("DELETE FROM outbox WHERE lane = $1").bind(lane.to_string()).execute(&mut *conn).await?;
    }
    super::lists::forget(conn, &Place::Session(id.clone())).await?;
    let Some(found) = found else {
        sqlx::query("DELETE FROM interactions WHERE id = $1").bind(id.as_str()).execute(conn).await?;
        return Ok(Some(left));
    };
    let emptied = found.emptied(by);
    super::interactions::save(conn, &emptied).await?;
    sqlx::query("UPDATE interactions SET contact = $2, contact_number = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(emptied.contact.id.as_str())
        .bind(emptied.contact.number.to_string())
        .execute(conn)
        .await?;
    Ok(Some(left))
}

/// What a talk says of a contact: whom it is about, and what it began with.
async fn empty_talk(conn: &mut AnyConnection, talk: Talk) -> Result<()> {
    let emptied = Talk { about: None, text: String::new(), ..talk };
    super::talks::save(conn, &emptied).await
}

/// A piece of the talks: of those begun about the person, or with words that tell of them, it is forgotten
/// whom they are about and what they began with, and the lines that tell of them go. Returns the row behind
/// which it goes on, and the rooms of those talks; nothing behind the last.
///
/// # Errors
/// [`super::StoreError`].
pub async fn talks(
    conn: &mut AnyConnection,
    forgetting: &Forgetting,
) -> Result<(Option<String>, Vec<String>)> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, body FROM talks WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(forgetting.behind.as_str())
            .bind(TALKS)
            .fetch_all(&mut *conn)
            .await?;
    let behind = rows.last().map(|(id, _)| id.clone());
    let (mut rooms, words) = (Vec::new(), forgetting.traces.words());
    for (id, body) in rows {
        let Ok(talk) = from_json::<Talk>("talk", &body) else {
            // Nobody can read it; what tells of them in it must go all the same.
            if words.are_in_text(&body) {
                search::remove_all(conn, &InteractionId::new(&id)).await?;
                for sql in
                    ["DELETE FROM transcript WHERE interaction = $1", "DELETE FROM talks WHERE id = $1"]
                {
                    sqlx::query(sql).bind(id.as_str()).execute(&mut *conn).await?;
                }
            }
            continue;
        };
        let is_about = talk.about.as_ref().is_some_and(|about| forgetting.contacts.contains(&about.id));
        if !is_about && !words.are_in_text(&body) {
            continue;
        }
        let lines: Vec<(String, String)> =
            sqlx::query_as("SELECT id, body FROM transcript WHERE interaction = $1 ORDER BY id")
                .bind(talk.id.as_str())
                .fetch_all(&mut *conn)
                .await?;
        for (line, said) in lines {
            // What it began with is a line too.
            if words.are_in_text(&said) || (is_about && said == talk.text) {
                search::remove(conn, &talk.id, &line).await?;
                sqlx::query("DELETE FROM transcript WHERE id = $1").bind(line).execute(&mut *conn).await?;
            }
        }
        rooms.extend(talk.room.as_ref().map(ToString::to_string));
        empty_talk(conn, talk).await?;
    }
    Ok((behind, rooms))
}

/// A piece of a table whose rows may speak of anyone: forgets those that tell of the person, or that were
/// written before and name a conversation that was theirs. Returns the row behind which it goes on; nothing
/// behind the last.
///
/// # Errors
/// [`super::StoreError`].
pub async fn page(conn: &mut AnyConnection, forgetting: &Forgetting) -> Result<Option<String>> {
    let Some(of) = anyones(forgetting.stage) else { return Ok(None) };
    let (first, second) = forgetting.behind.split_once('\n').unwrap_or((&forgetting.behind, ""));
    let second = if forgetting.stage == Stage::Outbox && second.is_empty() { "0" } else { second };
    let rows: Vec<(String, String, i64, String)> =
        sqlx::query_as(of.page).bind(first).bind(second).bind(PAGE).fetch_all(&mut *conn).await?;
    let Some((last, behind, ..)) = rows.last() else { return Ok(None) };
    let behind = format!("{last}\n{behind}");
    let earlier = rows.iter().filter(|(_, _, at, _)| Millis(*at) < forgetting.since);
    let named: HashSet<&str> = earlier.flat_map(|(.., text)| ids(text)).collect();
    let (erased, words) = (erased(conn, &named).await?, forgetting.traces.words());
    for (first, second, at, text) in &rows {
        let is_linked =
            Millis(*at) < forgetting.since && !erased.is_empty() && ids(text).any(|id| erased.contains(id));
        if is_linked || words.are_in_text(text) {
            sqlx::query(of.forget).bind(first.as_str()).bind(second.as_str()).execute(&mut *conn).await?;
        }
    }
    Ok(Some(behind))
}

/// The ids of conversations that stand in a text.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(move |c: char| !is_part(c)).filter(|word| word.starts_with("i-"))
}

/// Those of some conversations that are emptied, or are talks about one that is.
async fn erased(conn: &mut AnyConnection, ids: &HashSet<&str>) -> Result<HashSet<String>> {
    let ids: Vec<&str> = ids.iter().copied().collect();
    let mut erased = HashSet::new();
    for piece in many::pieces(&ids) {
        let places = many::places(piece.len(), 1);
        for sql in [
            format!("SELECT id FROM interactions WHERE contact = '' AND id IN (VALUES {places})"),
            format!(
                "SELECT t.id FROM talks t JOIN interactions i ON i.id = t.parent
                 WHERE i.contact = '' AND t.id IN (VALUES {places})"
            ),
        ] {
            let mut select = sqlx::query_scalar(AssertSqlSafe(sql));
            for id in piece {
                select = select.bind(*id);
            }
            let found: Vec<String> = select.fetch_all(&mut *conn).await?;
            erased.extend(found);
        }
    }
    Ok(erased)
}

#[cfg(test)]
mod tests {
    use super::super::kept;
    use super::*;
    use crate::domain::forget;

    /// What stays of the tables that hold something of a person, and why.
    const STAYS: &[(&str, &str)] = &[
        ("interactions", "emptied: what reports count stays"),
        ("changes", "when a conversation was whose in which queue, which reports count"),
        ("talks", "emptied: who spoke with whom stays"),
        ("transcript", "taken away line by line"),
        ("consent", "taken away, and remembered by a salted hash"),
        ("consent_changes", "taken away"),
    ];

    #[test]
    fn every_table_that_holds_something_of_a_person_is_forgotten() {
        let known: HashSet<&str> =
            tables().into_iter().chain(STAYS.iter().map(|(table, _)| *table)).collect();
        let of_people = kept::tables();
        let missing: Vec<&&str> = of_people.iter().filter(|table| !known.contains(**table)).collect();
        assert!(missing.is_empty(), "how are these forgotten? {missing:?}");
    }

    #[test]
    fn the_words_in_place_of_those_that_are_forgotten_are_the_same_everywhere() {
        let audit = anyones(Stage::Audit).unwrap();
        assert!(audit.forget.contains(&format!("'{}'", forget::WORDS)));
    }

    #[test]
    fn ids_of_conversations_are_found_in_any_text() {
        let text = r#"room:i-7f3k2 {"interaction":"i-9zzzz"} i-1, xi-2 media:i-3/5/2"#;
        assert_eq!(ids(text).collect::<Vec<_>>(), ["i-7f3k2", "i-9zzzz", "i-1", "i-3"]);
    }
}
