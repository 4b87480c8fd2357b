//! Appends effects: takes positions lane by lane, and adds many rows at once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::effect::Effect;
use crate::store::{Batch, Result, many, to_json};

/// An effect to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is to be done.
    pub effect: Effect,
    /// The moment before which it is not delivered.
    pub due_at: Millis,
    /// When what asks for it was said; it counts for replies.
    pub said_at: Millis,
    /// The transaction id of its request, the same for ever.
    pub txn_id: String,
    /// Whether it stands parked until someone says that it may go.
    pub parked: bool,
}

/// Appends effects to their lanes, in order; those that merge only mark the one that stands there already.
pub async fn append(conn: &mut AnyConnection, wanted: &[Wanted], now: Millis) -> Result<()> {
    let new = unmerged(conn, wanted).await?;
    let mut batch = Batch::on(conn);
    batch_new(&mut batch, &new, now)?;
    batch.run(conn).await
}

/// The effects that do not merge with one that stands there already; that one is marked.
pub(crate) async fn unmerged<'w>(conn: &mut AnyConnection, wanted: &'w [Wanted]) -> Result<Vec<New<'w>>> {
    let mut merged = HashSet::new();
    let mut new = Vec::with_capacity(wanted.len());
    for one in wanted {
        let merge_key = one.effect.merge_key();
        if let Some(key) = &merge_key
            && (!merged.insert(key.clone()) || stands_already(conn, key).await?)
        {
            continue;
        }
        new.push(New { lane: one.effect.lane().to_string(), merge_key, wanted: one });
    }
    Ok(new)
}

/// An effect that gets a place of its own.
pub(crate) struct New<'w> {
    lane: String,
    merge_key: Option<String>,
    wanted: &'w Wanted,
}

/// Appends effects that merge with none, together with other statements. Their places are counted in the
/// rows of their lanes.
pub(crate) fn batch_new(batch: &mut Batch, new: &[New<'_>], now: Millis) -> Result<()> {
    let mut lanes: BTreeMap<&str, i64> = BTreeMap::new();
    for one in new {
        *lanes.entry(&one.lane).or_default() += 1;
    }
    let mut counted = BTreeSet::new();
    for piece in many::pieces(&lanes.iter().collect::<Vec<_>>()) {
        let upsert = batch.add(format!(
            "INSERT INTO lanes (id, next_seq, epoch, held_until) VALUES {}
             ON CONFLICT (id) DO UPDATE SET next_seq = lanes.next_seq + excluded.next_seq RETURNING id, next_seq",
            many::places(piece.len(), 4)
        ));
        for (lane, places) in piece {
            upsert.bind(**lane).bind(**places).bind(0).bind(0);
        }
        counted.insert(format!("SELECT id, next_seq FROM {}", batch.written("lanes")));
    }
    let counted = counted.into_iter().collect::<Vec<_>>().join(" UNION ALL ");
    for piece in many::pieces(new) {
        // How many of the places that its lane has given lie behind it.
        let insert = batch.add(format!(
            "INSERT INTO outbox
             (lane, seq, due_at, said_at, txn_id, merge_key, created_at, body, state, version, failures)
             SELECT v.column1, l.next_seq - v.column2, v.column3, v.column4, v.column5, v.column6, v.column7,
                    v.column8, v.column9, 1, 0
             FROM (VALUES {}) AS v JOIN ({counted}) AS l ON l.id = v.column1",
            many::places(piece.len(), 9)
        ));
        for New { lane, merge_key, wanted: one } in piece {
            let behind = lanes.get_mut(lane.as_str()).ok_or(sqlx::Error::RowNotFound)?;
            *behind -= 1;
            insert
                .bind(lane.as_str())
                .bind(*behind)
                .bind(one.due_at.0)
                .bind(if matches!(one.effect, Effect::SendReply(_)) { one.said_at.0 } else { 0 })
                .bind(one.txn_id.as_str())
                .bind(merge_key.clone())
                .bind(now.0)
                .bind(to_json("effect", &one.effect)?)
                .bind(if one.parked { "parked" } else { "ready" });
        }
    }
    Ok(())
}

/// Counts one more request for the effect of a merge key, if it waits there.
async fn stands_already(conn: &mut AnyConnection, merge_key: &str) -> Result<bool> {
    let marked =
        sqlx::query("UPDATE outbox SET version = version + 1 WHERE merge_key = $1 AND state = 'ready'")
            .bind(merge_key)
            .execute(conn)
            .await?;
    Ok(marked.rows_affected() > 0)
}
