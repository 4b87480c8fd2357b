//! Rooms: how the desk's rooms are made, and how one whose creation was not confirmed is found again.
//!
//! `createRoom` has no transaction id, so a lost answer would leave a room nobody knows. Each room therefore
//! gets a random alias in our namespace, and the id of its source in its creation content. A repeated
//! creation looks for that alias first, checks that the room is the one meant, and writes what is missing.

use std::collections::HashSet;

use ruma::api::client::alias::{delete_alias, get_alias};
use ruma::api::client::room::Visibility;
use ruma::api::client::room::create_room::v3::{Request as CreateRoom, RoomPreset};
use ruma::api::client::state::get_state_events;
use ruma::serde::Raw;
use ruma::{OwnedRoomAliasId, OwnedRoomId, OwnedUserId, RoomAliasId, RoomId, RoomVersionId};
use serde::Deserialize;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::client::{MatrixClient, Sender};
use super::error::MatrixError;
use crate::domain::ids::GhostName;
use crate::domain::input::Membership;

/// What the local part of every alias of ours begins with; the registration claims this namespace.
pub const ALIAS_PREFIX: &str = "switchroom_";

/// The key under which rooms and messages carry the id of what they were made for.
pub const SOURCE_ID: &str = "org.switchroom.source_id";

/// The state event of a call: who may write it may join one.
const CALL_MEMBER: &str = "org.matrix.msc3401.call.member";

/// How often a room that the bot is not in is waited for before another is made: for more than a minute.
const UNFINISHED_TRIES: i64 = 6;

/// What a room is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// An agent's direct room with the bot.
    Console,
    /// The space in which an agent's console stands.
    Space,
    /// One SMS interaction.
    Session,
    /// A conversation of two agents.
    Im,
    /// A consultation of two agents.
    Consult,
}

/// The one user who is invited while a room is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invitee {
    /// A contact's ghost.
    Ghost(GhostName),
    /// An agent, into their console.
    Agent(OwnedUserId),
}

/// A room that shall exist.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// What it is for; decides who may do what in it.
    pub kind: RoomKind,
    /// The local part of its alias: [`ALIAS_PREFIX`] and something random that is stored by the caller.
    pub alias_localpart: String,
    /// Its name.
    pub name: String,
    /// Its topic; empty for none.
    pub topic: String,
    /// Who is invited while it is made.
    pub invite: Option<Invitee>,
    /// The id of what it is made for, by which it is known again.
    pub creation_source: String,
    /// Further state: event type, state key, content.
    pub initial_state: Vec<(String, String, Value)>,
}

/// A state event, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct StateEvent {
    #[serde(rename = "type")]
    pub(super) event_type: String,
    pub(super) state_key: String,
    sender: OwnedUserId,
    pub(super) content: Value,
}

impl MatrixClient {
    /// Makes a room as the bot, or finds the one that an earlier try made. After `failures` it looks before
    /// it creates. A homeserver reserves the alias first and lets the bot in last; one that broke off in
    /// between has left a room that nobody can use, which is given up when it is still so after
    /// `UNFINISHED_TRIES`. <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3createroom>
    ///
    /// # Errors
    /// [`MatrixError::ForeignRoom`] when the alias leads to a room that was made by someone or for something
    /// else, [`MatrixError::UnfinishedRoom`] when it leads to one that the bot is not in yet; else see
    /// [`MatrixError`]. After an error the room may exist: repeat with the number of failures.
    pub async fn create_room(&self, room: &NewRoom, failures: i64) -> Result<OwnedRoomId, MatrixError> {
        if failures > 0
            && let Some(found) = self.resolve_alias(&room.alias_localpart).await?
        {
            match self.adopt(found, room).await {
                Err(MatrixError::UnfinishedRoom) if failures >= UNFINISHED_TRIES => {
                    self.release_alias(&room.alias_localpart).await?;
                }
                adopted => return adopted,
            }
        }
        match self.call_as(&Sender::Bot, self.create_request(room)?).await {
            Ok(answer) => Ok(answer.room_id),
            Err(error) if error.is("M_ROOM_IN_USE") => {
                let found = self.resolve_alias(&room.alias_localpart).await?.ok_or(error)?;
                self.adopt(found, room).await
            }
            Err(error) => Err(error),
        }
    }

    /// Takes every other room out of a space of ours.
    /// <https://spec.matrix.org/latest/client-server-api/#mspacechild>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn keep_one_child(&self, space: &RoomId, child: &RoomId) -> Result<(), MatrixError> {
        let is_other = |event: &StateEvent| {
            event.event_type == "m.space.child"
                && event.state_key != child.as_str()
                && event.content.get("via").is_some()
        };
        for other in self.room_state(space).await?.into_iter().filter(is_other) {
            self.put_state(space, "m.space.child", &other.state_key, &json!({})).await?;
        }
        Ok(())
    }

    /// Lets the agents in a room write, or only read and react.
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn set_writing(&self, room: &RoomId, kind: RoomKind, allowed: bool) -> Result<(), MatrixError> {
        self.put_state(room, "m.room.power_levels", "", &power_levels(kind, allowed)).await.map(drop)
    }

    /// Takes an alias of ours away from the room it leads to.
    /// <https://spec.matrix.org/latest/client-server-api/#delete_matrixclientv3directoryroomroomalias>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn release_alias(&self, localpart: &str) -> Result<(), MatrixError> {
        let alias = self.alias(localpart)?;
        self.call_as(&Sender::Bot, delete_alias::v3::Request::new(alias)).await.map(drop)
    }

    /// The room an alias of ours leads to, if it leads to one.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3directoryroomroomalias>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn resolve_alias(&self, localpart: &str) -> Result<Option<OwnedRoomId>, MatrixError> {
        let request = get_alias::v3::Request::new(self.alias(localpart)?);
        match self.call_as(&Sender::Bot, request).await {
            Ok(answer) => Ok(Some(answer.room_id)),
            Err(error) if error.is("M_NOT_FOUND") => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn alias(&self, localpart: &str) -> Result<OwnedRoomAliasId, MatrixError> {
        RoomAliasId::parse(format!("#{localpart}:{}", self.domain()))
            .map_err(|cause| MatrixError::Request(Box::new(cause)))
    }

    fn create_request(&self, room: &NewRoom) -> Result<CreateRoom, MatrixError> {
        let mut request = CreateRoom::new();
        request.visibility = Visibility::Private;
        request.preset = Some(RoomPreset::PrivateChat);
        request.room_version = Some(RoomVersionId::V12);
        request.room_alias_name = Some(room.alias_localpart.clone());
        request.name = Some(room.name.clone());
        request.topic = (!room.topic.is_empty()).then(|| room.topic.clone());
        request.is_direct = room.kind == RoomKind::Console;
        request.invite = self.invited(room).into_iter().collect();
        let mut creation = json!({"m.federate": false, SOURCE_ID: room.creation_source});
        if room.kind == RoomKind::Space {
            creation["type"] = json!("m.space");
        }
        request.creation_content = Some(raw(&creation)?);
        request.power_level_content_override = Some(raw(&power_levels(room.kind, true))?);
        for (event_type, state_key, content) in first_state(room) {
            let event = json!({"type": event_type, "state_key": state_key, "content": content});
            request.initial_state.push(raw(&event)?);
        }
        Ok(request)
    }

    fn invited(&self, room: &NewRoom) -> Option<OwnedUserId> {
        room.invite.as_ref().map(|invitee| match invitee {
            Invitee::Ghost(name) => self.user_id(&Sender::Ghost(name.clone())),
            Invitee::Agent(user) => user.clone(),
        })
    }

    /// Finishes a room that exists already, if it is the one meant.
    async fn adopt(&self, found: OwnedRoomId, room: &NewRoom) -> Result<OwnedRoomId, MatrixError> {
        let state = self.room_state(&found).await.map_err(|error| match error {
            refused if refused.is("M_FORBIDDEN") => MatrixError::UnfinishedRoom,
            other => other,
        })?;
        let bot = self.user_id(&Sender::Bot);
        let is_meant = state.iter().any(|event| {
            event.event_type == "m.room.create"
                && event.sender == bot
                && event.content.get(SOURCE_ID).and_then(Value::as_str) == Some(&room.creation_source)
        });
        if !is_meant {
            return Err(MatrixError::ForeignRoom);
        }
        let there: HashSet<_> = state.iter().map(|e| (e.event_type.as_str(), e.state_key.as_str())).collect();
        for (event_type, state_key, content) in whole_state(room) {
            if !there.contains(&(event_type.as_str(), state_key.as_str())) {
                self.put_state(&found, &event_type, &state_key, &content).await?;
            }
        }
        if let Some(user) = self.invited(room) {
            self.invite_missing(&found, &user, room.kind).await?;
        }
        Ok(found)
    }

    async fn invite_missing(
        &self,
        room: &RoomId,
        user: &OwnedUserId,
        kind: RoomKind,
    ) -> Result<(), MatrixError> {
        if matches!(self.membership(room, user).await?, Some(Membership::Invite | Membership::Join)) {
            return Ok(());
        }
        if kind != RoomKind::Console {
            return self.invite(room, user, None).await;
        }
        // Only an invite written as state can say that the room is a direct one.
        let content = json!({"membership": "invite", "is_direct": true});
        self.put_state(room, "m.room.member", user.as_str(), &content).await.map(drop)
    }

    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3roomsroomidstate>
    pub(super) async fn room_state(&self, room: &RoomId) -> Result<Vec<StateEvent>, MatrixError> {
        self.room_state_as(&Sender::Bot, room).await
    }

    pub(super) async fn room_state_as(
        &self,
        sender: &Sender,
        room: &RoomId,
    ) -> Result<Vec<StateEvent>, MatrixError> {
        let answer = self.call_as(sender, get_state_events::v3::Request::new(room.to_owned())).await?;
        Ok(answer.room_state.iter().filter_map(|raw| raw.deserialize_as_unchecked().ok()).collect())
    }
}

/// What everyone may do: agents write and nothing else, the bot does the rest. It is not named, because in
/// room version 12 a room's creator stands above all levels and must not be.
fn power_levels(kind: RoomKind, open: bool) -> Value {
    let events = match kind {
        RoomKind::Im | RoomKind::Consult => json!({CALL_MEMBER: 0}),
        RoomKind::Console | RoomKind::Session | RoomKind::Space => json!({}),
    };
    // What was said can be read and marked, but nothing is added. In a space nothing is said at all.
    let (events, events_default) =
        if open && kind != RoomKind::Space { (events, 0) } else { (json!({"m.reaction": 0}), 50) };
    json!({
        "users": {}, "users_default": 0, "events": events, "events_default": events_default, "state_default": 50,
        "invite": 50, "kick": 50, "ban": 50, "redact": 50, "notifications": {"room": 50},
    })
}

/// The state a room is created with, besides what `createRoom` makes of its own fields.
fn first_state(room: &NewRoom) -> Vec<(String, String, Value)> {
    let by_default = [
        ("m.room.join_rules", json!({"join_rule": "invite"})),
        ("m.room.history_visibility", json!({"history_visibility": "shared"})),
        ("m.room.guest_access", json!({"guest_access": "forbidden"})),
    ];
    let by_default = by_default.into_iter().map(|(kind, content)| (kind.to_owned(), String::new(), content));
    by_default.chain(room.initial_state.iter().cloned()).collect()
}

/// All state a room of ours has, the power levels first: until they are written nobody's rights are known.
fn whole_state(room: &NewRoom) -> Vec<(String, String, Value)> {
    let mut state = vec![("m.room.power_levels".to_owned(), String::new(), power_levels(room.kind, true))];
    state.extend(first_state(room));
    state.push(("m.room.name".to_owned(), String::new(), json!({"name": room.name})));
    if !room.topic.is_empty() {
        state.push(("m.room.topic".to_owned(), String::new(), json!({"topic": room.topic})));
    }
    state
}

/// JSON of ours in the type Ruma's requests want.
pub(super) fn raw<T>(value: &Value) -> Result<Raw<T>, MatrixError> {
    to_raw_value(value).map(Raw::from_json).map_err(|cause| MatrixError::Request(Box::new(cause)))
}

#[cfg(test)]
#[path = "rooms_tests.rs"]
mod tests;
