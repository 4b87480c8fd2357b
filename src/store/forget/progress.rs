//! What is still to be forgotten, and how far that is.

use sqlx::AnyConnection;

use crate::domain::dead_letter::DeadLetterKind;
use crate::domain::erasure::ErasureId;
use crate::domain::forget::Forgetting;
use crate::domain::lane::Lane;
use crate::store::{Result, from_json, to_json};

/// Keeps what is to be forgotten, or how far that is.
///
/// # Errors
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
pub async fn ids(conn: &mut AnyConnection) -> Result<Vec<ErasureId>> {
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT id FROM forgetting ORDER BY since, id").fetch_all(conn).await?;
    Ok(ids.into_iter().map(ErasureId::new).collect())
}

/// Takes away what was set aside of an erasure that is gone on with otherwise: its effect, and dead letters.
///
/// # Errors
/// [`crate::store::StoreError`].
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
/// [`crate::store::StoreError`].
pub async fn done(conn: &mut AnyConnection, id: &ErasureId) -> Result<()> {
    sqlx::query("DELETE FROM forgetting WHERE id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}
