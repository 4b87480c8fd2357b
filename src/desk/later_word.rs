//! What an agent says of texts that go to a contact later: to a notice about them, to the command itself, or
//! by changing that.

use ruma::OwnedEventId;

use crate::acts::{callbacks, later, later_news};
use crate::commands::{self, Said};
use crate::commit::Tx;
use crate::domain::agent::Agent;
use crate::domain::effect::{Place, Role};
use crate::domain::ids::InteractionId;
use crate::domain::input::RoomEvent;
use crate::domain::interaction::Interaction;
use crate::domain::later::Later;
use crate::domain::notice::HeldBack;
use crate::store::{Result, scheduled};

/// What an answer to the command itself answers, if a text waits that was typed in it.
pub(super) async fn about(tx: &mut Tx<'_>, of: &InteractionId, event: &OwnedEventId) -> Result<Option<Role>> {
    let found = scheduled::by_event(tx.db().await?, event).await?.filter(|later| later.interaction == *of);
    Ok(found.map(|later| {
        let at = Place::Session(of.clone());
        Role::Later { interaction: later.interaction, event: Some(later.event), at }
    }))
}

/// An agent answers a notice about texts that go later: yes sends one that waits for a word, no takes them
/// back. Returns whether that was asked.
pub(super) async fn said(
    tx: &mut Tx<'_>,
    agent: &Agent,
    said: &Said<'_>,
    (of, event): (&InteractionId, Option<&OwnedEventId>),
    yes: bool,
) -> Result<bool> {
    let which = match event {
        Some(event) => scheduled::by_event(tx.db().await?, event).await?.into_iter().collect(),
        None => scheduled::of(tx.db().await?, of).await?,
    };
    let says = match (yes, event) {
        (false, _) => Some(later::take_back(tx, agent, which).await?),
        // Its time has not come.
        (true, Some(_)) if which.iter().any(|later| later.asks.is_none()) => return Ok(false),
        (true, Some(event)) => later::send(tx, agent, event).await?,
        (true, None) => return Ok(false),
    };
    if let Some(says) = says {
        let reply_to = Some(said.event.event_id.clone());
        tx.say(&said.place, says.about(of), reply_to).await?;
    }
    Ok(true)
}

/// An agent deletes the command in which a text was typed, or a callback asked for: it does not go, or take
/// place. Returns whether there was one.
pub(super) async fn deleted(tx: &mut Tx<'_>, of: &Interaction, event: &OwnedEventId) -> Result<bool> {
    Ok(later::forget(tx, of, event).await? || callbacks::forget(tx, of, event).await?)
}

/// An agent edits the command in which a text was typed. As such a command it is carried out anew, in place
/// of the first, which stands where the new one cannot be carried out; as anything else nothing goes. `line`
/// is the new command, if it is one. Returns whether there was a text.
pub(super) async fn edited(
    tx: &mut Tx<'_>,
    (of, agent, edit): (&Interaction, &Agent, &RoomEvent),
    (event, pills): (&OwnedEventId, &[(String, String)]),
    line: Option<&str>,
) -> Result<bool> {
    let is_theirs = |later: &Later| later.by == edit.sender && later.interaction == of.id;
    let Some(was) = scheduled::by_event(tx.db().await?, event).await?.filter(is_theirs) else {
        return Ok(false);
    };
    let Some(line) = line.filter(|line| commands::is_later(line)) else {
        later::forget(tx, of, event).await?;
        tx.hold_back(of, event.clone(), &edit.sender, HeldBack::EditedAway).await?;
        return Ok(true);
    };
    let new = RoomEvent { event_id: event.clone(), ..edit.clone() };
    let place = Place::Session(of.id.clone());
    let said = Said { pills, ..Said::done(&new, place, Some(of.into())) };
    commands::run(tx, agent, &said, line).await?;
    if scheduled::by_event(tx.db().await?, event).await?.as_ref() == Some(&was) {
        later_news::stays(tx, of, &was).await?;
    }
    Ok(true)
}
