//! `!bye`: an agent signs off, and says what is to become of what they still have.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::presence::answer_status;
use super::{Call, Command, Who, line, targets};
use crate::acts::counts::counts;
use crate::acts::{callbacks as callback_acts, later_news, readiness};
use crate::commit::Tx;
use crate::domain::agent::{Agent, Channels, Permission, WorkChannel};
use crate::domain::find::is_same_name;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{
    CallbackItem, LaterItem, OpenWork, Refusal, Says, Unavailable, WorkChoice, WorkItem, WorkMoved,
};
use crate::domain::session::{Event, OwnerAction};
use crate::store::lists::Rows;
use crate::store::{Result, agents, callbacks, interactions, scheduled};

/// The command of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "bye",
    aliases: &[],
    arguments: "[requeue | keep | agent]",
    does: "sign off; take no new conversations and no IMs until you are ready again. What you are offered goes to others. What you still have is queued again, stays yours, or a colleague is asked to take it",
    who: Who::Everyone,
    changes: true,
    run: bye,
}];

/// How many colleagues are named who may take over; any other can be typed.
const COLLEAGUES: usize = 3;

/// `!bye [requeue | keep | agent]`.
fn bye<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = line::value(call.arguments);
        match line::choose(typed, &["requeue", "keep"]) {
            Some("requeue") => {
                let (agent, _) = sign_off(tx, call).await?;
                queue_all(tx, call, &agent).await
            }
            Some(_) => {
                sign_off(tx, call).await?;
                call.answer(tx, Says::LeftAsItWas.plainly()).await
            }
            None if typed.is_empty() => {
                let (agent, offers) = sign_off(tx, call).await?;
                answer_status(tx, call, &agent).await?;
                ask(tx, call, &agent, offers).await
            }
            None => hand_all_to(tx, call, typed).await,
        }
    }
    .boxed()
}

/// The agent is ready for nothing any more, and what they are offered is offered to others. Returns the
/// agent, and the names of who was offered to them.
async fn sign_off(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<(Agent, Vec<String>)> {
    let agent = readiness::set(tx, call.agent, Channels::signed_off(), None).await?;
    let mut offers = vec![];
    for asked in interactions::offered_to(tx.db().await?, &agent.who.id).await? {
        if tx.happen(&asked, Event::SignedOff { id: agent.who.id.clone() }).await?.is_ok() {
            offers.push(asked.contact.name);
        }
    }
    Ok((agent, offers))
}

/// Lists what the agent still has and has promised, and asks what is to become of what they have.
async fn ask(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent, offers: Vec<String>) -> Result<()> {
    let open = interactions::owned_by(tx.db().await?, &agent.who.id).await?;
    let zone = tx.settings.desk.time_zone.clone();
    let (callbacks, later) = (callbacks_of(tx, agent).await?, later_of(tx, agent).await?);
    let bare = OpenWork { items: vec![], choices: vec![], offers, callbacks, later, zone };
    if open.is_empty() {
        let is_empty = bare.offers.is_empty() && bare.callbacks.is_empty() && bare.later.is_empty();
        return if is_empty { Ok(()) } else { call.answer(tx, Says::OpenWork(bare).plainly()).await };
    }
    let (mut choices, mut keys) = (vec![WorkChoice::Requeue], vec!["requeue".to_owned()]);
    for colleague in colleagues(tx, agent).await? {
        choices.push(WorkChoice::To { who: colleague.who.name });
        keys.push(format!("to:{}", colleague.who.id));
    }
    choices.push(WorkChoice::Keep);
    keys.push("keep".to_owned());
    let items = open.iter().map(|open| item(open, None)).collect();
    let says = Says::OpenWork(OpenWork { items, choices, ..bare });
    call.answer_choice(tx, says.plainly(), &Rows { run: "bye {}".to_owned(), keys }).await
}

/// The callbacks to come for which the agent would be asked first.
async fn callbacks_of(tx: &mut Tx<'_>, agent: &Agent) -> Result<Vec<CallbackItem>> {
    let mut items = vec![];
    for callback in callbacks::of_agent(tx.db().await?, &agent.who.id).await? {
        if callback.personal {
            let contact = contact_of(tx, &callback.interaction).await?;
            items.push(callback_acts::item(tx, &callback, &contact).await?);
        }
    }
    Ok(items)
}

/// The texts that go later, in conversations that the agent has or had last.
async fn later_of(tx: &mut Tx<'_>, agent: &Agent) -> Result<Vec<LaterItem>> {
    let mut items = vec![];
    for later in scheduled::of_agent(tx.db().await?, &agent.who.id).await? {
        let contact = contact_of(tx, &later.interaction).await?;
        items.push(later_news::row(tx, &later, &contact));
    }
    Ok(items)
}

/// The name of the contact of a conversation.
async fn contact_of(tx: &mut Tx<'_>, id: &InteractionId) -> Result<String> {
    let of = interactions::by_id(tx.db().await?, id).await?;
    Ok(of.map(|of| of.contact.name).unwrap_or_default())
}

/// Colleagues who are ready and serve one of the agent's queues, those with the least to do first; none
/// if the agent may not hand anything over.
async fn colleagues(tx: &mut Tx<'_>, agent: &Agent) -> Result<Vec<Agent>> {
    if !agent.may(Permission::Transfer) {
        return Ok(vec![]);
    }
    let loads = interactions::loads(tx.db().await?).await?;
    let mut all = agents::all(tx.db().await?).await?;
    all.retain(|other| {
        let is_near = other.queues.iter().any(|queue| agent.queues.contains(queue));
        other.who.id != agent.who.id && is_near && other.is_ready_for(WorkChannel::Sms)
    });
    all.sort_by_key(|other| loads.get(&other.who.id).copied().unwrap_or(0));
    all.truncate(COLLEAGUES);
    Ok(all)
}

/// A conversation, as a list of work shows it.
pub(super) fn item(of: &Interaction, stays: Option<Refusal>) -> WorkItem {
    WorkItem {
        id: of.id.clone(),
        contact: of.contact.name.clone(),
        state: of.state().to_owned(),
        room: of.room.clone(),
        stays,
    }
}

/// Conversations that are moved together, as what becomes of each is known.
pub(super) struct Moving(WorkMoved);

impl Moving {
    /// From somebody, to a colleague or else into their queues.
    pub(super) fn new(owner: &str, to: Option<&str>) -> Self {
        let (owner, to) = (owner.to_owned(), to.map(str::to_owned));
        Self(WorkMoved { owner, to, moved: vec![], stay: vec![] })
    }

    /// This is to happen to one of them. Returns whether it did.
    pub(super) async fn happen(&mut self, tx: &mut Tx<'_>, of: &Interaction, event: Event) -> Result<bool> {
        match tx.happen(of, event).await? {
            Ok(next) => {
                self.went(&next);
                Ok(true)
            }
            Err(refused) => {
                self.0.stay.push(item(of, Some(refused.into())));
                Ok(false)
            }
        }
    }

    /// One of them went, and is this now.
    pub(super) fn went(&mut self, of: &Interaction) {
        self.0.moved.push(item(of, None));
    }

    /// What became of them.
    pub(super) fn says(self) -> Says {
        Says::WorkMoved(self.0)
    }
}

/// All that the agent has is queued again, in its old place.
async fn queue_all(tx: &mut Tx<'_>, call: &Call<'_>, agent: &Agent) -> Result<()> {
    let mut moving = Moving::new(&agent.who.name, None);
    for of in interactions::owned_by(tx.db().await?, &agent.who.id).await? {
        let (queue, rules, note) = (of.queue.clone(), of.rules.clone(), String::new());
        let action = OwnerAction::MoveToQueue { queue, rules, note };
        moving.happen(tx, &of, Event::OwnerActed { by: agent.who.id.clone(), action }).await?;
    }
    call.answer(tx, moving.says().plainly()).await
}

/// A colleague is asked to take all that the agent has; what they do not take is queued again.
async fn hand_all_to(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str) -> Result<()> {
    if !call.allows(tx, Who::With(Permission::Transfer)).await? {
        return Ok(());
    }
    let typed = typed.strip_prefix("to:").or_else(|| typed.strip_prefix("to ")).unwrap_or(typed).trim();
    let whole = agents::all(tx.db().await?).await?.into_iter().find(|one| is_same_name(&one.who.name, typed));
    let found = if whole.is_some() {
        whole
    } else {
        let (word, _) = call.person(tx, typed).await?;
        targets::agent(tx, call, word, ("", "")).await?
    };
    let Some(colleague) = found else { return Ok(()) };
    let who = colleague.who.name.clone();
    let why = if colleague.who.id == call.agent.who.id {
        Some(Unavailable::Yourself)
    } else {
        (!colleague.is_ready_for(WorkChannel::Sms)).then_some(Unavailable::NotReady)
    };
    if let Some(why) = why {
        return call.answer(tx, Says::TargetUnavailable { who, why }.plainly()).await;
    }
    let (agent, _) = sign_off(tx, call).await?;
    let mut moving = Moving::new(&agent.who.name, Some(&who));
    for of in interactions::owned_by(tx.db().await?, &agent.who.id).await? {
        let counts = counts(tx, &of).await?;
        let (to, note) = (colleague.who.clone(), String::new());
        let action = OwnerAction::Transfer { to, note, counts, or_queue: true };
        moving.happen(tx, &of, Event::OwnerActed { by: agent.who.id.clone(), action }).await?;
    }
    call.answer(tx, moving.says().plainly()).await
}
