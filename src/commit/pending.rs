//! The rows that a commit has yet to write. Where there are many, one statement writes many of them.

use std::collections::BTreeMap;

use ruma::OwnedEventId;
use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::ids::InteractionId;
use crate::domain::input::Claim;
use crate::domain::lane::Lane;
use crate::domain::reply::Reply;
use crate::store::interactions::{self, Line};
use crate::store::outbox::{self, Wanted};
use crate::store::rooms::{self, Posted};
use crate::store::{Result, replies, search};

/// Pending rows are written once there are this many.
const MUCH: usize = 1024;

/// Rows that are not in the database yet.
#[derive(Default)]
pub(crate) struct Pending {
    /// Lines of transcripts.
    pub(crate) lines: Vec<(InteractionId, Line)>,
    /// The words by which lines are found, with the lines' ids.
    pub(crate) words: Vec<(String, String)>,
    /// New replies.
    pub(crate) replies: Vec<Reply>,
    /// Replies that have changed, by their ids.
    pub(crate) changed: BTreeMap<String, Reply>,
    /// New effects.
    pub(crate) effects: Vec<Wanted>,
    /// Effects that are done.
    pub(crate) done: Vec<Claim>,
    /// Events of ours, with the lane of their room.
    pub(crate) posted: Vec<(OwnedEventId, Lane, Posted)>,
}

impl Pending {
    /// Whether it is time to write.
    pub(crate) fn is_much(&self) -> bool {
        let Self { lines, words, replies, changed, effects, done, posted } = self;
        let said = [lines.len(), words.len(), replies.len(), changed.len()];
        let to_do = [effects.len(), done.len(), posted.len()];
        said.iter().chain(&to_do).sum::<usize>() >= MUCH
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_nothing(&self) -> bool {
        let Self { lines, words, replies, changed, effects, done, posted } = self;
        lines.is_empty()
            && words.is_empty()
            && replies.is_empty()
            && changed.is_empty()
            && effects.is_empty()
            && done.is_empty()
            && posted.is_empty()
    }

    /// Writes all of it.
    pub(crate) async fn write(&mut self, conn: &mut AnyConnection, now: Millis) -> Result<()> {
        let Self { lines, words, replies, changed, effects, done, posted } = std::mem::take(self);
        interactions::add_lines(conn, &lines).await?;
        search::lines::add(conn, &words).await?;
        replies::add(conn, &replies, now).await?;
        let changed: Vec<Reply> = changed.into_values().collect();
        replies::save(conn, &changed).await?;
        for reply in &changed {
            replies::write_down(conn, reply).await?;
        }
        outbox::append(conn, &effects, now).await?;
        outbox::done(conn, &done).await?;
        rooms::add_posted(conn, &posted).await
    }
}
