//! The rows that routing reads: no more than a decision needs.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, from_json, many};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::routing::{Member, Waiting};

/// A position in a queue: rows up to here need not be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    rank: Millis,
    id: InteractionId,
}

impl Place {
    /// Before everything.
    #[must_use]
    pub fn first() -> Self {
        Self { rank: Millis(i64::MIN), id: InteractionId::new("") }
    }

    /// Just behind one that waits.
    #[must_use]
    pub fn behind(waiting: &Waiting) -> Self {
        Self { rank: waiting.rank(), id: waiting.id.clone() }
    }
}

/// The first `limit` interactions that wait in a queue after a position and have a room, first come first.
pub async fn waiting(
    conn: &mut AnyConnection,
    queue: &QueueName,
    behind: &Place,
    limit: u32,
) -> Result<Vec<Waiting>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT waits FROM interactions WHERE queue = $1 AND place IS NOT NULL AND room_id IS NOT NULL
         AND (place, id) > ($2, $3) ORDER BY place, id LIMIT $4",
    )
    .bind(queue.as_str())
    .bind(behind.rank.0)
    .bind(behind.id.as_str())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("waiting interaction", row)).collect()
}

/// The ready members of some queues, each once, with their load.
pub async fn ready_members(conn: &mut AnyConnection, queues: &[QueueName]) -> Result<Vec<Member>> {
    let sql = format!(
        "SELECT a.body, (SELECT COUNT(*) FROM interactions i WHERE i.holder = a.id),
         (SELECT COUNT(*) FROM offers o JOIN interactions i ON i.id = o.interaction
          WHERE o.agent = a.id AND i.place IS NOT NULL)
         FROM agents a WHERE a.is_ready = 1
         AND a.id IN (SELECT m.agent FROM memberships m WHERE m.queue IN {}) ORDER BY a.id",
        many::places(1, queues.len())
    );
    let mut select = sqlx::query_as::<_, (String, i64, i64)>(AssertSqlSafe(sql));
    for queue in queues {
        select = select.bind(queue.as_str());
    }
    let rows = select.fetch_all(conn).await?;
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    rows.into_iter()
        .map(|(body, load, shown)| {
            Ok(Member { agent: from_json("agent", &body)?, load: count(load), shown: count(shown) })
        })
        .collect()
}

/// How many members a queue has, and how many of them are ready.
pub async fn member_counts(conn: &mut AnyConnection, queue: &QueueName) -> Result<(u32, u32)> {
    let (all, ready): (i64, i64) = sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(a.is_ready), 0) AS BIGINT)
         FROM memberships m JOIN agents a ON a.id = m.agent WHERE m.queue = $1",
    )
    .bind(queue.as_str())
    .fetch_one(conn)
    .await?;
    Ok((u32::try_from(all).unwrap_or(u32::MAX), u32::try_from(ready).unwrap_or(u32::MAX)))
}

/// Those of some queues in which something waits that has a room.
pub async fn waits_in(conn: &mut AnyConnection, queues: &[&QueueName]) -> Result<Vec<QueueName>> {
    let mut waits = Vec::new();
    for queue in queues {
        let some: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM interactions WHERE queue = $1 AND place IS NOT NULL AND room_id IS NOT NULL LIMIT 1",
        )
        .bind(queue.as_str())
        .fetch_optional(&mut *conn)
        .await?;
        waits.extend(some.map(|_| (*queue).clone()));
    }
    Ok(waits)
}

/// The queues of some agents in which something waits.
pub async fn queues_in_need_of(conn: &mut AnyConnection, agents: &[AgentId]) -> Result<BTreeSet<QueueName>> {
    let mut queues = BTreeSet::new();
    for piece in many::pieces(agents) {
        let sql = format!(
            "SELECT DISTINCT m.queue FROM memberships m WHERE m.agent IN {} AND EXISTS
             (SELECT 1 FROM interactions i WHERE i.queue = m.queue AND i.place IS NOT NULL AND i.room_id IS NOT NULL)",
            many::places(1, piece.len())
        );
        let mut select = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
        for agent in piece {
            select = select.bind(agent.as_str());
        }
        queues.extend(select.fetch_all(&mut *conn).await?.into_iter().map(QueueName::new));
    }
    Ok(queues)
}
