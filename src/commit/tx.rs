//! One commit in the making.
//!
//! Rows of which there are many (receipts, lines of transcripts, replies, effects, events of ours) are
//! written together, many in one statement: receipts before the first input is applied, the others at the
//! end, or as soon as somebody reads through [`Tx::db`]. The inputs that come often leave them waiting for
//! those behind them, and say so: they read through [`Tx::db_unflushed`], and a reply through [`Tx::reply`].

use std::collections::{BTreeSet, HashSet};

use ruma::{EventId, OwnedEventId, OwnedRoomId};
use sqlx::AnyConnection;

use super::applied::Woken;
use super::pending::Pending;
use super::settings::Settings;
use crate::clock::{self, Millis};
use crate::domain::effect::{Effect, Place, Role};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::input::{Claim, Input, Receipt};
use crate::domain::lane::Lane;
use crate::domain::notice::{Notice, Says};
use crate::domain::reply::{Outcome, Reply};
use crate::domain::settings::{DeskSettings, Setting};
use crate::domain::timer::Timer;
use crate::store::lists::{self, Rows};
use crate::store::outbox::Wanted;
use crate::store::replies::{self, Sending};
use crate::store::rooms::Posted;
use crate::store::{Result, messages, timers, upkeep};

/// What a commit brings, once it is made.
pub(crate) struct Finished {
    /// What it wakes.
    pub(crate) woken: Vec<Woken>,
    /// The settings that are kept, where it changes any.
    pub(crate) settings: Option<Vec<Setting>>,
}

/// A commit in the making: the connection it is made on, and what it wakes.
pub(crate) struct Tx<'a> {
    conn: &'a mut AnyConnection,
    /// The moment all of it happens at.
    pub(crate) now: Millis,
    /// What the desk is set to.
    pub(crate) settings: &'a Settings,
    /// What of that it was started with, where it can change.
    pub(crate) started_with: &'a DeskSettings,
    changed_settings: Option<Vec<Setting>>,
    receipts: HashSet<String>,
    /// Rooms that the bot or a ghost goes out of in this commit.
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
            now,
            settings,
            started_with,
            changed_settings: None,
            receipts: HashSet::new(),
            deserted: HashSet::new(),
            pending: Pending::default(),
            lanes: BTreeSet::new(),
            timer_set: false,
            lines: 0,
        }
    }

    /// Claims the receipts of all inputs that are to be applied.
    pub(crate) async fn claim_all(&mut self, inputs: &[&Input]) -> Result<()> {
        let receipts = inputs.iter().filter_map(|input| input.receipt());
        let receipts: Vec<String> = receipts.map(Receipt::into_string).collect();
        self.receipts = upkeep::claim_all(self.conn, &receipts, self.now).await?;
        Ok(())
    }

    /// Whether an input comes for the first time, by its receipt. The second of two in one commit does not,
    /// nor does what came with another.
    pub(crate) async fn is_new(&mut self, input: &Input) -> Result<bool> {
        if input.receipt().is_some_and(|receipt| !self.receipts.remove(receipt.as_str())) {
            return Ok(false);
        }
        let more: Vec<String> = input.more_receipts().into_iter().map(Receipt::into_string).collect();
        upkeep::claim_all(self.conn, &more, self.now).await?;
        for receipt in &more {
            self.receipts.remove(receipt);
        }
        Ok(true)
    }

    /// Claims the receipts of an input that is applied once more, whether they were claimed before or not.
    pub(crate) async fn claim_again(&mut self, input: &Input) -> Result<()> {
        let all = input.receipt().into_iter().chain(input.more_receipts());
        let all: Vec<String> = all.map(Receipt::into_string).collect();
        upkeep::claim_all(self.conn, &all, self.now).await.map(drop)
    }

    /// Gives the receipt of an input back: it may come again.
    pub(crate) async fn give_back(&mut self, receipt: &Receipt) -> Result<()> {
        upkeep::unclaim(self.conn, receipt.as_str()).await
    }

    /// The connection, inside the transaction, once everything that was added in this commit stands in the
    /// database.
    pub(crate) async fn db(&mut self) -> Result<&mut AnyConnection> {
        if !self.pending.is_nothing() {
            self.pending.write(self.conn, self.now).await?;
        }
        Ok(self.conn)
    }

    /// The connection as it is: lines, replies, effects, outcomes and events of ours that were added in this
    /// commit may not stand there yet. For what every text or reply goes through, which reads none of these,
    /// or means to read what was there before.
    pub(crate) fn db_unflushed(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// Writes all that waits; returns what the commit wakes.
    pub(crate) async fn finish(mut self) -> Result<Finished> {
        self.db().await?;
        let timer = self.timer_set.then_some(Woken::Timer);
        let woken = self.lanes.into_iter().map(Woken::Lane).chain(timer).collect();
        Ok(Finished { woken, settings: self.changed_settings })
    }

    /// The settings that are kept have changed: what they are holds from this commit on.
    pub(crate) async fn settings_changed(&mut self) -> Result<()> {
        self.changed_settings = Some(lists::defined(self.conn).await?);
        Ok(())
    }

    /// Adds to what waits, and writes it before it is too much.
    pub(crate) async fn add(&mut self, more: impl FnOnce(&mut Pending)) -> Result<()> {
        more(&mut self.pending);
        if self.pending.is_much() {
            self.db().await?;
        }
        Ok(())
    }

    /// Appends an effect.
    pub(crate) async fn emit(&mut self, effect: Effect) -> Result<()> {
        self.emit_at(effect, self.now).await
    }

    /// Appends an effect that is not to happen before a moment. Where it asks for a disposition, a number
    /// alone answers.
    pub(crate) async fn emit_at(&mut self, effect: Effect, due_at: Millis) -> Result<()> {
        self.emit_said(effect, due_at, self.now).await
    }

    /// Appends an effect that is not to happen before a moment, for the sake of what was said at another.
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
        match self.pending.changed.get(id) {
            Some(changed) => Ok(Some(changed.clone())),
            None => replies::by_id(self.conn, id).await,
        }
    }

    /// The message to a contact of an id, which the effect of a claim sends.
    pub(crate) async fn sending(&mut self, claim: &Claim, id: &str) -> Result<Option<Sending>> {
        let sending = replies::sending(self.conn, claim, id).await?;
        Ok(sending.map(|sending| match self.pending.changed.get(id) {
            Some(changed) => Sending { reply: changed.clone(), ..sending },
            None => sending,
        }))
    }

    /// Records that an effect is done of which this commit has read that it waits, and is ours.
    pub(crate) async fn complete(&mut self, claim: &Claim) -> Result<()> {
        self.add(|pending| pending.done.push(claim.clone())).await
    }

    /// Records an event of ours, posted in the room of a lane.
    pub(crate) async fn record_posted(&mut self, lane: &Lane, event: &EventId, posted: Posted) -> Result<()> {
        let (event, lane) = (event.to_owned(), lane.clone());
        self.add(|pending| pending.posted.push((event, lane, posted))).await
    }

    /// Wakes a lane: something in it may go now.
    pub(crate) fn wake_lane(&mut self, lane: &Lane) {
        self.lanes.insert(lane.clone());
    }

    /// Keeps what an agent reads in their console and must not miss.
    async fn keep_message(&mut self, effect: &Effect) -> Result<()> {
        let (Effect::Notify { to: Place::Console(agent), notice, .. }
        | Effect::Amend { to: Place::Console(agent), notice, .. }) = effect
        else {
            return Ok(());
        };
        let Some(missed) = notice.says.missed() else { return Ok(()) };
        let (id, now) = (self.line_id(), self.now);
        let interaction = notice.interaction.as_ref().map(InteractionId::as_str).unwrap_or_default();
        messages::add(self.conn, &id, agent, now, interaction, &missed).await
    }

    /// Lets the numbers of a question for a disposition stand for its answers, whoever asks it. It asks
    /// whoever owns the conversation.
    async fn numbered(&mut self, effect: Effect) -> Result<Effect> {
        let Effect::Notify { to, notice, reply_to, role: None } = effect else { return Ok(effect) };
        let Says::DispositionRequired { items } = &notice.says else {
            return Ok(Effect::Notify { to, notice, reply_to, role: None });
        };
        let keys = items.iter().map(|item| item.code.clone()).collect();
        let rows = Rows { run: "done {}".to_owned(), keys };
        lists::show(self.conn, (&to, None), &rows, self.now).await?;
        let role = Some(Role::List { list: rows.id(), of: None, asks: false });
        Ok(Effect::Notify { to, notice, reply_to, role })
    }

    /// Says a numbered list to the agent who asked for it, their newest in that room from now on.
    pub(crate) async fn say_list(
        &mut self,
        (to, of): (&Place, &AgentId),
        notice: Notice,
        reply_to: Option<OwnedEventId>,
        rows: &Rows,
    ) -> Result<()> {
        self.show_rows((to, of), notice, reply_to, rows, false).await
    }

    /// Asks an agent whether something is to be done: a list of one row, which a yes does too.
    pub(crate) async fn ask(
        &mut self,
        (to, of): (&Place, &AgentId),
        notice: Notice,
        reply_to: Option<OwnedEventId>,
        rows: &Rows,
    ) -> Result<()> {
        self.show_rows((to, of), notice, reply_to, rows, true).await
    }

    async fn show_rows(
        &mut self,
        (to, of): (&Place, &AgentId),
        notice: Notice,
        reply_to: Option<OwnedEventId>,
        rows: &Rows,
        asks: bool,
    ) -> Result<()> {
        lists::show(self.conn, (to, Some(of)), rows, self.now).await?;
        let role = Some(Role::List { list: rows.id(), of: Some(of.clone()), asks });
        self.emit(Effect::Notify { to: to.clone(), notice, reply_to, role }).await
    }

    /// Says something with numbered lines, each a command that a number under it runs.
    pub(crate) async fn say_menu(
        &mut self,
        to: &Place,
        notice: Notice,
        reply_to: Option<OwnedEventId>,
        lines: Vec<String>,
    ) -> Result<()> {
        let role = Some(Role::Menu { at: to.clone(), lines });
        self.emit(Effect::Notify { to: to.clone(), notice, reply_to, role }).await
    }

    /// Sets a timer.
    pub(crate) async fn set(&mut self, timer: &Timer) -> Result<()> {
        self.timer_set = true;
        timers::set(self.conn, timer).await
    }

    /// Has the timers looked at.
    pub(crate) fn wake_timers(&mut self) {
        self.timer_set = true;
    }

    /// Lets the bot say something.
    pub(crate) async fn say(
        &mut self,
        to: &Place,
        notice: Notice,
        reply_to: Option<OwnedEventId>,
    ) -> Result<()> {
        self.emit(Effect::Notify { to: to.clone(), notice, reply_to, role: None }).await
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
