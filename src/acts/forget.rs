//! Erasing a contact. The desk forgets them here: at once whatever finds them, and then, a piece at a time,
//! what was said with them and where they are spoken of ([`go_on`], by a timer, so that it goes on after a
//! kill and holds nothing else up). What is to be erased elsewhere is planned on the way, and done after
//! that, see [`super::erasures`]. See `docs/decisions/0048-erasing-a-contact.md`.

use std::collections::BTreeSet;

use ruma::{OwnedMxcUri, OwnedRoomId, OwnedUserId, UserId};

use super::{callbacks, calls, contacts as contact_acts, erasures, later_news};
use crate::clock;
use crate::commit::Tx;
use crate::domain::agent::AgentRef;
use crate::domain::contact::Contact;
use crate::domain::effect::PublishContact;
use crate::domain::erasure::{Asked, Elsewhere, ErasureId, Left, LeftReason, LeftWhat, of_text};
use crate::domain::forget::{Forgetting, NotErased, Stage, Traces, is_telling};
use crate::domain::ids::{AgentId, ContactId, GhostName, InteractionId};
use crate::domain::input::Receipt;
use crate::domain::interaction::Interaction;
use crate::domain::session::Event;
use crate::domain::timer::{Due, Timer};
use crate::store::contacts::merges;
use crate::store::{
    self, Result, StoreError, agents, blocks, consent, contacts, forget, interactions, shown_in, timers,
    upkeep,
};

/// How many lines and messages together, and how many conversations, one commit forgets.
const LINES_AT_ONCE: i64 = 500;
const CONVERSATIONS_AT_ONCE: usize = 50;
/// Lines are counted up to so many.
pub(crate) const COUNTED: i64 = 10_000;

/// What there is of a contact who is to be erased.
pub(crate) struct Extent {
    /// Their own addresses.
    pub(crate) numbers: Vec<String>,
    /// Those of theirs that another uses too, and those of others that they wrote from.
    pub(crate) shared: Vec<String>,
    /// Conversations and lines.
    pub(crate) counted: forget::Extent,
    /// Whether they are blocked.
    pub(crate) blocked: bool,
    /// Whether they want no texts.
    pub(crate) opted_out: bool,
    /// What colleagues wrote of them by name in conversations with others.
    pub(crate) of_others: forget::OfOthers,
}

/// Looks what there is of a contact.
pub(crate) async fn extent(tx: &mut Tx<'_>, contact: &Contact) -> Result<Extent> {
    let now = tx.now;
    let conn = tx.db().await?;
    let shown = |address: &crate::domain::address::Address| address.shown().into_owned();
    let ids = [contact.id.clone()];
    let (mut numbers, mut shared) = (vec![], vec![]);
    for address in contacts::numbers(conn, &contact.id).await? {
        numbers.push(shown(&address));
        if forget::is_anothers_too(conn, &address, &ids).await? {
            shared.push(shown(&address));
        }
    }
    shared.extend(contacts::shared(conn, &contact.id).await?.iter().map(shown));
    let everyone = forget::everyone(conn, contact).await?;
    let names = forget::telling_names(conn, &everyone).await?;
    let everyone: Vec<ContactId> = everyone.into_iter().map(|contact| contact.id).collect();
    let of_others = forget::of_others_by_name(conn, &names, &everyone).await?;
    Ok(Extent {
        of_others,
        numbers,
        shared,
        counted: forget::extent(conn, &contact.id, COUNTED + 1).await?,
        blocked: blocks::of(conn, &contact.id, now).await?.is_some(),
        opted_out: !consent::opted_out_of(conn, &contact.id).await?.is_empty(),
    })
}

/// Whether there is such a contact, and they can be erased now.
pub(crate) async fn obstacle(tx: &mut Tx<'_>, id: &ContactId) -> Result<Option<NotErased>> {
    let conn = tx.db().await?;
    if contacts::by_id(conn, id).await?.is_none() {
        let into = forget::merged_into(conn, id).await?;
        let id = id.clone();
        return Ok(Some(match into {
            Some(into) => NotErased::Merged { id, into },
            None => NotErased::Unknown { id },
        }));
    }
    Ok(forget::is_being_made(conn, id).await?.then_some(NotErased::BeingMade))
}

/// An erasure that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    /// Its id.
    pub(crate) id: ErasureId,
    /// How many conversations were closed.
    pub(crate) closed: u32,
}

/// Erases a contact: from this commit on nobody finds them, nothing more is sent to them, and what comes from
/// their addresses is somebody new's. The rest follows piece by piece. Where `keep_names`, what others wrote
/// stays if it tells of them by nothing but a name.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    id: &ContactId,
    by: &AgentRef,
    (asked, keep_names): (Asked, bool),
) -> Result<std::result::Result<Begun, NotErased>> {
    if let Some(why) = obstacle(tx, id).await? {
        return Ok(Err(why));
    }
    let Some(contact) = contacts::by_id(tx.db().await?, id).await? else {
        return Ok(Err(NotErased::Unknown { id: id.clone() }));
    };
    let everyone = forget::everyone(tx.db().await?, &contact).await?;
    let mut forgetting = Forgetting {
        id: fresh_id(tx).await?,
        asked,
        since: tx.now,
        contacts: everyone.iter().map(|contact| contact.id.clone()).collect(),
        traces: Traces::default(),
        keep_names,
        unknown_texts: 0,
        elsewhere: Elsewhere::default(),
        stage: Stage::Conversations,
        behind: String::new(),
    };
    let others = names_of_others(tx).await?;
    for contact in &everyone {
        let names: Vec<String> =
            std::iter::once(&contact.name).chain(&contact.former_names).cloned().collect();
        forgetting.traces.extend(Traces::of_ids(contact));
        add_names(tx, &mut forgetting, &names, &others).await?;
        let shared = contacts::shared(tx.db().await?, &contact.id).await?;
        forgetting.elsewhere.shared.extend(shared);
    }
    let in_consoles = Elsewhere { mentions: consoles(tx).await?, ..Elsewhere::default() };
    plan(tx, &forgetting.id, &in_consoles).await?;
    let closed = Box::pin(close(tx, &mut forgetting, by, &others)).await?;
    forget_addresses(tx, &mut forgetting, &contact).await?;
    for id in &forgetting.contacts {
        forget::unlink(tx.db().await?, id).await?;
    }
    forget::keep(tx.db().await?, &forgetting).await?;
    go_on_soon(tx, &forgetting.id).await?;
    tracing::info!(erasure = %forgetting.id, closed, "a contact is being erased");
    Ok(Ok(Begun { id: forgetting.id, closed }))
}

/// Adds names that they went by, unless an agent or a queue is called so, or somebody else is, or was.
async fn add_names(
    tx: &mut Tx<'_>,
    forgetting: &mut Forgetting,
    names: &[String],
    others: &[String],
) -> Result<()> {
    let new = names.iter().filter(|name| is_telling(name, others) && !forgetting.traces.knows_name(name));
    let mut new: Vec<String> = new.cloned().collect();
    new.dedup();
    let borne = contacts::borne_by_others(tx.db().await?, &new, &forgetting.contacts).await?;
    for name in &new {
        if forgetting.keep_names || borne.contains(name) {
            forgetting.traces.spare(name);
        } else {
            forgetting.traces.add_name(name, others);
        }
    }
    Ok(())
}

async fn fresh_id(tx: &mut Tx<'_>) -> Result<ErasureId> {
    loop {
        let id = erasures::fresh_id(tx).await?;
        if forget::by_id(tx.db().await?, &id).await?.is_none() {
            return Ok(id);
        }
    }
}

/// What agents and queues are called: a contact of such a name is not looked for by it.
async fn names_of_others(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let conn = tx.db().await?;
    let agents = agents::all(conn).await?.into_iter().map(|agent| agent.who.name);
    let mut names: Vec<String> = agents.collect();
    names.extend(agents::queues(conn).await?.into_iter().map(|queue| queue.to_string()));
    Ok(names)
}

/// Consoles, in which notices tell of contacts.
async fn consoles(tx: &mut Tx<'_>) -> Result<Vec<OwnedRoomId>> {
    Ok(rooms(forget::consoles(tx.db().await?).await?))
}

fn rooms(ids: Vec<String>) -> Vec<OwnedRoomId> {
    ids.into_iter().filter_map(|id| OwnedRoomId::try_from(id).ok()).collect()
}

/// Closes their conversations that are not done, and drops what waits to be sent or shown. Nobody is told
/// whose they were.
async fn close(
    tx: &mut Tx<'_>,
    forgetting: &mut Forgetting,
    by: &AgentRef,
    others: &[String],
) -> Result<u32> {
    let mut closed = 0;
    for id in forgetting.contacts.clone() {
        later_news::erased(tx, &id).await?;
        callbacks::erased(tx, &id).await?;
        calls::erased(tx, &id).await?;
        let open = merges::not_done(tx.db().await?, &id).await?;
        for open in &open {
            gather(tx, forgetting, (&open.id, Some(open)), others).await?;
        }
        // Before they are closed: whoever wrote what waits would be shown it once more.
        let (files, texts) = forget::drop_waiting(tx.db().await?, &id).await?;
        let media = files.into_iter().map(OwnedMxcUri::from).collect();
        plan(tx, &forgetting.id, &Elsewhere { texts, media, ..Elsewhere::default() }).await?;
        for open in &open {
            tx.happens(open, Event::Erased { by: by.clone() }).await?;
            // What is said there from now on is kept nowhere.
            if let Some(now) = interactions::by_id(tx.db().await?, &open.id).await? {
                let erased = now.erased(&forgetting.id, tx.now);
                interactions::save(tx.db().await?, &erased).await?;
            }
            closed += 1;
        }
        // The room is emptied as a whole: nothing is to be written into it any more.
        forget::drop_waiting(tx.db().await?, &id).await?;
    }
    Ok(closed)
}

/// Takes their addresses away. One that somebody else uses too stays, as that of somebody unknown.
async fn forget_addresses(tx: &mut Tx<'_>, forgetting: &mut Forgetting, contact: &Contact) -> Result<()> {
    for address in contacts::numbers(tx.db().await?, &contact.id).await? {
        let ghosts = forget::ghosts(tx.db().await?, &address).await?;
        if forget::is_anothers_too(tx.db().await?, &address, &forgetting.contacts).await? {
            forgetting.elsewhere.shared.push(address.clone());
            let nobody = Contact::new(contact_acts::fresh_id(), &Contact::name_of(&address), tx.now);
            forget::pass_on(tx.db().await?, &address, &nobody).await?;
            forget::forget_words(tx.db().await?, &address, &forgetting.traces).await?;
            let going_on = forget::others_on(tx.db().await?, &address, &forgetting.contacts).await?;
            if going_on.is_empty() {
                forget::forget_ghosts(tx.db().await?, &address).await?;
                add_ghosts(tx, forgetting, &ghosts);
            } else {
                forget::rename_ghosts(tx.db().await?, &address).await?;
            }
            for interaction in going_on {
                tx.emit(PublishContact { interaction }).await?;
            }
            continue;
        }
        let sids = forget::missed(tx.db().await?, &address).await?;
        let receipts: Vec<String> = sids.iter().map(|sid| Receipt::of_text(sid).into_string()).collect();
        let now = tx.now;
        // What was fetched and not applied yet is not fetched again.
        upkeep::claim_all(tx.db().await?, &receipts, now).await?;
        forget::address(tx.db().await?, &address, &clock::random_hex()).await?;
        add_ghosts(tx, forgetting, &ghosts);
        forgetting.traces.add_address(&address);
        forgetting.elsewhere.addresses.push(address);
    }
    Ok(())
}

fn add_ghosts(tx: &Tx<'_>, forgetting: &mut Forgetting, ghosts: &[GhostName]) {
    let users = ghosts.iter().filter_map(|ghost| ghost_user(tx, ghost));
    forgetting.elsewhere.ghosts.extend(users);
}

fn ghost_user(tx: &Tx<'_>, ghost: &GhostName) -> Option<OwnedUserId> {
    UserId::parse(format!("@{}{ghost}:{}", tx.settings.ghost_prefix, tx.settings.domain)).ok()
}

/// Plans what is to be erased elsewhere of a conversation, before it is forgotten; of one whose row cannot be
/// read, as far as it is known without.
async fn gather(
    tx: &mut Tx<'_>,
    forgetting: &mut Forgetting,
    (id, found): (&InteractionId, Option<&Interaction>),
    others: &[String],
) -> Result<()> {
    let traced = forget::traced(tx.db().await?, id).await?;
    let more = Elsewhere {
        rooms: rooms(traced.rooms),
        mentions: rooms(traced.talks),
        media: traced.files.into_iter().map(OwnedMxcUri::from).collect(),
        conversations: vec![id.clone()],
        ..Elsewhere::default()
    };
    for room in &more.rooms {
        shown_in::gone(tx.db().await?, room).await?;
    }
    plan(tx, &forgetting.id, &more).await?;
    // They may have gone by another name then.
    let then = found.filter(|found| found.erased.is_none()).map(|found| found.contact.name.clone());
    let names: Vec<String> = traced.names.into_iter().chain(then).collect();
    add_names(tx, forgetting, &names, others).await
}

async fn plan(tx: &mut Tx<'_>, id: &ErasureId, more: &Elsewhere) -> Result<()> {
    let now = tx.now;
    store::erasures::plan(tx.db().await?, id, more, now).await
}

/// Plans to search the rooms of other conversations, in which something was found that tells of them.
async fn search_rooms_of(tx: &mut Tx<'_>, id: &ErasureId, found: &[InteractionId]) -> Result<()> {
    let found: BTreeSet<&InteractionId> = found.iter().collect();
    for of in found {
        let mentions = rooms(forget::rooms(tx.db().await?, of).await?);
        plan(tx, id, &Elsewhere { mentions, ..Elsewhere::default() }).await?;
    }
    Ok(())
}

async fn go_on_soon(tx: &mut Tx<'_>, id: &ErasureId) -> Result<()> {
    let due_at = tx.now;
    tx.set(&Timer { due_at, what: Due::Forget { erasure: id.clone() } }).await
}

/// Forgets one more piece. Once the desk has forgotten all, what there is elsewhere is erased.
pub(crate) async fn go_on(tx: &mut Tx<'_>, id: &ErasureId) -> Result<()> {
    let Some(mut forgetting) = forget::by_id(tx.db().await?, id).await? else { return Ok(()) };
    let behind = match forgetting.stage {
        Stage::Conversations => conversations(tx, &mut forgetting).await?,
        Stage::Talks => {
            let (behind, found) = forget::talks(tx.db().await?, &forgetting).await?;
            plan(tx, id, &Elsewhere { mentions: rooms(found), ..Elsewhere::default() }).await?;
            behind
        }
        Stage::Lines | Stage::Replies | Stage::Cases | Stage::Directory => {
            let country = tx.settings.desk.country.clone();
            let (behind, found) = forget::of_others(tx.db().await?, &forgetting, &country).await?;
            search_rooms_of(tx, id, &found).await?;
            behind
        }
        Stage::Audit
        | Stage::Messages
        | Stage::DeadLetters
        | Stage::Outbox
        | Stage::Lists
        | Stage::Timers
        | Stage::Posted
        | Stage::Merges => {
            let (behind, found) = forget::page(tx.db().await?, &forgetting).await?;
            search_rooms_of(tx, id, &found).await?;
            behind
        }
    };
    match (behind, forgetting.stage.next()) {
        (Some(behind), _) => forgetting.behind = behind,
        (None, Some(next)) => (forgetting.stage, forgetting.behind) = (next, String::new()),
        (None, None) => {
            for contact in &forgetting.contacts {
                let shown = rooms(shown_in::take(tx.db().await?, contact).await?);
                plan(tx, id, &Elsewhere { mentions: shown, ..Elsewhere::default() }).await?;
            }
            let mut elsewhere = forgetting.elsewhere;
            elsewhere.words.extend(forgetting.traces.sure().map(str::to_owned));
            elsewhere.names.extend(forgetting.traces.names().map(str::to_owned));
            elsewhere.shared.sort_unstable_by_key(ToString::to_string);
            elsewhere.shared.dedup();
            if let Ok(count @ 1..) = u64::try_from(forgetting.unknown_texts) {
                let (what, reason) = (LeftWhat::Texts, LeftReason::Shared);
                let left = Left { what, reason, at: String::new(), count };
                store::erasures::leave(tx.db().await?, id, &[left]).await?;
            }
            erasures::begin(tx, id, (&forgetting.asked, forgetting.since), &elsewhere).await?;
            forget::done(tx.db().await?, id).await?;
            tx.wipe();
            tracing::info!(erasure = %id, "the desk has forgotten a contact");
            return Ok(());
        }
    }
    forget::keep(tx.db().await?, &forgetting).await?;
    go_on_soon(tx, id).await
}

/// Goes on with erasures that stand still: what was to go on with them was set aside, because a row could not
/// be read, the step panicked, or the database took too long. Their dead letters go, for they are tried again
/// by this. One that cannot be read itself waits for a person.
pub(crate) async fn resume(tx: &mut Tx<'_>) -> Result<()> {
    for id in forget::ids(tx.db().await?).await? {
        let is_set = timers::set_for(tx.db().await?, &Due::Forget { erasure: id.clone() }).await?.is_some();
        let Some(_) = (if is_set { None } else { readable(forget::by_id(tx.db().await?, &id).await, &id)? })
        else {
            continue;
        };
        tracing::warn!(erasure = %id, "forgetting a contact stood still, and goes on");
        forget::drop_set_aside(tx.db().await?, &id).await?;
        go_on_soon(tx, &id).await?;
    }
    for id in store::erasures::still(tx.db().await?).await? {
        let Some(_) = readable(store::erasures::by_id(tx.db().await?, &id).await, &id)? else { continue };
        tracing::warn!(erasure = %id, "an erasure stood still, and goes on");
        forget::drop_set_aside(tx.db().await?, &id).await?;
        erasures::proceed(tx, &id).await?;
    }
    Ok(())
}

fn readable<T>(found: Result<Option<T>>, id: &ErasureId) -> Result<Option<T>> {
    match found {
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::error!(erasure = %id, %error, "an erasure cannot go on");
            Ok(None)
        }
        found => found,
    }
}

/// Forgets some of their conversations; nothing once none is left.
async fn conversations(tx: &mut Tx<'_>, forgetting: &mut Forgetting) -> Result<Option<String>> {
    let others = names_of_others(tx).await?;
    let (mut left, mut count) = (LINES_AT_ONCE, 0);
    for contact in forgetting.contacts.clone() {
        while let Some((id, found)) = forget::next_conversation(tx.db().await?, &contact).await? {
            if count == CONVERSATIONS_AT_ONCE {
                return Ok(Some(String::new()));
            }
            gather(tx, forgetting, (&id, found.as_ref()), &others).await?;
            let (gone, texts) = forget::messages(tx.db().await?, &id, left).await?;
            plan(tx, &forgetting.id, &Elsewhere { texts, ..Elsewhere::default() }).await?;
            left -= gone;
            if left <= 0 {
                return Ok(Some(String::new()));
            }
            let ids = forget::provider_texts(tx.db().await?, &id, left).await?;
            let known = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            let is_call = found.as_ref().is_some_and(|found| found.call.is_some());
            let (texts, calls) = if is_call { (vec![], ids) } else { (ids, vec![]) };
            plan(tx, &forgetting.id, &Elsewhere { texts, calls, ..Elsewhere::default() }).await?;
            // Of one that was emptied before, no line tells how many texts there were; in a call there are
            // none.
            let counts = |found: &&Interaction| found.emptied_at.is_none() && !is_call;
            let is_counted = found.as_ref().filter(counts).map(|found| {
                let number = &found.contact.number;
                let is_shared = !forgetting.elsewhere.addresses.contains(number);
                if is_shared && !forgetting.elsewhere.shared.contains(number) {
                    forgetting.elsewhere.shared.push(number.clone());
                }
                is_shared
            });
            let is_counted = is_counted.unwrap_or(false);
            if is_counted {
                forgetting.unknown_texts -= known;
            }
            left -= known;
            if left <= 0 {
                return Ok(Some(String::new()));
            }
            let by = (&forgetting.id.clone(), tx.now);
            let emptied = forget::conversation(tx.db().await?, (&id, found.as_ref()), by, left).await?;
            if is_counted {
                forgetting.unknown_texts += emptied.texts;
            }
            match emptied.left {
                Some(rest) => (left, count) = (rest, count + 1),
                None => return Ok(Some(String::new())),
            }
        }
    }
    Ok(None)
}

/// The provider took a message that was dropped meanwhile, since its contact is being erased: its id is known
/// to be one of theirs from now on.
pub(crate) async fn answered(tx: &mut Tx<'_>, message: &str, sid: &str) -> Result<()> {
    let conn = tx.db().await?;
    let theirs = [of_text(message)];
    for id in store::erasures::running(conn).await? {
        if !store::erasures::seen(conn, &id, &theirs).await?.is_empty() {
            store::erasures::see(conn, &id, &[of_text(sid)]).await?;
        }
    }
    Ok(())
}

/// The desk itself, where nobody of it does something.
pub(crate) fn desk(tx: &Tx<'_>) -> AgentRef {
    let (id, user) = (AgentId::new("switchroom"), tx.settings.bot.clone());
    AgentRef { id, user, name: "Switchroom".to_owned() }
}
