//! A contact as commands show them: in the room of a conversation, and in a console.

use super::Call;
use super::history::{has_others, rows};
use super::past::{only_own, past_item};
use crate::acts::counts::counts;
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::agent::Permission;
use crate::domain::contact::Contact;
use crate::domain::counts::Counts;
use crate::domain::effect::Place;
use crate::domain::ids::InteractionId;
use crate::domain::interaction::Interaction;
use crate::domain::notice::{ContactCard, ContactChange, PastItem, Says};
use crate::domain::text::sanitize;
use crate::store::history::Page;
use crate::store::{Result, consent, contacts, history, interactions};

/// How many interactions of a contact are shown.
const LAST: i64 = 5;
/// How much of what was changed is shown, in characters.
const CHANGE_CHARS: usize = 200;

/// Whether whoever typed may not read whole numbers.
pub(super) fn hides_numbers(tx: &Tx<'_>, call: &Call<'_>) -> bool {
    tx.settings.desk.mask_numbers && !call.agent.may(Permission::SeeNumbers)
}

/// Shows the contact of a conversation, and says where the numbers can be read that are masked there.
pub(super) async fn show_of(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let card = card_of(tx, call, of, LAST).await?;
    let in_full = tx.settings.desk.mask_numbers && call.agent.may(Permission::SeeNumbers);
    let list = rows(&card.items);
    // What stands in the room is read by whoever comes into it later.
    call.answer_list(tx, Says::Contact(ContactCard { in_full, ..card }).about(&of.id), &list).await
}

/// Says what was changed of the contact of a conversation, in a line.
pub(super) async fn show_change(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    of: &InteractionId,
    (field, value): (&str, Option<&str>),
) -> Result<()> {
    let Some(of) = interactions::by_id(tx.db().await?, of).await? else { return Ok(()) };
    let card = card_of(tx, call, &of, 0).await?;
    let shown = |text: &str| sanitize::cut(&sanitize::one_line(text), CHANGE_CHARS);
    let changed = Some(ContactChange { field: shown(field), value: value.map(shown) });
    call.answer(tx, Says::Contact(ContactCard { changed, ..card }).about(&of.id)).await
}

/// The contact of a conversation, with so many of their others.
async fn card_of(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction, last: i64) -> Result<ContactCard> {
    let known = contacts::by_id(tx.db().await?, &of.contact.id).await?;
    let contact =
        known.unwrap_or_else(|| Contact::new(of.contact.id.clone(), &of.contact.name, of.created_at));
    card(tx, call, &contact, (Some(of), last)).await
}

/// Shows a contact who was looked for: in a console whole to who may see that.
pub(super) async fn show(tx: &mut Tx<'_>, call: &Call<'_>, contact: &Contact) -> Result<()> {
    let mut card = card(tx, call, contact, (None, LAST)).await?;
    card.whole = matches!(call.said.place, Place::Console(_)) && call.agent.may(Permission::SeeNumbers);
    let list = rows(&card.items);
    call.answer_list(tx, Says::Contact(card).plainly(), &list).await
}

/// Addresses, as people write them.
pub(super) fn shown(addresses: &[Address]) -> Vec<String> {
    addresses.iter().map(|address| address.shown().into_owned()).collect()
}

async fn card(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    contact: &Contact,
    (of, last): (Option<&Interaction>, i64),
) -> Result<ContactCard> {
    let id = &contact.id;
    let newest = history::of_contact(tx.db().await?, id, 1).await?;
    let others = match (of, newest.first()) {
        (Some(of), _) => counts(tx, of).await?,
        (None, Some(newest)) => with(tx, newest).await?,
        (None, None) => Counts { days: tx.settings.desk.recent_days, ..Counts::default() },
    };
    let (but, owned_by) = (of.map(|of| &of.id), only_own(call.agent));
    let page = Page { contact: id, but, owned_by, behind: None, limit: last };
    let items: Vec<PastItem> = history::page(tx.db().await?, &page).await?.iter().map(past_item).collect();
    if has_others(tx, call, &items).await? {
        tx.audit(call.agent, call.command.name, but, &format!("opened the customer card of {id}")).await?;
    }
    let Contact { name, emails, language, attributes, notes, .. } = contact.clone();
    Ok(ContactCard {
        contact: name,
        contact_id: id.as_str().to_owned(),
        numbers: shown(&contacts::numbers(tx.db().await?, id).await?),
        shared_numbers: shown(&contacts::shared(tx.db().await?, id).await?),
        emails,
        language,
        attributes,
        notes: notes.lines().map(str::to_owned).filter(|line| !line.trim().is_empty()).collect(),
        opted_out_of: shown(&consent::opted_out_of(tx.db().await?, id).await?),
        others,
        items,
        whole: false,
        in_full: false,
        changed: None,
    })
}

/// What there is of a contact, an interaction with it.
async fn with(tx: &mut Tx<'_>, of: &Interaction) -> Result<Counts> {
    let mut counts = counts(tx, of).await?;
    // As in the store: what goes on is not recent too, and what was only kept is neither.
    let of_its_kind = if of.kept.is_some() {
        return Ok(counts);
    } else if !of.is_done() {
        &mut counts.in_progress
    } else if of.created_at >= tx.now - tx.settings.desk.recent() {
        &mut counts.recent
    } else {
        return Ok(counts);
    };
    let kind = of.kind();
    match of_its_kind.iter_mut().find(|(known, _)| known == kind) {
        Some((_, count)) => *count += 1,
        None => of_its_kind.push((kind.to_owned(), 1)),
    }
    Ok(counts)
}
