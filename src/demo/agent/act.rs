//! What an agent does: joining and leaving rooms, and talking in them.

use matrix_sdk::Room;
use ruma::api::client::membership::leave_room;
use ruma::api::client::message::send_message_event;
use ruma::api::client::redact::redact_event;
use ruma::api::client::{authenticated_media, media};
use ruma::serde::Raw;
use ruma::{EventId, MxcUri, OwnedEventId, OwnedMxcUri, RoomId, TransactionId};
use serde_json::{Value, json};

use super::seen::{Log, Membership, SeenRoom};
use super::{Agent, AgentError};

/// The local part of the bot's user id.
const BOT: &str = "switchroom";
/// The name of a console.
const CONSOLE: &str = "Switchroom";

impl Agent {
    /// The agent's console: accepts the bot's invite to it if it is still open.
    ///
    /// # Errors
    /// If the bot does not invite in time, or joining fails.
    pub async fn console(&self) -> Result<Room, AgentError> {
        let bot = format!("@{BOT}:{}", self.user_id.server_name());
        let is_console = |room: &SeenRoom| {
            let made_by_bot = room.creator().is_some_and(|creator| creator == bot.as_str());
            // An invite may come without the event of the room's creation.
            let asked_by_bot = room.membership_by(&self.user_id).is_some_and(|sender| sender == bot.as_str());
            room.membership != Membership::Left
                && !room.is_space()
                && room.name() == CONSOLE
                && (made_by_bot || asked_by_bot)
        };
        let found =
            |log: &Log| log.rooms().iter().find(|(_, room)| is_console(room)).map(|(id, _)| id.clone());
        let room_id = self.until("the console", found).await?;
        self.join(&room_id).await
    }

    /// Joins a room, or accepts its invite, and waits until the client has seen that; fine if the agent is in
    /// it.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn join(&self, room: &RoomId) -> Result<Room, AgentError> {
        let joined = self.client.join_room_by_id(room).await.map_err(|error| self.refused("join", error))?;
        let seen = |room: &SeenRoom| room.membership == Membership::Joined;
        self.wait_for_room(room, &format!("having joined {room}"), seen).await?;
        Ok(joined)
    }

    /// Declines an invite, as [`Self::leave`] leaves.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn decline(&self, room: &RoomId, reason: Option<&str>) -> Result<(), AgentError> {
        self.leave(room, reason).await
    }

    /// Leaves a room and waits until the client has seen that.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn leave(&self, room: &RoomId, reason: Option<&str>) -> Result<(), AgentError> {
        let mut request = leave_room::v3::Request::new(room.to_owned());
        request.reason = reason.map(str::to_owned);
        self.client.send(request).await.map_err(|error| self.refused("leave", error))?;
        self.wait_until_out_of(room).await
    }

    /// Sends a text.
    ///
    /// # Errors
    /// If the homeserver refuses; this holds for all that follow.
    pub async fn send_text(&self, room: &RoomId, body: &str) -> Result<OwnedEventId, AgentError> {
        self.send_message(room, text(body)).await
    }

    /// Replies to an event.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn send_reply(
        &self,
        room: &RoomId,
        to: &EventId,
        body: &str,
    ) -> Result<OwnedEventId, AgentError> {
        let mut content = text(body);
        content["m.relates_to"] = json!({"m.in_reply_to": {"event_id": to}});
        self.send_message(room, content).await
    }

    /// Writes in the thread of its first event `thread`, the way clients do that support threads.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn send_in_thread(
        &self,
        room: &RoomId,
        thread: &EventId,
        body: &str,
    ) -> Result<OwnedEventId, AgentError> {
        let mut content = text(body);
        content["m.relates_to"] = json!({
            "rel_type": "m.thread", "event_id": thread, "is_falling_back": true, "m.in_reply_to": {"event_id": thread},
        });
        self.send_message(room, content).await
    }

    /// Edits one's own message.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn edit(&self, room: &RoomId, event: &EventId, body: &str) -> Result<OwnedEventId, AgentError> {
        let mut content = text(&format!("* {body}"));
        content["m.new_content"] = text(body);
        content["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": event});
        self.send_message(room, content).await
    }

    /// Reacts to an event.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn react(&self, room: &RoomId, event: &EventId, key: &str) -> Result<OwnedEventId, AgentError> {
        let relation = json!({"rel_type": "m.annotation", "event_id": event, "key": key});
        self.send_raw(room, "m.reaction", json!({"m.relates_to": relation})).await
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn redact(&self, room: &RoomId, event: &EventId) -> Result<OwnedEventId, AgentError> {
        let request = redact_event::v3::Request::new(room.to_owned(), event.to_owned(), TransactionId::new());
        Ok(self.client.send(request).await.map_err(|error| self.refused("redact", error))?.event_id)
    }

    /// Sends a file as a message of `msgtype`: `m.image`, `m.video`, `m.audio` or `m.file`.
    ///
    /// # Errors
    /// If the homeserver refuses the file or the message.
    pub async fn send_file(
        &self,
        room: &RoomId,
        msgtype: &str,
        (name, mime): (&str, &str),
        bytes: Vec<u8>,
    ) -> Result<OwnedEventId, AgentError> {
        let size = bytes.len();
        let mut upload = media::create_content::v3::Request::new(bytes);
        upload.filename = Some(name.to_owned());
        upload.content_type = Some(mime.to_owned());
        let uri: OwnedMxcUri =
            self.client.send(upload).await.map_err(|error| self.refused("upload", error))?.content_uri;
        let info = json!({"mimetype": mime, "size": size});
        self.send_message(room, json!({"msgtype": msgtype, "body": name, "url": uri, "info": info})).await
    }

    /// Fetches the file behind an `mxc:` address; `None` if the address is none.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn fetch(&self, uri: &MxcUri) -> Result<Option<Vec<u8>>, AgentError> {
        let Ok((server, media_id)) = uri.parts() else { return Ok(None) };
        let request =
            authenticated_media::get_content::v1::Request::new(media_id.to_owned(), server.to_owned());
        let answer = self.client.send(request).await.map_err(|error| self.refused("fetch media", error))?;
        Ok(Some(answer.file))
    }

    /// Sends any message-like event as it is.
    ///
    /// # Errors
    /// If the homeserver refuses.
    pub async fn send_raw(
        &self,
        room: &RoomId,
        kind: &str,
        content: Value,
    ) -> Result<OwnedEventId, AgentError> {
        let refused = |error: matrix_sdk::Error| self.refused("send", error);
        let body = Raw::new(&content).map_err(|error| refused(error.into()))?.cast_unchecked();
        let request = send_message_event::v3::Request::new_raw(
            room.to_owned(),
            TransactionId::new(),
            kind.into(),
            body,
        );
        Ok(self.client.send(request).await.map_err(|error| refused(error.into()))?.event_id)
    }

    async fn send_message(&self, room: &RoomId, content: Value) -> Result<OwnedEventId, AgentError> {
        self.send_raw(room, "m.room.message", content).await
    }

    fn refused(&self, action: &'static str, source: impl Into<matrix_sdk::Error>) -> AgentError {
        AgentError::Refused { user: self.user_id.to_string(), action, source: Box::new(source.into()) }
    }
}

fn text(body: &str) -> Value {
    json!({"msgtype": "m.text", "body": body, "m.mentions": {}})
}
