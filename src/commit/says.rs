//! What the bot says: notices, lists to choose from, and questions.

use ruma::{EventId, OwnedEventId};

use super::tx::Tx;
use crate::domain::effect::{Amend, Effect, Notify, Place, React, Role, Taps};
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::notice::{Notice, Says};
use crate::store::lists::{self, Rows};
use crate::store::{Result, messages};

/// The longest list under which its numbers stand.
const MOST_TAPS: usize = 9;

/// What a numbered list is for, and so what stands under it.
#[derive(Clone, Copy)]
pub(crate) enum ListKind {
    /// To be read: nothing.
    Long,
    /// To pick from: its numbers, so that picking one is one tap.
    Short,
    /// One row that is to be done or not: yes and no. A yes that is typed does it too.
    Question,
}

impl Tx<'_> {
    /// Lets the bot say something.
    pub(crate) async fn say(
        &mut self,
        to: &Place,
        notice: Notice,
        reply_to: Option<OwnedEventId>,
    ) -> Result<()> {
        self.emit(Notify { to: to.clone(), notice, reply_to, role: None }).await
    }

    /// Marks what somebody did as done with a ✓, where what comes of it shows elsewhere.
    pub(crate) async fn tick(&mut self, to: &Place, event: &EventId) -> Result<()> {
        self.emit(React { to: to.clone(), event: event.to_owned(), key: "✓".to_owned() }).await
    }

    /// Posts a numbered list for the agent who asked; it is now their newest in that room.
    pub(crate) async fn say_list(
        &mut self,
        (to, of): (&Place, &AgentId),
        notice: Notice,
        reply_to: Option<OwnedEventId>,
        (rows, kind): (&Rows, ListKind),
    ) -> Result<()> {
        let (asks, has_taps) = match kind {
            ListKind::Long => (false, false),
            ListKind::Short => (false, rows.keys.len() <= MOST_TAPS),
            ListKind::Question => (true, true),
        };
        let (now, conn) = (self.now, self.db_unflushed().await?);
        if asks {
            lists::ask(conn, (to, of), rows, now).await?;
        } else {
            lists::show(conn, (to, Some(of)), rows, now).await?;
        }
        let taps = has_taps.then(|| Taps { at: to.clone(), rows: rows.keys.len() });
        let role = Some(Role::List { list: rows.id(), of: Some(of.clone()), asks, taps });
        self.emit(Notify { to: to.clone(), notice, reply_to, role }).await
    }

    /// Posts a notice with numbered lines, each a command that its number runs.
    pub(crate) async fn say_menu(
        &mut self,
        to: &Place,
        notice: Notice,
        reply_to: Option<OwnedEventId>,
        lines: Vec<String>,
    ) -> Result<()> {
        let role = Some(Role::Menu { at: to.clone(), lines });
        self.emit(Notify { to: to.clone(), notice, reply_to, role }).await
    }

    /// Keeps a line for an agent's My Messages.
    pub(super) async fn keep_message(&mut self, effect: &Effect) -> Result<()> {
        let (Effect::Notify(Notify { to: Place::Console(agent), notice, .. })
        | Effect::Amend(Amend { to: Place::Console(agent), notice, .. })) = effect
        else {
            return Ok(());
        };
        let Some(missed) = notice.says.missed() else { return Ok(()) };
        let (id, now) = (self.line_id(), self.now);
        let interaction = notice.interaction.as_ref().map(InteractionId::as_str).unwrap_or_default();
        messages::add(self.db_unflushed().await?, &id, agent, now, interaction, &missed).await
    }

    /// Remembers the numbered answers of a question for a disposition. The owner of the conversation is
    /// asked, whoever caused the question.
    pub(super) async fn numbered(&mut self, effect: Effect) -> Result<Effect> {
        let Effect::Notify(Notify { to, notice, reply_to, role: None }) = effect else { return Ok(effect) };
        let Says::DispositionRequired { items } = &notice.says else {
            return Ok(Effect::Notify(Notify { to, notice, reply_to, role: None }));
        };
        let keys = items.iter().map(|item| item.code.clone()).collect();
        let rows = Rows { run: "done {}".to_owned(), keys };
        let now = self.now;
        lists::show(self.db_unflushed().await?, (&to, None), &rows, now).await?;
        let taps = Some(Taps { at: to.clone(), rows: rows.keys.len() })
            .filter(|taps| (1..=MOST_TAPS).contains(&taps.rows));
        let role = Some(Role::List { list: rows.id(), of: None, asks: false, taps });
        Ok(Effect::Notify(Notify { to, notice, reply_to, role }))
    }
}
