//! The rows that routing reads: no more than a decision needs.

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe};

use super::{Result, from_json, many};
use crate::clock::Millis;
use crate::domain::ids::{AgentId, InteractionId, QueueName};
use crate::domain::interaction::Interaction;
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

    /// That of an interaction, whether it waits just now or is being offered.
    #[must_use]
    pub fn of(interaction: &Interaction) -> Self {
        Self { rank: interaction.rank(), id: interaction.id.clone() }
    }
}

/// What waits in a queue for the members of other queues besides its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overflowed {
    /// The queue.
    pub queue: QueueName,
    /// The others, in the order of their names; none where only its own members are asked.
    pub also: Vec<QueueName>,
}

impl Overflowed {
    /// All the queues whose members are asked.
    pub fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.also.iter().chain([&self.queue])
    }
}

/// What stands between names in a column. No name of a queue or skill has it.
const BETWEEN: &str = ",";

/// Names as a column holds them.
pub(super) fn column<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(BETWEEN)
}

/// The names in a column.
fn names(column: &str) -> impl Iterator<Item = &str> {
    column.split(BETWEEN).filter(|name| !name.is_empty())
}

/// The first row of those that wait for the members of several queues, behind those of one kind.
pub const OVERFLOWED: &str = "SELECT overflow, queue FROM interactions
     WHERE place IS NOT NULL AND overflow <> '' AND (overflow, queue) > ($1, $2)
     ORDER BY overflow, queue LIMIT 1";

/// What there is that waits for the members of several queues: each kind of it once, however much waits.
///
/// # Errors
/// [`super::StoreError`].
pub async fn overflowed(conn: &mut AnyConnection) -> Result<Vec<Overflowed>> {
    let (mut all, mut behind) = (Vec::new(), (String::new(), String::new()));
    loop {
        let next: Option<(String, String)> = sqlx::query_as(OVERFLOWED)
            .bind(behind.0.as_str())
            .bind(behind.1.as_str())
            .fetch_optional(&mut *conn)
            .await?;
        let Some((overflow, queue)) = next else { return Ok(all) };
        let also = names(&overflow).map(QueueName::new).collect();
        all.push(Overflowed { queue: QueueName::new(queue.as_str()), also });
        behind = (overflow, queue);
    }
}

/// All that is queued in one line.
///
/// # Errors
/// [`super::StoreError`].
pub async fn queued_in(conn: &mut AnyConnection, line: &Overflowed) -> Result<Vec<Interaction>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM interactions
         WHERE queue = $1 AND overflow = $2 AND place IS NOT NULL AND state = 'queued'",
    )
    .bind(line.queue.as_str())
    .bind(column(line.also.iter().map(QueueName::as_str)))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// What is to be noted of what waits, as soon as nobody is ready who may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unready {
    /// Where it waits.
    pub line: Overflowed,
    /// What an agent must know to be asked.
    pub skills: Vec<String>,
}

/// The first row of those of which is to be noted that nobody is ready, behind those of one kind.
pub const UNREADY: &str = "SELECT queue, overflow, unready FROM interactions
     WHERE unready IS NOT NULL AND (queue, overflow, unready) > ($1, $2, $3)
     ORDER BY queue, overflow, unready LIMIT 1";

/// What there is of which is to be noted that nobody is ready: each kind of it once, however much waits.
///
/// # Errors
/// [`super::StoreError`].
pub async fn unready(conn: &mut AnyConnection) -> Result<Vec<Unready>> {
    let (mut all, mut behind) = (Vec::new(), (String::new(), String::new(), String::new()));
    loop {
        let next: Option<(String, String, String)> = sqlx::query_as(UNREADY)
            .bind(behind.0.as_str())
            .bind(behind.1.as_str())
            .bind(behind.2.as_str())
            .fetch_optional(&mut *conn)
            .await?;
        let Some((queue, overflow, skills)) = next else { return Ok(all) };
        let also = names(&overflow).map(QueueName::new).collect();
        let line = Overflowed { queue: QueueName::new(queue.as_str()), also };
        all.push(Unready { line, skills: names(&skills).map(str::to_owned).collect() });
        behind = (queue, overflow, skills);
    }
}

/// The first of one kind of those that have a room, as many as are asked for.
pub const UNREADY_OF: &str = "SELECT body FROM interactions
     WHERE queue = $1 AND overflow = $2 AND unready = $3 AND room_id IS NOT NULL LIMIT $4";

/// The first `limit` interactions of one kind that have a room.
///
/// # Errors
/// [`super::StoreError`].
pub async fn unready_of(conn: &mut AnyConnection, kind: &Unready, limit: u32) -> Result<Vec<Interaction>> {
    let rows: Vec<String> = sqlx::query_scalar(UNREADY_OF)
        .bind(kind.line.queue.as_str())
        .bind(column(kind.line.also.iter().map(QueueName::as_str)))
        .bind(column(kind.skills.iter().map(String::as_str)))
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// The rows of a line, first come first.
pub const LINE: &str = "SELECT waits FROM interactions
     WHERE queue = $1 AND overflow = $2 AND place IS NOT NULL AND room_id IS NOT NULL
     AND (place, id) > ($3, $4) ORDER BY place, id LIMIT $5";

/// The first `limit` interactions that wait in a queue for the members of these others too, after a position,
/// and have a room, first come first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn waiting(
    conn: &mut AnyConnection,
    (queue, also): (&QueueName, &[QueueName]),
    behind: &Place,
    limit: u32,
) -> Result<Vec<Waiting>> {
    let rows: Vec<String> = sqlx::query_scalar(LINE)
        .bind(queue.as_str())
        .bind(column(also.iter().map(QueueName::as_str)))
        .bind(behind.rank.0)
        .bind(behind.id.as_str())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| from_json("waiting interaction", row)).collect()
}

/// The agents who are ready, with their load.
const READY: &str = "SELECT a.body, (SELECT COUNT(*) FROM interactions i WHERE i.holder = a.id),
     (SELECT COUNT(*) FROM offers o JOIN interactions i ON i.id = o.interaction
      WHERE o.agent = a.id AND i.place IS NOT NULL)
     FROM agents a WHERE a.is_ready = 1";

/// A row of [`READY`].
fn member((body, load, shown): (String, i64, i64)) -> Result<Member> {
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Member { agent: from_json("agent", &body)?, load: count(load), shown: count(shown) })
}

/// The ready members of some queues, each once, with their load.
pub async fn ready_members(conn: &mut AnyConnection, queues: &[QueueName]) -> Result<Vec<Member>> {
    let places = many::places(1, queues.len());
    let sql = format!(
        "{READY} AND a.id IN (SELECT m.agent FROM memberships m WHERE m.queue IN {places}) ORDER BY a.id"
    );
    let mut select = sqlx::query_as::<_, (String, i64, i64)>(AssertSqlSafe(sql));
    for queue in queues {
        select = select.bind(queue.as_str());
    }
    select.fetch_all(conn).await?.into_iter().map(member).collect()
}

/// An agent with their load, if they are ready; whatever queues they are in.
pub async fn ready_member(conn: &mut AnyConnection, agent: &AgentId) -> Result<Option<Member>> {
    let sql = format!("{READY} AND a.id = $1");
    let select = sqlx::query_as::<_, (String, i64, i64)>(AssertSqlSafe(sql)).bind(agent.as_str());
    select.fetch_optional(conn).await?.map(member).transpose()
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
    if agents.is_empty() {
        return Ok(queues);
    }
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
    let overflowed = overflowed(&mut *conn).await?;
    if overflowed.is_empty() {
        return Ok(queues);
    }
    let theirs = queues_of(conn, agents).await?;
    let for_them = overflowed.into_iter().filter(|line| line.also.iter().any(|name| theirs.contains(name)));
    queues.extend(for_them.map(|line| line.queue));
    Ok(queues)
}

/// The queues of some agents.
async fn queues_of(conn: &mut AnyConnection, agents: &[AgentId]) -> Result<BTreeSet<QueueName>> {
    let mut queues = BTreeSet::new();
    for piece in many::pieces(agents) {
        let sql =
            format!("SELECT DISTINCT queue FROM memberships WHERE agent IN {}", many::places(1, piece.len()));
        let mut select = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql));
        for agent in piece {
            select = select.bind(agent.as_str());
        }
        queues.extend(select.fetch_all(&mut *conn).await?.into_iter().map(QueueName::new));
    }
    Ok(queues)
}

/// How many rows are counted at most.
const COUNTED: i64 = 1_000;

/// How many in a queue come before what has this position, itself included; nothing where there are too many
/// to count.
///
/// # Errors
/// [`super::StoreError`].
pub async fn position(conn: &mut AnyConnection, queue: &QueueName, of: &Place) -> Result<Option<u64>> {
    let before: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 FROM interactions WHERE queue = $1 AND place IS NOT NULL
         AND (place, id) < ($2, $3) LIMIT $4) AS before_it",
    )
    .bind(queue.as_str())
    .bind(of.rank.0)
    .bind(of.id.as_str())
    .bind(COUNTED)
    .fetch_one(conn)
    .await?;
    Ok(u64::try_from(before).ok().filter(|_| before < COUNTED).map(|before| before + 1))
}
