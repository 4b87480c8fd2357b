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
use crate::domain::masking;
use crate::domain::notice::{ContactCard, PastItem, Says};
use crate::store::history::Page;
use crate::store::{Result, consent, contacts, history, interactions};

/// How many interactions of a contact are shown.
const LAST: i64 = 5;

/// Whether whoever typed may not read whole numbers.
pub(super) fn hides_numbers(tx: &Tx<'_>, call: &Call<'_>) -> bool {
    tx.settings.desk.mask_numbers && !call.agent.may(Permission::SeeNumbers)
}

/// Shows the contact of a conversation, and says where the numbers can be read that are masked there.
pub(super) async fn show_of(tx: &mut Tx<'_>, call: &Call<'_>, of: &Interaction) -> Result<()> {
    let known = contacts::by_id(tx.db().await?, &of.contact.id).await?;
    let contact =
        known.unwrap_or_else(|| Contact::new(of.contact.id.clone(), &of.contact.name, of.created_at));
    let card = card(tx, call, &contact, Some(of)).await?;
    let in_full = tx.settings.desk.mask_numbers && call.agent.may(Permission::SeeNumbers);
    let in_room = ContactCard { attributes: shown_attributes(tx, &card), in_full, ..card.clone() };
    // What stands in the room is read by whoever comes into it later.
    call.answer_list(tx, Says::Contact(in_room).about(&of.id), &rows(&card.items)).await
}

/// Shows the contact of a conversation as both are now.
pub(super) async fn show_by_id(tx: &mut Tx<'_>, call: &Call<'_>, of: &InteractionId) -> Result<()> {
    match interactions::by_id(tx.db().await?, of).await? {
        Some(of) => show_of(tx, call, &of).await,
        None => Ok(()),
    }
}

/// Shows a contact who was looked for: in a console whole to who may see that.
pub(super) async fn show(tx: &mut Tx<'_>, call: &Call<'_>, contact: &Contact) -> Result<()> {
    let mut card = card(tx, call, contact, None).await?;
    card.whole = matches!(call.said.place, Place::Console(_)) && call.agent.may(Permission::SeeNumbers);
    if !card.whole {
        card.attributes = shown_attributes(tx, &card);
    }
    let list = rows(&card.items);
    call.answer_list(tx, Says::Contact(card).plainly(), &list).await
}

/// Addresses, as people write them.
pub(super) fn shown(addresses: &[Address]) -> Vec<String> {
    addresses.iter().map(|address| address.shown().into_owned()).collect()
}

/// The attributes of a card as whoever may not see numbers reads them.
fn shown_attributes(tx: &Tx<'_>, card: &ContactCard) -> Vec<(String, String)> {
    if !tx.settings.desk.mask_numbers {
        return card.attributes.clone();
    }
    let masked = |(key, value): &(String, String)| (key.clone(), masking::attribute(value).into_owned());
    card.attributes.iter().map(masked).collect()
}

async fn card(
    tx: &mut Tx<'_>,
    call: &Call<'_>,
    contact: &Contact,
    of: Option<&Interaction>,
) -> Result<ContactCard> {
    let id = &contact.id;
    let newest = history::of_contact(tx.db().await?, id, 1).await?;
    let others = match (of, newest.first()) {
        (Some(of), _) => counts(tx, of).await?,
        (None, Some(newest)) => with(tx, newest).await?,
        (None, None) => Counts { days: tx.settings.desk.recent_days, ..Counts::default() },
    };
    let (but, owned_by) = (of.map(|of| &of.id), only_own(call.agent));
    let page = Page { contact: id, but, owned_by, behind: None, limit: LAST };
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
    let kind = of.mode.as_str();
    match of_its_kind.iter_mut().find(|(known, _)| known == kind) {
        Some((_, count)) => *count += 1,
        None => of_its_kind.push((kind.to_owned(), 1)),
    }
    Ok(counts)
}
