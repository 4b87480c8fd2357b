//! What follows a standard response once the provider has it: commands, run as if its sender typed them now.
//! They were kept with the message, and are taken from it in the commit that runs them, so that they are run
//! once.

use ruma::{EventId, RoomId, UserId};

use crate::clock::Millis;
use crate::commands::{self, Said};
use crate::commit::{Applied, Tx};
use crate::domain::effect::Place;
use crate::domain::input::{MessageKind, RoomAct, RoomEvent};
use crate::store::{Result, agents, interactions};

/// Runs what follows a message.
pub(super) async fn run(tx: &mut Tx<'_>, reply: &str) -> Result<Applied> {
    fail::fail_point!("before_then", |_| std::process::abort());
    let Some(mut reply) = tx.reply(reply).await? else { return Ok(Applied::Done) };
    let lines = reply.take_due();
    tx.update_reply(reply.clone()).await?;
    for line in lines {
        // Each command finds what those before it have changed.
        let Some(interaction) = interactions::by_id(tx.db().await?, &reply.interaction).await? else { break };
        let Some(agent) = agents::by_user(tx.db().await?, &reply.by).await? else { break };
        let Some(room) = interaction.room.clone() else { break };
        let place = if interaction.has_inside(&agent.who.user) {
            Place::Session(interaction.id.clone())
        } else {
            Place::Console(agent.who.id.clone())
        };
        let event = as_typed((&reply.event, &room), (&reply.by, tx.now), &line);
        let said = Said::done(&event, place, Some((&interaction).into()));
        Box::pin(commands::run(tx, &agent, &said, &line)).await?;
    }
    Ok(Applied::Done)
}

/// A command as the event that it would be if it was typed now: the event that it comes from, and its room;
/// who types it, and when; its line.
pub(super) fn as_typed(
    (event, room): (&EventId, &RoomId),
    (by, at): (&UserId, Millis),
    line: &str,
) -> RoomEvent {
    RoomEvent {
        event_id: event.to_owned(),
        room_id: room.to_owned(),
        sender: by.to_owned(),
        at,
        what: RoomAct::Message {
            kind: MessageKind::Text,
            body: line.to_owned(),
            reply_to: None,
            in_thread: false,
            pills: vec![],
            formatted: None,
        },
    }
}
