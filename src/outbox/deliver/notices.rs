//! What the bot says, changes of that, and marks.

use ruma::EventId;

use super::rooms::place;
use crate::domain::effect::{Amend, Noticed, Notify, React};
use crate::domain::input::Evidence;
use crate::matrix::client::Sender;
use crate::outbox::said::say;
use crate::outbox::{Detour, Ports, shown};
use crate::store::outbox::Head;
use crate::store::rooms as posts;

/// Lets the bot say something.
pub(super) async fn notify(ports: &Ports, head: &Head, notify: &Notify) -> Result<Evidence, Detour> {
    let Notify { to, notice, reply_to, role } = notify;
    let (room, reader) = place(ports, to).await?;
    let reader = notice.says.reader().or(reader.as_deref());
    let notice = shown::notice(ports, notice).await?;
    let content = ports.templates.content(&notice, reply_to.as_deref(), reader);
    let event = say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Noticed(Noticed { event, role: role.clone() }))
}

/// Edits what the bot said in a role; if it never got to say it, there is nothing to edit.
pub(super) async fn amend(ports: &Ports, head: &Head, amend: &Amend) -> Result<Evidence, Detour> {
    let Amend { to, role, notice } = amend;
    let (room, _) = place(ports, to).await?;
    let said = {
        let mut conn = ports.store.connection().await?;
        posts::in_role(&mut conn, role).await?
    };
    let Some(said) = said.and_then(|event| EventId::parse(event).ok()) else { return Ok(Evidence::Nothing) };
    let content = ports.templates.edit(&*shown::notice(ports, notice).await?, &said);
    say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Nothing)
}

/// Lets the bot react to an event.
pub(super) async fn react(ports: &Ports, head: &Head, react: &React) -> Result<Evidence, Detour> {
    let React { to, event, key } = react;
    let (room, _) = place(ports, to).await?;
    ports.matrix.react(&Sender::Bot, &room, event, key, &head.txn_id).await?;
    Ok(Evidence::Nothing)
}
