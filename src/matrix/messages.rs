//! What is written to a room, and what is read back from it. Writing takes one request and a transaction id.

use ruma::api::Direction;
use ruma::api::client::message::{get_message_events, send_message_event};
use ruma::api::client::redact::redact_event;
use ruma::api::client::room::get_room_event;
use ruma::api::client::state::send_state_event;
use ruma::serde::Raw;
use ruma::{EventId, OwnedEventId, OwnedTransactionId, OwnedUserId, RoomId};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::client::{MatrixClient, Sender};
use super::error::MatrixError;
use super::rooms::{SOURCE_ID, raw};
use crate::clock::Millis;

const SEARCH_PAGE_EVENTS: u32 = 100;
const SEARCH_PAGES: usize = 50;

/// A piece of a room's past.
#[derive(Debug)]
pub struct Page {
    /// The events, in the direction asked for, as the homeserver gave them.
    pub events: Vec<Box<RawValue>>,
    /// Where it begins: asked for from there, it is the same again, whatever happened since.
    pub start: String,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// What the search for a message of ours looks at.
#[derive(Deserialize)]
struct Sought {
    event_id: OwnedEventId,
    sender: OwnedUserId,
    origin_server_ts: i64,
    #[serde(default)]
    content: Value,
}

impl MatrixClient {
    /// Sends an event, in one request. Repeating it with the same transaction id and the same content makes
    /// no second event; a transaction id used before with other content loses the new one in silence.
    /// <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn send(
        &self,
        sender: &Sender,
        room: &RoomId,
        event_type: &str,
        content: &Value,
        txn_id: &str,
    ) -> Result<OwnedEventId, MatrixError> {
        let request = send_message_event::v3::Request::new_raw(
            room.to_owned(),
            OwnedTransactionId::from(txn_id),
            event_type.into(),
            raw(content)?,
        );
        Ok(self.call_as(sender, request).await?.event_id)
    }

    /// Reacts to an event; `None` when the same reaction is there already.
    /// <https://spec.matrix.org/latest/client-server-api/#event-annotations-and-reactions>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn react(
        &self,
        sender: &Sender,
        room: &RoomId,
        event: &EventId,
        key: &str,
        txn_id: &str,
    ) -> Result<Option<OwnedEventId>, MatrixError> {
        let content = json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}});
        match self.send(sender, room, "m.reaction", &content, txn_id).await {
            Ok(reaction) => Ok(Some(reaction)),
            Err(error) if error.is("M_DUPLICATE_ANNOTATION") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes an event.
    /// <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn redact(
        &self,
        sender: &Sender,
        room: &RoomId,
        event: &EventId,
        reason: Option<&str>,
        txn_id: &str,
    ) -> Result<OwnedEventId, MatrixError> {
        let txn_id = OwnedTransactionId::from(txn_id);
        let mut request = redact_event::v3::Request::new(room.to_owned(), event.to_owned(), txn_id);
        request.reason = reason.map(ToOwned::to_owned);
        Ok(self.call_as(sender, request).await?.event_id)
    }

    /// Writes state as the bot; content that is there already makes no event.
    /// <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn put_state(
        &self,
        room: &RoomId,
        event_type: &str,
        state_key: &str,
        content: &Value,
    ) -> Result<OwnedEventId, MatrixError> {
        let request = send_state_event::v3::Request::new_raw(
            room.to_owned(),
            event_type.into(),
            state_key.to_owned(),
            raw(content)?,
        );
        Ok(self.call_as(&Sender::Bot, request).await?.event_id)
    }

    /// Names a room.
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn set_name(&self, room: &RoomId, name: &str) -> Result<(), MatrixError> {
        self.put_state(room, "m.room.name", "", &json!({"name": name})).await.map(drop)
    }

    /// Sets a room's topic.
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn set_topic(&self, room: &RoomId, topic: &str) -> Result<(), MatrixError> {
        self.put_state(room, "m.room.topic", "", &json!({"topic": topic})).await.map(drop)
    }

    /// Reads a room's past as the bot, from a page's end or from the newest (oldest) event.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3roomsroomidmessages>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn messages(
        &self,
        room: &RoomId,
        from: Option<String>,
        limit: u32,
        direction: Direction,
    ) -> Result<Page, MatrixError> {
        self.messages_as(&Sender::Bot, room, from, limit, direction).await
    }

    /// Reads a room's past as one of ours who is in it; see [`MatrixClient::messages`].
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn messages_as(
        &self,
        sender: &Sender,
        room: &RoomId,
        from: Option<String>,
        limit: u32,
        direction: Direction,
    ) -> Result<Page, MatrixError> {
        let mut request = get_message_events::v3::Request::new(room.to_owned(), direction);
        request.from = from;
        request.limit = limit.into();
        let answer = self.call_as(sender, request).await?;
        let events = answer.chunk.into_iter().map(Raw::into_json).collect();
        Ok(Page { events, start: answer.start, next: answer.end })
    }

    /// Reads one event as the bot; `None` when it is unknown in this room.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3roomsroomideventeventid>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn event(&self, room: &RoomId, event: &EventId) -> Result<Option<Box<RawValue>>, MatrixError> {
        let request = get_room_event::v3::Request::new(room.to_owned(), event.to_owned());
        match self.call_as(&Sender::Bot, request).await {
            Ok(answer) => Ok(Some(answer.event.into_json())),
            Err(error) if error.is("M_NOT_FOUND") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Looks for the event of ours that carries this source id, back to the moment given: whether a message
    /// of which no answer came was posted after all.
    ///
    /// # Errors
    /// [`MatrixError::TooFarBack`] when that moment lies more than 5,000 events back; else see
    /// [`MatrixError`].
    pub async fn find_source(
        &self,
        room: &RoomId,
        source_id: &str,
        since: Millis,
    ) -> Result<Option<OwnedEventId>, MatrixError> {
        let mut from = None;
        for _ in 0..SEARCH_PAGES {
            let page = self.messages(room, from, SEARCH_PAGE_EVENTS, Direction::Backward).await?;
            let events: Vec<Sought> =
                page.events.iter().filter_map(|event| serde_json::from_str(event.get()).ok()).collect();
            if let Some(found) = events.iter().find(|event| self.has_source(event, source_id)) {
                return Ok(Some(found.event_id.clone()));
            }
            let all_older = !events.is_empty() && events.iter().all(|e| Millis(e.origin_server_ts) < since);
            if all_older || page.next.is_none() {
                return Ok(None);
            }
            from = page.next;
        }
        Err(MatrixError::TooFarBack)
    }

    /// Anyone may write any key: only our own users' word counts.
    fn has_source(&self, event: &Sought, source_id: &str) -> bool {
        self.is_ours(&event.sender) && event.content.get(SOURCE_ID).and_then(Value::as_str) == Some(source_id)
    }
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
