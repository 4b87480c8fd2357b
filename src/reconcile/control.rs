//! The bot's own room, through which its marker goes.

use serde_json::json;

use crate::clock;
use crate::matrix::events::MARKER;
use crate::matrix::{MatrixError, NewRoom, RoomKind, Sender};
use crate::outbox::Ports;

/// The alias and mark of the bot's own room.
const CONTROL: &str = "switchroom_control";

/// Makes ready for the homeserver: the bot with its device, the way back open, and a marker on its way, behind
/// everything that has happened so far.
///
/// # Errors
/// When the homeserver does not answer, or does not know the registration.
pub(super) async fn greet(ports: &Ports, appservice_id: &str) -> Result<(), MatrixError> {
    let matrix = &ports.matrix;
    matrix.prepare_bot().await?;
    ping(ports, appservice_id).await?;
    let control = NewRoom {
        kind: RoomKind::Console,
        alias_localpart: CONTROL.to_owned(),
        name: "Switchroom control".to_owned(),
        topic: String::new(),
        invite: None,
        creation_source: CONTROL.to_owned(),
        initial_state: vec![],
    };
    let room = matrix.create_room(&control, true).await?;
    let nonce = ports.backlog.await_marker();
    let content = json!({ "nonce": nonce });
    matrix.send(&Sender::Bot, &room, MARKER, &content, &clock::random_hex()).await?;
    Ok(())
}

/// Pings ourselves through the homeserver: it answers when it reaches us, and then delivers at once what it kept for us.
///
/// # Errors
/// When it does not answer, or does not reach us.
pub(super) async fn ping(ports: &Ports, appservice_id: &str) -> Result<(), MatrixError> {
    ports.matrix.ping(appservice_id, &clock::random_hex()).await.map(drop)
}
