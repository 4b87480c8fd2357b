//! What the bot says, changes of that, and marks.

use ruma::EventId;

use super::rooms::place;
use super::said::say;
use crate::domain::effect::{Place, Role};
use crate::domain::input::Evidence;
use crate::domain::notice::Notice;
use crate::matrix::client::Sender;
use crate::outbox::{Detour, Ports, shown};
use crate::store::outbox::Head;
use crate::store::rooms as posts;

/// Lets the bot say something.
pub(super) async fn notify(
    ports: &Ports,
    head: &Head,
    to: &Place,
    notice: &Notice,
    reply_to: Option<&EventId>,
    role: Option<&Role>,
) -> Result<Evidence, Detour> {
    let (room, reader) = place(ports, to).await?;
    let reader = notice.says.reader().or(reader.as_deref());
    let notice = shown::notice(ports, notice).await?;
    let content = ports.templates.content(&notice, reply_to, reader);
    let event = say(ports, head, &Sender::Bot, &room, content).await?;
    Ok(Evidence::Noticed { event, role: role.cloned() })
}

/// Edits what the bot said in a role; if it never got to say it, there is nothing to edit.
pub(super) async fn amend(
    ports: &Ports,
    head: &Head,
    to: &Place,
    role: &Role,
    notice: &Notice,
) -> Result<Evidence, Detour> {
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
pub(super) async fn react(
    ports: &Ports,
    head: &Head,
    to: &Place,
    event: &EventId,
    key: &str,
) -> Result<Evidence, Detour> {
    let (room, _) = place(ports, to).await?;
    ports.matrix.react(&Sender::Bot, &room, event, key, &head.txn_id).await?;
    Ok(Evidence::Nothing)
}
