//! Forgetting a person: takes what is kept of them out of every table.
//!
//! What is found by the contact or an address goes in one commit ([`unlink`]); then nobody finds them, and
//! what comes from the same address is somebody new's. The rest may be much, and goes piece by piece
//! ([`conversation`], [`page`]). Which tables these are stands in `people`, for the export too.

mod addresses;
mod anyones;
mod colleagues;
mod conversations;
mod others;
mod progress;

use sqlx::AnyConnection;

pub use self::addresses::{
    address, forget_ghosts, forget_words, ghosts, is_anothers_too, missed, others_on, pass_on, rename_ghosts,
};
use self::anyones::anyones;
pub use self::anyones::page;
pub use self::colleagues::{of_others, redacted};
pub use self::conversations::{
    Emptied, Traced, conversation, messages, next_conversation, provider_texts, talks, traced,
};
use self::conversations::{LINES, LINES_OF_TALKS, MESSAGES, PROVIDER_TEXTS, file, ids_of};
pub use self::others::{OfOthers, QUOTED, Said, of_others_by_name, telling_names};
pub use self::progress::{by_id, done, drop_set_aside, ids, keep};
use super::left_behind::{self, What};
use super::people::{self, BY_CONTACT};
use super::{Result, contacts, from_json};
use crate::domain::contact::Contact;
use crate::domain::effect::{Effect, FetchMedia};
use crate::domain::forget::Stage;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::lane::{Lane, LaneKind};

/// The statements that read a table piece by piece, to be explained.
#[must_use]
pub fn statements() -> Vec<&'static str> {
    Stage::ALL
        .iter()
        .filter_map(|stage| anyones(*stage))
        .map(|of| of.page)
        .chain(Stage::ALL.iter().filter_map(|stage| colleagues::page(*stage)))
        .chain([LINES, MESSAGES, PROVIDER_TEXTS, LINES_OF_TALKS])
        .collect()
}

/// The tables of which something goes, or is emptied.
#[must_use]
pub fn tables() -> Vec<&'static str> {
    let anyones = Stage::ALL.iter().filter_map(|stage| anyones(*stage)).map(|of| of.table);
    anyones.chain(people::all().map(|of| of.table)).collect()
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
/// the files that were to be shown, and the ids of the messages, the desk's and the provider's.
///
/// # Errors
/// [`super::StoreError`].
pub async fn drop_waiting(
    conn: &mut AnyConnection,
    contact: &ContactId,
) -> Result<(Vec<String>, Vec<String>)> {
    let waiting: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM outbox WHERE state <> 'done' AND lane IN
             (SELECT 'room:' || id FROM interactions WHERE contact = $1)",
    )
    .bind(contact.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let messages: Vec<(String, String)> = sqlx::query_as(
        "DELETE FROM replies WHERE interaction IN
             (SELECT i.id FROM interactions i WHERE i.contact = $1 AND (i.state <> 'done' OR EXISTS
                 (SELECT 1 FROM outbox o WHERE o.lane = 'sms:' || i.id AND o.state <> 'done')))
         RETURNING id, body",
    )
    .bind(contact.as_str())
    .fetch_all(&mut *conn)
    .await?;
    for sql in [
        "DELETE FROM outbox WHERE state <> 'done' AND lane IN
             (SELECT 'sms:' || id FROM interactions WHERE contact = $1)",
        "DELETE FROM outbox WHERE state <> 'done' AND lane IN
             (SELECT 'room:' || id FROM interactions WHERE contact = $1)",
    ] {
        sqlx::query(sql).bind(contact.as_str()).execute(&mut *conn).await?;
    }
    Ok((waiting.iter().filter_map(|body| file(body)).collect(), ids_of(&messages)))
}

/// The rooms that a conversation has or had, as far as they are known: a session or a talk.
///
/// # Errors
/// [`super::StoreError`].
pub async fn rooms(conn: &mut AnyConnection, of: &InteractionId) -> Result<Vec<String>> {
    let mut rooms: Vec<String> = sqlx::query_scalar(
        "SELECT room_id FROM interactions WHERE id = $1 AND room_id IS NOT NULL
         UNION SELECT room_id FROM talks WHERE id = $1 AND room_id IS NOT NULL
         UNION SELECT room_id FROM rooms WHERE lost_at IS NOT NULL AND kind <> 'console' AND subject = $1
             AND room_id LIKE '!%'",
    )
    .bind(of.as_str())
    .fetch_all(&mut *conn)
    .await?;
    rooms.extend(left_behind::of(conn, of, What::Room).await?);
    Ok(rooms)
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

/// Takes away a contact and what is kept by their id. Their addresses were taken away, or passed on, before;
/// their conversations stay until they are [emptied](conversation).
///
/// # Errors
/// [`super::StoreError`].
pub async fn unlink(conn: &mut AnyConnection, contact: &ContactId) -> Result<()> {
    contacts::search::remove(conn, contact).await?;
    for sql in people::going(BY_CONTACT) {
        sqlx::query(sql).bind(contact.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::kept;
    use super::super::people::Goes;
    use super::*;
    use crate::domain::forget;

    #[test]
    fn every_table_that_holds_something_of_a_person_is_forgotten() {
        let known: HashSet<&str> = tables().into_iter().collect();
        let of_people = kept::tables();
        let missing: Vec<&&str> = of_people.iter().filter(|table| !known.contains(**table)).collect();
        assert!(missing.is_empty(), "how are these forgotten? {missing:?}");
        for of in people::all() {
            let (table, goes) = (of.table, of.goes);
            match goes {
                Goes::By(sql) => assert!(sql.contains(table), "{sql}"),
                Goes::Otherwise(how) => assert!(how.len() > 10, "{table}: {how}"),
            }
            assert!(of.read.is_none_or(|sql| sql.contains(table)), "{table}");
        }
    }

    #[test]
    fn the_words_in_place_of_those_that_are_forgotten_are_the_same_everywhere() {
        let audit = anyones(Stage::Audit).unwrap();
        assert!(audit.forget.contains(&format!("'{}'", forget::WORDS)));
    }
}
