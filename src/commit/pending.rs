//! The rows that a commit has yet to write. Where there are many, one statement writes many of them.

use std::collections::BTreeMap;

use ruma::OwnedEventId;
use sqlx::AnyConnection;

use crate::clock::Millis;
use crate::domain::address::Address;
use crate::domain::flood::Burst;
use crate::domain::ids::InteractionId;
use crate::domain::input::Claim;
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::reply::Reply;
use crate::store::outbox::{self, Wanted};
use crate::store::rooms::{self, Posted};
use crate::store::transcript::{self, Line};
use crate::store::{Batch, Result, Seen, blocks, interactions, provider_texts, replies, search};

/// Pending rows are written once there are this many.
const MUCH: usize = 1024;

/// What comes behind pending rows.
pub(crate) enum Ending {
    /// More of the transaction.
    GoesOn,
    /// Its end, where the engine can do that in the same round trip.
    Commits,
    /// They are the transaction, and one statement, if what was read before it still holds.
    IfHolds(Seen),
}

/// An interaction that has changed.
pub(crate) struct Changed {
    /// As it is now.
    pub(crate) interaction: Interaction,
    /// Whether it is found by the same as in the database.
    pub(crate) is_found_alike: bool,
}

/// Rows that are not in the database yet.
#[derive(Default)]
pub(crate) struct Pending {
    /// Interactions that have changed, by their ids.
    pub(crate) interactions: BTreeMap<InteractionId, Changed>,
    /// What is known of the texts that came to an address of ours from another.
    pub(crate) bursts: BTreeMap<(Address, Address), Burst>,
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
    /// Adds an interaction that has changed, perhaps once more.
    pub(crate) fn change(&mut self, mut changed: Changed) {
        if let Some(before) = self.interactions.remove(&changed.interaction.id) {
            changed.is_found_alike &= before.is_found_alike;
        }
        self.interactions.insert(changed.interaction.id.clone(), changed);
    }

    /// Whether it is time to write.
    pub(crate) fn is_much(&self) -> bool {
        let Self { interactions, bursts, lines, words, replies, changed, effects, done, posted, texts } =
            self;
        let said = [lines.len(), words.len(), replies.len(), changed.len(), texts.len()];
        let to_do = [interactions.len(), bursts.len(), effects.len(), done.len(), posted.len()];
        said.iter().chain(&to_do).sum::<usize>() >= MUCH
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_nothing(&self) -> bool {
        let Self { interactions, bursts, lines, words, replies, changed, effects, done, posted, texts } =
            self;
        interactions.is_empty()
            && bursts.is_empty()
            && lines.is_empty()
            && words.is_empty()
            && replies.is_empty()
            && changed.is_empty()
            && effects.is_empty()
            && done.is_empty()
            && posted.is_empty()
            && texts.is_empty()
    }

    /// Whether one statement writes all of it, on an engine that joins statements.
    pub(crate) fn is_one_statement(&self) -> bool {
        self.effects.iter().all(|wanted| wanted.effect.merge_key().is_none())
            && self.changed.values().all(|reply| reply.stands_as().is_none())
    }

    /// Writes the interactions, and what is known of texts: whoever reads anything sees these.
    pub(crate) async fn write_states(&mut self, conn: &mut AnyConnection) -> Result<()> {
        let mut batch = Batch::on(conn);
        self.batch_states(&mut batch)?;
        batch.run(conn).await
    }

    fn batch_states(&mut self, batch: &mut Batch) -> Result<()> {
        for changed in std::mem::take(&mut self.interactions).values() {
            interactions::batch_changed(batch, &changed.interaction, changed.is_found_alike)?;
        }
        for ((ours, theirs), burst) in &std::mem::take(&mut self.bursts) {
            blocks::batch_counted(batch, (ours, theirs), burst);
        }
        Ok(())
    }

    /// Writes all of it, in one round trip where it is little. Returns whether that has committed it too.
    pub(crate) async fn write(
        &mut self,
        conn: &mut AnyConnection,
        now: Millis,
        ending: Ending,
    ) -> Result<bool> {
        let mut states = Batch::on(conn);
        self.batch_states(&mut states)?;
        let Self { lines, words, mut replies, mut changed, effects, done, posted, texts, .. } =
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
        let mut batch = states;
        transcript::batch_lines(&mut batch, &lines);
        search::lines::batch_words(&mut batch, &words);
        provider_texts::batch_new(&mut batch, &texts);
        replies::batch_new(&mut batch, &replies, now)?;
        replies::batch_changed(&mut batch, &changed)?;
        outbox::batch_new(&mut batch, &new, now)?;
        outbox::batch_done(&mut batch, &done);
        rooms::batch_posted(&mut batch, &posted)?;
        let commits = match ending {
            Ending::GoesOn => false,
            Ending::Commits => told.is_empty() && batch.commits(),
            Ending::IfHolds(seen) => {
                seen.check(&mut batch);
                true
            }
        };
        batch.run(conn).await?;
        for reply in &told {
            replies::write_down(conn, reply).await?;
        }
        Ok(commits)
    }
}
