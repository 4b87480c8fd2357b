//! One commit in the making.
//!
//! Rows of which there are many (receipts, lines of transcripts, replies, effects, events of ours) are
//! written many in one statement: receipts before the first input is applied, the others at the end, or as
//! soon as somebody reads through [`Tx::db`]. The handlers of frequent inputs do not flush: they read through
//! [`Tx::db_unflushed`], and a reply through [`Tx::reply`].

use std::collections::{BTreeSet, HashMap, HashSet};

use ruma::{EventId, OwnedRoomId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Executor as _, FromRow, Row as _};

use super::applied::Woken;
use super::first::First;
use super::pending::{Changed, Ending, Pending};
use super::settings::Settings;
use crate::clock::{self, Millis};
use crate::domain::address::Address;
use crate::domain::effect::Effect;
use crate::domain::ids::InteractionId;
use crate::domain::input::{Claim, ContactText, Input, Receipt, RoomEvent};
use crate::domain::interaction::Interaction;
use crate::domain::lane::Lane;
use crate::domain::queue::NumberSettings;
use crate::domain::reply::{Outcome, Reply};
use crate::domain::settings::{DeskSettings, Setting};
use crate::domain::timer::Timer;
use crate::store::blocks::{self, Came, Sender};
use crate::store::outbox::{self, Completed, Wanted};
use crate::store::replies::{self, Sending};
use crate::store::rooms::{self, Posted, Scene};
use crate::store::{Batch, Result, Seen, StoreError, timers, upkeep};
use crate::store::{agents, interactions, lists};

/// What a commit brings, once it is made.
pub(crate) struct Finished {
    /// What it wakes.
    pub(crate) woken: Vec<Woken>,
    /// The stored settings, where the commit changes any.
    pub(crate) settings: Option<Vec<Setting>>,
    /// Whether what it deletes must not be read out of the files of the database any more.
    pub(crate) wipes: bool,
    /// Why the database did not commit it, where no transaction is left to roll back.
    pub(crate) refused: Option<StoreError>,
}

impl Finished {
    /// One that brings nothing.
    pub(crate) fn refused(why: StoreError) -> Self {
        Self { woken: vec![], settings: None, wipes: false, refused: Some(why) }
    }
}

/// A commit in the making: the connection it is made on, and what it wakes.
pub(crate) struct Tx<'a> {
    conn: &'a mut AnyConnection,
    /// Whether its transaction has begun, and is still to be ended.
    has_begun: bool,
    /// What was read before the transaction. It begins once more is asked for; else it is the one statement
    /// that writes.
    seen: Option<Seen>,
    /// The moment all of it happens at.
    pub(crate) now: Millis,
    /// What the desk is set to.
    pub(crate) settings: &'a Settings,
    /// Those of the settings at start that can change.
    pub(crate) started_with: &'a DeskSettings,
    changed_settings: Option<Vec<Setting>>,
    wipes: bool,
    receipts: HashSet<String>,
    /// The lanes and places of effects that this commit has recorded as done, and whose outcomes are still to
    /// be applied.
    delivered: HashSet<(String, i64)>,
    /// What was read at the beginning for the one input that reads first.
    first: Option<(First, Vec<AnyRow>)>,
    /// What is known of the senders of the texts that are applied first. A text changes that of no other
    /// pair of numbers.
    senders: HashMap<(Address, Address), Sender>,
    /// What was read of our number with the sender of the text that is being applied.
    number: Option<(Address, Option<String>)>,
    /// Rooms that the bot or a ghost leaves in this commit.
    pub(crate) deserted: HashSet<OwnedRoomId>,
    pending: Pending,
    lanes: BTreeSet<Lane>,
    timer_set: bool,
    pub(crate) lines: u32,
}

impl<'a> Tx<'a> {
    /// Begins one.
    pub(crate) fn new(
        conn: &'a mut AnyConnection,
        now: Millis,
        settings: &'a Settings,
        started_with: &'a DeskSettings,
    ) -> Self {
        Self {
            conn,
            has_begun: false,
            seen: None,
            now,
            settings,
            started_with,
            changed_settings: None,
            wipes: false,
            receipts: HashSet::new(),
            delivered: HashSet::new(),
            first: None,
            senders: HashMap::new(),
            number: None,
            deserted: HashSet::new(),
            pending: Pending::default(),
            lanes: BTreeSet::new(),
            timer_set: false,
            lines: 0,
        }
    }

    /// Begins the transaction, claims the receipts of all inputs that are to be applied, and records that the
    /// effects are done whose outcomes come first. What `reader`, one of them, reads first comes with that.
    /// With `may_look`, what a single input reads first may be read before the transaction, which then begins
    /// when it is needed.
    pub(crate) async fn begin(
        &mut self,
        inputs: &[&Input],
        reader: Option<&Input>,
        may_look: bool,
    ) -> Result<()> {
        if let [one] = inputs
            && may_look
            && self.look(one).await?
        {
            return Ok(());
        }
        let receipts = inputs.iter().filter_map(|input| input.receipt());
        let receipts: Vec<String> = receipts.map(Receipt::into_string).collect();
        let texts = inputs.iter().take_while(|input| matches!(input, Input::Text(_))).count();
        let delivered = inputs[texts..].iter().map_while(|input| input.delivered()).collect::<Vec<_>>();
        let mut batch = Batch::beginning(self.conn).await?;
        self.has_begun = true;
        upkeep::batch_claims(&mut batch, &receipts, self.now);
        outbox::batch_delivered(&mut batch, &delivered);
        let first = match reader {
            Some(reader) if batch.runs_in_a_row() => First::read_with(&mut batch, reader, self.now),
            _ => None,
        };
        // Of all that is read here, only these rows have two columns.
        let (claimed, rows) =
            batch.fetch(self.conn).await?.into_iter().partition::<Vec<_>, _>(|row| row.columns().len() == 2);
        self.first = first.map(|first| (first, rows));
        for row in claimed {
            let (id, place) = FromRow::from_row(&row)?;
            if place == upkeep::OF_RECEIPT {
                self.receipts.insert(id);
            } else {
                self.delivered.insert((id, place));
            }
        }
        if texts > 1 {
            self.meet(&inputs[..texts]).await?;
        }
        Ok(())
    }

    /// Reads at once what is known of the senders of texts that come before anything else is applied.
    async fn meet(&mut self, texts: &[&Input]) -> Result<()> {
        let pair = |input: &&Input| match input {
            Input::Text(text) => Some((text.to.clone(), text.from.clone())),
            _ => None,
        };
        let pairs: BTreeSet<(Address, Address)> = texts.iter().filter_map(pair).collect();
        let pairs: Vec<_> = pairs.into_iter().collect();
        self.senders = blocks::senders(self.conn, &pairs, self.now).await?;
        Ok(())
    }

    /// Reads what an input needs before the transaction, where the engine makes two statements of all of it
    /// if nothing else is read. False if it does not, or the input reads something else first.
    async fn look(&mut self, input: &Input) -> Result<bool> {
        let mut batch = Batch::on(self.conn);
        if batch.runs_in_a_row() {
            return Ok(false);
        }
        let Some(first) = First::read_with(&mut batch, input, self.now) else { return Ok(false) };
        let receipt = input.receipt().map(|receipt| (receipt.into_string(), self.now));
        let (seen, rows) = Seen::read(self.conn, batch, receipt).await?;
        self.receipts.extend(seen.claim().map(str::to_owned));
        (self.seen, self.first) = (Some(seen), Some((first, rows)));
        Ok(true)
    }

    /// The connection, inside the transaction.
    async fn begun(&mut self) -> Result<&mut AnyConnection> {
        if let Some(seen) = self.seen.take() {
            let mut batch = Batch::beginning(self.conn).await?;
            self.has_begun = true;
            seen.check(&mut batch);
            batch.run(self.conn).await?;
        }
        Ok(self.conn)
    }

    /// Whether its transaction has begun, so that it has to be rolled back if nothing comes of it.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The rows that were read at the beginning, if they are these, and nothing else was asked for since.
    fn first(&mut self, wanted: &First) -> Option<Vec<AnyRow>> {
        self.first.take().filter(|(first, _)| first == wanted).map(|(_, rows)| rows)
    }

    /// The scene of what a user does in a room.
    pub(crate) async fn scene(&mut self, event: &RoomEvent) -> Result<Option<Scene>> {
        match self.first(&First::Scene) {
            Some(rows) => rooms::scene_in(&rows),
            None => rooms::scene(self.db_unflushed().await?, &event.room_id, &event.sender).await,
        }
    }

    /// Counts a text of a contact, and tells how it is to be taken; and the open interaction of its two
    /// numbers.
    pub(crate) async fn came(&mut self, text: &ContactText) -> Result<(Came, Option<Interaction>)> {
        let (pair, limits, now) = ((&text.to, &text.from), self.settings.desk.flood(), self.now);
        let known = self.senders.remove(&(text.to.clone(), text.from.clone()));
        let sender = match (known, self.first(&First::Sender)) {
            (Some(sender), _) => sender,
            (None, Some(rows)) => blocks::sender_in(&rows)?,
            (None, None) => blocks::sender(self.db_unflushed().await?, pair, now).await?,
        };
        let came = sender.came(text.fetched_late.unwrap_or(now), &limits);
        self.number = Some((text.to.clone(), sender.number));
        if let Came::Counted(burst) = came {
            let pair = (text.to.clone(), text.from.clone());
            self.add(|pending| {
                pending.bursts.insert(pair, burst);
            })
            .await?;
        }
        Ok((came, sender.open))
    }

    /// The settings of a number of ours; nothing if it is none. Those of a text's number came with its
    /// sender.
    pub(crate) async fn number(&mut self, ours: &Address) -> Result<Option<NumberSettings>> {
        match &self.number {
            Some((number, body)) if number == ours => body.as_deref().map(agents::number_in).transpose(),
            Some(_) | None => agents::number(self.db_unflushed().await?, ours).await,
        }
    }

    /// Records that an effect is done that was delivered, and what became of that.
    pub(crate) async fn delivered(&mut self, claim: &Claim) -> Result<Completed> {
        if self.delivered.remove(&(claim.lane.to_string(), claim.seq)) {
            return Ok(Completed::Done);
        }
        outbox::complete(self.db_unflushed().await?, claim).await
    }

    /// Whether an input comes for the first time, by its receipt. The second of two in one commit does not,
    /// nor does one whose receipt another claimed with its own.
    pub(crate) async fn is_new(&mut self, input: &Input) -> Result<bool> {
        self.number = None;
        if input.receipt().is_some_and(|receipt| !self.receipts.remove(receipt.as_str())) {
            return Ok(false);
        }
        let more: Vec<String> = input.more_receipts().into_iter().map(Receipt::into_string).collect();
        if !more.is_empty() {
            let now = self.now;
            upkeep::claim_all(self.begun().await?, &more, now).await?;
        }
        for receipt in &more {
            self.receipts.remove(receipt);
        }
        Ok(true)
    }

    /// Claims the receipts of an input that is applied again, whether they were claimed before or not.
    pub(crate) async fn claim_again(&mut self, input: &Input) -> Result<()> {
        let all = input.receipt().into_iter().chain(input.more_receipts());
        let all: Vec<String> = all.map(Receipt::into_string).collect();
        let now = self.now;
        upkeep::claim_all(self.begun().await?, &all, now).await.map(drop)
    }

    /// Gives the receipt of an input back: it may come again.
    pub(crate) async fn give_back(&mut self, receipt: &Receipt) -> Result<()> {
        upkeep::unclaim(self.begun().await?, receipt.as_str()).await
    }

    /// The connection, inside the transaction, after all pending rows of this commit were written.
    pub(crate) async fn db(&mut self) -> Result<&mut AnyConnection> {
        self.begun().await?;
        if !self.pending.is_nothing() {
            self.pending.write(self.conn, self.now, Ending::GoesOn).await?;
        }
        Ok(self.conn)
    }

    /// The connection, inside the transaction: pending lines, replies, effects, outcomes and events of this
    /// commit may not be written yet, but interactions and counts of texts are. For the paths of every text
    /// and reply, which read none of those, or want what was there before.
    pub(crate) async fn db_unflushed(&mut self) -> Result<&mut AnyConnection> {
        self.begun().await?;
        self.pending.write_states(self.conn).await?;
        Ok(self.conn)
    }

    /// The connection, once the lines of an interaction's transcript that were added in this commit stand in
    /// the database.
    pub(crate) async fn db_with_lines(&mut self, of: &InteractionId) -> Result<&mut AnyConnection> {
        if self.pending.lines.iter().any(|(id, _)| id == of) || !self.pending.changed.is_empty() {
            return self.db().await;
        }
        self.db_unflushed().await
    }

    /// Writes all pending rows and commits; returns what the commit wakes.
    pub(crate) async fn finish(mut self) -> Result<Finished> {
        fail::fail_point!("before_commit", |_| std::process::abort());
        let refused = if self.seen.is_some() && self.pending.is_one_statement() {
            self.write_and_commit().await.err()
        } else {
            self.begun().await?;
            let is_committed = self.pending.write(self.conn, self.now, Ending::Commits).await?;
            if is_committed { None } else { self.conn.execute("COMMIT").await.err().map(StoreError::from) }
        };
        let timer = self.timer_set.then_some(Woken::Timer);
        let woken = self.lanes.into_iter().map(Woken::Lane).chain(timer).collect();
        Ok(Finished { woken, settings: self.changed_settings, wipes: self.wipes, refused })
    }

    /// Writes all pending rows in the one statement that is the transaction, if what was read still holds.
    async fn write_and_commit(&mut self) -> Result<()> {
        match self.seen.take() {
            Some(seen) if !self.pending.is_nothing() || seen.claim().is_some() => {
                self.pending.write(self.conn, self.now, Ending::IfHolds(seen)).await.map(drop)
            }
            // Nothing is to be kept.
            _ => Ok(()),
        }
    }

    /// What this commit and those before it deleted must not be read out of the files of the database any
    /// more.
    pub(crate) fn wipe(&mut self) {
        self.wipes = true;
    }

    /// The stored settings have changed: the new ones hold from this commit on.
    pub(crate) async fn settings_changed(&mut self) -> Result<()> {
        self.changed_settings = Some(lists::defined(self.db_unflushed().await?).await?);
        Ok(())
    }

    /// Adds pending rows, and writes them before there are too many.
    pub(crate) async fn add(&mut self, more: impl FnOnce(&mut Pending)) -> Result<()> {
        more(&mut self.pending);
        if self.pending.is_much() {
            self.db().await?;
        }
        Ok(())
    }

    /// Appends an effect.
    pub(crate) fn emit(&mut self, effect: impl Into<Effect>) -> impl Future<Output = Result<()>> {
        let now = self.now;
        self.emit_at(effect.into(), now)
    }

    /// Appends an effect that must not be delivered before a moment. If it asks for a disposition, a number
    /// alone answers.
    pub(crate) async fn emit_at(&mut self, effect: Effect, due_at: Millis) -> Result<()> {
        self.emit_said(effect, due_at, self.now).await
    }

    /// Appends an effect that must not be delivered before a moment, on behalf of something said at another
    /// moment.
    pub(crate) async fn emit_said(&mut self, effect: Effect, due_at: Millis, said_at: Millis) -> Result<()> {
        self.keep_message(&effect).await?;
        let effect = self.numbered(effect).await?;
        self.lanes.insert(effect.lane());
        let wanted = Wanted { effect, due_at, said_at, txn_id: clock::random_hex(), parked: false };
        self.add(|pending| pending.effects.push(wanted)).await
    }

    /// Keeps a new message to a contact.
    pub(crate) async fn insert_reply(&mut self, reply: Reply) -> Result<()> {
        self.add(|pending| pending.replies.push(reply)).await
    }

    /// Keeps what changed in a message to a contact.
    pub(crate) async fn update_reply(&mut self, reply: Reply) -> Result<()> {
        self.add(|pending| drop(pending.changed.insert(reply.id.clone(), reply))).await
    }

    /// The message to a contact of an id.
    pub(crate) async fn reply(&mut self, id: &str) -> Result<Option<Reply>> {
        let first = self.first(&First::Reply(id.to_owned()));
        match (self.pending.changed.get(id), first) {
            (Some(changed), _) => Ok(Some(changed.clone())),
            (None, Some(rows)) => replies::one_in(&rows),
            (None, None) => replies::by_id(self.db_unflushed().await?, id).await,
        }
    }

    /// The message of an id, which the effect of a claim sends.
    pub(crate) async fn sending(&mut self, claim: &Claim, id: &str) -> Result<Option<Sending>> {
        // Whether anything waits before it is asked of the database.
        if self.pending.done.iter().any(|done| done.lane == claim.lane) {
            self.db().await?;
        }
        let sending = if let Some(rows) = self.first(&First::Sending(id.to_owned())) {
            if replies::reads_on(&rows)? {
                self.begun().await?;
            }
            replies::sending_in(self.conn, &rows).await?
        } else {
            let now = self.now;
            replies::sending(self.db_unflushed().await?, claim, id, now).await?
        };
        Ok(sending.map(|sending| match self.pending.changed.get(id) {
            Some(changed) => Sending { reply: changed.clone(), ..sending },
            None => sending,
        }))
    }

    /// Keeps what changed in an interaction.
    pub(crate) async fn save(&mut self, before: &Interaction, now: &Interaction) -> Result<()> {
        let changed =
            Changed { is_found_alike: interactions::is_found_alike(before, now)?, interaction: now.clone() };
        self.add(|pending| pending.change(changed)).await
    }

    /// Records that an effect is done. This commit must have read that it waits, and is ours.
    pub(crate) async fn complete(&mut self, claim: &Claim) -> Result<()> {
        self.add(|pending| pending.done.push(claim.clone())).await
    }

    /// Records an event of ours, posted in the room of a lane.
    pub(crate) async fn record_posted(&mut self, lane: &Lane, event: &EventId, posted: Posted) -> Result<()> {
        let (event, lane) = (event.to_owned(), lane.clone());
        self.add(|pending| pending.posted.push((event, lane, posted))).await
    }

    /// Remembers by which id the provider knows a text of a conversation.
    pub(crate) async fn record_text(&mut self, of: &InteractionId, sid: &str) -> Result<()> {
        let text = (sid.to_owned(), of.clone());
        self.add(|pending| pending.texts.push(text)).await
    }

    /// Wakes a lane: something in it may be delivered now.
    pub(crate) fn wake_lane(&mut self, lane: &Lane) {
        self.lanes.insert(lane.clone());
    }

    /// Sets a timer.
    pub(crate) async fn set(&mut self, timer: &Timer) -> Result<()> {
        self.timer_set = true;
        timers::set(self.db_unflushed().await?, timer).await
    }

    /// Has the timers looked at.
    pub(crate) fn wake_timers(&mut self) {
        self.timer_set = true;
    }

    /// Keeps what comes of something that happened to a reply.
    pub(crate) async fn apply_outcome(&mut self, outcome: Outcome) -> Result<()> {
        for effect in outcome.effects {
            self.emit(effect).await?;
        }
        for timer in &outcome.timers {
            self.set(timer).await?;
        }
        Ok(())
    }
}
