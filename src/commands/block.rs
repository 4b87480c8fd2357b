//! Commands about contacts who are not to be heard: their texts are kept, and shown to nobody.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::subject::here;
use super::targets::NamedFirst;
use super::{Call, Command, Who, line, targets};
use crate::acts::contacts as contact_acts;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::{Agent, Permission};
use crate::domain::block::{self, Block};
use crate::domain::contact::Contact;
use crate::domain::effect::Place;
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::{ContactRef, Interaction, Phase};
use crate::domain::notice::{BlockedItem, Missing, Problem, Refusal, Says, SharedNumber};
use crate::domain::text::{numbers, sanitize};
use crate::store::lists::Rows;
use crate::store::{Result, agents, blocks, contacts, history};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "block",
        aliases: &[],
        arguments: "[2h | 7d | forever] [reason]",
        does: "block this customer; their conversations are closed, and what they write is kept and shown to nobody. In the console, supervisors name a customer before the time",
        who: Who::With(Permission::Block),
        changes: false,
        run: block,
    },
    Command {
        name: "unblock",
        aliases: &[],
        arguments: "<contact>",
        does: "hear a blocked or muted customer again; by name, number, id or the number of a row",
        who: Who::With(Permission::Block),
        changes: false,
        run: unblock,
    },
];

/// How many blocked contacts are listed.
const LISTED: usize = 30;
/// How many of those who share a number are looked at.
const SHARING: i64 = 50;

/// `!block [time] [reason]`.
fn block<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some(Named { interaction, contact, arguments }) = to_block(tx, call).await? else {
            return Ok(());
        };
        let (first, rest) = line::first_word(&arguments);
        let Some((length, reason)) = block::typed(&format!("{first} {rest}")) else {
            return call.usage(tx, Problem::NoBlock).await;
        };
        let contact = &contact;
        let (by, until) = (call.agent.who.clone(), length.map(|length| tx.now + length));
        let block = Block {
            by: by.clone(),
            at: tx.now,
            until,
            reason: reason.clone(),
            number: contact.number.clone(),
        };
        blocks::add(tx.db().await?, &contact.id, &block).await?;
        let detail = format!("{} {}", contact.id, call.arguments);
        tx.audit(call.agent, call.command.name, interaction.as_ref(), &detail).await?;
        let (name, who) = (contact.name.clone(), by.name.clone());
        let shared = still_heard(tx, contact).await?;
        let says = Says::Blocked { contact: name, by: who, until, reason: reason.clone(), shared };
        let about = |says: Says| match &interaction {
            Some(id) => says.about(id),
            None => says.plainly(),
        };
        call.answer(tx, about(says.clone())).await?;
        // The room is closed in a moment; what stands in the console stays.
        let console = Place::Console(by.id.clone());
        if call.said.place != console {
            tx.say(&console, about(says), None).await?;
        }
        contact_acts::close_blocked(tx, &contact.id, &block, None).await
    }
    .boxed()
}

/// Who is to be blocked.
struct Named {
    /// The conversation of the room.
    interaction: Option<InteractionId>,
    contact: ContactRef,
    /// What is typed behind the contact.
    arguments: String,
}

/// The contact of the room, whom its owner, whoever had it last and supervisors may block; in the console the
/// one that a supervisor names. Whoever asks is told where there is none.
async fn to_block(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<Named>> {
    let arguments = call.arguments.to_owned();
    if call.said.conversation.is_some() || !call.agent.supervises() {
        let Some(of) = here(tx, call).await? else { return Ok(None) };
        if !may_block(call.agent, &of) {
            call.answer(tx, Says::NotOwner.about(&of.id)).await?;
            return Ok(None);
        }
        return Ok(Some(Named { interaction: Some(of.id), contact: of.contact, arguments }));
    }
    if arguments.is_empty() {
        call.usage(tx, Problem::ContactMissing).await?;
        return Ok(None);
    }
    let NamedFirst { typed, found, rest } = targets::named_first(tx, call, &arguments).await?;
    let run = format!("block {{}} {rest}");
    let Some(Contact { id, name, .. }) = targets::one_contact(tx, call, typed, found, &run).await? else {
        return Ok(None);
    };
    let last = history::of_contact(tx.db().await?, &id, 1).await?.into_iter().next();
    let number = match last {
        Some(last) => Some(last.contact.number),
        None => contacts::numbers(tx.db().await?, &id).await?.into_iter().next(),
    };
    let Some(number) = number else {
        // Nobody could write from anywhere.
        let what = Missing::named("number of", &name);
        call.answer(tx, Says::no_such(what, "").plainly()).await?;
        return Ok(None);
    };
    Ok(Some(Named {
        interaction: None,
        contact: ContactRef { id, name, number },
        arguments: rest.to_owned(),
    }))
}

/// The number of a contact who is blocked, where it is somebody else's: what is written from it next counts
/// as theirs, and is heard.
async fn still_heard(tx: &mut Tx<'_>, blocked: &ContactRef) -> Result<Option<SharedNumber>> {
    let owner = contacts::of_address(tx.db().await?, &blocked.number).await?;
    let Some(owner) = owner.filter(|owner| owner.id != blocked.id) else { return Ok(None) };
    if contact_acts::is_blocked(tx, &owner).await? {
        return Ok(None);
    }
    let number = blocked.number.shown().into_owned();
    Ok(Some(SharedNumber { number, contact: owner.name }))
}

/// Whether an agent may block the contact of an interaction: its owner, whoever had it last, and supervisors.
fn may_block(agent: &Agent, interaction: &Interaction) -> bool {
    let had_it = matches!(&interaction.phase, Phase::Done { by, .. } if by.id == agent.who.id);
    had_it || interaction.is_owned_by(&agent.who.id) || agent.supervises()
}

/// `!unblock <contact>`.
fn unblock<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let Some((id, name)) = meant(tx, call).await? else { return Ok(()) };
        let now = tx.now;
        let mutes_after = tx.settings.desk.flood().mutes_after(now);
        let was_muted = blocks::unmute(tx.db().await?, &id, mutes_after).await?;
        let Some(block) = blocks::of(tx.db().await?, &id, now).await? else {
            if was_muted {
                call.changed(tx, &format!("{id}: no longer muted")).await?;
                let says = Says::Unmuted { contact: name, by: call.agent.who.name.clone() };
                return call.answer(tx, call.about(says)).await;
            }
            let why = Refusal::NotBlocked { contact: name };
            return call.answer(tx, call.about(Says::Refused { why })).await;
        };
        blocks::remove(tx.db().await?, &id).await?;
        call.changed(tx, id.as_str()).await?;
        let says = Says::Unblocked { contact: name, by: call.agent.who.name.clone() };
        // Whoever blocked them hears of it.
        if block.by.id != call.agent.who.id
            && let Some(blocker) = agents::by_id(tx.db().await?, &block.by.id).await?
        {
            tx.say(&Place::Console(blocker.who.id), says.clone().plainly(), None).await?;
        }
        call.answer(tx, call.about(says)).await
    }
    .boxed()
}

/// The contact whom a command means: the one it names, or the one of the room. Whoever asks is told where
/// there is none, and shown those it may be.
async fn meant(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<Option<(ContactId, String)>> {
    let typed = line::value(call.arguments);
    if typed.is_empty() {
        if let Some(here) = super::subject::meant(tx, call).await? {
            return Ok(Some((here.contact.id, here.contact.name)));
        }
        call.usage(tx, Problem::ContactMissing).await?;
        return Ok(None);
    }
    let typed = targets::key(tx, call, typed).await?;
    let now = tx.now;
    blocks::forget_ended(tx.db().await?, now).await?;
    if let Some((number, "")) = numbers::typed(&typed, &tx.settings.desk.country)
        && let Some(contact) = of_number(tx, &number).await?
    {
        return Ok(Some((contact.id, contact.name)));
    }
    let mut found = targets::blocked(tx, call, &typed).await?;
    if found.is_empty() {
        // Nobody who is blocked; it may be somebody who is muted.
        let mutes_after = tx.settings.desk.flood().mutes_after(now);
        for contact in targets::contacts(tx, call, &typed).await? {
            if blocks::is_muted(tx.db().await?, &contact.id, mutes_after).await? {
                found.push(contact);
            }
        }
    }
    if found.is_empty() {
        let what = Missing::named("blocked customer", &sanitize::cut(&typed, 60));
        call.answer(tx, call.about(Says::no_such(what, "contacts blocked"))).await?;
        return Ok(None);
    }
    let one = targets::one_contact(tx, call, &typed, found, "unblock {}").await?;
    Ok(one.map(|contact| (contact.id, contact.name)))
}

/// Whom a number means: the one it belongs to, or of those who share it one who is blocked.
async fn of_number(tx: &mut Tx<'_>, number: &Address) -> Result<Option<Contact>> {
    let owner = contacts::of_address(tx.db().await?, number).await?;
    if let Some(owner) = &owner
        && contact_acts::is_blocked(tx, owner).await?
    {
        return Ok(Some(owner.clone()));
    }
    for sharing in contacts::sharing(tx.db().await?, number, SHARING).await? {
        if contact_acts::is_blocked(tx, &sharing).await? {
            return Ok(Some(sharing));
        }
    }
    Ok(owner)
}

/// `!contacts blocked`: lists the contacts who are blocked, for agents who may block. A row's number then
/// blocks one no longer.
pub(super) async fn blocked(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    if !call.allows(tx, Who::With(Permission::Block)).await? {
        return Ok(());
    }
    let now = tx.now;
    blocks::forget_ended(tx.db().await?, now).await?;
    let limit = i64::try_from(LISTED).unwrap_or(i64::MAX).saturating_add(1);
    let all = blocks::all(tx.db().await?, limit).await?;
    let more = all.len() > LISTED;
    let items: Vec<BlockedItem> = all
        .into_iter()
        .take(LISTED)
        .map(|(id, contact, block)| BlockedItem {
            contact,
            id: id.as_str().to_owned(),
            number: block.number.shown().into_owned(),
            by: block.by.name,
            at: block.at,
            until: block.until,
            reason: block.reason,
        })
        .collect();
    let keys = items.iter().map(|item| item.id.clone()).collect();
    let rows = Rows { run: "unblock {}".to_owned(), keys };
    call.answer_list(tx, Says::Blocks { items, more }.plainly(), &rows).await
}
