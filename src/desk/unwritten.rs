//! What a commit has yet to write: rows of which there are many, written together, many in one statement.

use std::collections::BTreeMap;

use ruma::OwnedEventId;
use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::domain::input::Claim;
use crate::domain::reply::Reply;
use crate::store::interactions::Line;
use crate::store::outbox::Wanted;
use crate::store::rooms::Posted;
use crate::store::{Result, interactions, outbox, replies, rooms};

/// Rows that wait are written once there are so many.
const MUCH: usize = 1024;

/// Rows that are not in the database yet.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Lines of transcripts.
    pub(super) lines: Vec<(InteractionId, Line)>,
    /// New replies.
    pub(super) replies: Vec<Reply>,
    /// Replies that have changed, by their ids.
    pub(super) changed: BTreeMap<String, Reply>,
    /// New effects.
    pub(super) effects: Vec<Wanted>,
    /// Effects that are done.
    pub(super) done: Vec<Claim>,
    /// Events of ours, with the lane of their room.
    pub(super) posted: Vec<(OwnedEventId, String, Posted)>,
}

impl Unwritten {
    /// Whether it is time to write.
    pub(super) fn is_much(&self) -> bool {
        let Self { lines, replies, changed, effects, done, posted } = self;
        let counts = [lines.len(), replies.len(), changed.len(), effects.len(), done.len(), posted.len()];
        counts.iter().sum::<usize>() >= MUCH
    }

    /// Whether there is nothing to write.
    pub(super) fn is_nothing(&self) -> bool {
        let Self { lines, replies, changed, effects, done, posted } = self;
        lines.is_empty()
            && replies.is_empty()
            && changed.is_empty()
            && effects.is_empty()
            && done.is_empty()
            && posted.is_empty()
    }

    /// Writes all of it.
    pub(super) async fn write(&mut self, conn: &mut AnyConnection, now: Millis) -> Result<()> {
        let Self { lines, replies, changed, effects, done, posted } = std::mem::take(self);
        interactions::add_lines(conn, &lines).await?;
        replies::add(conn, &replies, now).await?;
        replies::save(conn, &changed.into_values().collect::<Vec<_>>()).await?;
        outbox::append(conn, &effects, now).await?;
        outbox::done(conn, &done).await?;
        rooms::add_posted(conn, &posted).await
    }
}
