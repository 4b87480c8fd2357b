//! Contacts that were merged, and what it takes to split them again.

use sqlx::AnyConnection;

use super::search;
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::contact::Contact;
use crate::domain::contact::merge::Merge;
use crate::domain::ids::ContactId;
use crate::domain::interaction::Interaction;
use crate::store::{Result, from_json, to_json};

/// The interactions of a contact that are not done.
pub const NOT_DONE: &str =
    "SELECT body FROM interactions WHERE contact = $1 AND state <> 'done' ORDER BY created_at, id";
/// The newest merge into a contact since a moment.
pub const NEWEST: &str =
    "SELECT id, body FROM contact_merges WHERE survivor = $1 AND at >= $2 ORDER BY at DESC, id DESC LIMIT 1";
/// Interactions become another contact's: what a row holds, and what its JSON says.
pub const MOVE: &str =
    "UPDATE interactions SET contact = $2, body = REPLACE(body, $3, $4) WHERE contact = $1 AND id IN
     (SELECT interaction FROM contact_moves WHERE merge_id = $5)";
/// The same, of those that began on an address since a moment.
pub const MOVE_SINCE: &str = "UPDATE interactions SET contact = $2, body = REPLACE(body, $3, $4)
     WHERE contact = $1 AND contact_number = $5 AND created_at >= $6";

/// A merge that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// What was merged.
    pub merge: Merge,
}

/// The interactions of a contact that are not done, oldest first.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn not_done(conn: &mut AnyConnection, contact: &ContactId) -> Result<Vec<Interaction>> {
    let rows: Vec<String> = sqlx::query_scalar(NOT_DONE).bind(contact.as_str()).fetch_all(conn).await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// How many interactions a contact has.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn interactions(conn: &mut AnyConnection, contact: &ContactId) -> Result<u32> {
    crate::store::count(conn, "SELECT COUNT(*) FROM interactions WHERE contact = $1", contact.as_str()).await
}

/// Moves all addresses and interactions of the merged contact to the survivor, whose document is kept as it
/// is united; keeps what is needed to undo it.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn merge(
    conn: &mut AnyConnection,
    (id, at): (&str, Millis),
    merge: &Merge,
    country: &str,
) -> Result<()> {
    let (survivor, merged) = (&merge.survivor.id, &merge.merged.id);
    sqlx::query("INSERT INTO contact_merges (id, at, survivor, merged, body) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(at.0)
        .bind(survivor.as_str())
        .bind(merged.as_str())
        .bind(to_json("merge", merge)?)
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO contact_moves (merge_id, interaction) SELECT $1, id FROM interactions WHERE contact = $2")
        .bind(id)
        .bind(merged.as_str())
        .execute(&mut *conn)
        .await?;
    move_all(conn, id, merged, survivor).await?;
    for address in &merge.addresses {
        give(conn, address, merged, survivor).await?;
    }
    for address in &merge.shares {
        super::share(conn, survivor, address).await?;
    }
    sqlx::query("UPDATE contacts SET merged_into = $2 WHERE id = $1")
        .bind(merged.as_str())
        .bind(survivor.as_str())
        .execute(&mut *conn)
        .await?;
    search::remove(conn, merged).await?;
    keep_united(conn, merge, country).await
}

async fn keep_united(conn: &mut AnyConnection, merge: &Merge, country: &str) -> Result<()> {
    set_created_at(conn, &merge.united).await?;
    super::save(conn, &merge.united, country).await
}

async fn set_created_at(conn: &mut AnyConnection, contact: &Contact) -> Result<()> {
    sqlx::query("UPDATE contacts SET created_at = $2 WHERE id = $1")
        .bind(contact.id.as_str())
        .bind(contact.created_at.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// The newest merge into a contact since a moment, that was not undone.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn newest(conn: &mut AnyConnection, survivor: &ContactId, since: Millis) -> Result<Option<Kept>> {
    let row: Option<(String, String)> =
        sqlx::query_as(NEWEST).bind(survivor.as_str()).bind(since.0).fetch_optional(conn).await?;
    row.map(|(id, body)| Ok(Kept { id, merge: from_json("merge", &body)? })).transpose()
}

/// Undoes a merge: what it moved goes back, as far as it is still the survivor's, with what began since on an
/// address that goes back. `left` is what remains of the survivor. Returns the addresses that went back.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn split(
    conn: &mut AnyConnection,
    kept: &Kept,
    left: &Contact,
    country: &str,
) -> Result<Vec<Address>> {
    let merge = &kept.merge;
    let (survivor, merged) = (&merge.survivor.id, &merge.merged.id);
    sqlx::query("UPDATE contacts SET merged_into = NULL WHERE id = $1")
        .bind(merged.as_str())
        .execute(&mut *conn)
        .await?;
    move_all(conn, &kept.id, survivor, merged).await?;
    let at: i64 = sqlx::query_scalar("SELECT at FROM contact_merges WHERE id = $1")
        .bind(kept.id.as_str())
        .fetch_one(&mut *conn)
        .await?;
    let mut back = Vec::new();
    for address in &merge.addresses {
        if !give(conn, address, survivor, merged).await? {
            continue;
        }
        let (from, to) = in_json(survivor, merged)?;
        sqlx::query(MOVE_SINCE)
            .bind(survivor.as_str())
            .bind(merged.as_str())
            .bind(from)
            .bind(to)
            .bind(address.to_string())
            .bind(at)
            .execute(&mut *conn)
            .await?;
        back.push(address.clone());
    }
    // Who still has a conversation on it was said to have written from it since.
    for address in &merge.shares {
        super::share_no_more(conn, survivor, address).await?;
    }
    forget(conn, &kept.id).await?;
    set_created_at(conn, left).await?;
    super::save(conn, left, country).await?;
    super::save(conn, &merge.merged, country).await?;
    Ok(back)
}

/// Gives an address of a contact to another. False if it is not theirs.
async fn give(conn: &mut AnyConnection, address: &Address, from: &ContactId, to: &ContactId) -> Result<bool> {
    let moved = sqlx::query("UPDATE contact_numbers SET contact = $3 WHERE number = $1 AND contact = $2")
        .bind(address.to_string())
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(conn)
        .await?;
    Ok(moved.rows_affected() > 0)
}

/// Moves the interactions of a merge from one contact to the other.
async fn move_all(conn: &mut AnyConnection, merge: &str, from: &ContactId, to: &ContactId) -> Result<()> {
    let (was, is) = in_json(from, to)?;
    sqlx::query(MOVE)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(was)
        .bind(is)
        .bind(merge)
        .execute(conn)
        .await?;
    Ok(())
}

/// How the JSON of an interaction names its contact, and how it is to name them. Nothing that people write
/// reads so: there, quotes are escaped.
fn in_json(from: &ContactId, to: &ContactId) -> Result<(String, String)> {
    Ok((named(from)?, named(to)?))
}

fn named(contact: &ContactId) -> Result<String> {
    Ok(format!("\"contact\":{{\"id\":{}", to_json("contact", contact)?))
}

/// Makes an interaction another contact's.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn set_contact(conn: &mut AnyConnection, interaction: &Interaction) -> Result<()> {
    sqlx::query("UPDATE interactions SET contact = $2 WHERE id = $1")
        .bind(interaction.id.as_str())
        .bind(interaction.contact.id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets a merge: it cannot be undone any more.
async fn forget(conn: &mut AnyConnection, id: &str) -> Result<()> {
    sqlx::query("DELETE FROM contact_moves WHERE merge_id = $1").bind(id).execute(&mut *conn).await?;
    sqlx::query("DELETE FROM contact_merges WHERE id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Forgets the merges before a moment.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn forget_before(conn: &mut AnyConnection, before: Millis) -> Result<()> {
    let old: Vec<String> =
        sqlx::query_scalar("SELECT id FROM contact_merges WHERE at < $1 ORDER BY at LIMIT 100")
            .bind(before.0)
            .fetch_all(&mut *conn)
            .await?;
    for id in old {
        forget(conn, &id).await?;
    }
    Ok(())
}
