//! Who is not to be heard: contacts who are blocked, and addresses that flood the desk.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow as _, Row as _};

use super::{Batch, Result, from_json, many, to_json};
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

/// What decides how a text of `$1` to `$2` is to be taken at the moment `$3`. It reads one row of each table,
/// however many there are.
pub static SENDER: LazyLock<String> = LazyLock::new(|| senders_sql(1));

/// The same of several pairs, a row each, with the pair at its end. The block is that of the contact with
/// whom the two have an open conversation, else of the one whose number it is.
fn senders_sql(pairs: usize) -> String {
    format!(
        "SELECT f.since, f.texts, f.over_at, f.muted, f.untold, i.body,
             (SELECT b.body FROM blocks b WHERE (b.until IS NULL OR b.until > ${}) AND b.contact = COALESCE(
                  i.contact, (SELECT n.contact FROM contact_numbers n WHERE n.number = pairs.column1))),
             (SELECT m.body FROM numbers m WHERE m.number = pairs.column2), pairs.column1, pairs.column2
         FROM (VALUES {}) AS pairs
         LEFT JOIN floods f ON f.theirs = pairs.column1 AND f.ours = pairs.column2
         LEFT JOIN interactions i
             ON i.our_number = pairs.column2 AND i.contact_number = pairs.column1 AND i.is_open = 1",
        2 * pairs + 1,
        many::places(pairs, 2)
    )
}

type Row = (i64, i64, i64, i64, i64);

fn read((since, texts, over_at, muted, untold): Row) -> Burst {
    Burst { since: Millis(since), texts, over_at: Millis(over_at), muted, untold }
}

/// What is known of the sender of a text.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Their texts before, if one was counted.
    burst: Option<Burst>,
    /// That they are blocked.
    block: Option<Block>,
    /// The open interaction of the two numbers.
    pub open: Option<Interaction>,
    /// The settings of our number as they are kept, if it is one.
    pub(crate) number: Option<String>,
}

impl Sender {
    /// How one more text is to be taken that was written at a moment. What a contact writes who is blocked is
    /// not counted.
    #[must_use]
    pub fn came(&self, written_at: Millis, limits: &FloodLimits) -> Came {
        if let Some(block) = &self.block {
            return Came::Blocked(Box::new(block.clone()));
        }
        let first = || Burst::first(written_at);
        Came::Counted(self.burst.map_or_else(first, |burst| burst.then(written_at, limits)))
    }
}

/// What is known of the sender of a text from `theirs` to `ours`.
pub async fn sender(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    now: Millis,
) -> Result<Sender> {
    let mut batch = Batch::on(conn);
    batch_sender(&mut batch, (ours, theirs), now);
    sender_in(&batch.fetch(conn).await?)
}

/// Reads what is known of the sender of a text, together with other statements.
pub(crate) fn batch_sender(batch: &mut Batch, (ours, theirs): (&Address, &Address), now: Millis) {
    batch.add(SENDER.as_str()).bind(theirs.to_string()).bind(ours.to_string()).bind(now.0);
}

/// The sender in the rows that [`batch_sender`] returned.
pub(crate) fn sender_in(rows: &[AnyRow]) -> Result<Sender> {
    sender_of(rows.first().ok_or(sqlx::Error::RowNotFound)?)
}

/// What is known of the senders of texts, by our number and theirs.
///
/// # Errors
/// [`super::StoreError`].
pub(crate) async fn senders(
    conn: &mut AnyConnection,
    pairs: &[(Address, Address)],
    now: Millis,
) -> Result<HashMap<(Address, Address), Sender>> {
    let mut found = HashMap::with_capacity(pairs.len());
    for piece in many::pieces(pairs) {
        let mut batch = Batch::on(conn);
        let select = batch.add(senders_sql(piece.len()));
        for (ours, theirs) in piece {
            select.bind(theirs.to_string()).bind(ours.to_string());
        }
        select.bind(now.0);
        for row in batch.fetch(conn).await? {
            let (theirs, ours): (String, String) = (row.try_get(8)?, row.try_get(9)?);
            found.insert((Address::read(&ours), Address::read(&theirs)), sender_of(&row)?);
        }
    }
    Ok(found)
}

fn sender_of(row: &AnyRow) -> Result<Sender> {
    let burst = match row.try_get::<Option<i64>, _>(0)? {
        Some(_) => Some(read(Row::from_row(row)?)),
        None => None,
    };
    let (open, block): (Option<String>, Option<String>) = (row.try_get(5)?, row.try_get(6)?);
    let number = row.try_get(7)?;
    Ok(Sender {
        burst,
        block: block.map(|block| from_json("block", &block)).transpose()?,
        open: open.map(|open| from_json("interaction", &open)).transpose()?,
        number,
    })
}

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
    let came = sender(conn, (ours, theirs), now).await?.came(written_at, limits);
    if let Came::Counted(burst) = &came {
        let mut batch = Batch::on(conn);
        batch_counted(&mut batch, (ours, theirs), burst);
        batch.run(conn).await?;
    }
    Ok(came)
}

/// Keeps what is known of the texts from `theirs` to `ours`, together with other statements. This commit must
/// have read what was known before.
pub(crate) fn batch_counted(batch: &mut Batch, (ours, theirs): (&Address, &Address), burst: &Burst) {
    let Burst { since, texts, over_at, muted, untold } = *burst;
    let upsert = batch.add(
        "INSERT INTO floods (theirs, ours, since, texts, over_at, muted, untold)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (theirs, ours) DO UPDATE SET since = excluded.since, texts = excluded.texts,
             over_at = excluded.over_at, muted = excluded.muted, untold = excluded.untold",
    );
    upsert.bind(theirs.to_string()).bind(ours.to_string());
    upsert.bind(since.0).bind(texts).bind(over_at.0).bind(muted).bind(untold);
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
