//! What the homeserver gets to see of contacts. Where the desk masks numbers, they are masked here and
//! nowhere else, just before they are written.

use std::borrow::Cow;

use serde_json::Value;

use super::{Detour, Ports};
use crate::domain::conversation::Ref;
use crate::domain::interaction::Interaction;
use crate::domain::masking::Desk;
use crate::domain::notice::{Notice, Says, TokenCard};
use crate::domain::talk::Talk;
use crate::store::agents;

impl Ports {
    /// The country of the desk, where it masks numbers.
    fn masks_numbers(&self) -> Option<String> {
        let settings = self.desk.settings();
        let desk = &settings.borrow().desk;
        desk.mask_numbers.then(|| desk.country.clone())
    }
}

/// An interaction as it may be shown in names and topic; what its state event holds, [`state`] says.
pub(super) fn interaction<'a>(ports: &Ports, of: &'a Interaction) -> Cow<'a, Interaction> {
    match ports.masks_numbers() {
        Some(country) => Cow::Owned(of.masked(Desk { ours: &[], country: &country })),
        None => Cow::Borrowed(of),
    }
}

/// A talk as it may be shown in its name and state event.
pub(super) fn talk<'a>(ports: &Ports, of: &'a Talk) -> Cow<'a, Talk> {
    match ports.masks_numbers() {
        Some(country) => Cow::Owned(of.masked(Desk { ours: &[], country: &country })),
        None => Cow::Borrowed(of),
    }
}

/// The content of a conversation's state event.
pub(super) async fn state(ports: &Ports, of: Ref<'_>) -> Result<Value, Detour> {
    Ok(match (of, ports.masks_numbers()) {
        (Ref::Session(session), Some(country)) => {
            let mut conn = ports.store.connection().await?;
            let ours = agents::numbers(&mut conn).await?;
            session.masked(Desk { ours: &ours, country: &country }).state_content()
        }
        (Ref::Session(session), None) => session.state_content(),
        (Ref::Talk(of), _) => talk(ports, of).state_content(),
    })
}

/// A notice, as it is said.
pub(super) async fn notice<'a>(ports: &Ports, of: &'a Notice) -> Result<Cow<'a, Notice>, Detour> {
    if let Says::Token(card) = &of.says {
        let key = ports.desk.settings().borrow().token_key.clone();
        let token = Some(key.token(&card.id, &card.random));
        // It may look like a number. Who reads it needs it whole, and what it was made of no more.
        let card = TokenCard { token, random: String::new(), ..card.clone() };
        return Ok(Cow::Owned(Notice { says: Says::Token(card), ..of.clone() }));
    }
    let Some(country) = ports.masks_numbers() else { return Ok(Cow::Borrowed(of)) };
    let mut conn = ports.store.connection().await?;
    let ours = agents::numbers(&mut conn).await?;
    Ok(Cow::Owned(of.masked(Desk { ours: &ours, country: &country })))
}
