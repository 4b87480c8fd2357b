//! What the homeserver gets to see of contacts. Where the desk masks numbers, they are masked here and
//! nowhere else, just before they are written.

use std::borrow::Cow;

use serde_json::Value;

use super::{Detour, Ports};
use crate::domain::conversation::Ref;
use crate::domain::interaction::Interaction;
use crate::domain::notice::Notice;
use crate::domain::talk::Talk;
use crate::store::agents;

impl Ports {
    fn masks_numbers(&self) -> bool {
        self.desk.settings().borrow().desk.mask_numbers
    }
}

/// An interaction as it may be shown in names and topic; what its state event holds, [`state`] says.
pub(super) fn interaction<'a>(ports: &Ports, of: &'a Interaction) -> Cow<'a, Interaction> {
    if ports.masks_numbers() { Cow::Owned(of.masked(&[])) } else { Cow::Borrowed(of) }
}

/// A talk as it may be shown in its name and state event.
pub(super) fn talk<'a>(ports: &Ports, of: &'a Talk) -> Cow<'a, Talk> {
    if ports.masks_numbers() { Cow::Owned(of.masked()) } else { Cow::Borrowed(of) }
}

/// The content of a conversation's state event.
pub(super) async fn state(ports: &Ports, of: Ref<'_>) -> Result<Value, Detour> {
    Ok(match of {
        Ref::Session(session) if ports.masks_numbers() => {
            let mut conn = ports.store.connection().await?;
            session.masked(&agents::numbers(&mut conn).await?).state_content()
        }
        Ref::Session(session) => session.state_content(),
        Ref::Talk(of) => talk(ports, of).state_content(),
    })
}

/// A notice, as it is said.
pub(super) async fn notice<'a>(ports: &Ports, of: &'a Notice) -> Result<Cow<'a, Notice>, Detour> {
    if !ports.masks_numbers() {
        return Ok(Cow::Borrowed(of));
    }
    let mut conn = ports.store.connection().await?;
    Ok(Cow::Owned(of.masked(&agents::numbers(&mut conn).await?)))
}
