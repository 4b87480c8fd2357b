//! Interactions.

use std::sync::LazyLock;

use sqlx::AnyConnection;

use super::routing::column;
use super::{Batch, Result, Value, count, from_json, many, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::ids::{AgentId, ContactId, InteractionId, QueueName};
use crate::domain::interaction::{Interaction, Kept};

/// The columns by which it is found, which change with it; [`found_by`] gives their values in this order.
const FOUND_BY: [&str; 10] =
    ["queue", "state", "is_open", "owner", "holder", "room_id", "place", "waits", "overflow", "unready"];
/// The columns that stay as they were at its beginning; [`fixed`] gives their values in this order.
const FIXED: [&str; 5] = ["our_number", "contact_number", "contact", "created_at", "mode"];

static ADD: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = ["id", "body"].into_iter().chain(FOUND_BY).chain(FIXED).collect();
    let places = many::places(1, columns.len());
    format!("INSERT INTO interactions ({}) VALUES {places}", columns.join(", "))
});

static SAVE: LazyLock<String> = LazyLock::new(|| {
    let sets: Vec<String> = ["body"]
        .iter()
        .chain(&FOUND_BY)
        .zip(2..)
        .map(|(column, place)| format!("{column} = ${place}"))
        .collect();
    format!("UPDATE interactions SET {} WHERE id = $1", sets.join(", "))
});

/// The values of [`FOUND_BY`].
fn found_by(of: &Interaction) -> Result<[Value; FOUND_BY.len()]> {
    let Waits { place, row, overflow, unready } = waits(of)?;
    let text = |text: Option<&str>| Value::from(text.map(str::to_owned));
    Ok([
        of.queue.as_str().into(),
        of.state().into(),
        i64::from(of.is_open()).into(),
        text(of.owner().map(|agent| agent.id.as_str())),
        text(of.holder().map(|agent| agent.id.as_str())),
        text(of.room.as_ref().map(|room| room.as_str())),
        place.into(),
        row.into(),
        overflow.into(),
        unready.into(),
    ])
}

/// The values of [`FIXED`].
fn fixed(of: &Interaction) -> [Value; FIXED.len()] {
    [
        of.our_number.to_string().into(),
        of.contact.number.to_string().into(),
        of.contact.id.as_str().into(),
        of.created_at.0.into(),
        of.kind().into(),
    ]
}

/// Keeps a new interaction.
///
/// # Errors
/// [`super::StoreError`]; a unique violation when the pair of numbers has an open one already.
pub async fn add(conn: &mut AnyConnection, interaction: &Interaction) -> Result<()> {
    let mut batch = Batch::on(conn);
    let insert =
        batch.add(ADD.as_str()).bind(interaction.id.as_str()).bind(to_json("interaction", interaction)?);
    insert.bind_all(found_by(interaction)?).bind_all(fixed(interaction));
    batch.run(conn).await
}

/// Keeps what changed in an interaction.
pub async fn save(conn: &mut AnyConnection, interaction: &Interaction) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_changed(&mut batch, interaction, false)?;
    batch.run(conn).await
}

/// The same, together with other statements. Where it [is found as before](is_found_alike), only its
/// document is written: SQLite would write all the indexes anew.
pub(crate) fn batch_changed(batch: &mut Batch, of: &Interaction, is_found_alike: bool) -> Result<()> {
    let (id, body) = (of.id.as_str(), to_json("interaction", of)?);
    if is_found_alike {
        batch.add("UPDATE interactions SET body = $2 WHERE id = $1").bind(id).bind(body);
    } else {
        batch.add(SAVE.as_str()).bind(id).bind(body).bind_all(found_by(of)?);
    }
    Ok(())
}

/// Whether an interaction is found by the same as before.
pub(crate) fn is_found_alike(before: &Interaction, now: &Interaction) -> Result<bool> {
    Ok(found_by(before)? == found_by(now)?)
}

/// What routing finds an interaction by.
#[derive(Default)]
struct Waits {
    /// Its position in its queue, while it waits.
    place: Option<i64>,
    /// What routing looks at then.
    row: Option<String>,
    /// The queues whose members are asked too.
    overflow: String,
    /// What an agent must know, where it is to be noted when nobody who does is ready.
    unready: Option<String>,
}

fn waits(interaction: &Interaction) -> Result<Waits> {
    let Some(waiting) = interaction.waiting() else { return Ok(Waits::default()) };
    Ok(Waits {
        place: Some(waiting.rank().0),
        row: Some(to_json("waiting interaction", &waiting)?),
        overflow: column(waiting.also.iter().map(QueueName::as_str)),
        unready: interaction.skills_to_miss().map(column),
    })
}

/// The interaction of an id.
pub async fn by_id(conn: &mut AnyConnection, id: &InteractionId) -> Result<Option<Interaction>> {
    let row: Option<String> = sqlx::query_scalar("SELECT body FROM interactions WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("interaction", &row)).transpose()
}

/// The open interaction of a contact number on a number of ours.
pub async fn open_of(
    conn: &mut AnyConnection,
    ours: &Address,
    theirs: &Address,
) -> Result<Option<Interaction>> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT body FROM interactions WHERE our_number = $1 AND contact_number = $2 AND is_open = 1",
    )
    .bind(ours.to_string())
    .bind(theirs.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| from_json("interaction", &row)).transpose()
}

/// What was kept of a contact's texts from `theirs` to `ours` for one reason, the newest of it.
pub const KEPT: &str = "SELECT body FROM interactions WHERE contact_number = $1 AND our_number = $2
     AND mode IN ('blocked', 'flood') AND mode = $3 AND contact = $5 AND created_at > $4
     ORDER BY created_at DESC LIMIT 1";

/// The interaction in which a contact's texts from `theirs` to `ours` are only kept, if it began after a
/// moment.
///
/// # Errors
/// [`super::StoreError`].
pub async fn kept(
    conn: &mut AnyConnection,
    (ours, theirs): (&Address, &Address),
    (whose, why): (&ContactId, Kept),
    since: Millis,
) -> Result<Option<Interaction>> {
    let row: Option<String> = sqlx::query_scalar(KEPT)
        .bind(theirs.to_string())
        .bind(ours.to_string())
        .bind(why.as_str())
        .bind(since.0)
        .bind(whose.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| from_json("interaction", &row)).transpose()
}

/// What goes on with a contact.
pub const IN_PROGRESS: &str =
    "SELECT body FROM interactions WHERE contact = $1 AND state <> 'done' ORDER BY created_at, id LIMIT $2";

/// The interactions of a contact that are not done, oldest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn in_progress(
    conn: &mut AnyConnection,
    contact: &ContactId,
    limit: i64,
) -> Result<Vec<Interaction>> {
    let rows: Vec<String> =
        sqlx::query_scalar(IN_PROGRESS).bind(contact.as_str()).bind(limit).fetch_all(conn).await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// The interactions an agent owns, oldest first.
pub async fn owned_by(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<Interaction>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT body FROM interactions WHERE owner = $1 ORDER BY created_at, id")
            .bind(agent.as_str())
            .fetch_all(conn)
            .await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// Everyone who owns an interaction.
pub async fn owners(conn: &mut AnyConnection) -> Result<Vec<AgentId>> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT owner FROM interactions WHERE owner IS NOT NULL")
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(AgentId::new).collect())
}

/// The interactions that an agent is being offered, oldest first.
pub async fn offered_to(conn: &mut AnyConnection, agent: &AgentId) -> Result<Vec<Interaction>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM interactions JOIN offers ON offers.interaction = interactions.id
         WHERE offers.agent = $1 ORDER BY created_at, id",
    )
    .bind(agent.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// Keeps which agents an interaction is offered to.
pub async fn set_offered(
    conn: &mut AnyConnection,
    interaction: &InteractionId,
    agents: impl Iterator<Item = &AgentId>,
) -> Result<()> {
    sqlx::query("DELETE FROM offers WHERE interaction = $1")
        .bind(interaction.as_str())
        .execute(&mut *conn)
        .await?;
    for agent in agents {
        sqlx::query("INSERT INTO offers (interaction, agent) VALUES ($1, $2)")
            .bind(interaction.as_str())
            .bind(agent.as_str())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The interaction with a contact number that is not done: of several, the newest.
pub async fn newest_with(conn: &mut AnyConnection, theirs: &Address) -> Result<Option<Interaction>> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT body FROM interactions WHERE contact_number = $1 AND state <> 'done'
         ORDER BY is_open DESC, created_at DESC, id LIMIT 1",
    )
    .bind(theirs.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| from_json("interaction", &row)).transpose()
}

/// What there was with an address.
pub const WITH_ADDRESS: &str =
    "SELECT body FROM interactions WHERE contact_number = $1 ORDER BY created_at DESC, id DESC LIMIT $2";

/// The last interactions with an address, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn with_address(
    conn: &mut AnyConnection,
    theirs: &Address,
    limit: i64,
) -> Result<Vec<Interaction>> {
    let rows: Vec<String> =
        sqlx::query_scalar(WITH_ADDRESS).bind(theirs.to_string()).bind(limit).fetch_all(conn).await?;
    rows.iter().map(|row| from_json("interaction", row)).collect()
}

/// How many interactions count against an agent's capacity.
pub async fn load(conn: &mut AnyConnection, agent: &AgentId) -> Result<u32> {
    count(conn, "SELECT COUNT(*) FROM interactions WHERE holder = $1", agent.as_str()).await
}

/// How many interactions count against each agent's capacity.
pub async fn loads(conn: &mut AnyConnection) -> Result<std::collections::HashMap<AgentId, u32>> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT holder, COUNT(*) FROM interactions WHERE holder IS NOT NULL GROUP BY holder")
            .fetch_all(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(id, count)| (AgentId::new(id), u32::try_from(count).unwrap_or(u32::MAX)))
        .collect())
}

/// How many interactions wait in a queue.
pub async fn waiting_count(conn: &mut AnyConnection, queue: &QueueName) -> Result<u32> {
    let sql = "SELECT COUNT(*) FROM interactions WHERE queue = $1 AND place IS NOT NULL AND state = 'queued'";
    count(conn, sql, queue.as_str()).await
}

/// The rooms of all interactions that were not done at some time since then, for looking up what was never
/// delivered.
pub async fn rooms_since(conn: &mut AnyConnection, since: Millis) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT room_id FROM interactions WHERE state <> 'done' AND room_id IS NOT NULL
         UNION
         SELECT i.room_id FROM changes c JOIN interactions i ON i.id = c.interaction
         WHERE c.at >= $1 AND c.state = 'done' AND i.room_id IS NOT NULL",
    )
    .bind(since.0)
    .fetch_all(conn)
    .await?)
}
