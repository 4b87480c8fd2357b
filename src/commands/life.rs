//! Commands about the life of a conversation: pausing it, putting it away, saying how it ended, taking it up
//! again.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::owned;
use super::work::disposition;
use super::{Call, Command, Who, define, line, targets};
use crate::commit::Tx;
use crate::domain::interaction::{Disposition, DispositionRule, Interaction, Phase};
use crate::domain::notice::{ListRow, Missing, Problem, Refusal, Says};
use crate::domain::session::{Event, OwnerAction};
use crate::domain::when;
use crate::store::{Result, blocks, contacts, interactions, lists};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "hold",
        aliases: &[],
        arguments: "",
        does: "pause this conversation; until you resume it, or the customer writes",
        who: Who::Everyone,
        changes: true,
        run: hold,
    },
    Command {
        name: "resume",
        aliases: &["unhold"],
        arguments: "",
        does: "go on with this conversation",
        who: Who::Everyone,
        changes: true,
        run: resume,
    },
    Command {
        name: "snooze",
        aliases: &["park"],
        arguments: "<when>",
        does: "put this conversation away; until a time, or until the customer writes",
        who: Who::Everyone,
        changes: true,
        run: snooze,
    },
    Command {
        name: "disposition",
        aliases: &["disp", "dispositions"],
        arguments: "[code] or list | show <code> | add <code> [label] | set <code> label <label> | remove <code>",
        does: "say how it ended; without a code list how it may. Admins define that",
        who: Who::Everyone,
        changes: false,
        run: dispose,
    },
    Command {
        name: "reopen",
        aliases: &[],
        arguments: "<id>",
        does: "reopen a conversation that is done",
        who: Who::Everyone,
        changes: true,
        run: reopen,
    },
];

/// `!hold`.
fn hold<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    owner_action(tx, call, OwnerAction::Hold).boxed()
}

/// `!resume`.
fn resume<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(interaction) = owned(tx, call).await? else { return Ok(()) };
        let event = Event::OwnerActed { by: call.agent.who.id.clone(), action: OwnerAction::Resume };
        match tx.happen(interaction, event).await? {
            Ok(next) => call.answer(tx, Says::Resumed { contact: next.contact.name }.about(&next.id)).await,
            Err(refused) => call.refused(tx, interaction, refused).await,
        }
    }
    .boxed()
}

/// `!snooze <when>`.
fn snooze<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        match when::moment(line::value(call.arguments), tx.now, &tx.settings.desk.zone()) {
            Ok(until) => owner_action(tx, call, OwnerAction::Snooze { until }).await,
            Err(unfit) => call.usage(tx, Problem::Moment { moment: unfit }).await,
        }
    }
    .boxed()
}

async fn owner_action(tx: &mut Tx<'_>, call: &Call<'_>, action: OwnerAction) -> Result<()> {
    match owned(tx, call).await? {
        Some(interaction) => call.act_as_owner(tx, interaction, action).await,
        None => Ok(()),
    }
}

/// `!disposition [code]`, and for admins the definitions.
fn dispose<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, _) = line::first_word(call.arguments);
        let lists_only = verb.is_empty() && call.said.session().is_none();
        if lists_only || define::VERBS.contains(&verb.to_lowercase().as_str()) {
            return define::define(tx, call, define::Kind::Disposition).await;
        }
        let Some(interaction) = owned(tx, call).await? else { return Ok(()) };
        if interaction.rules.disposition == DispositionRule::None {
            let why = Refusal::NoDispositions;
            return call.answer(tx, Says::Refused { why }.about(&interaction.id)).await;
        }
        let Some(chosen) = disposition(tx, call, line::value(call.arguments)).await? else {
            return list(tx, call, interaction).await;
        };
        let (code, label) = (chosen.code.clone(), chosen.label.clone());
        let action = OwnerAction::Dispose { disposition: Some(chosen) };
        let event = Event::OwnerActed { by: call.agent.who.id.clone(), action };
        match tx.happen(interaction, event).await? {
            Ok(next) => {
                call.changed(tx, &code).await?;
                match next.phase {
                    // If only the disposition was missing, the conversation is done now, and its room says
                    // so.
                    Phase::Done { .. } => Ok(()),
                    Phase::Queued { .. } | Phase::Offered { .. } | Phase::Owned { .. } => {
                        call.answer(tx, Says::DispositionSet { label }.about(&next.id)).await
                    }
                }
            }
            Err(refused) => call.refused(tx, interaction, refused).await,
        }
    }
    .boxed()
}

async fn list(tx: &mut Tx<'_>, call: &Call<'_>, interaction: &Interaction) -> Result<()> {
    let title = match &interaction.disposition {
        Some(set) => format!("Dispositions (now: {})", set.label),
        None => "Dispositions".to_owned(),
    };
    choose_disposition(tx, call, &title, "disposition {}".to_owned()).await
}

/// Lists the desk's dispositions, to choose one. A number then runs `run` with its code in place of `{}`.
pub(super) async fn choose_disposition(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    title: &str,
    run: String,
) -> Result<()> {
    let items: Vec<Disposition> = lists::defined(tx.db().await?).await?;
    let rows = items.into_iter().map(|item| ListRow {
        detail: item.code.clone(),
        key: item.code,
        title: item.label,
        secs: None,
        room: None,
    });
    targets::choose(tx, call, title, rows.collect(), run).await
}

/// `!reopen <id>`.
fn reopen<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if call.arguments.is_empty() {
            return call.usage(tx, Problem::ConversationMissing).await;
        }
        let named = targets::interaction(tx, call, line::value(call.arguments)).await?;
        let Some(interaction) = named else { return Ok(()) };
        if let Some(says) = obstacle(tx, call, &interaction).await? {
            return call.answer(tx, says.about(&interaction.id)).await;
        }
        let event = Event::Reopened { by: call.agent.who.clone() };
        match tx.happen(&interaction, event).await? {
            Ok(reopened) => renamed_since(tx, &reopened).await,
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}

/// The contact may have been given another name since it was done.
async fn renamed_since(tx: &mut Tx<'_>, reopened: &Interaction) -> Result<()> {
    match contacts::by_id(tx.db().await?, &reopened.contact.id).await? {
        Some(contact) => tx.happens(reopened, Event::Renamed { name: contact.name }).await,
        None => Ok(()),
    }
}

/// Why an agent cannot take a conversation up again, if they cannot.
async fn obstacle(tx: &mut Tx<'_>, call: &Call<'_>, interaction: &Interaction) -> Result<Option<Says>> {
    let steers = call.agent.supervises();
    let by = match &interaction.phase {
        Phase::Done { by, .. } => by,
        Phase::Queued { .. } | Phase::Offered { .. } | Phase::Owned { .. } => {
            return Ok(Some(Says::Refused { why: Refusal::NotDone }));
        }
    };
    if by.id != call.agent.who.id && !steers {
        return Ok(Some(Says::NotOwner));
    }
    if let Some(since) = interaction.emptied_at {
        let with_customer = interaction.erased.is_some();
        return Ok(Some(Says::Refused { why: Refusal::NoLongerKept { since, with_customer } }));
    }
    if interaction.call.is_some() {
        return Ok(Some(Says::Refused { why: Refusal::OnlyCalled }));
    }
    if interaction.is_outbound() {
        return Ok(Some(Says::Refused { why: Refusal::OnlySent }));
    }
    if interaction.kept.is_some() {
        return Ok(Some(Says::Refused { why: Refusal::OnlyKept }));
    }
    if contacts::by_id(tx.db().await?, &interaction.contact.id).await?.is_none() {
        // The contact is being erased.
        return Ok(Some(Says::no_such(Missing::named("conversation", interaction.id.as_str()), "")));
    }
    let now = tx.now;
    if blocks::of(tx.db().await?, &interaction.contact.id, now).await?.is_some() {
        let contact = interaction.contact.name.clone();
        return Ok(Some(Says::Refused { why: Refusal::ContactBlocked { contact } }));
    }
    // What they text joins no callback, so that it stands in nothing's way.
    if interaction.callback.is_some() {
        return Ok(None);
    }
    let newer =
        interactions::open_of(tx.db().await?, &interaction.our_number, &interaction.contact.number).await?;
    Ok(newer.map(|newer| Says::Refused {
        why: Refusal::NewerOpen { contact: newer.contact.name, newer: newer.id },
    }))
}
