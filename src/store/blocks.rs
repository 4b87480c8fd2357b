//! Who is not to be heard: contacts who are blocked, and addresses that flood the desk.

use sqlx::AnyConnection;

use super::{Result, from_json, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::block::Block;
use crate::domain::flood::{Burst, FloodLimits};
use crate::domain::ids::ContactId;
use crate::domain::interaction::Interaction;

/// How a text that has come is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// Its contact is blocked: it is not counted.
    Blocked(Box<Block>),
    /// What is known now of the texts from its address.
    Counted(Burst),
}

macro_rules! block_of_sender {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM blocks b WHERE (b.until IS NULL OR b.until > $2) AND b.contact = COALESCE(
                  (SELECT i.contact FROM interactions i
                   WHERE i.our_number = $3 AND i.contact_number = $1 AND i.is_open = 1),
                  (SELECT n.contact FROM contact_numbers n WHERE n.number = $1))"
        )
    };
}

// [`Burst::then`] in SQL. A test holds the two against each other.
macro_rules! in_window {
    () => {
        "(floods.since > $7 AND floods.since < $8)"
    };
}
macro_rules! was_muted {
    () => {
        concat!("(floods.over_at > $6 OR (", in_window!(), " AND floods.texts > $5))")
    };
}
macro_rules! is_muted {
    () => {
        concat!("(floods.over_at > $6 OR (", in_window!(), " AND floods.texts >= $5))")
    };
}
macro_rules! is_aside {
    () => {
        concat!("(floods.since >= $8 AND ", was_muted!(), ")")
    };
}

/// Counts one more text, unless its contact is blocked. One statement, and one row of each table, however
/// many there are.
pub const CAME: &str = concat!(
    "INSERT INTO floods (theirs, ours, since, texts, over_at, muted, untold)
     SELECT CAST($1 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), 1, 0, 0, 0
     WHERE NOT EXISTS (",
    block_of_sender!("1"),
    ") ON CONFLICT (theirs, ours) DO UPDATE SET
         since = CASE WHEN ",
    in_window!(),
    " OR ",
    is_aside!(),
    " THEN floods.since ELSE $4 END, texts = CASE WHEN ",
    in_window!(),
    " THEN floods.texts + 1 WHEN ",
    is_aside!(),
    " THEN floods.texts ELSE 1 END, over_at = CASE WHEN ",
    in_window!(),
    " AND floods.texts >= $5 AND floods.over_at < $4 THEN $4 ELSE floods.over_at END, muted = CASE WHEN ",
    was_muted!(),
    " THEN floods.muted + 1 WHEN ",
    is_muted!(),
    " THEN 1 ELSE 0 END, untold = CASE WHEN ",
    is_muted!(),
    " THEN floods.untold + 1 ELSE floods.untold END
     RETURNING since, texts, over_at, muted, untold,
         (SELECT i.body FROM interactions i WHERE i.our_number = $3 AND i.contact_number = $1 AND i.is_open = 1)"
);
/// The block of the contact with whom the two numbers have an open conversation, else of the one whose
/// number it is.
pub const BLOCK_OF_SENDER: &str = block_of_sender!("b.body");

type Row = (i64, i64, i64, i64, i64);

fn read((since, texts, over_at, muted, untold): Row) -> Burst {
    Burst { since: Millis(since), texts, over_at: Millis(over_at), muted, untold }
}

/// Counts a text of `theirs` to `ours` that was written at a moment, and tells how it is to be taken now.
/// What a contact writes who is blocked is not counted.
///
/// # Errors
/// [`super::StoreError`].
pub async fn came(
    conn: &mut AnyConnection,
    pair: (&Address, &Address),
    written_at: Millis,
    limits: &FloodLimits,
    now: Millis,
) -> Result<Came> {
    Ok(came_into(conn, pair, written_at, limits, now).await?.0)
}

/// The same, with the open interaction of the two numbers, unless the contact is blocked.
///
/// # Errors
/// [`super::StoreError`].
pub async fn came_into(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    written_at: Millis,
    limits: &FloodLimits,
    now: Millis,
) -> Result<(Came, Option<Interaction>)> {
    let row: Option<(i64, i64, i64, i64, i64, Option<String>)> = sqlx::query_as(CAME)
        .bind(theirs.to_string())
        .bind(now.0)
        .bind(ours.to_string())
        .bind(written_at.0)
        .bind(limits.most())
        .bind(limits.mutes_after(written_at).0)
        .bind((written_at - limits.window).0)
        .bind((written_at + limits.window).0)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some((since, texts, over_at, muted, untold, open)) = row {
        let open = open.map(|open| from_json("interaction", &open)).transpose()?;
        return Ok((Came::Counted(read((since, texts, over_at, muted, untold))), open));
    }
    let block: String = sqlx::query_scalar(BLOCK_OF_SENDER)
        .bind(theirs.to_string())
        .bind(now.0)
        .bind(ours.to_string())
        .fetch_one(conn)
        .await?;
    Ok((Came::Blocked(Box::new(from_json("block", &block)?)), None))
}

/// What is known of the texts from `theirs` to `ours`, if one was counted.
///
/// # Errors
/// [`super::StoreError`].
pub async fn burst(conn: &mut AnyConnection, (ours, theirs): (&Address, &Address)) -> Result<Option<Burst>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT since, texts, over_at, muted, untold FROM floods WHERE theirs = $1 AND ours = $2",
    )
    .bind(theirs.to_string())
    .bind(ours.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(read))
}

/// Remembers that so many more texts of `theirs` to `ours` were told of.
///
/// # Errors
/// [`super::StoreError`].
pub async fn told(conn: &mut AnyConnection, (ours, theirs): (&Address, &Address), count: i64) -> Result<()> {
    sqlx::query("UPDATE floods SET untold = untold - $3 WHERE theirs = $1 AND ours = $2")
        .bind(theirs.to_string())
        .bind(ours.to_string())
        .bind(count)
        .execute(conn)
        .await?;
    Ok(())
}

/// Has counting begin anew for the addresses of a contact. What is still to be told of stays.
async fn count_anew(conn: &mut AnyConnection, contact: &ContactId) -> Result<()> {
    sqlx::query(
        "UPDATE floods SET since = 0, texts = 0, over_at = 0, muted = 0
         WHERE theirs IN (SELECT number FROM contact_numbers WHERE contact = $1)",
    )
    .bind(contact.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether texts of a contact are muted. `mutes_after` is the moment after which a text must have been too
/// many.
///
/// # Errors
/// [`super::StoreError`].
pub async fn is_muted(conn: &mut AnyConnection, contact: &ContactId, mutes_after: Millis) -> Result<bool> {
    let one: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM floods
         WHERE muted > 0 AND over_at > $2 AND theirs IN (SELECT number FROM contact_numbers WHERE contact = $1
             UNION SELECT number FROM contact_shares WHERE contact = $1) LIMIT 1",
    )
    .bind(contact.as_str())
    .bind(mutes_after.0)
    .fetch_optional(conn)
    .await?;
    Ok(one.is_some())
}

/// Whether texts of a contact are muted, and lifts that: the next one is shown. What is still to be told of
/// stays. `mutes_after` is the moment after which a text must have been too many.
///
/// # Errors
/// [`super::StoreError`].
pub async fn unmute(conn: &mut AnyConnection, contact: &ContactId, mutes_after: Millis) -> Result<bool> {
    let lifted = sqlx::query(
        "UPDATE floods SET since = 0, texts = 0, over_at = 0, muted = 0
         WHERE muted > 0 AND over_at > $2 AND theirs IN (SELECT number FROM contact_numbers WHERE contact = $1
             UNION SELECT number FROM contact_shares WHERE contact = $1)",
    )
    .bind(contact.as_str())
    .bind(mutes_after.0)
    .execute(conn)
    .await?;
    Ok(lifted.rows_affected() > 0)
}

/// Blocks a contact; one who is blocked already is blocked anew. What they sent before is no part of a flood
/// that they send afterwards.
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
    .execute(&mut *conn)
    .await?;
    count_anew(conn, contact).await
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
    sqlx::query("DELETE FROM blocks WHERE contact = $1").bind(contact.as_str()).execute(conn).await?;
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
