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
use crate::store::{Batch, Result, provider_texts, replies, search};

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
    /// The provider's ids of texts, with their conversations.
    pub(crate) texts: Vec<(String, InteractionId)>,
}

impl Pending {
    /// Whether it is time to write.
    pub(crate) fn is_much(&self) -> bool {
        let Self { lines, words, replies, changed, effects, done, posted, texts } = self;
        let said = [lines.len(), words.len(), replies.len(), changed.len(), texts.len()];
        let to_do = [effects.len(), done.len(), posted.len()];
        said.iter().chain(&to_do).sum::<usize>() >= MUCH
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_nothing(&self) -> bool {
        let Self { lines, words, replies, changed, effects, done, posted, texts } = self;
        lines.is_empty()
            && words.is_empty()
            && replies.is_empty()
            && changed.is_empty()
            && effects.is_empty()
            && done.is_empty()
            && posted.is_empty()
            && texts.is_empty()
    }

    /// Writes all of it, in one round trip where it is little. With `and_commits` it also commits, where the
    /// engine can do that in the same one. Returns whether it did.
    pub(crate) async fn write(
        &mut self,
        conn: &mut AnyConnection,
        now: Millis,
        and_commits: bool,
    ) -> Result<bool> {
        let Self { lines, words, mut replies, mut changed, effects, done, posted, texts } =
            std::mem::take(self);
        // What the transcript says of a message is looked up in its lines, once they are there.
        let told: Vec<Reply> =
            changed.values().filter(|reply| reply.stands_as().is_some()).cloned().collect();
        // No row is written twice in a batch.
        for reply in &mut replies {
            if let Some(changed) = changed.remove(&reply.id) {
                *reply = changed;
            }
        }
        let changed: Vec<Reply> = changed.into_values().collect();
        let new = outbox::unmerged(conn, &effects).await?;
        let mut batch = Batch::on(conn);
        interactions::batch_lines(&mut batch, &lines);
        search::lines::batch_words(&mut batch, &words);
        provider_texts::batch_new(&mut batch, &texts);
        replies::batch_new(&mut batch, &replies, now)?;
        replies::batch_changed(&mut batch, &changed)?;
        outbox::batch_new(&mut batch, &new, now)?;
        outbox::batch_done(&mut batch, &done);
        rooms::batch_posted(&mut batch, &posted)?;
        let commits = and_commits && told.is_empty() && batch.commits();
        batch.run(conn).await?;
        for reply in &told {
            replies::write_down(conn, reply).await?;
        }
        Ok(commits)
    }
}
