//! Who is not to be heard: contacts who are blocked, and addresses that flood the desk.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::block::Block;
use crate::domain::flood::{Burst, FloodLimits};
use crate::domain::ids::ContactId;

/// How a text that has come is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// How many came from its address without end.
    pub burst: Burst,
    /// The block of its contact, if they are blocked.
    pub block: Option<Block>,
}

/// Counts one more text, and looks whether its contact is blocked: the one with whom the two numbers have an
/// open conversation, else the one whose number it is. One statement, and one row of each table, however many
/// there are.
pub const CAME: &str =
    "INSERT INTO floods (theirs, ours, since, last_at, texts, told) VALUES ($1, $2, $3, $3, 1, 0)
     ON CONFLICT (theirs, ours) DO UPDATE SET
         texts = CASE WHEN (floods.texts > $4 AND floods.last_at > $5)
                        OR (floods.texts <= $4 AND floods.since > $6 AND floods.since < $7)
                      THEN floods.texts + 1 ELSE 1 END,
         told = CASE WHEN floods.texts > $4 AND floods.last_at > $5 THEN floods.told ELSE 0 END,
         since = CASE WHEN (floods.texts > $4 AND floods.last_at > $5)
                        OR (floods.texts <= $4 AND floods.since > $6 AND floods.since < $7)
                      THEN floods.since ELSE $3 END,
         last_at = CASE WHEN floods.texts > $4 AND floods.last_at > $3 THEN floods.last_at ELSE $3 END
     RETURNING texts, told,
         (SELECT b.body FROM blocks b WHERE (b.until IS NULL OR b.until > $8) AND b.contact = COALESCE(
             (SELECT i.contact FROM interactions i
              WHERE i.our_number = $2 AND i.contact_number = $1 AND i.is_open = 1),
             (SELECT n.contact FROM contact_numbers n WHERE n.number = $1)))";

/// Counts a text of `theirs` to `ours` that was written at a moment, and tells how it is to be taken now.
///
/// # Errors
/// [`super::StoreError`].
pub async fn came(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    written_at: Millis,
    limits: &FloodLimits,
    now: Millis,
) -> Result<Came> {
    let (texts, told, block): (i64, i64, Option<String>) = sqlx::query_as(CAME)
        .bind(theirs.to_string())
        .bind(ours.to_string())
        .bind(written_at.0)
        .bind(limits.most())
        .bind((written_at - limits.mute).0)
        .bind((written_at - limits.window).0)
        .bind((written_at + limits.window).0)
        .bind(now.0)
        .fetch_one(conn)
        .await?;
    let block = block.map(|body| from_json("block", &body)).transpose()?;
    Ok(Came { burst: Burst { texts, told }, block })
}

/// How many texts came from `theirs` to `ours` without end, if that is not over.
///
/// # Errors
/// [`super::StoreError`].
pub async fn burst(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    limits: &FloodLimits,
    now: Millis,
) -> Result<Option<Burst>> {
    let row: Option<(i64, i64)> =
        sqlx::query_as("SELECT texts, told FROM floods WHERE theirs = $1 AND ours = $2 AND last_at > $3")
            .bind(theirs.to_string())
            .bind(ours.to_string())
            .bind((now - limits.mute).0)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(texts, told)| Burst { texts, told }))
}

/// Remembers that so many texts of `theirs` to `ours` were told of.
///
/// # Errors
/// [`super::StoreError`].
pub async fn told(conn: &mut AnyConnection, (ours, theirs): (&Address, &Address), texts: i64) -> Result<()> {
    sqlx::query("UPDATE floods SET told = $3 WHERE theirs = $1 AND ours = $2")
        .bind(theirs.to_string())
        .bind(ours.to_string())
        .bind(texts)
        .execute(conn)
        .await?;
    Ok(())
}

/// Blocks a contact; one who is blocked already is blocked anew.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, contact: &ContactId, block: &Block) -> Result<()> {
    sqlx::query(
        "INSERT INTO blocks (contact, at, until, body) VALUES ($1, $2, $3, $4)
         ON CONFLICT (contact) DO UPDATE SET at = excluded.at, until = excluded.until, body = excluded.body",
    )
    .bind(contact.as_str())
    .bind(block.at.0)
    .bind(block.until.map(|until| until.0))
    .bind(to_json("block", block)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// The block of a contact, if they are blocked at this moment.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of(conn: &mut AnyConnection, contact: &ContactId, now: Millis) -> Result<Option<Block>> {
    let row: Option<String> =
        sqlx::query_scalar("SELECT body FROM blocks WHERE contact = $1 AND (until IS NULL OR until > $2)")
            .bind(contact.as_str())
            .bind(now.0)
            .fetch_optional(conn)
            .await?;
    row.map(|body| from_json("block", &body)).transpose()
}

/// Blocks a contact no longer.
///
/// # Errors
/// [`super::StoreError`].
pub async fn remove(conn: &mut AnyConnection, contact: &ContactId) -> Result<()> {
    sqlx::query("DELETE FROM blocks WHERE contact = $1").bind(contact.as_str()).execute(&mut *conn).await?;
    // What came meanwhile is no flood that anybody was told of.
    sqlx::query("DELETE FROM floods WHERE theirs IN (SELECT number FROM contact_numbers WHERE contact = $1)")
        .bind(contact.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Blocks a contact, or blocks them no longer.
///
/// # Errors
/// [`super::StoreError`].
pub async fn set(conn: &mut AnyConnection, contact: &ContactId, block: Option<&Block>) -> Result<()> {
    match block {
        Some(block) => add(conn, contact, block).await,
        None => remove(conn, contact).await,
    }
}

/// Forgets the blocks that have ended.
///
/// # Errors
/// [`super::StoreError`].
pub async fn forget_ended(conn: &mut AnyConnection, now: Millis) -> Result<()> {
    sqlx::query("DELETE FROM blocks WHERE until IS NOT NULL AND until <= $1")
        .bind(now.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// The contacts who are blocked, by id and name, the last blocked first.
pub const ALL: &str = "SELECT b.contact, c.name, b.body FROM blocks b JOIN contacts c ON c.id = b.contact
     ORDER BY b.at DESC, b.contact DESC LIMIT $1";

/// The contacts who are blocked, by id and name, the last blocked first. Those whose time is over are among
/// them until they are [forgotten](forget_ended).
///
/// # Errors
/// [`super::StoreError`].
pub async fn all(conn: &mut AnyConnection, limit: i64) -> Result<Vec<(ContactId, String, Block)>> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(ALL).bind(limit).fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, name, body)| Ok((ContactId::new(id), name, from_json("block", &body)?)))
        .collect()
}
