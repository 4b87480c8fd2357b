//! Commands about the conversation of the room and its contact: case data, notes.
//! In the room of a consult they are about the conversation it is about; who is consulted reads there, and
//! changes nothing.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::history::{only_own, past_item, rows};
use super::subject::{here, owned_from_here};
use super::{Call, Command, Who, line};
use crate::acts::counts::counts;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::Permission;
use crate::domain::effect::Place;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{CaseCard, ContactCard, Problem, Says};
use crate::domain::session::{Event, OwnerAction};
use crate::domain::text::sanitize;
use crate::store::history::Page;
use crate::store::interactions::LineKind;
use crate::store::{Result, contacts, history};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "case",
        aliases: &[],
        arguments: "[set <key> <value> | unset <key>]",
        does: "show or change the case data",
        who: Who::Everyone,
        changes: false,
        run: case,
    },
    Command {
        name: "note",
        aliases: &[],
        arguments: "<text>",
        does: "add a note to this conversation's history",
        who: Who::Everyone,
        changes: true,
        run: note,
    },
    Command {
        name: "contact",
        aliases: &[],
        arguments: "[set name <name>]",
        does: "show or name the contact",
        who: Who::Everyone,
        changes: false,
        run: contact,
    },
];

/// The longest key and value of case data, and note, in characters.
const KEY_CHARS: usize = 64;
const VALUE_CHARS: usize = 2_000;
pub(super) const NOTE_CHARS: usize = 4_000;
/// How much case data an interaction may have.
const MOST_CASE: usize = 200;
/// How many interactions of a contact are looked at, and how many of them `!contact` lists.
const LOOK_BACK: i64 = 200;
const LAST: i64 = 5;

/// `!case`, `!case set <key> <value>`, `!case unset <key>`.
fn case<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        if verb.is_empty() {
            return match here(tx, call).await? {
                Some(interaction) => show(tx, call, &interaction).await,
                None => Ok(()),
            };
        }
        let Some(verb) = line::choose(verb, &["set", "unset"]) else {
            return call.usage(tx, Problem::unknown(verb, &["set", "unset"])).await;
        };
        if !call.allows(tx, Who::With(Permission::CaseEdit)).await? {
            return Ok(());
        }
        let Some(interaction) = owned_from_here(tx, call).await? else { return Ok(()) };
        let (key, value) = match verb {
            "set" => line::first_word(rest),
            _ => (line::value(rest), ""),
        };
        let key = sanitize::one_line(key);
        let value = sanitize::one_line(line::value(value));
        let problem = match verb {
            _ if key.is_empty() => Some(Problem::KeyMissing),
            _ if key.chars().count() > KEY_CHARS => Some(Problem::KeyTooLong { most: KEY_CHARS }),
            "set" if value.is_empty() => Some(Problem::ValueMissing),
            _ if value.chars().count() > VALUE_CHARS => Some(Problem::ValueTooLong { most: VALUE_CHARS }),
            "set" if interaction.case.len() >= MOST_CASE => Some(Problem::TooMuchCase),
            _ => None,
        };
        if let Some(problem) = problem {
            return call.usage(tx, problem).await;
        }
        let value = (verb == "set").then_some(value);
        let action = OwnerAction::Case { key, value };
        let event = Event::OwnerActed { by: call.agent.who.id.clone(), action };
        match tx.happen(&interaction, event).await? {
            Ok(changed) => {
                tx.audit(call.agent, call.command.name, Some(&changed.id), call.arguments).await?;
                show(tx, call, &changed).await
            }
            Err(refused) => call.refused(tx, &interaction, refused).await,
        }
    }
    .boxed()
}

/// Shows a conversation with its case data.
pub(super) async fn show(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let card = CaseCard {
        contact: of.contact.name.clone(),
        state: of.state().to_owned(),
        owner: of.owner().map(|owner| owner.name.clone()),
        case: of.case.clone(),
        // In the room itself a link to it is of no use; who is consulted is not in it.
        room: of
            .room
            .clone()
            .filter(|_| call.said.talk().is_none() && call.said.place != Place::Session(of.id.clone())),
    };
    call.answer(tx, Says::Case(card).about(&of.id)).await
}

/// `!note <text>`.
fn note<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        if call.said.session().is_none() {
            return call.usage(tx, Problem::NotInConversation).await;
        }
        let Some(interaction) = here(tx, call).await? else { return Ok(()) };
        let text = sanitize::cut(call.arguments, NOTE_CHARS);
        if sanitize::one_line(&text).is_empty() {
            return call.usage(tx, Problem::NoteMissing).await;
        }
        let author = call.agent.who.user.as_str();
        tx.write_down(&interaction, LineKind::Note, author, &text, None).await?;
        call.answer(tx, Says::Note { by: call.agent.who.name.clone(), text }.about(&interaction.id)).await
    }
    .boxed()
}

/// `!contact`, `!contact set name <name>`.
fn contact<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        if verb.is_empty() {
            let Some(interaction) = here(tx, call).await? else { return Ok(()) };
            show_contact(tx, call, &interaction).await?;
            return show_whole_contact(tx, call, &interaction).await;
        }
        if line::choose(verb, &["set"]).is_none() {
            return call.usage(tx, Problem::unknown(verb, &["set"])).await;
        }
        if !call.allows(tx, Who::With(Permission::ContactEdit)).await? {
            return Ok(());
        }
        let Some(interaction) = owned_from_here(tx, call).await? else { return Ok(()) };
        let (field, value) = line::first_word(rest);
        if line::choose(field, &["name"]).is_none() {
            return call.usage(tx, Problem::unknown(field, &["name"])).await;
        }
        let name = sanitize::name(line::value(value));
        if name.is_empty() {
            return call.usage(tx, Problem::NameMissing).await;
        }
        rename(tx, call, &interaction, name).await
    }
    .boxed()
}

/// Gives a contact a name, in all their conversations that are not done.
async fn rename(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction, name: String) -> Result<()> {
    contacts::rename(tx.db().await?, &of.contact.id, &name).await?;
    let detail = format!("name: {name}, was {}", of.contact.name);
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    let mut here = of.clone();
    for other in history::of_contact(tx.db().await?, &of.contact.id, LOOK_BACK).await? {
        if matches!(other.phase, Phase::Done { .. }) {
            continue;
        }
        if let Ok(renamed) = tx.happen(&other, Event::Renamed { name: name.clone() }).await?
            && renamed.id == here.id
        {
            here = renamed;
        }
    }
    show_contact(tx, call, &here).await
}

async fn show_contact(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let card = contact_card(tx, call, of).await?;
    let rows = rows(&card.items);
    call.answer_list(tx, Says::Contact(card).about(&of.id), &rows).await
}

/// Where numbers are masked, shows an agent who may see them the contact in their console: what stands in the
/// room is read by whoever comes into it later.
async fn show_whole_contact(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    if !tx.settings.desk.mask_numbers || !call.agent.may(Permission::SeeNumbers) {
        return Ok(());
    }
    let card = ContactCard { whole: true, ..contact_card(tx, call, of).await? };
    let (console, rows) = (Place::Console(call.agent.who.id.clone()), rows(&card.items));
    tx.say_list((&console, &call.agent.who.id), Says::Contact(card).about(&of.id), None, &rows).await
}

async fn contact_card(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<ContactCard> {
    let id = &of.contact.id;
    let (but, owned_by) = (Some(&of.id), only_own(call.agent));
    let page = Page { contact: id, but, owned_by, behind: None, limit: LAST };
    let items = history::page(tx.db().await?, &page).await?.iter().map(past_item).collect();
    let shown =
        |addresses: Vec<Address>| addresses.iter().map(|address| address.shown().into_owned()).collect();
    Ok(ContactCard {
        contact: of.contact.name.clone(),
        numbers: shown(contacts::numbers(tx.db().await?, id).await?),
        opted_out_of: shown(contacts::opted_out_of(tx.db().await?, id).await?),
        others: counts(tx, of).await?,
        items,
        whole: false,
    })
}
