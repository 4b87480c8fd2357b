//! Appends effects: takes positions lane by lane, and adds many rows at once.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::clock::Millis;
use crate::domain::effect::Effect;
use crate::domain::lane::Lane;
use crate::store::{Result, many, to_json};

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
    let mut merged = HashSet::new();
    let mut new = Vec::with_capacity(wanted.len());
    for one in wanted {
        let merge_key = one.effect.merge_key();
        if let Some(key) = &merge_key
            && (!merged.insert(key.clone()) || stands_already(conn, key).await?)
        {
            continue;
        }
        new.push((one.effect.lane(), merge_key, one));
    }
    let mut lanes: BTreeMap<&Lane, i64> = BTreeMap::new();
    for (lane, _, _) in &new {
        *lanes.entry(lane).or_default() += 1;
    }
    let mut next = take_places(conn, &lanes.into_iter().collect::<Vec<_>>()).await?;
    for piece in many::pieces(&new) {
        let sql = format!(
            "INSERT INTO outbox
             (lane, seq, due_at, said_at, txn_id, merge_key, created_at, body, state, version, failures)
             SELECT v.*, 1, 0 FROM (VALUES {}) AS v",
            many::places(piece.len(), 9)
        );
        let mut insert = sqlx::query(AssertSqlSafe(sql));
        for (lane, merge_key, one) in piece {
            let place = next.get_mut(lane).ok_or(sqlx::Error::RowNotFound)?;
            insert = insert
                .bind(lane.to_string())
                .bind(*place)
                .bind(one.due_at.0)
                .bind(if matches!(one.effect, Effect::SendReply(_)) { one.said_at.0 } else { 0 })
                .bind(one.txn_id.as_str())
                .bind(merge_key.clone())
                .bind(now.0)
                .bind(to_json("effect", &one.effect)?)
                .bind(if one.parked { "parked" } else { "ready" });
            *place += 1;
        }
        insert.execute(&mut *conn).await?;
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

/// Takes this many positions in each lane; returns the first of each.
async fn take_places(conn: &mut AnyConnection, lanes: &[(&Lane, i64)]) -> Result<HashMap<Lane, i64>> {
    let mut last = HashMap::with_capacity(lanes.len());
    for piece in many::pieces(lanes) {
        let sql = format!(
            "INSERT INTO lanes (id, next_seq, epoch, held_until) VALUES {}
             ON CONFLICT (id) DO UPDATE SET next_seq = lanes.next_seq + excluded.next_seq RETURNING id, next_seq",
            many::places(piece.len(), 4)
        );
        let mut upsert = sqlx::query_as(AssertSqlSafe(sql));
        for (lane, places) in piece {
            upsert = upsert.bind(lane.to_string()).bind(*places).bind(0_i64).bind(0_i64);
        }
        let taken: Vec<(String, i64)> = upsert.fetch_all(&mut *conn).await?;
        last.extend(taken);
    }
    let first = |(lane, places): &(&Lane, i64)| -> Result<(Lane, i64)> {
        let last = last.get(&lane.to_string()).ok_or(sqlx::Error::RowNotFound)?;
        Ok(((*lane).clone(), last + 1 - places))
    };
    lanes.iter().map(first).collect()
}
