//! The bot's own room, and the marker that goes through it.
//!
//! A homeserver delivers in order, so that what it held for us has come once a marker comes back that was
//! sent after we were there again. It is no proof: when Synapse has just delivered its backlog, it puts a new
//! transaction aside and forgets it until something fails again (its recoverer finds nothing more, and only
//! then calls the service up). That may be the marker itself. So it is sent again until one of its copies is
//! back, and the rooms are looked through besides.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ruma::{OwnedEventId, OwnedRoomId, RoomId};
use serde_json::json;

use super::pace::{ASK_EVERY, LONGEST_PAUSE, TRY_AGAIN};
use crate::clock;
use crate::domain::input::Receipt;
use crate::matrix::events::MARKER;
use crate::matrix::news::Witness;
use crate::matrix::{MatrixError, NewRoom, RoomKind, Sender};
use crate::outbox::Ports;
use crate::outbox::backlog::AT_MOST;
use crate::store::{Result as StoreResult, upkeep};

/// The alias and mark of the bot's own room.
const CONTROL: &str = "switchroom_control";
/// What is to be done about a registration in which the bot is no user of the namespace.
const RENEW: &str =
    "run `switchroom registration --force`, which keeps the tokens, and restart the homeserver";
/// How often it is asked whether the marker is back.
const LOOK_FOR_IT: Duration = Duration::from_millis(50);

/// Makes ready for the homeserver: the bot with its device, the way back open. Returns the bot's own room;
/// after several `tries`, or where its alias leads to another's, a new one.
///
/// # Errors
/// When the homeserver does not answer, or does not know the registration.
pub(super) async fn greet(
    ports: &Ports,
    appservice_id: &str,
    tries: i64,
) -> Result<OwnedRoomId, MatrixError> {
    let matrix = &ports.matrix;
    matrix.prepare_bot().await.inspect_err(|error| {
        if error.is("M_FORBIDDEN") {
            tracing::error!("the homeserver does not let us act as the bot: {RENEW}");
        }
    })?;
    if matrix.whoami().await.is_ok_and(|user| user == matrix.user_id(&Sender::Bot)) {
        tracing::warn!("the homeserver uses a registration of an older Switchroom: {RENEW}");
    }
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
    match matrix.create_room(&control, tries).await {
        Err(MatrixError::ForeignRoom) => {
            matrix.release_alias(CONTROL).await?;
            matrix.create_room(&control, 0).await
        }
        made => made,
    }
}

/// Pings ourselves through the homeserver: it answers when it reaches us, and then delivers at once what it
/// kept for us.
///
/// # Errors
/// When it does not answer, does not reach us, or is just delivering what it kept.
pub(super) async fn ping(ports: &Ports, appservice_id: &str) -> Result<(), MatrixError> {
    ports.matrix.ping(appservice_id, &clock::random_hex()).await.map(drop)
}

/// Sends a marker through the bot's own room, and returns when it has come back, or after [`AT_MOST`]. Tells
/// `reachable` when the homeserver goes and comes meanwhile. Returns the last that the homeserver took.
pub(super) async fn send_marker_round(
    ports: &Ports,
    appservice_id: &str,
    room: &RoomId,
    reachable: &impl Fn(bool),
) -> Option<Witness> {
    let (nonce, taken) = (clock::random_hex(), Mutex::new(None));
    ports.backlog.kept().marker_goes(&nonce);
    tokio::select! {
        () = until_it_is_back(ports, &nonce) => {
            tracing::debug!("the marker is back");
            reachable(true);
        }
        () = keep_sending(ports, room, &nonce, &taken) => {}
        () = keep_pinging(ports, appservice_id, reachable) => {}
        () = tokio::time::sleep(AT_MOST) => {
            tracing::warn!("the homeserver did not deliver its backlog in time; work goes on without it");
        }
    }
    let taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    let event = match taken {
        Some(event) => event,
        // It may be back before the answer is that it was taken.
        None => send(ports, room, &nonce).await.ok()?,
    };
    Some(Witness { room: room.to_owned(), event })
}

async fn send(ports: &Ports, room: &RoomId, nonce: &str) -> Result<OwnedEventId, MatrixError> {
    let content = json!({ "nonce": nonce });
    ports.matrix.send(&Sender::Bot, room, MARKER, &content, &clock::random_hex()).await
}

/// Returns when the marker has been taken, by whichever replica the homeserver brought it to.
async fn until_it_is_back(ports: &Ports, nonce: &str) {
    let receipt = Receipt::of_marker(nonce);
    let is_back = async || -> StoreResult<bool> {
        let mut conn = ports.store.connection().await?;
        upkeep::is_claimed(&mut conn, receipt.as_str()).await
    };
    loop {
        match is_back().await {
            Ok(true) => return,
            Ok(false) => tokio::time::sleep(LOOK_FOR_IT).await,
            Err(error) => {
                tracing::warn!(%error, "cannot ask for the marker");
                tokio::time::sleep(TRY_AGAIN).await;
            }
        }
    }
}

/// Sends the marker again and again, after pauses that grow: whichever copy comes back, it was sent after our
/// start.
async fn keep_sending(ports: &Ports, room: &RoomId, nonce: &str, taken: &Mutex<Option<OwnedEventId>>) {
    let mut pause = TRY_AGAIN;
    loop {
        match send(ports, room, nonce).await {
            Ok(event) => {
                tracing::debug!(%event, "the marker is on its way");
                *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
            }
            Err(error) => tracing::warn!(%error, "the marker was not sent"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Pings again and again. A ping makes the homeserver deliver at once what it kept, but not while a delivery
/// is just failing, after which it may wait for minutes.
async fn keep_pinging(ports: &Ports, appservice_id: &str, reachable: &impl Fn(bool)) {
    let mut was_there = true;
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        let pinged = ping(ports, appservice_id).await;
        if let Err(error) = &pinged {
            tracing::debug!(%error, "the homeserver was not pinged");
        }
        if pinged.is_ok() != was_there {
            was_there = pinged.is_ok();
            reachable(was_there);
        }
    }
}
