//! What supervisors do to the work of others: queue it again, close it, say who is ready. The owner or agent
//! is told, and each goes into the audit log with what it was done to.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::bye::Moving;
use super::life::choose_disposition;
use super::talk::is_signed_in;
use super::work::{disposition, last_text};
use super::{Call, Command, Who, line, presence, targets};
use crate::acts::ids::interaction_id;
use crate::acts::pictures::unshown;
use crate::acts::readiness;
use crate::commit::Tx;
use crate::domain::agent::{Agent, Channels, WorkChannel};
use crate::domain::effect::Place;
use crate::domain::interaction::{DispositionRule, Interaction};
use crate::domain::notice::{ClosedFor, Problem, Refusal, Says, StateSet, Unavailable};
use crate::domain::session::{Event, Refused};
use crate::store::{Result, interactions};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "requeue",
        aliases: &[],
        arguments: "<id or agent>",
        does: "queue a conversation again, or all an agent has; in its old place",
        who: Who::Supervisors,
        // What is queued again goes into the audit log, one by one.
        changes: false,
        run: requeue,
    },
    Command {
        name: "close",
        aliases: &[],
        arguments: "<id> [disposition]",
        does: "close a conversation; whoever has it",
        who: Who::Supervisors,
        changes: false,
        run: close,
    },
    Command {
        name: "state",
        aliases: &[],
        arguments: "<agent> ready | <agent> notready [reason]",
        does: "say whether an agent takes conversations; they are told",
        who: Who::Supervisors,
        changes: false,
        run: state,
    },
];

/// The conversation that a word names, if it names one.
async fn named(tx: &mut Tx<'_>, call: &Call<'_>, word: &str) -> Result<Option<Interaction>> {
    let typed = targets::key(tx, call, word).await?;
    match interaction_id(&typed) {
        Some(id) => Ok(interactions::by_id(tx.db().await?, &id).await?.filter(|of| of.erased.is_none())),
        None => Ok(None),
    }
}

/// `!requeue <id or agent>`.
fn requeue<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = line::value(call.arguments);
        let named = match call.said.session() {
            Some(here) if typed.is_empty() => Some(here.clone()),
            None if typed.is_empty() => return call.usage(tx, Problem::WorkMissing).await,
            Some(_) | None => named(tx, call, typed).await?,
        };
        if let Some(of) = named {
            return requeue_one(tx, call, &of).await;
        }
        if line::is_id(typed) {
            return targets::no_interaction(tx, call, typed).await;
        }
        match targets::agent(tx, call, typed, ("", "")).await? {
            Some(agent) => requeue_all(tx, call, &agent).await,
            None => Ok(()),
        }
    }
    .boxed()
}

async fn requeue_one(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let owner = of.owner().map(|owner| owner.name.clone()).unwrap_or_default();
    match tx.happen(of, Event::SentBack { by: call.agent.who.clone() }).await? {
        Ok(next) => {
            fail::fail_point!("sent_back", |_| std::process::abort());
            tx.audit(call.agent, call.command.name, Some(&next.id), &format!("of {owner}")).await?;
            let mut moving = Moving::new(&owner, None);
            moving.went(&next);
            call.answer(tx, moving.says().about(&next.id)).await
        }
        Err(refused) => call.refused(tx, of, refused).await,
    }
}

async fn requeue_all(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent) -> Result<()> {
    let mut moving = Moving::new(&agent.who.name, None);
    for of in interactions::owned_by(tx.db().await?, &agent.who.id).await? {
        let event = Event::SentBack { by: call.agent.who.clone() };
        if moving.happen(tx, &of, event).await? {
            let detail = format!("of {}", agent.who.name);
            tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
        }
    }
    call.answer(tx, moving.says().plainly()).await
}

/// `!close <id> [disposition]`.
fn close<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (first, rest) = line::first_word(call.arguments);
        let (of, typed) = match (named(tx, call, first).await?, call.said.session()) {
            (Some(of), _) => (of, rest),
            (None, Some(here)) if !line::is_id(first) => (here.clone(), call.arguments),
            (None, _) if first.is_empty() => return call.usage(tx, Problem::ConversationMissing).await,
            (None, _) => return targets::no_interaction(tx, call, first).await,
        };
        let typed = line::value(typed);
        let chosen = match typed {
            "" => None,
            _ if of.rules.disposition == DispositionRule::None => {
                let why = Refusal::NoDispositions;
                return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
            }
            typed => match disposition(tx, call, typed).await? {
                Some(chosen) => Some(chosen),
                None => return ask_how(tx, call, &of).await,
            },
        };
        let again = format!("close {} {typed}", of.id).trim_end().to_owned();
        let (typed_at, last_text) = (call.said.event.at, last_text(tx, &of).await?);
        let unshown = unshown(tx, &of.id).await?;
        let label = chosen.as_ref().map(|chosen| chosen.label.clone());
        let event =
            Event::Closed { by: call.agent.who.clone(), typed_at, last_text, unshown, disposition: chosen };
        match tx.happen(&of, event).await? {
            Ok(next) if next.is_done() => {
                fail::fail_point!("closed_for", |_| std::process::abort());
                let detail = label.as_deref().unwrap_or_default();
                tx.audit(call.agent, call.command.name, Some(&of.id), detail).await?;
                let (contact, owner) = (of.contact.name.clone(), of.owner().map(|owner| owner.name.clone()));
                let disposition = next.disposition.map(|disposition| disposition.label);
                let says = Says::Closed(ClosedFor { contact, owner, disposition });
                call.answer(tx, says.about(&of.id)).await
            }
            Ok(_) => call.answer(tx, Says::DoneRefused { on_its_way: unshown, again }.about(&of.id)).await,
            Err(Refused::DispositionMissing) => ask_how(tx, call, &of).await,
            Err(refused) => call.refused(tx, &of, refused).await,
        }
    }
    .boxed()
}

/// Lists the dispositions; a row's number closes the conversation with it.
async fn ask_how(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let title = format!("How did the conversation with {} end?", of.contact.name);
    choose_disposition(tx, call, &title, format!("close {} {{}}", of.id)).await
}

/// `!state <agent> ready`, `!state <agent> notready [reason]`.
fn state<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (name, rest) = call.person(tx, call.arguments).await?;
        if name.is_empty() {
            return call.usage(tx, Problem::AgentMissing).await;
        }
        let words = ["ready", "notready"];
        let (word, behind) = line::first_word(rest);
        let Some(word) = line::choose(word, &words) else {
            return call.usage(tx, Problem::unknown(word, &words)).await;
        };
        let Some(agent) = targets::agent(tx, call, name, ("", rest)).await? else { return Ok(()) };
        let (channels, reason) = if word == "ready" {
            // Offers would go to nobody.
            if !is_signed_in(tx, &agent).await? {
                let (who, why) = (agent.who.name, Unavailable::NotSignedIn);
                return call.answer(tx, Says::TargetUnavailable { who, why }.plainly()).await;
            }
            let mut channels = agent.channels.clone();
            for channel in WorkChannel::ALL {
                channels.turn_ready(channel, tx.now);
            }
            (channels, None)
        } else {
            let Some(chosen) = presence::reason(tx, call, behind).await? else { return Ok(()) };
            (Channels::not_ready(&chosen.words), chosen.reason)
        };
        let before = agent.channels.to_string();
        let agent = readiness::set(tx, &agent, channels, reason.as_ref()).await?;
        if word == "ready" {
            readiness::look_for_work(tx, &agent).await?;
        }
        let detail = format!("{}: {before} → {}", agent.who.id, agent.channels);
        tx.audit(call.agent, call.command.name, None, &detail).await?;
        tell_state(tx, call, &agent).await
    }
    .boxed()
}

/// The agent is told, and the supervisor answered.
async fn tell_state(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent) -> Result<()> {
    let (name, by) = (agent.who.name.clone(), call.agent.who.name.clone());
    let set = StateSet { agent: name, by, readiness: agent.channels.clone(), is_you: false };
    if agent.who.id != call.agent.who.id {
        let says = Says::StateSet(StateSet { is_you: true, ..set.clone() });
        tx.say(&Place::Console(agent.who.id.clone()), says.plainly(), None).await?;
    }
    call.answer(tx, Says::StateSet(set).plainly()).await
}
