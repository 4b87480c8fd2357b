//! Contacts: new ones and the ghosts that speak for their numbers, and who is who.
//!
//! An address belongs to one contact, and what begins on it is theirs. Who writes may be somebody else: a
//! conversation is with a contact of its own. See `docs/decisions/0043-whose-an-address-is.md`.

use std::time::Duration;

use super::later_news;
use crate::clock::{self, Millis};
use crate::commit::Tx;
use crate::domain::address::Address;
use crate::domain::block::Block;
use crate::domain::contact::Contact;
use crate::domain::contact::merge::{self, Merge, NotesTooLong};
use crate::domain::contact::words;
use crate::domain::ids::{ContactId, GhostName, InteractionId};
use crate::domain::interaction::{ContactRef, Interaction};
use crate::domain::session::Event;
use crate::domain::text::links::{self, Action};
use crate::store::contacts::merges::{self, Kept};
use crate::store::contacts::search;
use crate::store::{Result, blocks, contacts, forget, interactions};

/// How long the name of a ghost is. It is random, so that nothing at the homeserver is computed from a
/// number.
const GHOST_CHARS: usize = 10;
/// How long the random part of a contact's id is.
const ID_CHARS: usize = 8;
/// For how long a merge can be undone.
pub(crate) const UNDONE_WITHIN: Duration = Duration::from_hours(24);
/// How many contacts are looked at who may have written.
const LIKELY: i64 = 10;
/// How many conversations of a contact are closed at once: more than there can be, one for each of our
/// numbers and those that have expired.
const CLOSED: i64 = 200;

/// An id no contact has: of so many that none is made twice.
pub(crate) fn fresh_id() -> ContactId {
    ContactId::new(format!("c-{}", clock::random_typable(ID_CHARS)))
}

/// Keeps a new contact, with the ghost that speaks for their number from its first room on.
pub(crate) async fn add(tx: &mut Tx<'_>, contact: &ContactRef) -> Result<()> {
    let now = tx.now;
    contacts::add(tx.db_unflushed().await?, contact, now).await?;
    give_ghost(tx, &contact.number, None).await
}

/// Sees that an address has a ghost: one that was imported or typed has none before its first room.
pub(crate) async fn see_to_ghost(tx: &mut Tx<'_>, address: &Address) -> Result<()> {
    match contacts::ghost(tx.db_unflushed().await?, address).await? {
        Some(_) => Ok(()),
        None => give_ghost(tx, address, None).await,
    }
}

/// Gives a number a ghost, in place of the one it has, and says what it will be called, if that is known.
pub(crate) async fn give_ghost(tx: &mut Tx<'_>, number: &Address, called: Option<&str>) -> Result<()> {
    loop {
        let name = GhostName::new(clock::random_typable(GHOST_CHARS));
        if contacts::give_ghost(tx.db_unflushed().await?, number, &name, called).await? {
            return Ok(());
        }
    }
}

/// Keeps what changed of a contact; a new name shows in all their conversations that are not done.
pub(crate) async fn keep(tx: &mut Tx<'_>, before: &Contact, now: &Contact) -> Result<()> {
    let country = tx.settings.desk.country.clone();
    contacts::save(tx.db().await?, now, &country).await?;
    if before.name == now.name {
        return Ok(());
    }
    let open = merges::not_done(tx.db().await?, &now.id).await?;
    rename(tx, &open, &now.name).await
}

/// Shows in the rooms of a contact's conversations what they are called now.
async fn rename(tx: &mut Tx<'_>, open: &[Interaction], name: &str) -> Result<()> {
    for open in open {
        tx.happens(open, Event::Renamed { name: name.to_owned() }).await?;
    }
    Ok(())
}

/// Whether nobody has said who a contact is.
pub(crate) async fn is_unknown(tx: &mut Tx<'_>, contact: &Contact) -> Result<bool> {
    let addresses = contacts::numbers(tx.db().await?, &contact.id).await?;
    Ok(contact.is_unknown(&addresses))
}

/// What came of saying whose conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assigned {
    /// The address is theirs, with all that was said on it.
    Whole,
    /// This conversation is with them, and the address stays where it was.
    Alone,
}

/// Says with whom a conversation is. An unknown number is the contact's from then on, with its block, which
/// whoever says so has to be told before; one of somebody who is known stays theirs, and both have written
/// from it.
pub(crate) async fn assign(tx: &mut Tx<'_>, of: &Interaction, to: &Contact) -> Result<Assigned> {
    let before = contacts::by_id(tx.db().await?, &of.contact.id).await?;
    // Of an unknown contact there are no notes that could be too long.
    if let Some(unknown) = &before
        && is_unknown(tx, unknown).await?
        && let Ok(plan) = plan(tx, to, unknown).await?
    {
        merge(tx, &plan).await?;
        return Ok(Assigned::Whole);
    }
    let number = &of.contact.number;
    let owner = contacts::of_address(tx.db().await?, number).await?;
    if owner.is_none_or(|owner| owner.id != to.id) {
        contacts::share(tx.db().await?, &to.id, number).await?;
        let country = tx.settings.desk.country.clone();
        contacts::save(tx.db().await?, to, &country).await?;
    }
    tx.happens(of, Event::Belongs { id: to.id.clone(), name: to.name.clone() }).await?;
    if let Some(before) = before.filter(|before| before.id != to.id) {
        leave_number(tx, &before, number).await?;
    }
    Ok(Assigned::Alone)
}

/// A conversation is another's after all: without another one on that address, the contact it was said to be
/// with has not written from there. One of whom nothing else is known but a name was made for it, and goes.
async fn leave_number(tx: &mut Tx<'_>, contact: &Contact, number: &Address) -> Result<()> {
    if !contacts::share_no_more(tx.db().await?, &contact.id, number).await? {
        return Ok(());
    }
    if contact.is_only_a_name() && contacts::is_unused(tx.db().await?, &contact.id).await? {
        forget::unlink(tx.db().await?, &contact.id).await?;
        let detail = "taken away: nothing was known of them but a name, and no conversation is theirs";
        return tx.audit_at_shell("contact", contact.id.as_str(), detail).await;
    }
    keep(tx, contact, contact).await
}

/// Takes an address away from a contact who has no conversation on it. If exactly one other has written from
/// it, it is theirs from then on; else it is nobody's, and the next text from it is a new customer's.
pub(crate) async fn take_number(tx: &mut Tx<'_>, contact: &Contact, number: &Address) -> Result<()> {
    contacts::share_no_more(tx.db().await?, &contact.id, number).await?;
    contacts::remove_address(tx.db().await?, &contact.id, number).await?;
    keep(tx, contact, contact).await?;
    if contacts::of_address(tx.db().await?, number).await?.is_some() {
        return Ok(());
    }
    if let [other] = contacts::sharing(tx.db().await?, number, 2).await?.as_slice() {
        contacts::add_address(tx.db().await?, &other.id, number).await?;
        contacts::unshare(tx.db().await?, &other.id, number).await?;
        keep(tx, other, other).await?;
    }
    Ok(())
}

/// Makes a contact of a name, with no address of their own.
pub(crate) async fn make(tx: &mut Tx<'_>, contact: &Contact) -> Result<()> {
    let country = tx.settings.desk.country.clone();
    contacts::create(tx.db().await?, contact, &[], &country).await
}

/// What is going to be merged, or why it cannot be.
pub(crate) async fn plan(
    tx: &mut Tx<'_>,
    survivor: &Contact,
    merged: &Contact,
) -> Result<std::result::Result<Merge, NotesTooLong>> {
    let addresses = contacts::numbers(tx.db().await?, &merged.id).await?;
    let mut shares = contacts::shared(tx.db().await?, &merged.id).await?;
    let known = contacts::shared(tx.db().await?, &survivor.id).await?;
    let theirs = contacts::numbers(tx.db().await?, &survivor.id).await?;
    shares.retain(|address| !known.contains(address) && !theirs.contains(address));
    let now = tx.now;
    let blocks = merge::Blocks {
        survivor: blocks::of(tx.db().await?, &survivor.id, now).await?,
        merged: blocks::of(tx.db().await?, &merged.id, now).await?,
    };
    Ok(merge::merge(survivor, merged, addresses, shares).map(|merge| Merge { blocks, ..merge }))
}

/// Makes one contact of two, as planned in this commit. Their rooms show who they are with.
pub(crate) async fn merge(tx: &mut Tx<'_>, merge: &Merge) -> Result<()> {
    let (survivor, merged) = (&merge.survivor, &merge.merged);
    let staying = merges::not_done(tx.db().await?, &survivor.id).await?;
    let moving = merges::not_done(tx.db().await?, &merged.id).await?;
    let (id, now, country) = (clock::random_hex(), tx.now, tx.settings.desk.country.clone());
    merges::forget_before(tx.db().await?, now - UNDONE_WITHIN).await?;
    merges::merge(tx.db().await?, (&id, now), merge, &country).await?;
    if merge.united.name != survivor.name {
        rename(tx, &staying, &merge.united.name).await?;
    }
    show(tx, moving.iter().map(|moved| &moved.id), &merge.united).await?;
    if let Some(block) = merge.blocks.united() {
        blocks::set(tx.db().await?, &merged.id, None).await?;
        blocks::set(tx.db().await?, &survivor.id, Some(block)).await?;
    }
    Ok(())
}

/// Whether a contact is blocked now.
pub(crate) async fn is_blocked(tx: &mut Tx<'_>, contact: &Contact) -> Result<bool> {
    let now = tx.now;
    Ok(blocks::of(tx.db().await?, &contact.id, now).await?.is_some())
}

/// Closes the conversations of a contact who is blocked, all but one: what they write there would be shown to
/// nobody.
pub(crate) async fn close_blocked(
    tx: &mut Tx<'_>,
    contact: &ContactId,
    block: &Block,
    but: Option<&InteractionId>,
) -> Result<()> {
    later_news::blocked(tx, contact).await?;
    let open = interactions::in_progress(tx.db().await?, contact, CLOSED).await?;
    for open in open.iter().filter(|open| Some(&open.id) != but) {
        let Block { by, until, reason, .. } = block.clone();
        tx.happens(open, Event::Blocked { by, until, reason }).await?;
    }
    Ok(())
}

/// The newest merge into a contact that can still be undone.
pub(crate) async fn undoable(tx: &mut Tx<'_>, contact: &ContactId) -> Result<Option<Kept>> {
    let since = tx.now - UNDONE_WITHIN;
    merges::newest(tx.db().await?, contact, since).await
}

/// Until when what is merged now can be undone.
pub(crate) fn undone_until(tx: &Tx<'_>) -> Millis {
    tx.now + UNDONE_WITHIN
}

/// Undoes a merge. Returns the addresses that went back.
pub(crate) async fn split(tx: &mut Tx<'_>, kept: &Kept, now: &Contact) -> Result<Vec<Address>> {
    let open = merges::not_done(tx.db().await?, &now.id).await?;
    let country = tx.settings.desk.country.clone();
    let left = kept.merge.split(now);
    let back = merges::split(tx.db().await?, kept, &left, &country).await?;
    let (Merge { survivor, merged, blocks: before, .. }, at) = (&kept.merge, tx.now);
    let blocked = blocks::of(tx.db().await?, &survivor.id, at).await?;
    let after = before.split(blocked.as_ref());
    blocks::set(tx.db().await?, &survivor.id, after.survivor.as_ref()).await?;
    blocks::set(tx.db().await?, &merged.id, after.merged.as_ref()).await?;
    show(tx, open.iter().map(|open| &open.id), merged).await?;
    if left.name != now.name {
        let staying = merges::not_done(tx.db().await?, &survivor.id).await?;
        rename(tx, &staying, &left.name).await?;
    }
    Ok(back)
}

/// Shows in rooms whose conversations they are, of those that are this contact's now.
async fn show(tx: &mut Tx<'_>, of: impl Iterator<Item = &InteractionId>, contact: &Contact) -> Result<()> {
    for id in of {
        let now = interactions::by_id(tx.db().await?, id).await?;
        if let Some(moved) = now.filter(|moved| moved.contact.id == contact.id) {
            let event = Event::Belongs { id: contact.id.clone(), name: contact.name.clone() };
            tx.happens(&moved, event).await?;
        }
    }
    Ok(())
}

/// Who may have written in a conversation, besides the one it is said to be with: who wrote from the address
/// before, whose it is, and who is known by that number, or by a number or e-mail address in the first text.
pub(crate) async fn likely(tx: &mut Tx<'_>, of: &Interaction) -> Result<Vec<Contact>> {
    let number = &of.contact.number;
    let country = tx.settings.desk.country.clone();
    let mut found: Vec<Contact> = contacts::of_address(tx.db().await?, number).await?.into_iter().collect();
    found.extend(contacts::sharing(tx.db().await?, number, LIKELY).await?);
    found.extend(find(tx, number.value(), &country).await?);
    for action in links::actions(&of.first_text, &country) {
        match action {
            Action::Call(number) => found.extend(find(tx, &number, &country).await?),
            Action::Email(email) => {
                let by_words = find(tx, &email, &country).await?;
                found.extend(by_words.into_iter().filter(|contact| contact.has_email(&email)));
            }
        }
    }
    let mut known = std::collections::BTreeSet::from([of.contact.id.clone()]);
    found.retain(|contact| known.insert(contact.id.clone()));
    let most = usize::try_from(LIKELY).unwrap_or(usize::MAX);
    let mut likely = Vec::new();
    for contact in found {
        if likely.len() < most && !is_unknown(tx, &contact).await? {
            likely.push(contact);
        }
    }
    Ok(likely)
}

async fn find(tx: &mut Tx<'_>, typed: &str, country: &str) -> Result<Vec<Contact>> {
    let sought = words::sought(typed, country, false);
    search::find(tx.db().await?, &sought, (LIKELY, 0)).await
}
