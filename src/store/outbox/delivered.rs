//! Deliveries of which nothing more is to be kept than that they were made, and the event that stands in a
//! room since. They are one round trip, with the commit.

use std::collections::HashSet;

use ruma::EventId;
use sqlx::{AnyConnection, FromRow};

use crate::domain::input::Claim;
use crate::store::rooms::Posted;
use crate::store::{Batch, Result, many};

/// What is done: its lane, and its place there.
pub type Done = HashSet<(String, i64)>;

/// A delivery, with the event that it made.
pub type Delivery<'a> = (&'a Claim, Option<(&'a EventId, Posted)>);

/// Records that effects are done whose lanes are still held under their claims' epochs, and remembers their
/// events; commits that, and returns which they are. Of the others nothing is kept.
///
/// The connection makes commits that are serializable, also where they are one statement.
pub async fn record(conn: &mut AnyConnection, deliveries: &[Delivery<'_>]) -> Result<Done> {
    let mut batch = Batch::alone(conn);
    let posted: Vec<_> =
        deliveries.iter().filter_map(|(claim, made)| Some((claim, made.as_ref()?))).collect();
    // Both look at what was there before, so that they agree on what is ours to record.
    for piece in many::pieces(&posted) {
        let insert = batch.add(format!(
            "INSERT INTO posted (event_id, lane, kind)
             SELECT v.column5, v.column1, v.column6 FROM (VALUES {}) AS v
             JOIN outbox AS o ON o.lane = v.column1 AND o.seq = v.column2 AND o.version = v.column3
             JOIN lanes AS l ON l.id = v.column1 AND l.epoch = v.column4
             WHERE o.state = 'ready' ON CONFLICT DO NOTHING RETURNING lane, CAST(0 AS BIGINT)",
            many::places(piece.len(), 6)
        ));
        for (claim, (event, posted)) in piece {
            insert.bind(claim.lane.to_string()).bind(claim.seq).bind(claim.version).bind(claim.epoch);
            insert.bind(event.as_str()).bind(posted.kind());
        }
    }
    let claims: Vec<&Claim> = deliveries.iter().map(|(claim, _)| *claim).collect();
    super::batch_delivered(&mut batch, &claims);
    batch.commits();
    let mut done = Done::new();
    for row in batch.fetch(conn).await? {
        let (lane, place) = FromRow::from_row(&row)?;
        if place > 0 {
            done.insert((lane, place));
        }
    }
    Ok(done)
}
