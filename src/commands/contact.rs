//! Commands about contacts: who the customer of the conversation is, what is known of them, and finding
//! others. What a contact looks like when shown stands in [`super::contact_card`], how two become one in
//! [`super::contact_merge`].

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::contact_card::shown;
use super::contact_merge::{Asked, confirmation, merge_two, tell_elsewhere};
use super::subject::{here, owned_from_here};
use super::targets::listed;
use super::{Call, Command, Who, line, targets};
use super::{block, contact_card};
use crate::acts::contacts::{self as contact_acts, Assigned};
use crate::commit::Tx;
use crate::domain::address::Channel;
use crate::domain::address::parse::{self, NoAddress};
use crate::domain::address::pick::{NotPicked, pick};
use crate::domain::agent::Permission;
use crate::domain::contact::words;
use crate::domain::contact::{Contact, Unfit, channel_of_field};
use crate::domain::interaction::Interaction;
use crate::domain::notice::{Missing, Problem, Refusal, Says};
use crate::domain::text::sanitize;
use crate::store::contacts::{merges, search};
use crate::store::lists::Rows;
use crate::store::{Result, agents, contacts};

/// The commands of this family.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "contact",
        aliases: &[],
        arguments: "[<contact> | set <field> <value> | unset <field> | assign [contact] | new <name> | merge <contact> | split]",
        does: "show the customer; set what is known of them, say who it is, merge two who are one",
        who: Who::Everyone,
        changes: false,
        run: contact,
    },
    Command {
        name: "contacts",
        aliases: &[],
        arguments: "<words> or blocked",
        does: "find customers; by name, number, e-mail address or what is known of them; or list those who are blocked",
        who: Who::Everyone,
        changes: false,
        run: find,
    },
];

/// What may stand behind `contact`, where it is no contact.
const VERBS: [&str; 6] = ["set", "unset", "assign", "new", "merge", "split"];
/// What takes a value away.
const NOTHING: &str = "-";
/// Before the number of a page.
const PAGE: &str = "page:";
/// How many contacts a page shows.
const PAGE_ROWS: i64 = 10;
/// The last page there is: the search looks at no more.
const LAST_PAGE: i64 = 20;

/// `!contact …`.
fn contact<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let (verb, rest) = line::first_word(call.arguments);
        if verb.is_empty() {
            let Some(interaction) = here(tx, call).await? else { return Ok(()) };
            return contact_card::show_of(tx, call, &interaction).await;
        }
        let Some(verb) = line::choose(verb, &VERBS) else { return show_named(tx, call).await };
        if !call.allows(tx, Who::With(Permission::ContactEdit)).await? {
            return Ok(());
        }
        let Some(interaction) = owned_from_here(tx, call).await? else { return Ok(()) };
        let Some(contact) = contacts::by_id(tx.db().await?, &interaction.contact.id).await? else {
            let missing = Missing::named("customer", &interaction.contact.name);
            return call.answer(tx, Says::no_such(missing, "").about(&interaction.id)).await;
        };
        match verb {
            "set" => set(tx, call, (&interaction, contact), rest).await,
            "unset" => unset(tx, call, (&interaction, contact), rest).await,
            "assign" => assign(tx, call, (&interaction, contact), rest).await,
            "new" => new(tx, call, (&interaction, contact), rest).await,
            "merge" => merge(tx, call, (&interaction, contact), rest).await,
            _ => split(tx, call, (&interaction, contact)).await,
        }
    }
    .boxed()
}

/// What a command changes: the conversation it is typed in, and its contact.
type Subject<'a> = (&'a Interaction, Contact);

/// `!contact <contact>`.
async fn show_named(tx: &mut Tx<'_>, call: &Call<'_>) -> Result<()> {
    let typed = line::value(call.arguments);
    let found = targets::contacts(tx, call, typed).await?;
    let (verb, rest) = line::first_word(call.arguments);
    let problem = Problem::unknown(verb, &VERBS);
    // `sett name Jane` names nobody.
    if found.is_empty() && !rest.is_empty() && matches!(&problem, Problem::Unknown { nearest: Some(_), .. }) {
        return call.usage(tx, problem).await;
    }
    match targets::one_contact(tx, call, typed, found, "contact {}").await? {
        Some(contact) => contact_card::show(tx, call, &contact).await,
        None => Ok(()),
    }
}

/// `!contact set <field> <value>`.
async fn set(tx: &mut Tx<'_>, call: &Call<'_>, (of, before): Subject<'_>, rest: &str) -> Result<()> {
    let (field, value) = line::first_word(rest);
    let value = match field.to_lowercase().as_str() {
        // It keeps its lines.
        "note" | "notes" => value.trim(),
        _ => line::value(value),
    };
    match (field, value) {
        ("", _) => call.usage(tx, Problem::FieldMissing).await,
        (field, NOTHING) => take_away(tx, call, (of, before), (field, "")).await,
        (field, value) => {
            if let Some(channel) = channel_of_field(field) {
                return add_number(tx, call, (of, before), (channel, value)).await;
            }
            let mut now = before.clone();
            match now.set(field, value) {
                Ok(()) => changed(tx, call, of, (&before, &now), (rest, field, Some(value))).await,
                Err(unfit) => call.bad_value(tx, &unfit.to_string()).await,
            }
        }
    }
}

/// `!contact unset <field> [value]`.
async fn unset(tx: &mut Tx<'_>, call: &Call<'_>, subject: Subject<'_>, rest: &str) -> Result<()> {
    let (field, value) = line::first_word(rest);
    if field.is_empty() {
        return call.usage(tx, Problem::FieldMissing).await;
    }
    take_away(tx, call, subject, (field, line::value(value))).await
}

async fn take_away(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (of, before): Subject<'_>,
    (field, value): (&str, &str),
) -> Result<()> {
    // An attribute may have such a name since before that was a field for numbers.
    let is_attribute = before.attribute(field).is_some_and(|held| value.is_empty() || held == value);
    if channel_of_field(field).is_some() && !is_attribute {
        return remove_number(tx, call, (of, before), value).await;
    }
    let mut now = before.clone();
    match now.unset(field, value) {
        Ok(()) => {
            let typed = format!("unset {field} {value}");
            changed(tx, call, of, (&before, &now), (&typed, field, None)).await
        }
        Err(unfit) => call.bad_value(tx, &unfit.to_string()).await,
    }
}

/// Keeps what changed, and says so.
async fn changed(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &Interaction,
    (before, now): (&Contact, &Contact),
    (typed, field, value): (&str, &str, Option<&str>),
) -> Result<()> {
    contact_acts::keep(tx, before, now).await?;
    let detail = if before.name == now.name {
        format!("{}: {typed}", now.id)
    } else {
        format!("name: {}, was {}", now.name, before.name)
    };
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    contact_card::show_change(tx, call, &of.id, (field, value)).await
}

/// `!contact set number <number>`: an address nobody has; or that of somebody of whom nothing else is known,
/// who is merged as with `!contact merge`.
async fn add_number(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (of, contact): Subject<'_>,
    (channel, typed): (Channel, &str),
) -> Result<()> {
    let (typed, confirmed) = confirmation(typed);
    if typed.is_empty() {
        return call.usage(tx, Problem::NumberMissing).await;
    }
    let address = match parse::address_on(channel, typed, &tx.settings.desk.country) {
        Ok(address) => address,
        Err(why) => return no_address(tx, call, typed, &why).await,
    };
    if agents::is_ours(tx.db().await?, &address).await? {
        let why = Refusal::OurNumber { number: address.shown().into_owned() };
        return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
    }
    match contacts::of_address(tx.db().await?, &address).await? {
        None => {
            contacts::add_address(tx.db().await?, &contact.id, &address).await?;
            contact_acts::keep(tx, &contact, &contact).await?;
        }
        Some(owner) if owner.id == contact.id => {}
        Some(owner) if contact_acts::is_blocked(tx, &owner).await? => {
            let why = Refusal::ContactBlocked { contact: owner.name };
            return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
        }
        Some(owner) if contact_acts::is_unknown(tx, &owner).await? => {
            let asked = Asked { run: "contact set number", key: address.shown().into_owned(), confirmed };
            return merge_two(tx, call, of, (&contact, &owner), asked).await;
        }
        Some(owner) => {
            let why = Refusal::NumberTaken { number: address.shown().into_owned(), contact: owner.name };
            return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
        }
    }
    let detail = format!("{}: number {}", contact.id, address.shown());
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    contact_card::show_change(tx, call, &of.id, ("number", Some(&*address.shown()))).await
}

/// Says why what was typed is no number that a customer can have.
async fn no_address(tx: &mut Tx<'_>, call: &Call<'_>, typed: &str, why: &NoAddress) -> Result<()> {
    call.bad_value(tx, &format!("“{}” {why}", sanitize::cut(typed, 60))).await
}

/// `!contact unset number <number>`: one that was mistyped, on which there is no conversation with them. Its
/// last digits do, where only one ends so.
async fn remove_number(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    (of, contact): Subject<'_>,
    typed: &str,
) -> Result<()> {
    if typed.is_empty() {
        return call.usage(tx, Problem::NumberMissing).await;
    }
    let theirs = contacts::written_from(tx.db().await?, &contact.id).await?;
    let address = match pick(&theirs, typed, &tx.settings.desk.country) {
        Ok(address) => address.clone(),
        Err(NotPicked::NoAddress(why)) => return no_address(tx, call, typed, &why).await,
        Err(NotPicked::Several(count)) => {
            let typed = sanitize::cut(typed, 60);
            return call
                .bad_value(tx, &format!("“{typed}” is the end of {count} numbers; type the whole of it"))
                .await;
        }
        Err(NotPicked::Other(address)) => {
            let number = address.shown().into_owned();
            let why = Refusal::NoSuchNumber { number, contact: contact.name };
            return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
        }
    };
    if contacts::has_written_from(tx.db().await?, &contact.id, &address).await? {
        let number = address.shown().into_owned();
        let why = Refusal::NumberInUse { number, contact: contact.name };
        return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
    }
    contact_acts::take_number(tx, &contact, &address).await?;
    let detail = format!("{}: unset number {}", contact.id, address.shown());
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    contact_card::show_change(tx, call, &of.id, (&format!("number {}", address.shown()), None)).await
}

/// `!contact assign [contact]`.
async fn assign(tx: &mut Tx<'_>, call: &Call<'_>, (of, before): Subject<'_>, rest: &str) -> Result<()> {
    let (rest, confirmed) = confirmation(rest);
    let typed = line::value(rest);
    if typed.is_empty() {
        return offer_likely(tx, call, of).await;
    }
    let found = targets::contacts(tx, call, typed).await?;
    let run = "contact assign {}";
    let Some(contact) = targets::one_contact(tx, call, typed, found, run).await? else { return Ok(()) };
    if contact.id == before.id {
        let why = Refusal::SameContact { contact: contact.name };
        return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
    }
    if contact_acts::is_blocked(tx, &contact).await? {
        let why = Refusal::ContactBlocked { contact: contact.name };
        return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
    }
    if contact_acts::is_blocked(tx, &before).await? && contact_acts::is_unknown(tx, &before).await? {
        // With the number they would get its block: that is shown first.
        let asked = Asked { run: "contact assign", key: contact.id.as_str().to_owned(), confirmed };
        return merge_two(tx, call, of, (&contact, &before), asked).await;
    }
    let whole = contact_acts::assign(tx, of, &contact).await? == Assigned::Whole;
    let number = of.contact.number.shown().into_owned();
    let what = if whole { "with the number" } else { "this conversation alone" };
    let detail =
        format!("assign: {} ({}) to {} ({}), {what}", before.id, before.name, contact.id, contact.name);
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    let says = Says::ContactAssigned { contact: contact.name, old_name: before.name, number, whole };
    call.answer(tx, says.about(&of.id)).await
}

/// Offers the one who probably wrote; lists them, where several may have.
async fn offer_likely(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let likely = contact_acts::likely(tx, of).await?;
    let mut rows = Vec::new();
    for contact in &likely {
        rows.push(listed(tx, contact).await?);
    }
    let keys = likely.iter().map(|contact| contact.id.as_str().to_owned()).collect();
    let list = Rows { run: "contact assign {}".to_owned(), keys };
    match likely.as_slice() {
        [] => {
            let missing = Missing::ContactFor { number: of.contact.number.shown().into_owned() };
            call.answer(tx, Says::no_such(missing, "").about(&of.id)).await
        }
        [_] => {
            let title = "Is it this customer? ✅ or !1 says so".to_owned();
            call.ask(tx, Says::List { title, rows }.about(&of.id), &list).await
        }
        _ => {
            let title = "Which customer is it? Pick one".to_owned();
            call.answer_list(tx, Says::List { title, rows }.about(&of.id), &list).await
        }
    }
}

/// `!contact new <name>`: names an unknown number; makes another customer where the number is known.
async fn new(tx: &mut Tx<'_>, call: &Call<'_>, (of, before): Subject<'_>, rest: &str) -> Result<()> {
    let mut made = Contact::new(contact_acts::fresh_id(), "", tx.now);
    match made.set_name(line::value(rest)) {
        Ok(()) => {}
        Err(Unfit::NameMissing) => return call.usage(tx, Problem::NameMissing).await,
        Err(unfit) => return call.bad_value(tx, &unfit.to_string()).await,
    }
    if contact_acts::is_unknown(tx, &before).await? {
        let named = Contact { name: made.name, ..before.clone() };
        return changed(tx, call, of, (&before, &named), (rest, "name", Some(&named.name))).await;
    }
    contact_acts::make(tx, &made).await?;
    contact_acts::assign(tx, of, &made).await?;
    let detail = format!("new: {} ({}), was {} ({})", made.id, made.name, before.id, before.name);
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    let number = of.contact.number.shown().into_owned();
    let says = Says::ContactAssigned { contact: made.name, old_name: before.name, number, whole: false };
    call.answer(tx, says.about(&of.id)).await
}

/// `!contact merge <contact>`: shows what is going to happen, and does it once that is confirmed.
async fn merge(tx: &mut Tx<'_>, call: &Call<'_>, (of, here): Subject<'_>, rest: &str) -> Result<()> {
    let (rest, confirmed) = confirmation(rest);
    let typed = line::value(rest);
    if typed.is_empty() {
        return call.usage(tx, Problem::ContactMissing).await;
    }
    let found = targets::contacts(tx, call, typed).await?;
    let run = "contact merge {}";
    let Some(other) = targets::one_contact(tx, call, typed, found, run).await? else { return Ok(()) };
    if other.id == here.id {
        let why = Refusal::SameContact { contact: other.name };
        return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
    }
    let asked = Asked { run: "contact merge", key: other.id.as_str().to_owned(), confirmed };
    // Of two, somebody of whom only a number is known does not stay.
    let here_is_unknown = contact_acts::is_unknown(tx, &here).await?;
    let (survivor, merged) = if here_is_unknown { (&other, &here) } else { (&here, &other) };
    merge_two(tx, call, of, (survivor, merged), asked).await
}

/// `!contact split`.
async fn split(tx: &mut Tx<'_>, call: &Call<'_>, (of, contact): Subject<'_>) -> Result<()> {
    let Some(kept) = contact_acts::undoable(tx, &contact.id).await? else {
        let why = Refusal::NothingToSplit { contact: contact.name };
        return call.answer(tx, Says::Refused { why }.about(&of.id)).await;
    };
    let open = merges::not_done(tx.db().await?, &contact.id).await?;
    let back = contact_acts::split(tx, &kept, &contact).await?;
    let merged = &kept.merge.merged;
    let detail = format!("split: {} ({}) from {} ({})", merged.id, merged.name, contact.id, contact.name);
    tx.audit(call.agent, call.command.name, Some(&of.id), &detail).await?;
    let says =
        Says::ContactSplit { contact: contact.name, merged: merged.name.clone(), numbers: shown(&back) };
    tell_elsewhere(tx, of, &open, &says).await?;
    call.answer(tx, says.about(&of.id)).await
}

/// `!contacts <words> [page:<n>]`.
fn find<'a>(tx: &'a mut Tx<'_>, call: &'a Call<'a>) -> BoxFuture<'a, Result<()>> {
    async move {
        let typed = call.arguments.trim();
        if typed.eq_ignore_ascii_case("blocked") {
            return block::blocked(tx, call).await;
        }
        let (typed, page) = match typed.rsplit_once(PAGE) {
            Some((words, page)) => (words.trim(), page.trim().parse().unwrap_or(1_i64).max(1)),
            None => (typed, 1),
        };
        let (asked, page) = (page, page.min(LAST_PAGE));
        let typed = line::value(typed);
        if typed.is_empty() {
            return call.usage(tx, Problem::FindWhom).await;
        }
        let whole = contact_card::hides_numbers(tx, call);
        let sought = words::sought(typed, &tx.settings.desk.country, whole);
        let rows_of_page = (PAGE_ROWS + 1, (page - 1) * PAGE_ROWS);
        let mut found = search::find(tx.db().await?, &sought, rows_of_page).await?;
        if found.is_empty()
            && let Some(digits) = words::beginning(typed, whole)
            && (page == 1 || search::find(tx.db().await?, &sought, (1, 0)).await?.is_empty())
        {
            found = search::beginning(tx.db().await?, &digits, rows_of_page).await?;
        }
        let has_more = found.len() > usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX);
        found.truncate(usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX));
        let mut rows = Vec::new();
        for contact in &found {
            rows.push(listed(tx, contact).await?);
        }
        let mut title = format!("Customers “{}”", sanitize::cut(typed, 60));
        if page > 1 {
            title = format!("{title}, page {page}");
        }
        if has_more && page < LAST_PAGE {
            title = format!("{title} (more: {}contacts {typed} {PAGE}{})", tx.settings.prefix, page + 1);
        } else if has_more || asked > page {
            title = format!("{title} (the last that is shown; more words find fewer)");
        }
        targets::show(tx, call, &title, rows, "contact {}".to_owned()).await
    }
    .boxed()
}
