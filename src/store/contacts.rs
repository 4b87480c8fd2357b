//! Contacts, their addresses, and what they said about being texted.
//!
//! What a contact is found by stands beside them, see [`search`]; every function that changes a contact keeps
//! it in step. Who was merged into whom, [`merges`].

pub mod merges;
mod names;
mod row;
pub mod search;

use ruma::OwnedRoomId;
use sqlx::AnyConnection;

pub use self::names::borne_by_others;
use self::row::{Body, Row, contact};
use super::{Result, from_word, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, GhostName, InteractionId};
use crate::domain::interaction::ContactRef;

/// The contact an address belongs to.
///
/// # Errors
/// [`super::StoreError`].
pub async fn of_address(conn: &mut AnyConnection, address: &Address) -> Result<Option<Contact>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT c.id, c.name, c.created_at, c.body
         FROM contact_numbers n JOIN contacts c ON c.id = n.contact WHERE n.number = $1",
    )
    .bind(address.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(contact).transpose()
}

/// The same, as far as an interaction shows them.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_number(conn: &mut AnyConnection, number: &Address) -> Result<Option<ContactRef>> {
    let contact = of_address(conn, number).await?;
    Ok(contact.map(|Contact { id, name, .. }| ContactRef { id, name, number: number.clone() }))
}

/// The contact of an id; nothing if they were merged into another.
///
/// # Errors
/// [`super::StoreError`].
pub async fn by_id(conn: &mut AnyConnection, id: &ContactId) -> Result<Option<Contact>> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, name, created_at, body FROM contacts WHERE id = $1 AND merged_into IS NULL",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(contact).transpose()
}

/// The contact of an id, also one who was merged into another.
///
/// # Errors
/// [`super::StoreError`].
pub(crate) async fn by_id_even_merged(conn: &mut AnyConnection, id: &ContactId) -> Result<Option<Contact>> {
    let row: Option<Row> = sqlx::query_as("SELECT id, name, created_at, body FROM contacts WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(contact).transpose()
}

/// Keeps a new contact without an address. An address comes with [`add_address`], and then the contact has to
/// be [kept](save) once more, to be found by it.
///
/// # Errors
/// [`super::StoreError`]; a unique violation when there is one of this id.
pub async fn insert(conn: &mut AnyConnection, contact: &Contact) -> Result<()> {
    sqlx::query("INSERT INTO contacts (id, name, created_at, body) VALUES ($1, $2, $3, $4)")
        .bind(contact.id.as_str())
        .bind(contact.name.as_str())
        .bind(contact.created_at.0)
        .bind(to_json("contact", &Body::of(contact))?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a new contact with their addresses, none of which belongs to anybody, and which have no ghosts yet.
/// `country` (ISO 3166, `US`) is where numbers without a country code belong that stand in their attributes.
///
/// # Errors
/// [`super::StoreError`]; a unique violation when an address is another's, or the id is.
pub async fn create(
    conn: &mut AnyConnection,
    contact: &Contact,
    addresses: &[Address],
    country: &str,
) -> Result<()> {
    insert(conn, contact).await?;
    for address in addresses {
        add_address(conn, &contact.id, address).await?;
    }
    search::add(conn, contact, addresses, country).await
}

/// Keeps a new contact with the number they wrote from, which has no ghost yet.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, contact: &ContactRef, at: Millis) -> Result<()> {
    let known = Contact { name: contact.name.clone(), ..Contact::new(contact.id.clone(), "", at) };
    // No attribute holds a number yet.
    create(conn, &known, std::slice::from_ref(&contact.number), "").await
}

/// Keeps what changed of a contact, and what they are found by: after an address came or went, too.
/// `country` as in [`create`].
///
/// # Errors
/// [`super::StoreError`].
pub async fn save(conn: &mut AnyConnection, contact: &Contact, country: &str) -> Result<()> {
    sqlx::query("UPDATE contacts SET name = $2, body = $3 WHERE id = $1")
        .bind(contact.id.as_str())
        .bind(contact.name.as_str())
        .bind(to_json("contact", &Body::of(contact))?)
        .execute(&mut *conn)
        .await?;
    let addresses = written_from(conn, &contact.id).await?;
    search::remove(conn, &contact.id).await?;
    search::add(conn, contact, &addresses, country).await
}

/// Gives a contact an address that belongs to nobody. It has no ghost yet.
///
/// # Errors
/// [`super::StoreError`]; a unique violation when it is another's.
pub async fn add_address(conn: &mut AnyConnection, id: &ContactId, address: &Address) -> Result<()> {
    sqlx::query("INSERT INTO contact_numbers (number, contact) VALUES ($1, $2)")
        .bind(address.to_string())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers that a contact wrote from an address that is another's.
///
/// # Errors
/// [`super::StoreError`].
pub async fn share(conn: &mut AnyConnection, id: &ContactId, address: &Address) -> Result<()> {
    sqlx::query("INSERT INTO contact_shares (number, contact) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(address.to_string())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether there is a conversation with a contact on an address.
///
/// # Errors
/// [`super::StoreError`].
pub async fn has_written_from(conn: &mut AnyConnection, id: &ContactId, address: &Address) -> Result<bool> {
    let one: Option<i32> =
        sqlx::query_scalar("SELECT 1 FROM interactions WHERE contact = $1 AND contact_number = $2 LIMIT 1")
            .bind(id.as_str())
            .bind(address.to_string())
            .fetch_optional(conn)
            .await?;
    Ok(one.is_some())
}

/// Forgets that a contact wrote from an address of another's, unless there is a conversation with them on it.
/// Returns whether that was known and is forgotten. Then the contact has to be [kept](save) once more.
///
/// # Errors
/// [`super::StoreError`].
pub async fn share_no_more(conn: &mut AnyConnection, id: &ContactId, address: &Address) -> Result<bool> {
    let gone = sqlx::query(
        "DELETE FROM contact_shares WHERE number = $1 AND contact = $2 AND NOT EXISTS
         (SELECT 1 FROM interactions WHERE contact_number = $1 AND contact = $2)",
    )
    .bind(address.to_string())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() > 0)
}

/// Forgets that a contact wrote from an address of another's: it is theirs now.
///
/// # Errors
/// [`super::StoreError`].
pub async fn unshare(conn: &mut AnyConnection, id: &ContactId, address: &Address) -> Result<()> {
    sqlx::query("DELETE FROM contact_shares WHERE number = $1 AND contact = $2")
        .bind(address.to_string())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes an address away from a contact; it is nobody's then. The contact has to be [kept](save) once more.
///
/// # Errors
/// [`super::StoreError`].
pub async fn remove_address(conn: &mut AnyConnection, id: &ContactId, address: &Address) -> Result<()> {
    sqlx::query("DELETE FROM contact_numbers WHERE number = $1 AND contact = $2")
        .bind(address.to_string())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether nothing refers to a contact any more: no address, no conversation, no block, no merge.
///
/// # Errors
/// [`super::StoreError`].
pub async fn is_unused(conn: &mut AnyConnection, id: &ContactId) -> Result<bool> {
    let one: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM contacts c WHERE c.id = $1
           AND (EXISTS (SELECT 1 FROM contact_numbers WHERE contact = $1)
             OR EXISTS (SELECT 1 FROM contact_shares WHERE contact = $1)
             OR EXISTS (SELECT 1 FROM interactions WHERE contact = $1)
             OR EXISTS (SELECT 1 FROM blocks WHERE contact = $1)
             OR EXISTS (SELECT 1 FROM contact_merges WHERE survivor = $1 OR merged = $1))",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(one.is_none())
}

/// The addresses of others that a contact wrote from.
///
/// # Errors
/// [`super::StoreError`].
pub async fn shared(conn: &mut AnyConnection, id: &ContactId) -> Result<Vec<Address>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT number FROM contact_shares WHERE contact = $1 ORDER BY number")
            .bind(id.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|text| Address::read(&text)).collect())
}

/// All addresses that a contact writes from: their own, then those of others that they share.
///
/// # Errors
/// [`super::StoreError`].
pub async fn written_from(conn: &mut AnyConnection, id: &ContactId) -> Result<Vec<Address>> {
    let mut addresses = numbers(conn, id).await?;
    for address in shared(conn, id).await? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// Who else wrote from an address that belongs to another, the ones with the first names first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn sharing(conn: &mut AnyConnection, address: &Address, limit: i64) -> Result<Vec<Contact>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT c.id, c.name, c.created_at, c.body FROM contact_shares s JOIN contacts c ON c.id = s.contact
         WHERE s.number = $1 AND c.merged_into IS NULL ORDER BY c.name, c.id LIMIT $2",
    )
    .bind(address.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(contact).collect()
}

/// The ghost of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// Its name.
    pub name: GhostName,
    /// What it is called at the homeserver; nothing if it may not be there yet.
    pub called: Option<String>,
}

/// The ghost that speaks for a number, if it was given one.
///
/// # Errors
/// [`super::StoreError`].
pub async fn ghost(conn: &mut AnyConnection, number: &Address) -> Result<Option<Ghost>> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT name, called FROM ghosts WHERE number = $1 AND is_replaced = 0")
            .bind(number.to_string())
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(name, called)| Ghost { name: GhostName::new(name), called }))
}

/// Where, and by whom, the words of a contact are said in an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The interaction's room, if it has one.
    pub room: Option<OwnedRoomId>,
    /// Whether the interaction is done.
    pub is_done: bool,
    /// The ghost that speaks for the contact.
    pub ghost: Option<GhostName>,
}

/// Where the words of an interaction’s contact are said. The interaction is not read: this is asked for each
/// text.
///
/// # Errors
/// [`super::StoreError`].
pub async fn spoken_in(conn: &mut AnyConnection, id: &InteractionId) -> Result<Option<Spoken>> {
    let row: Option<(Option<String>, String, Option<String>)> = sqlx::query_as(
        "SELECT i.room_id, i.state, g.name FROM interactions i
         LEFT JOIN ghosts g ON g.number = i.contact_number AND g.is_replaced = 0 WHERE i.id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    let Some((room, state, ghost)) = row else { return Ok(None) };
    let room = room.map(|room| from_word("room", room)).transpose()?;
    Ok(Some(Spoken { room, is_done: state == "done", ghost: ghost.map(GhostName::new) }))
}

/// The number of a ghost, be it the one that speaks for it now or one that did before.
///
/// # Errors
/// [`super::StoreError`].
pub async fn number_of_ghost(conn: &mut AnyConnection, ghost: &GhostName) -> Result<Option<Address>> {
    let number: Option<String> = sqlx::query_scalar("SELECT number FROM ghosts WHERE name = $1")
        .bind(ghost.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(number.map(|text| Address::read(&text)))
}

/// Gives a number a ghost of this name, and says what it will be called, if that is known. The one before is
/// remembered as this number's. False if the name is taken: then the number has no ghost until this is done
/// with another name.
///
/// # Errors
/// [`super::StoreError`].
pub async fn give_ghost(
    conn: &mut AnyConnection,
    number: &Address,
    name: &GhostName,
    called: Option<&str>,
) -> Result<bool> {
    sqlx::query("UPDATE ghosts SET is_replaced = 1 WHERE number = $1 AND is_replaced = 0")
        .bind(number.to_string())
        .execute(&mut *conn)
        .await?;
    let given = sqlx::query(
        "INSERT INTO ghosts (name, number, called) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
    )
    .bind(name.as_str())
    .bind(number.to_string())
    .bind(called)
    .execute(conn)
    .await?;
    Ok(given.rows_affected() > 0)
}

/// Remembers that the ghost of a number exists, and what it is called.
///
/// # Errors
/// [`super::StoreError`].
pub async fn set_ghost_called(conn: &mut AnyConnection, number: &Address, called: &str) -> Result<()> {
    sqlx::query("UPDATE ghosts SET called = $2 WHERE number = $1 AND is_replaced = 0")
        .bind(number.to_string())
        .bind(called)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether the desk may say this to a contact by itself: at most once in that time. Saying so counts.
///
/// # Errors
/// [`super::StoreError`].
pub async fn may_say(
    conn: &mut AnyConnection,
    contact: &ContactId,
    kind: &str,
    now: Millis,
    once_in: std::time::Duration,
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO auto_replies (contact, kind, at) VALUES ($1, $2, $3)
         ON CONFLICT (contact, kind) DO UPDATE SET at = excluded.at WHERE auto_replies.at <= $4",
    )
    .bind(contact.as_str())
    .bind(kind)
    .bind(now.0)
    .bind((now - once_in).0)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The numbers of a contact.
///
/// # Errors
/// [`super::StoreError`].
pub async fn numbers(conn: &mut AnyConnection, id: &ContactId) -> Result<Vec<Address>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT number FROM contact_numbers WHERE contact = $1 ORDER BY number")
            .bind(id.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|text| Address::read(&text)).collect())
}
