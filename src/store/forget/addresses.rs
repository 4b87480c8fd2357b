//! The addresses of a person: whose else they are, what is kept by them, and what becomes of it.

use sqlx::AnyConnection;

use crate::domain::address::Address;
use crate::domain::contact::Contact;
use crate::domain::forget::Traces;
use crate::domain::ids::{ContactId, GhostName, InteractionId};
use crate::store::people::{self, BY_ADDRESS};
use crate::store::{Result, consent, contacts};

/// Whether somebody else writes from an address too.
///
/// # Errors
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
pub async fn missed(conn: &mut AnyConnection, address: &Address) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar("SELECT sid FROM missed WHERE theirs = $1 ORDER BY sid")
        .bind(address.to_string())
        .fetch_all(conn)
        .await?)
}

/// Takes away the ghosts of an address.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn forget_ghosts(conn: &mut AnyConnection, address: &Address) -> Result<()> {
    sqlx::query("DELETE FROM ghosts WHERE number = $1").bind(address.to_string()).execute(conn).await?;
    Ok(())
}

/// Forgets what the ghosts of an address are called: they get another name.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn rename_ghosts(conn: &mut AnyConnection, address: &Address) -> Result<()> {
    sqlx::query("UPDATE ghosts SET called = NULL WHERE number = $1")
        .bind(address.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes away an address that was theirs alone, with all that is kept by it.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn address(conn: &mut AnyConnection, address: &Address, fresh_salt: &str) -> Result<()> {
    consent::forget(conn, address, fresh_salt).await?;
    for sql in people::going(BY_ADDRESS) {
        sqlx::query(sql).bind(address.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Takes away the words of what was said about being texted on an address that another uses too, where they
/// tell of the person. What was said holds on: nobody knows which of them it was.
///
/// # Errors
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
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
