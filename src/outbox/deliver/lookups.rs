//! Questions to the homeserver: whether a user exists, whether they are online, what an event brings, what a
//! contact's text says.

use ruma::UserId;
use serde::Deserialize;

use crate::domain::effect::{
    FoundFile, LookForFile, LookUpPresence, LookWhetherOnline, Looked, MeetAgent, Met, ReadText, TextRead,
};
use crate::domain::input::{Claim, Evidence, Input};
use crate::domain::talk::{Presence, Wanted};
use crate::matrix::error::{MatrixError, Verdict};
use crate::matrix::events;
use crate::outbox::record::recorded;
use crate::outbox::target::session;
use crate::outbox::{Delivery, Detour, Ports};

/// Asks the homeserver whether the user of a new agent exists.
pub(super) async fn meet(ports: &Ports, newcomer: &MeetAgent) -> Result<Evidence, Delivery> {
    let MeetAgent { agent, by } = newcomer;
    let is_known = ports.matrix.profile(&agent.who.user).await?.is_some();
    Ok(Evidence::Met(Met { agent: agent.clone(), by: by.clone(), is_known }))
}

/// Asks the homeserver whether whom someone wants to talk to is there, by the presence of their Matrix
/// account, and hands the desk what it says.
pub(super) async fn peer(
    ports: &Ports,
    claim: &Claim,
    LookUpPresence { wanted }: &LookUpPresence,
) -> Result<Delivery, Delivery> {
    let presence = presence(ports, wanted).await?;
    let (claim, wanted) = (claim.clone(), wanted.clone());
    recorded(ports, Input::PeerPresenceFound { claim, wanted, presence }).await
}

/// Asks the homeserver whether someone is online, and keeps what it says.
pub(super) async fn whether_online(
    ports: &Ports,
    LookWhetherOnline { user }: &LookWhetherOnline,
) -> Result<Delivery, Delivery> {
    let shown = vec![(user.clone(), ports.matrix.presence(user).await?)];
    let kept = recorded(ports, Input::Presences { shown }).await?;
    Ok(if matches!(kept, Delivery::Recorded) { Delivery::Done(Evidence::Nothing) } else { kept })
}

/// Looks what picture or file somebody replies to.
pub(super) async fn file(ports: &Ports, look: &LookForFile) -> Result<Evidence, Delivery> {
    let event = match ports.matrix.event(&look.room, &look.of).await {
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) && !error.is_of_account() => None,
        event => event?,
    };
    let is_ours = |user: &UserId| ports.matrix.sender_of(user).is_some();
    let found = event.map_or(FoundFile::Nothing, |event| events::file_of(&event, is_ours));
    Ok(Evidence::Looked(Box::new(Looked { look: look.clone(), found })))
}

/// Who wants the talk has just typed, so that a homeserver which does not show even them shows nobody.
async fn presence(ports: &Ports, wanted: &Wanted) -> Result<Presence, MatrixError> {
    Ok(if ports.matrix.presence(&wanted.invitee.user).await?.is_there() {
        Presence::There
    } else if ports.matrix.presence(&wanted.initiator.user).await?.is_there() {
        Presence::Away
    } else {
        Presence::Untold
    })
}

/// Reads what a text of the contact says. One that was deleted says nothing.
pub(super) async fn read_text(ports: &Ports, text: &ReadText) -> Result<Evidence, Detour> {
    let ReadText { interaction, event, to, asked } = text;
    let (_, room) = session(ports, interaction).await?;
    let found = match ports.matrix.event(&room, event).await {
        Err(error) if matches!(error.verdict(), Verdict::Rejected { .. }) => None,
        found => found?,
    };
    let said = found.and_then(|event| serde_json::from_str::<Text>(event.get()).ok());
    let text = said.map(|said| said.content).filter(|said| said.msgtype == "m.text").map(|said| said.body);
    Ok(Evidence::Read(TextRead { to: to.clone(), asked: asked.clone(), text }))
}

/// What is looked at of an event.
#[derive(Deserialize)]
struct Text {
    content: Words,
}

#[derive(Deserialize)]
struct Words {
    msgtype: String,
    body: String,
}
