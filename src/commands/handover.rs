//! Commands that hand a conversation over to someone else.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::{owned, owned_from_here};
use super::{Call, Command, Who, talk, targets};
use crate::acts::counts::counts;
use crate::acts::routes::{find_for, obstacle};
use crate::commit::Tx;
use crate::domain::agent::{Agent, Permission};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Problem, Says, Unavailable};
use crate::domain::queue::Target;
use crate::domain::session::{Event, OwnerAction, Refused};
use crate::store::{Result, agents, talks};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "transfer",
        aliases: &["t"],
        arguments: "[agent, queue:name or route:name] [note]",
        does: "hand it to a colleague or queue; without a name to the colleague you consult",
        who: Who::With(Permission::Transfer),
        changes: true,
        run: transfer,
    },
    Command {
        name: "cancel",
        aliases: &[],
        arguments: "",
        does: "keep this conversation after all; nobody is asked to take it any more",
        who: Who::With(Permission::Transfer),
        changes: true,
        run: cancel,
    },
];

/// `!transfer <target> [note]`.
fn transfer<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(interaction) = &owned_from_here(tx, call).await? else { return Ok(()) };
        let (word, note) = call.person(tx, call.arguments).await?;
        if word.is_empty() {
            return to_consulted(tx, call, interaction).await;
        }
        let word = targets::key(tx, call, word).await?;
        let note = talk::note(tx, note).await?;
        if let Some(target) = targets::queue(&word) {
            return to_queue(tx, call, interaction, &target, &note).await;
        }
        match targets::agent(tx, call, &word, ("", &note)).await? {
            Some(colleague) => to_agent(tx, call, interaction, &colleague, &note).await,
            None => Ok(()),
        }
    }
    .boxed()
}

/// To the agent whose advice the owner has.
async fn to_consulted(tx: &mut Tx<'_>, call: &Call<'_>, interaction: &Interaction) -> Result<()> {
    let consult = talks::connected(tx.db().await?, &interaction.id).await?;
    let colleague = match consult.filter(|consult| consult.initiator.id == call.agent.who.id) {
        Some(consult) => agents::by_id(tx.db().await?, &consult.invitee.id).await?,
        None => None,
    };
    match colleague {
        Some(colleague) => to_agent(tx, call, interaction, &colleague, "").await,
        None => call.usage(tx, Problem::TargetMissing).await,
    }
}

async fn to_agent(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    colleague: &Agent,
    note: &str,
) -> Result<()> {
    let who = colleague.who.name.clone();
    if colleague.who.id == call.agent.who.id {
        let why = Unavailable::Yourself;
        return call.answer(tx, Says::TargetUnavailable { who, why }.about(&interaction.id)).await;
    }
    if !colleague.is_ready_for(interaction.contact.number.rules().work) {
        let why = Unavailable::NotReady;
        return call.answer(tx, Says::TargetUnavailable { who, why }.about(&interaction.id)).await;
    }
    let counts = counts(tx, interaction).await?;
    let (to, note) = (colleague.who.clone(), note.to_owned());
    let action = OwnerAction::Transfer { to, note, counts, or_queue: false };
    call.act_as_owner(tx, interaction, action).await
}

async fn to_queue(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    interaction: &Interaction,
    target: &Target,
    note: &str,
) -> Result<()> {
    let found = match find_for(tx, target, interaction).await? {
        Ok(found) => found,
        Err(missing) => {
            return call.answer(tx, Says::no_such(missing.into(), "team").about(&interaction.id)).await;
        }
    };
    if let Some(why) = obstacle(tx, &found).await? {
        let (who, why) = (format!("Queue {}", found.queue), why);
        return call.answer(tx, Says::TargetUnavailable { who, why }.about(&interaction.id)).await;
    }
    let (queue, rules, note) = (found.queue, found.rules, note.to_owned());
    call.act_as_owner(tx, interaction, OwnerAction::MoveToQueue { queue, rules, note }).await
}

/// `!cancel`.
fn cancel<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        match owned(tx, call).await? {
            Some(interaction) => call.act_as_owner(tx, interaction, OwnerAction::Cancel).await,
            None => Ok(()),
        }
    }
    .boxed()
}

impl Call<'_> {
    /// Applies an action that only the owner may take, or says why not.
    pub(super) async fn act_as_owner(
        &self,
        tx: &mut Tx<'_>,
        interaction: &Interaction,
        action: OwnerAction,
    ) -> Result<()> {
        let event = Event::OwnerActed { by: self.agent.who.id.clone(), action };
        match tx.happen(interaction, event).await? {
            Ok(_) => Ok(()),
            Err(refused) => self.refused(tx, interaction, refused).await,
        }
    }

    /// Says why an interaction refuses what an agent wants.
    pub(super) async fn refused(
        &self,
        tx: &mut Tx<'_>,
        interaction: &Interaction,
        refused: Refused,
    ) -> Result<()> {
        let says = match refused {
            Refused::NotOwner => Says::NotOwner,
            refused => Says::Refused { why: refused.into() },
        };
        self.answer(tx, says.about(&interaction.id)).await
    }
}
