//! Events of an interaction: the pure step decides, and this keeps what it decides, with all that follows
//! from it.

use ruma::{OwnedEventId, OwnedUserId, UserId};

use super::{auto_reply, later_news, overflow, parked, pictures, readiness, supervisors, talks};
use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::agent::{self, Readiness};
use crate::domain::effect::{Effect, Join, Notify, Place, Role, Route};
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{HeldBack, Notice, Quoted, Says};
use crate::domain::report::Change;
use crate::domain::session::{self, AgentChange, Event, Refused};
use crate::store::contacts::merges as contact_merges;
use crate::store::outbox::Wanted;
use crate::store::{Result, agents, history, interactions, retention, routing, tags, transcript, upkeep};

impl Tx<'_> {
    /// Appends the effects of an event, in order. What a contact wrote is parked behind a picture of theirs
    /// that is still awaited.
    async fn emit_all(&mut self, effects: Vec<Effect>, of: &Interaction) -> Result<()> {
        let mut waits = pictures::hold_up(self, of).await?;
        for effect in effects {
            waits |= effect.awaited().is_some();
            if waits && effect.goes_with_words() {
                let (due_at, said_at) = (self.now, self.now);
                let wanted = Wanted { effect, due_at, said_at, txn_id: clock::random_hex(), parked: true };
                self.add(|pending| pending.effects.push(wanted)).await?;
            } else {
                self.emit(effect).await?;
            }
        }
        Ok(())
    }

    /// Tells the writer of a message in a session room that it was not sent, and why; in their console too,
    /// where they are no longer in that room when the desk hears of it.
    pub(crate) async fn hold_back(
        &mut self,
        of: &Interaction,
        event: OwnedEventId,
        writer: &UserId,
        why: HeldBack,
    ) -> Result<()> {
        self.hold_back_saying(of, event, writer, Says::held_back(why, writer)).await
    }

    /// The same, with more to say of it.
    pub(crate) async fn hold_back_saying(
        &mut self,
        of: &Interaction,
        event: OwnedEventId,
        writer: &UserId,
        says: Says,
    ) -> Result<()> {
        if !of.has_inside(writer)
            && let Some(agent) = agents::by_user(self.db_unflushed().await?, writer).await?
        {
            let line = transcript::line(self.db().await?, &of.id, &event).await?;
            let text = line.map(|line| line.body).unwrap_or_default();
            let elsewhere = says.elsewhere(Quoted { contact: of.contact.name.clone(), text });
            if let Some(says) = elsewhere {
                self.say(&Place::Console(agent.who.id), says.about(&of.id), None).await?;
            }
        }
        self.say(&Place::Session(of.id.clone()), says.about(&of.id), Some(event)).await
    }

    /// Applies an event that cannot be refused, or whose refusal concerns nobody: a refusal only goes into
    /// the log.
    pub(crate) async fn happens(&mut self, interaction: &Interaction, event: Event) -> Result<()> {
        if let Err(refused) = self.happen(interaction, event).await? {
            tracing::debug!(interaction = %interaction.id, %refused, "an event changes nothing");
        }
        Ok(())
    }

    /// Applies an event to an interaction: the step decides, and this keeps what it decides.
    pub(crate) async fn happen(
        &mut self,
        interaction: &Interaction,
        event: Event,
    ) -> Result<std::result::Result<Interaction, Refused>> {
        let step = match session::step(interaction, event, self.now) {
            Ok(step) => step,
            Err(refused) => return Ok(Err(refused)),
        };
        // Boxed, it does not make the futures of all those larger who let something happen.
        Box::pin(self.keep(interaction, step)).await.map(Ok)
    }

    /// Keeps what an event leads to, with all that follows from it. Returns the interaction as it is then.
    async fn keep(&mut self, interaction: &Interaction, step: session::Step) -> Result<Interaction> {
        if step.next != *interaction {
            self.save(interaction, &step.next).await?;
        }
        if step.next.contact.id != interaction.contact.id {
            contact_merges::set_contact(self.db_unflushed().await?, &step.next).await?;
        }
        if (&step.next.queue, step.next.owner(), step.next.state())
            != (&interaction.queue, interaction.owner(), interaction.state())
        {
            self.record(&step.next).await?;
        }
        if step.next.offer() != interaction.offer() {
            let asked = step.next.offer().map(|offer| offer.to.as_slice()).unwrap_or_default();
            interactions::set_offered(
                self.db_unflushed().await?,
                &step.next.id,
                asked.iter().map(|to| &to.id),
            )
            .await?;
        }
        if step.next.is_done() != interaction.is_done() {
            retention::set_done(self.db_unflushed().await?, &step.next).await?;
        }
        if step.next.tags != interaction.tags {
            tags::set(self.db_unflushed().await?, &step.next).await?;
        }
        parked::owner_may_have_gone(self, interaction, &step.next).await?;
        for line in &step.story {
            self.tell_story(&step.next.id, line).await?;
        }
        if matches!(step.next.phase, Phase::Done { .. }) {
            talks::parent_done(self, &step.next.id).await?;
        }
        for notice in &step.supervisors {
            self.tell_supervisors(notice).await?;
        }
        if let Some((says, since)) = step.overdue {
            self.tell_overdue(&step.next, &says, since).await?;
        }
        for told in step.overflowed {
            overflow::tell(self, &step.next, told).await?;
        }
        for (place, template) in &step.contact_gets {
            auto_reply::send_overflow(self, &step.next, (*place, template)).await?;
        }
        self.emit_all(step.effects, interaction).await?;
        if let Some(to) = later_news::passed_on(interaction, &step.next) {
            later_news::follow(self, &step.next, to).await?;
        }
        if let Some(user) = self.to_be_brought_in(interaction, &step.next) {
            self.emit(Join { interaction: step.next.id.clone(), user }).await?;
        }
        for timer in &step.timers {
            self.set(timer).await?;
        }
        for (id, change) in step.agents {
            let Some(mut agent) = agents::by_id(self.db_unflushed().await?, &id).await? else { continue };
            match change {
                AgentChange::Worked => agent.idle_since = self.now,
                AgentChange::NoAnswer => {
                    let work = interaction.contact.number.rules().work;
                    // An agent who has turned not ready or signed off meanwhile has given their own reason.
                    if agent.is_ready_for(work) {
                        agent.channels.set(work, Readiness::NotReady { reason: "no answer".to_owned() });
                    }
                }
            }
            agents::save(self.db_unflushed().await?, &agent).await?;
            if change == AgentChange::NoAnswer {
                readiness::note(self, &agent, None).await?;
            }
        }
        self.offer_more(interaction, &step.next).await?;
        Ok(step.next)
    }

    /// Agents who now have less to do, or less to pick from, may be offered more from any of their queues.
    async fn offer_more(&mut self, before: &Interaction, now: &Interaction) -> Result<()> {
        let freed = before.frees(now);
        if freed.is_empty() {
            return Ok(());
        }
        for queue in routing::queues_in_need_of(self.db_unflushed().await?, &freed).await? {
            self.emit(Route { queue }).await?;
        }
        Ok(())
    }

    /// Records what an interaction is from now on, for reports.
    pub(crate) async fn record(&mut self, now: &Interaction) -> Result<()> {
        let change = Change {
            interaction: now.id.clone(),
            at: self.now,
            queue: now.queue.clone(),
            owner: now.owner().map(|owner| owner.id.clone()),
            state: now.state().to_owned(),
        };
        let id = self.line_id();
        history::add_change(self.db_unflushed().await?, &id, &change).await
    }

    /// The new owner to be brought into the room, where the desk acts for agents.
    fn to_be_brought_in(&self, before: &Interaction, after: &Interaction) -> Option<OwnedUserId> {
        let Phase::Owned { owner, come_by: Some(_), .. } = &after.phase else { return None };
        let is_new = before.owner() != Some(owner) || before.room.is_some() && after.room.is_none();
        (self.settings.act_for_agents && is_new).then(|| owner.user.clone())
    }

    /// Tells every supervisor something, in their console.
    pub(crate) async fn tell_supervisors(&mut self, notice: &Notice) -> Result<()> {
        for agent in agents::all(self.db_unflushed().await?).await? {
            if agent.is(agent::Role::Supervisor) {
                self.say(&Place::Console(agent.who.id), notice.clone(), None).await?;
            }
        }
        Ok(())
    }
}

/// Supervisors of a queue.
impl Tx<'_> {
    /// Tells the supervisors of its queue of a conversation in which a text waits for an answer since a
    /// moment; where the queue has none but its owner, all others.
    async fn tell_overdue(&mut self, of: &Interaction, says: &Says, since: Millis) -> Result<()> {
        let owner = of.owner().map(|owner| &owner.id);
        for agent in supervisors::of_queues(self, std::slice::from_ref(&of.queue), owner).await? {
            let (interaction, agent) = (of.id.clone(), agent.who.id);
            let (to, notice) = (Place::Console(agent.clone()), says.clone().about(&of.id));
            let role = Some(Role::Overdue { interaction, since, agent });
            self.emit(Notify { to, notice, reply_to: None, role }).await?;
        }
        Ok(())
    }
}

/// Says of a message, once, that something done to it cannot reach the phone.
pub(crate) async fn once(
    tx: &mut Tx<'_>,
    interaction: &Interaction,
    of: &OwnedEventId,
    writer: &UserId,
    why: HeldBack,
) -> Result<()> {
    let now = tx.now;
    if upkeep::claim(tx.db().await?, &format!("told:{of}"), now).await? {
        tx.hold_back(interaction, of.clone(), writer, why).await?;
    }
    Ok(())
}
