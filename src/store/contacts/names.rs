//! Whose a name is.

use sqlx::AnyConnection;

use super::row::{Row, contact};
use super::search;
use crate::domain::contact::{Contact, words};
use crate::domain::find::is_same_name;
use crate::domain::ids::ContactId;
use crate::store::Result;

/// How many contacts are looked at that may have a name.
const LOOKED_AT: i64 = 1_000;
/// Those whom the search does not find by every name of theirs: they had others, or are a part of somebody.
const OTHERWISE: &str = "SELECT id, name, created_at, body FROM contacts
     WHERE merged_into IS NOT NULL OR body LIKE '%\"former_names\"%'";

/// Those of some names that somebody else than these contacts has too, or had.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn borne_by_others(
    conn: &mut AnyConnection,
    names: &[String],
    but: &[ContactId],
) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(vec![]);
    }
    let rows: Vec<Row> = sqlx::query_as(OTHERWISE).fetch_all(&mut *conn).await?;
    let otherwise: Vec<Contact> = rows.into_iter().filter_map(|row| contact(row).ok()).collect();
    let mut borne = Vec::new();
    for name in names {
        let bears = |contact: &Contact| {
            let mut theirs = std::iter::once(&contact.name).chain(&contact.former_names);
            !but.contains(&contact.id) && theirs.any(|other| is_same_name(other, name))
        };
        let is_borne = otherwise.iter().any(bears) || {
            // No number is looked for, so that the country says nothing.
            let sought = words::sought(name, "", false);
            search::find(&mut *conn, &sought, (LOOKED_AT, 0)).await?.iter().any(bears)
        };
        if is_borne {
            borne.push(name.clone());
        }
    }
    Ok(borne)
}
