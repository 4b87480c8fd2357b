//! What becomes known of texts that go to a contact later: to whom they pass on, that they are still to go,
//! and that one does not.

use crate::commit::Tx;
use crate::domain::agent::AgentRef;
use crate::domain::effect::{Notify, Place, Role};
use crate::domain::ids::{ContactId, InteractionId};
use crate::domain::interaction::{Interaction, Phase};
use crate::domain::later::Later;
use crate::domain::notice::{LaterItem, LaterNews, Says, Scheduled, ScheduledDropped, Stopped};
use crate::domain::text::sanitize;
use crate::store::transcript::LineKind;
use crate::store::{Result, StoreError, agents, interactions, scheduled};

/// How much of a text a list shows, in characters.
const ROW_CHARS: usize = 100;

/// A text as it is shown.
pub(crate) fn item(tx: &Tx<'_>, of: &Later, contact: &str) -> LaterItem {
    LaterItem {
        contact: contact.to_owned(),
        text: of.shown().to_owned(),
        shortcut: of.response.as_ref().map(|used| used.shortcut.clone()),
        files: of.files.iter().map(|file| file.shown().to_owned()).collect(),
        when: of.when.clone(),
        secs: of.when.at.since(tx.now).as_secs(),
        asks: of.asks,
    }
}

/// A text as a row of a list.
pub(crate) fn row(tx: &Tx<'_>, of: &Later, contact: &str) -> LaterItem {
    let text = sanitize::cut(&sanitize::one_line(of.shown()), ROW_CHARS);
    LaterItem { text, ..item(tx, of, contact) }
}

/// What is told of some texts.
pub(crate) fn says(tx: &Tx<'_>, news: LaterNews, items: Vec<LaterItem>) -> Says {
    let zone = tx.settings.desk.time_zone.clone();
    Says::Scheduled(Scheduled { news, items, zone })
}

/// Tells of texts where ❌ takes them back: of one, or of all of a conversation.
pub(crate) async fn tell(
    tx: &mut Tx<'_>,
    to: Place,
    (of, one): (&InteractionId, Option<&Later>),
    says: Says,
) -> Result<()> {
    let event = one.map(|one| one.event.clone());
    // The command stands in the room of the conversation only.
    let reply_to = event.clone().filter(|_| matches!(to, Place::Session(_)));
    let role = Some(Role::Later { interaction: of.clone(), event, at: to.clone() });
    tx.emit(Notify { to, notice: says.about(of), reply_to, role }).await
}

/// A text goes as it was typed first, since what its command was edited to cannot be carried out.
pub(crate) async fn stays(tx: &mut Tx<'_>, of: &Interaction, later: &Later) -> Result<()> {
    let items = vec![item(tx, later, &of.contact.name)];
    let says = says(tx, LaterNews::Stays, items);
    tell(tx, Place::Session(of.id.clone()), (&of.id, Some(later)), says).await
}

/// Where someone who has a conversation, or had it last, reads of it.
pub(crate) fn place(of: &Interaction, who: &AgentRef) -> Place {
    match of.phase {
        Phase::Owned { .. } => Place::Session(of.id.clone()),
        Phase::Queued { .. } | Phase::Offered { .. } | Phase::Done { .. } => Place::Console(who.id.clone()),
    }
}

/// Asks whether a text is still to go, whose time has come; nobody, while nobody has the conversation.
pub(crate) async fn ask(
    tx: &mut Tx<'_>,
    of: &Interaction,
    mut later: Later,
    (who, why): (Option<&AgentRef>, Stopped),
) -> Result<()> {
    later.asks = Some(why);
    scheduled::asks(tx.db_unflushed().await?, &later).await?;
    let Some(who) = who else { return Ok(()) };
    let says = stopped(of, &later, why);
    tell(tx, place(of, who), (&of.id, Some(&later)), says).await
}

fn stopped(of: &Interaction, later: &Later, why: Stopped) -> Says {
    Says::ScheduledDropped(ScheduledDropped {
        why,
        asks: later.asks.is_some(),
        contact: of.contact.name.clone(),
        text: later.shown().to_owned(),
        at: later.when.at,
    })
}

/// A text does not go: who has the conversation, or had it last, or else who typed it is told why, and it
/// stays in the history as held back. If none of them is an agent any more, the supervisors are told.
pub(crate) async fn give_up(tx: &mut Tx<'_>, of: &Interaction, later: &Later, why: Stopped) -> Result<()> {
    scheduled::remove(tx.db_unflushed().await?, &later.event).await?;
    let (author, event) = (later.by.as_str(), later.event.as_str());
    tx.write_down(of, LineKind::HeldBack, author, later.shown(), Some(event)).await?;
    let says = stopped(of, &Later { asks: None, ..later.clone() }, why);
    let who = match of.handler() {
        Some(who) => agents::by_id(tx.db_unflushed().await?, &who.id).await?,
        None => agents::by_user(tx.db_unflushed().await?, &later.by).await?,
    };
    let Some(who) = who else { return tx.tell_supervisors(&says.about(&of.id)).await };
    // The room of one whose contact is blocked is about to be closed.
    let is_closing = why == Stopped::Blocked;
    let place = if is_closing { Place::Console(who.who.id) } else { place(of, &who.who) };
    let reply_to = Some(later.event.clone()).filter(|_| matches!(place, Place::Session(_)));
    tx.say(&place, says.about(&of.id), reply_to).await
}

/// A contact is blocked: no text goes to them later.
pub(crate) async fn blocked(tx: &mut Tx<'_>, contact: &ContactId) -> Result<()> {
    for later in scheduled::of_contact(tx.db().await?, contact).await? {
        if let Some(of) = interactions::by_id(tx.db().await?, &later.interaction).await? {
            give_up(tx, &of, &later, Stopped::Blocked).await?;
        }
    }
    Ok(())
}

/// A contact is erased: no text goes to them later. Whoever is told of it does not read whose it was.
pub(crate) async fn erased(tx: &mut Tx<'_>, contact: &ContactId) -> Result<()> {
    for later in scheduled::of_contact(tx.db().await?, contact).await? {
        scheduled::remove(tx.db().await?, &later.event).await?;
        let of = match interactions::by_id(tx.db().await?, &later.interaction).await {
            // It is erased all the same.
            Err(StoreError::Corrupt { .. }) => None,
            found => found?,
        };
        let who = match of.as_ref().and_then(Interaction::handler) {
            Some(who) => agents::by_id(tx.db().await?, &who.id).await?,
            None => agents::by_user(tx.db().await?, &later.by).await?,
        };
        let Some(who) = who else { continue };
        let (contact, text, at) = (String::new(), String::new(), later.when.at);
        let says = ScheduledDropped { why: Stopped::Erased, asks: false, contact, text, at };
        tx.say(&Place::Console(who.who.id), Says::ScheduledDropped(says).plainly(), None).await?;
    }
    Ok(())
}

/// Who has a conversation from now on, if that has changed, or had it last, if it is done now; and what they
/// are told of texts that are still to go.
pub(crate) fn passed_on<'a>(before: &Interaction, now: &'a Interaction) -> Option<(&'a AgentRef, LaterNews)> {
    match &now.phase {
        Phase::Owned { owner, .. } if before.owner() != Some(owner) => Some((owner, LaterNews::HandedOver)),
        Phase::Done { by, .. } if !before.is_done() => Some((by, LaterNews::Outlive)),
        Phase::Owned { .. } | Phase::Done { .. } | Phase::Queued { .. } | Phase::Offered { .. } => None,
    }
}

/// A conversation has passed on: who has it now hears of the texts that are still to go, and so does who had
/// it last, once it is done. Where a text waits for a word, they are asked for it.
pub(crate) async fn follow(
    tx: &mut Tx<'_>,
    now: &Interaction,
    (who, news): (&AgentRef, LaterNews),
) -> Result<()> {
    let all = scheduled::of(tx.db_unflushed().await?, &now.id).await?;
    if all.is_empty() {
        return Ok(());
    }
    scheduled::hand_over(tx.db_unflushed().await?, &now.id, &who.id).await?;
    let (asked, to_come): (Vec<Later>, Vec<Later>) = all.into_iter().partition(|one| one.asks.is_some());
    if !to_come.is_empty() {
        let items = to_come.iter().map(|one| row(tx, one, &now.contact.name)).collect();
        let says = says(tx, news, items);
        tell(tx, place(now, who), (&now.id, None), says).await?;
    }
    for later in asked {
        let why = later.asks.unwrap_or(Stopped::NobodyHadIt);
        ask(tx, now, later, (Some(who), why)).await?;
    }
    Ok(())
}
