//! Whether contacts want to be texted: by address and scope, with every change.
//!
//! What decides is looked up by the address and the scopes that our number is in. Where addresses were
//! erased, one look-up more finds what they said by their salted hash.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::{Result, contacts};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::consent::{Change, Scope, Source, Standing, Wish};
use crate::domain::ids::{ContactId, InteractionId};

/// The fact that holds the salt: random, one for each database, made when it is needed first.
const SALT: &str = "consent_salt";

/// What is said of an address where our number is in the scope. A number without a messaging service is in no
/// scope of one.
pub(super) const STANDING: &str = "SELECT scope, state, at FROM consent
     WHERE address = $1 AND scope IN ('desk', $2, (SELECT 'sender:' || sender FROM numbers WHERE number = $3))
     UNION ALL SELECT 'service', sender, 0 FROM numbers WHERE number = $3 AND sender IS NOT NULL
     UNION ALL SELECT 'salt', value, 0 FROM facts
     WHERE name = 'consent_salt' AND EXISTS (SELECT 1 FROM consent_hashes)";

/// The same of the contact of the message with the id `$1`.
pub(super) const STANDING_OF_REPLY: &str = "SELECT c.scope AS what, c.state AS value, c.at AS at
     FROM replies r JOIN interactions i ON i.id = r.interaction
     JOIN consent c ON c.address = i.contact_number
     WHERE r.id = $1 AND c.scope IN ('desk', 'number:' || i.our_number,
         (SELECT 'sender:' || n.sender FROM numbers n WHERE n.number = i.our_number))
     UNION ALL SELECT 'service', n.sender, 0 FROM replies r JOIN interactions i ON i.id = r.interaction
     JOIN numbers n ON n.number = i.our_number WHERE r.id = $1 AND n.sender IS NOT NULL
     UNION ALL SELECT 'salt', f.value, 0 FROM facts f
     WHERE f.name = 'consent_salt' AND EXISTS (SELECT 1 FROM consent_hashes)";

/// The same of an erased address.
pub(super) const ERASED: &str = "SELECT scope, state, at FROM consent_hashes
     WHERE hash = $1 AND scope IN ('desk', $2, (SELECT 'sender:' || sender FROM numbers WHERE number = $3))";

/// What is open with an address on the numbers of a scope.
pub(super) const OPEN: &str = "SELECT i.id FROM interactions i LEFT JOIN numbers m ON m.number = i.our_number
     WHERE i.contact_number = $1 AND i.is_open = 1
       AND ($2 = 'desk' OR $2 = 'number:' || i.our_number OR $2 = 'sender:' || m.sender)
     ORDER BY i.id LIMIT $3";

/// What was said by the addresses of a contact, newest first; also by those that they share with others.
pub(super) const CHANGES: &str =
    "SELECT c.id, c.address, c.scope, COALESCE(c.our_number, ''), c.state, c.source, c.words, c.who, c.at
     FROM consent_changes c WHERE c.address IN (SELECT number FROM contact_numbers WHERE contact = $1
         UNION SELECT number FROM contact_shares WHERE contact = $1) ORDER BY c.id DESC LIMIT $2";

/// What holds for these addresses.
pub(super) const CURRENT: &str =
    "SELECT c.id, c.address, c.scope, COALESCE(c.our_number, ''), c.state, c.source, c.words, c.who, c.at
     FROM consent s JOIN consent_changes c ON c.id = s.change_id
     WHERE s.address IN (SELECT number FROM contact_numbers WHERE contact = $1
         UNION SELECT number FROM contact_shares WHERE contact = $1) ORDER BY c.id DESC LIMIT $2";

/// What is known of a contact's address and a number of ours.
///
/// # Errors
/// [`super::StoreError`].
pub async fn standing(conn: &mut AnyConnection, ours: &Address, theirs: &Address) -> Result<Standing> {
    let number = Scope::Number(ours.clone()).key();
    let rows: Vec<(String, String, i64)> = sqlx::query_as(STANDING)
        .bind(theirs.to_string())
        .bind(&number)
        .bind(ours.to_string())
        .fetch_all(&mut *conn)
        .await?;
    standing_of(conn, (ours, theirs), rows).await
}

/// What a row is that has to be known to find what erased addresses said.
pub(super) const OF_ERASED: &str = "salt";

/// The same from the rows of [`STANDING`], or of [`STANDING_OF_REPLY`].
pub(super) async fn standing_of(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    rows: Vec<(String, String, i64)>,
) -> Result<Standing> {
    let (mut standing, mut salt) = (Standing::default(), None);
    for (scope, value, at) in rows {
        match scope.as_str() {
            "service" => standing.sender = Some(value),
            OF_ERASED => salt = Some(value),
            scope => standing.known.push((Scope::read(scope), Millis(at), Wish::read(&value))),
        }
    }
    if let Some(salt) = salt {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(ERASED)
            .bind(hash(&salt, theirs))
            .bind(Scope::Number(ours.clone()).key())
            .bind(ours.to_string())
            .fetch_all(conn)
            .await?;
        let read =
            |(scope, wish, at): (String, String, i64)| (Scope::read(&scope), Millis(at), Wish::read(&wish));
        standing.erased = rows.into_iter().map(read).collect();
    }
    Ok(standing)
}

/// Whether a contact's address wants no messages from a number of ours.
///
/// # Errors
/// [`super::StoreError`].
pub async fn is_out(conn: &mut AnyConnection, ours: &Address, theirs: &Address) -> Result<bool> {
    Ok(standing(conn, ours, theirs).await?.is_out())
}

/// The newest change between an address and a number of ours, or the other numbers of a scope, that did not
/// come from the desk's own people: by what the contact or the provider said.
pub(super) const HEARD: &str = "SELECT state, source, words FROM consent_changes
     WHERE address = $1 AND (our_number = $2 OR scope = $3)
       AND source IN ('keyword', 'provider', 'answer', 'callback') ORDER BY id DESC LIMIT 1";

/// What the contact or the provider said last: what is wanted, how that came to be known, and the words.
///
/// # Errors
/// [`super::StoreError`].
pub async fn heard(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    scope: &Scope,
) -> Result<Option<(Wish, Source, String)>> {
    let row: Option<(String, String, String)> = sqlx::query_as(HEARD)
        .bind(theirs.to_string())
        .bind(ours.to_string())
        .bind(scope.key())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(wish, source, words)| (Wish::read(&wish), Source::read(&source), words)))
}

/// Keeps a change, which holds from now on in its scope.
///
/// # Errors
/// [`super::StoreError`].
pub async fn add(conn: &mut AnyConnection, change: &Change) -> Result<()> {
    let scope = change.scope.key();
    sqlx::query(
        "INSERT INTO consent_changes (id, address, scope, our_number, state, source, words, who, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&change.id)
    .bind(change.address.to_string())
    .bind(&scope)
    .bind(change.ours.as_ref().map(ToString::to_string))
    .bind(change.wish.as_str())
    .bind(change.source.as_str())
    .bind(&change.words)
    .bind(&change.who)
    .bind(change.at.0)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT INTO consent (address, scope, state, at, change_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (address, scope)
         DO UPDATE SET state = excluded.state, at = excluded.at, change_id = excluded.change_id",
    )
    .bind(change.address.to_string())
    .bind(scope)
    .bind(change.wish.as_str())
    .bind(change.at.0)
    .bind(&change.id)
    .execute(conn)
    .await?;
    Ok(())
}

/// What is open with an address on the numbers of a scope, so many at most.
///
/// # Errors
/// [`super::StoreError`].
pub async fn open_in(
    conn: &mut AnyConnection,
    theirs: &Address,
    scope: &Scope,
    limit: i64,
) -> Result<Vec<InteractionId>> {
    let rows: Vec<String> = sqlx::query_scalar(OPEN)
        .bind(theirs.to_string())
        .bind(scope.key())
        .bind(limit)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(InteractionId::new).collect())
}

/// What was said by the addresses that a contact writes from, newest first, so many changes at most.
///
/// # Errors
/// [`super::StoreError`].
pub async fn changes(conn: &mut AnyConnection, of: &ContactId, limit: i64) -> Result<Vec<Change>> {
    read(conn, CHANGES, of, limit).await
}

/// What holds for the addresses that a contact writes from in each scope, newest first, so many at most.
///
/// # Errors
/// [`super::StoreError`].
pub async fn current(conn: &mut AnyConnection, of: &ContactId, limit: i64) -> Result<Vec<Change>> {
    read(conn, CURRENT, of, limit).await
}

async fn read(
    conn: &mut AnyConnection,
    sql: &'static str,
    of: &ContactId,
    limit: i64,
) -> Result<Vec<Change>> {
    type Row = (String, String, String, String, String, String, String, String, i64);
    let rows: Vec<Row> = sqlx::query_as(sql).bind(of.as_str()).bind(limit).fetch_all(conn).await?;
    let change = |(id, address, scope, ours, wish, source, words, who, at): Row| Change {
        id,
        address: Address::read(&address),
        scope: Scope::read(&scope),
        ours: (!ours.is_empty()).then(|| Address::read(&ours)),
        wish: Wish::read(&wish),
        source: Source::read(&source),
        words,
        who,
        at: Millis(at),
    };
    Ok(rows.into_iter().map(change).collect())
}

/// Those of our numbers from which an address that a contact writes from wants no messages.
///
/// # Errors
/// [`super::StoreError`].
pub async fn opted_out_of(conn: &mut AnyConnection, id: &ContactId) -> Result<Vec<Address>> {
    let theirs = contacts::written_from(conn, id).await?;
    let ours: Vec<String> =
        sqlx::query_scalar("SELECT number FROM numbers ORDER BY number").fetch_all(&mut *conn).await?;
    let mut out = Vec::new();
    for ours in ours.iter().map(|number| Address::read(number)) {
        for theirs in &theirs {
            if is_out(conn, &ours, theirs).await? {
                out.push(ours);
                break;
            }
        }
    }
    Ok(out)
}

/// Takes away all that is kept of an address being texted. What it said last holds on by its salted hash,
/// also when it was erased before. `fresh_salt` becomes the salt of a database that has none yet: random, and
/// long enough that nobody guesses it.
///
/// # Errors
/// [`super::StoreError`].
pub async fn forget(conn: &mut AnyConnection, address: &Address, fresh_salt: &str) -> Result<()> {
    sqlx::query("INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(SALT)
        .bind(fresh_salt)
        .execute(&mut *conn)
        .await?;
    let salt: String = sqlx::query_scalar("SELECT value FROM facts WHERE name = $1")
        .bind(SALT)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO consent_hashes (hash, scope, state, at)
         SELECT CAST($1 AS TEXT), scope, state, at FROM consent WHERE address = $2
         ON CONFLICT (hash, scope) DO UPDATE SET state = excluded.state, at = excluded.at
         WHERE excluded.at >= consent_hashes.at",
    )
    .bind(hash(&salt, address))
    .bind(address.to_string())
    .execute(&mut *conn)
    .await?;
    for sql in ["DELETE FROM consent WHERE address = $1", "DELETE FROM consent_changes WHERE address = $1"] {
        sqlx::query(sql).bind(address.to_string()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// An address as it is known once it is erased.
fn hash(salt: &str, address: &Address) -> String {
    let digest =
        Sha256::new().chain_update(salt).chain_update(":").chain_update(address.to_string()).finalize();
    digest.iter().fold(String::new(), |mut hash, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}
