//! Replies: owners' messages on their way to phones.

use std::sync::LazyLock;

use ruma::EventId;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow, Row as _};

use super::{Batch, Result, consent, from_json, many, search, to_json};
use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::Claim;
use crate::domain::interaction::Interaction;
use crate::domain::reply::{Reply, StandsAs};

/// A message that is being sent, with everything that decides its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Sending {
    /// The message.
    pub reply: Reply,
    /// The interaction it belongs to.
    pub interaction: Interaction,
    /// Whether the contact wants no messages.
    pub opted_out: bool,
    /// Whether the contact is blocked.
    pub is_blocked: bool,
    /// Whether the effect that sends it still waits, and its lane is still held under the claim's epoch.
    pub is_ours: bool,
    /// Whether nothing that was said before it waits in its lane. Something may since its turn came: what was
    /// parked for a contact goes on where it stood.
    pub is_first: bool,
    /// Since when that effect waits.
    pub waits_since: Option<Millis>,
}

/// Keeps new messages.
pub async fn add(conn: &mut AnyConnection, replies: &[Reply], at: Millis) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_new(&mut batch, replies, at)?;
    batch.run(conn).await
}

/// The same, together with other statements.
pub(crate) fn batch_new(batch: &mut Batch, replies: &[Reply], at: Millis) -> Result<()> {
    for piece in many::pieces(replies) {
        let insert = batch.add(format!(
            "INSERT INTO replies (id, interaction, event_id, created_at, body) VALUES {}",
            many::places(piece.len(), 5)
        ));
        for reply in piece {
            insert
                .bind(reply.id.as_str())
                .bind(reply.interaction.as_str())
                .bind(reply.event.as_str())
                .bind(at.0)
                .bind(to_json("reply", reply)?);
        }
    }
    Ok(())
}

/// Keeps what changed in messages.
pub async fn save(conn: &mut AnyConnection, replies: &[Reply]) -> Result<()> {
    let mut batch = Batch::on(conn);
    batch_changed(&mut batch, replies)?;
    batch.run(conn).await
}

/// The same, together with other statements.
pub(crate) fn batch_changed(batch: &mut Batch, replies: &[Reply]) -> Result<()> {
    for piece in many::pieces(replies) {
        let update = batch.add(format!(
            "UPDATE replies SET body = v.column2 FROM (VALUES {}) AS v WHERE replies.id = v.column1",
            many::places(piece.len(), 2)
        ));
        for reply in piece {
            update.bind(reply.id.as_str()).bind(to_json("reply", reply)?);
        }
    }
    Ok(())
}

/// The message of an id.
pub async fn by_id(conn: &mut AnyConnection, id: &str) -> Result<Option<Reply>> {
    let mut batch = Batch::on(conn);
    batch_one(&mut batch, id);
    one_in(&batch.fetch(conn).await?)
}

/// Reads the message of an id, together with other statements.
pub(crate) fn batch_one(batch: &mut Batch, id: &str) {
    batch.add("SELECT body FROM replies WHERE id = $1").bind(id);
}

/// The message in the rows that [`batch_one`] returned.
pub(crate) fn one_in(rows: &[AnyRow]) -> Result<Option<Reply>> {
    let row: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?;
    row.map(|row| from_json("reply", &row)).transpose()
}

/// The message of an id that an effect sends.
pub async fn sending(
    conn: &mut AnyConnection,
    claim: &Claim,
    id: &str,
    now: Millis,
) -> Result<Option<Sending>> {
    let mut batch = Batch::on(conn);
    batch_sending(&mut batch, claim, id, now);
    let rows = batch.fetch(conn).await?;
    sending_in(conn, &rows).await
}

/// Reads the message of an id that an effect sends, together with other statements.
pub(crate) fn batch_sending(batch: &mut Batch, claim: &Claim, id: &str, now: Millis) {
    let select = batch.add(SENDING.as_str());
    select.bind(id).bind(claim.lane.to_string()).bind(claim.seq).bind(claim.epoch).bind(now.0);
}

/// Whether more has to be read to make the message of the rows that [`batch_sending`] returned: what erased
/// addresses said.
pub(crate) fn reads_on(rows: &[AnyRow]) -> Result<bool> {
    let what = rows.iter().map(|row| row.try_get::<String, _>("what"));
    Ok(what.collect::<sqlx::Result<Vec<_>>>()?.iter().any(|what| what == consent::OF_ERASED))
}

/// The message in the rows that [`batch_sending`] returned.
pub(crate) async fn sending_in(conn: &mut AnyConnection, rows: &[AnyRow]) -> Result<Option<Sending>> {
    let rows = rows.iter().map(SendingRow::from_row).collect::<sqlx::Result<Vec<_>>>()?;
    let (found, said): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.what == "reply");
    let Some(row) = found.into_iter().next() else { return Ok(None) };
    let interaction: Interaction = from_json("interaction", &row.interaction)?;
    let said = said.into_iter().map(|row| (row.what, row.body, row.at.unwrap_or_default()));
    let (ours, theirs) = (&interaction.our_number, &interaction.contact.number);
    let standing = consent::standing_of(conn, (ours, theirs), said.collect()).await?;
    Ok(Some(Sending {
        reply: from_json("reply", &row.body)?,
        opted_out: standing.is_out(),
        interaction,
        is_blocked: row.blocked_at.is_some(),
        is_ours: row.held_epoch.is_some(),
        is_first: row.before_it.is_none(),
        waits_since: row.at.map(Millis),
    }))
}

/// A row of [`SENDING`]: the message, or something that was said about texting its contact.
#[derive(sqlx::FromRow)]
struct SendingRow {
    what: String,
    body: String,
    interaction: String,
    held_epoch: Option<i64>,
    at: Option<i64>,
    blocked_at: Option<i64>,
    before_it: Option<i64>,
}

/// The message of an id that an effect sends, and what is known of texting its contact.
static SENDING: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT 'reply' AS what, r.body, i.body AS interaction, l.epoch AS held_epoch, o.created_at AS at,
                b.at AS blocked_at,
                (SELECT MIN(e.seq) FROM outbox e WHERE e.lane = o.lane AND e.state = 'ready'
                 AND (e.said_at < o.said_at OR e.said_at = o.said_at AND e.seq < o.seq)) AS before_it
         FROM replies r JOIN interactions i ON i.id = r.interaction
         LEFT JOIN outbox o ON o.lane = $2 AND o.seq = $3 AND o.state = 'ready'
         LEFT JOIN lanes l ON l.id = o.lane AND l.epoch = $4
         LEFT JOIN blocks b ON b.contact = i.contact AND (b.until IS NULL OR b.until > $5)
         WHERE r.id = $1
         UNION ALL
         SELECT s.what, s.value, '', NULL, s.at, NULL, NULL FROM ({}) AS s",
        consent::STANDING_OF_REPLY
    )
});

/// The message typed in an event of an interaction's room; the newest, where it was sent again.
pub async fn by_event(
    conn: &mut AnyConnection,
    of: &InteractionId,
    event: &EventId,
) -> Result<Option<Reply>> {
    let row: Option<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE event_id = $1 AND interaction = $2 ORDER BY created_at DESC, id LIMIT 1",
    )
    .bind(event.as_str())
    .bind(of.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| from_json("reply", &row)).transpose()
}

/// The messages typed in an event, whatever they belong to, newest first.
///
/// # Errors
/// [`super::StoreError`].
pub async fn typed_in(conn: &mut AnyConnection, event: &EventId) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE event_id = $1 ORDER BY created_at DESC, id LIMIT 20",
    )
    .bind(event.as_str())
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages of the last conversations that an agent began by a text.
pub const BEGUN: &str = "SELECT r.body FROM replies r WHERE r.interaction IN
         (SELECT interaction FROM changes WHERE owner = $1 AND state = 'outbound' ORDER BY id DESC LIMIT $2)
     ORDER BY r.created_at DESC, r.id";

/// The messages of the last conversations that an agent began by a text, newest first: of so many of these.
///
/// # Errors
/// [`super::StoreError`].
pub async fn begun_by(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> =
        sqlx::query_scalar(BEGUN).bind(agent.as_str()).bind(limit).fetch_all(conn).await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The newest messages of an interaction, newest first.
pub async fn newest(conn: &mut AnyConnection, interaction: &InteractionId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM replies WHERE interaction = $1 ORDER BY created_at DESC, id LIMIT $2",
    )
    .bind(interaction.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The newest messages of all that an agent is working on, newest first.
pub async fn newest_of(conn: &mut AnyConnection, agent: &AgentId, limit: i64) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.holder = $1 AND i.is_open = 1 AND i.state = 'active' ORDER BY r.created_at DESC, r.id LIMIT $2",
    )
    .bind(agent.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages between two numbers since a moment, to compare with the provider's list.
pub async fn between(
    conn: &mut AnyConnection,
    ours: &Address,
    theirs: &Address,
    since: Millis,
) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.our_number = $1 AND i.contact_number = $2 AND r.created_at >= $3 ORDER BY r.created_at, r.id",
    )
    .bind(ours.to_string())
    .bind(theirs.to_string())
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| from_json("reply", row)).collect()
}

/// The messages from one of our numbers since a moment. One that cannot be read hides no others.
pub async fn sent_from(conn: &mut AnyConnection, ours: &Address, since: Millis) -> Result<Vec<Reply>> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT r.body FROM replies r JOIN interactions i ON i.id = r.interaction
         WHERE i.our_number = $1 AND r.created_at >= $2",
    )
    .bind(ours.to_string())
    .bind(since.0)
    .fetch_all(conn)
    .await?;
    let read = |row: &String| {
        from_json("reply", row).inspect_err(|error| tracing::warn!(%error, "a message is left out")).ok()
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Writes the fate of a message into the transcript: its changed text, that it was not sent, or that it did
/// not arrive.
pub async fn write_down(conn: &mut AnyConnection, reply: &Reply) -> Result<()> {
    let sql = match reply.stands_as() {
        None => return Ok(()),
        Some(StandsAs::Said(lines)) => {
            for (event, text) in lines {
                say_instead(conn, (reply, event), &text).await?;
            }
            return Ok(());
        }
        // If it was a resend, the line stays failed.
        Some(StandsAs::NotSent) => {
            "UPDATE transcript SET kind = CASE WHEN
               (SELECT COUNT(*) FROM replies WHERE event_id = $1 AND interaction = $2) > 1
             THEN 'failed' ELSE 'held_back' END
             WHERE event_id = $1 AND interaction = $2 AND kind = 'owner'"
        }
        Some(StandsAs::Failed) => {
            "UPDATE transcript SET kind = 'failed' WHERE event_id = $1 AND interaction = $2 AND kind = 'owner'"
        }
    };
    for event in reply.events() {
        sqlx::query(sql).bind(event.as_str()).bind(reply.interaction.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Writes into the transcript that what an event brought was not sent.
pub async fn not_sent(conn: &mut AnyConnection, of: &InteractionId, event: &EventId) -> Result<()> {
    sqlx::query(
        "UPDATE transcript SET kind = 'held_back' WHERE event_id = $1 AND interaction = $2 AND kind = 'owner'",
    )
    .bind(event.as_str())
    .bind(of.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes into the transcript that what an event brought, which was not sent, is sent now.
pub async fn sent_after_all(conn: &mut AnyConnection, of: &InteractionId, event: &EventId) -> Result<()> {
    sqlx::query(
        "UPDATE transcript SET kind = 'owner' WHERE event_id = $1 AND interaction = $2 AND kind = 'held_back'",
    )
    .bind(event.as_str())
    .bind(of.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Has the transcript hold the words a message was changed to, and those find it.
async fn say_instead(conn: &mut AnyConnection, (reply, event): (&Reply, &EventId), text: &str) -> Result<()> {
    let sql = "UPDATE transcript SET body = $3
               WHERE event_id = $1 AND interaction = $2 AND kind = 'owner' AND body <> $3 RETURNING id";
    let changed: Vec<String> = sqlx::query_scalar(sql)
        .bind(event.as_str())
        .bind(reply.interaction.as_str())
        .bind(text)
        .fetch_all(&mut *conn)
        .await?;
    for line in changed {
        search::lines::rewrite(conn, &reply.interaction, &line, text).await?;
    }
    Ok(())
}

/// Writes into the transcript that a failed message is sent again.
pub async fn said_again(conn: &mut AnyConnection, reply: &Reply) -> Result<()> {
    let sql =
        "UPDATE transcript SET kind = 'owner' WHERE event_id = $1 AND interaction = $2 AND kind = 'failed'";
    for event in reply.events() {
        sqlx::query(sql).bind(event.as_str()).bind(reply.interaction.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}
