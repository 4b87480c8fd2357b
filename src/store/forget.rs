//! Forgetting a person: takes what is kept of them out of every table.
//!
//! What is found by the contact or an address goes in one commit ([`unlink`]); then nobody finds them, and
//! what comes from the same address is somebody new's. The rest may be much, and goes piece by piece
//! ([`conversation`], [`page`]). Which tables these are stands in `people`, for the export too.

mod anyones;
mod colleagues;
mod conversations;

use sqlx::AnyConnection;

use self::anyones::anyones;
pub use self::anyones::page;
pub use self::colleagues::of_others;
use self::conversations::{LINES, LINES_OF_TALKS, MESSAGES, file, ids_of};
pub use self::conversations::{Traced, conversation, messages, next_conversation, talks, traced};
use super::left_behind::{self, What};
use super::people::{self, BY_ADDRESS, BY_CONTACT};
use super::{Result, contacts, from_json, to_json};
use crate::domain::address::Address;
use crate::domain::contact::Contact;
use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::effect::{Effect, FetchMedia};
use crate::domain::erasure::ErasureId;
use crate::domain::forget::{Forgetting, Stage, Traces};
use crate::domain::ids::{ContactId, GhostName, InteractionId};
use crate::domain::lane::{Lane, LaneKind};

/// The statements that read a table piece by piece, to be explained.
#[must_use]
pub fn statements() -> Vec<&'static str> {
    Stage::ALL
        .iter()
        .filter_map(|stage| anyones(*stage))
        .map(|of| of.page)
        .chain(Stage::ALL.iter().filter_map(|stage| colleagues::page(*stage)))
        .chain([LINES, MESSAGES, LINES_OF_TALKS])
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

/// Takes away an address that was theirs alone, with all that is kept by it.
///
/// # Errors
/// [`super::StoreError`].
pub async fn address(conn: &mut AnyConnection, address: &Address, fresh_salt: &str) -> Result<()> {
    super::consent::forget(conn, address, fresh_salt).await?;
    for sql in people::going(BY_ADDRESS) {
        sqlx::query(sql).bind(address.to_string()).execute(&mut *conn).await?;
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
    for sql in people::going(BY_CONTACT) {
        sqlx::query(sql).bind(contact.as_str()).execute(&mut *conn).await?;
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

/// The erasures in which something is still to be forgotten.
///
/// # Errors
/// [`super::StoreError`].
pub async fn ids(conn: &mut AnyConnection) -> Result<Vec<ErasureId>> {
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT id FROM forgetting ORDER BY since, id").fetch_all(conn).await?;
    Ok(ids.into_iter().map(ErasureId::new).collect())
}

/// Takes away what was set aside of an erasure that is gone on with otherwise: its effect, and dead letters.
///
/// # Errors
/// [`super::StoreError`].
pub async fn drop_set_aside(conn: &mut AnyConnection, id: &ErasureId) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE lane = $1 AND state = 'aside'")
        .bind(Lane::Erasure(id.clone()).to_string())
        .execute(&mut *conn)
        .await?;
    // Timers that were set aside name it, and outcomes its lane.
    for (known, named) in [
        (r#"%"due":"forget"%"#, format!(r#"%"erasure":"{id}"%"#)),
        (r#"%"claim"%"#, format!(r#"%"lane":"{}"%"#, Lane::Erasure(id.clone()))),
    ] {
        sqlx::query("DELETE FROM set_aside WHERE what = $1 AND body LIKE $2 AND body LIKE $3")
            .bind(DeadLetterKind::Input.to_string())
            .bind(known)
            .bind(named)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Everything is forgotten: what was to be is too.
///
/// # Errors
/// [`super::StoreError`].
pub async fn done(conn: &mut AnyConnection, id: &ErasureId) -> Result<()> {
    sqlx::query("DELETE FROM forgetting WHERE id = $1").bind(id.as_str()).execute(conn).await?;
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
