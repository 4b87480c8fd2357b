//! What the bot says, changes of that, what it takes away, and marks.

use ruma::{EventId, OwnedEventId};

use super::rooms::place;
use crate::domain::effect::{Amend, Noticed, Notify, React, Role, TakeAway, TakenAway};
use crate::domain::input::Evidence;
use crate::matrix::client::Sender;
use crate::outbox::said::say;
use crate::outbox::target::session;
use crate::outbox::{Detour, Ports, mend, shown};
use crate::store::outbox::Head;
use crate::store::rooms as posts;

/// Lets the bot say something.
pub(super) async fn notify(ports: &Ports, head: &Head, notify: &Notify) -> Result<Evidence, Detour> {
    let Notify { to, notice, reply_to, role } = notify;
    let (room, reader) = place(ports, to).await?;
    let reader = notice.says.reader().or(reader.as_deref());
    let notice = shown::notice(ports, notice).await?;
    let content = ports.templates.content(&notice, to, reply_to.as_deref(), reader);
    let event = say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Noticed(Noticed { event, role: role.clone() }))
}

/// Edits what the bot said in a role; if it never got to say it, there is nothing to edit.
pub(super) async fn amend(ports: &Ports, head: &Head, amend: &Amend) -> Result<Evidence, Detour> {
    let Amend { to, role, notice } = amend;
    let (room, _) = place(ports, to).await?;
    let Some(said) = said_as(ports, role).await? else { return Ok(Evidence::Nothing) };
    let content = ports.templates.edit(&*shown::notice(ports, notice).await?, to, &said);
    say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Nothing)
}

/// Takes away what the bot said, or a ghost did, in a role; if it never came to that, there is nothing to
/// take away.
pub(super) async fn take_away(ports: &Ports, head: &Head, away: &TakeAway) -> Result<Evidence, Detour> {
    let TakeAway { to, role } = away;
    let (room, _) = place(ports, to).await?;
    let Some(said) = said_as(ports, role).await? else { return Ok(Evidence::Nothing) };
    let sender = if let Role::Tapback { interaction, .. } = role {
        let (found, _) = session(ports, interaction).await?;
        Sender::Ghost(mend::ghost_of(ports, &found.contact.number).await?.name)
    } else {
        Sender::Bot
    };
    fail::fail_point!("before_take_away", |_| std::process::abort());
    ports.matrix.redact(&sender, &room, &said, None, &head.txn_id).await?;
    fail::fail_point!("after_take_away", |_| std::process::abort());
    Ok(Evidence::TakenAway(TakenAway { event: said }))
}

/// The event in which the bot played a role.
async fn said_as(ports: &Ports, role: &Role) -> Result<Option<OwnedEventId>, Detour> {
    let mut conn = ports.store.connection().await?;
    let said = posts::in_role(&mut conn, role).await?;
    Ok(said.and_then(|event| EventId::parse(event).ok()))
}

/// Lets the bot react to an event.
pub(super) async fn react(ports: &Ports, head: &Head, react: &React) -> Result<Evidence, Detour> {
    let React { to, event, key } = react;
    let (room, _) = place(ports, to).await?;
    ports.matrix.react(&Sender::Bot, &room, event, key, &head.txn_id).await?;
    Ok(Evidence::Nothing)
}
