//! Two agents in a room of their own: IMs and consults.

use super::ids::{fresh_alias, fresh_id};
use crate::commit::Tx;
use crate::domain::agent::{Agent, AgentRef, WorkChannel};
use crate::domain::conversation::offer::{Answer, Decision, Via};
use crate::domain::effect::Join;
use crate::domain::ids::{AgentId, InteractionId};
use crate::domain::interaction::ContactRef;
use crate::domain::session;
use crate::domain::talk::{self, Event, Phase, Refused, Step, Talk};
use crate::store::transcript::LineKind;
use crate::store::{Result, interactions, search, talks};

/// A talk that is to begin.
pub(crate) struct Begin<'a> {
    /// The agent who begins it.
    pub(crate) initiator: &'a Agent,
    /// The agent they want to talk to.
    pub(crate) invitee: &'a Agent,
    /// The interaction it is a consult about.
    pub(crate) parent: Option<InteractionId>,
    /// The contact it is about.
    pub(crate) about: Option<ContactRef>,
    /// The message it begins with; empty for none.
    pub(crate) text: &'a str,
    /// The earlier talk in whose room it goes on.
    pub(crate) again: Option<&'a Talk>,
}

/// Begins a talk.
pub(crate) async fn begin(tx: &mut Tx<'_>, begin: Begin<'_>) -> Result<()> {
    // Its room may have been replaced since the earlier talk.
    let again = match begin.again {
        Some(earlier) => {
            clear_room(tx, earlier, begin.initiator).await?;
            talks::in_room(tx.db().await?, &earlier.first_talk).await?
        }
        None => None,
    };
    let id = fresh_id(tx).await?;
    let talk = Talk {
        first_talk: again.as_ref().map_or_else(|| id.clone(), |earlier| earlier.first_talk.clone()),
        id,
        initiator: begin.initiator.who.clone(),
        invitee: begin.invitee.who.clone(),
        parent: begin.parent,
        about: begin.about,
        text: begin.text.to_owned(),
        offer_ms: u64::try_from(tx.settings.desk.im_offer().as_millis()).unwrap_or(u64::MAX),
        room: again.as_ref().and_then(|earlier| earlier.room.clone()),
        alias: again.map_or_else(fresh_alias, |earlier| earlier.alias),
        inside: vec![],
        created_at: tx.now,
        updated_at: tx.now,
        phase: Phase::NotConnected,
    };
    let step = talk.begin(begin.invitee.channels.of(WorkChannel::Im));
    talks::add(tx.db().await?, &step.next).await?;
    let talk = step.next.clone();
    apply_step(tx, step).await?;
    bring_in(tx, &talk, &talk.initiator).await?;
    if !begin.text.is_empty() {
        write_down(tx, &talk, begin.initiator, begin.text, None).await?;
    }
    Ok(())
}

/// Lets an agent who began or took a talk by command join its room, where the desk acts for agents.
async fn bring_in(tx: &mut Tx<'_>, talk: &Talk, agent: &AgentRef) -> Result<()> {
    if !tx.settings.act_for_agents {
        return Ok(());
    }
    tx.emit(Join { interaction: talk.first_talk.clone(), user: agent.user.clone() }).await
}

/// Closes an earlier talk whose room is to be used again: whoever is still inside is taken out, and invited
/// anew.
async fn clear_room(tx: &mut Tx<'_>, earlier: &Talk, initiator: &Agent) -> Result<()> {
    for by in &earlier.inside {
        let Some(talk) = talks::by_id(tx.db().await?, &earlier.id).await? else { return Ok(()) };
        let left = *by == initiator.who.id;
        // They are inside, so that nothing can be refused.
        happens(tx, &talk, Event::Closed { by: by.clone(), left }).await?;
    }
    Ok(())
}

/// Keeps what someone said, and indexes it for search.
pub(crate) async fn write_down(
    tx: &mut Tx<'_>,
    talk: &Talk,
    agent: &Agent,
    body: &str,
    event_id: Option<&str>,
) -> Result<()> {
    let author = agent.who.user.as_str();
    let line = tx.write_line(&talk.id, LineKind::Internal, author, body, event_id).await?;
    search::add(tx.db_unflushed().await?, talk, &line, body).await
}

/// Applies an event to a talk: the step decides, and this keeps what it decides.
pub(crate) async fn happen(
    tx: &mut Tx<'_>,
    talk: &Talk,
    event: Event,
) -> Result<std::result::Result<(), Refused>> {
    let step = match talk::step(talk, event, tx.now) {
        Ok(step) => step,
        Err(refused) => return Ok(Err(refused)),
    };
    if step.next != *talk {
        talks::save(tx.db().await?, &step.next).await?;
    }
    apply_step(tx, step).await?;
    Ok(Ok(()))
}

/// Applies an event that cannot be refused, or whose refusal concerns nobody: a refusal only goes into the
/// log.
pub(crate) async fn happens(tx: &mut Tx<'_>, talk: &Talk, event: Event) -> Result<()> {
    if let Err(refused) = happen(tx, talk, event).await? {
        tracing::debug!(talk = %talk.id, %refused, "an event changes nothing");
    }
    Ok(())
}

async fn apply_step(tx: &mut Tx<'_>, step: Step) -> Result<()> {
    for line in &step.story {
        tx.tell_story(&step.next.id, line).await?;
    }
    for effect in step.effects {
        tx.emit(effect).await?;
    }
    for timer in &step.timers {
        tx.set(timer).await?;
    }
    Ok(())
}

/// ✅ under the notice that a talk is over closes it for whoever says so.
pub(crate) async fn close(tx: &mut Tx<'_>, agent: &Agent, id: &InteractionId) -> Result<()> {
    if let Some(talk) = talks::by_id(tx.db().await?, id).await? {
        // After a second tap it is closed already.
        let closed = happen(tx, &talk, Event::Closed { by: agent.who.id.clone(), left: false }).await?;
        if closed.is_ok() {
            tx.audit(agent, "done", Some(&talk.id), "by a reaction").await?;
        }
    }
    Ok(())
}

/// Lets an agent take or decline the invite into a talk.
pub(crate) async fn answer(
    tx: &mut Tx<'_>,
    agent: &Agent,
    talk: &Talk,
    Answer { decision, via, .. }: Answer,
) -> Result<std::result::Result<(), session::Refused>> {
    let who = agent.who.id.clone();
    let accepts = decision == Decision::Accept;
    let event = match decision {
        Decision::Accept => {
            let parent = match &talk.parent {
                Some(parent) => interactions::by_id(tx.db().await?, parent).await?,
                None => None,
            };
            // The parent may have been handed over since. Then the initiator may not show it.
            let parent = parent.filter(|parent| parent.is_owned_by(&talk.initiator.id));
            Event::Accepted { by: who, case: parent.map(|parent| parent.case).unwrap_or_default() }
        }
        Decision::Decline { reason } => Event::Rejected { by: who, via, reason },
    };
    if happen(tx, talk, event).await?.is_err() {
        return Ok(Err(session::Refused::NothingOffered));
    }
    if accepts && via == Via::Word {
        bring_in(tx, talk, &agent.who).await?;
    }
    Ok(Ok(()))
}

/// An interaction is done: the consults about it end too.
pub(crate) async fn parent_done(tx: &mut Tx<'_>, parent: &InteractionId) -> Result<()> {
    for talk in talks::open_of(tx.db().await?, parent).await? {
        // They were read as open, so that nothing can be refused.
        happens(tx, &talk, Event::ParentDone).await?;
    }
    Ok(())
}

/// Someone is no longer an agent: their talks end, and the others are told.
pub(crate) async fn agent_gone(tx: &mut Tx<'_>, who: &AgentId) -> Result<()> {
    for talk in talks::not_done(tx.db().await?, who).await? {
        // A talk that they closed already is refused.
        happens(tx, &talk, Event::Gone { who: who.clone() }).await?;
    }
    Ok(())
}
