//! Commands about the contact of the conversation of the room.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::case::{LOOK_BACK, past_item, rows};
use super::subject::{here, owned_from_here};
use super::{Call, Command, Who, line};
use crate::acts::counts::counts;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::Permission;
use crate::domain::effect::Place;
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::notice::{ContactCard, Problem, Says};
use crate::domain::session::Event;
use crate::domain::text::sanitize;
use crate::store::{Result, contacts, history};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "contact",
    aliases: &[],
    arguments: "[set name <name>]",
    does: "show or name the contact",
    who: Who::Everyone,
    changes: false,
    run: contact,
}];

/// How many interactions of a contact `!contact` lists.
const LAST: u8 = 5;

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
    let card = contact_card(tx, of).await?;
    let rows = rows(&card.items);
    call.answer_list(tx, Says::Contact(card).about(&of.id), &rows).await
}

/// Where numbers are masked, shows an agent who may see them the contact in their console: what stands in the
/// room is read by whoever comes into it later.
async fn show_whole_contact(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    if !tx.settings.desk.mask_numbers || !call.agent.may(Permission::SeeNumbers) {
        return Ok(());
    }
    let card = ContactCard { whole: true, ..contact_card(tx, of).await? };
    let (console, rows) = (Place::Console(call.agent.who.id.clone()), rows(&card.items));
    tx.say_list((&console, &call.agent.who.id), Says::Contact(card).about(&of.id), None, &rows).await
}

async fn contact_card(tx: &mut Tx<'_>, of: &Interaction) -> Result<ContactCard> {
    let id = &of.contact.id;
    let all = history::of_contact(tx.db().await?, id, i64::from(LAST) + 1).await?;
    let others = all.iter().filter(|other| other.id != of.id);
    let items = others.take(usize::from(LAST)).map(past_item).collect();
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
