//! What happened in the bot's rooms since a moment that the homeserver named: one request for all of them.
//!
//! That a room is quiet is told by its absence. Of the others only the outside of the newest events is told,
//! enough to know whether the desk has heard of them; a room's own history has the rest.

use std::collections::{BTreeMap, BTreeSet};

use ruma::api::client::filter::{Filter, FilterDefinition, RoomEventFilter, RoomFilter};
use ruma::api::client::sync::sync_events::v3::{Request, Response};
use ruma::presence::PresenceState;
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use super::client::{Identity, MatrixClient, Sender};
use super::error::MatrixError;
use crate::clock::Millis;

/// How many events of a room are told of. Where more happened, the room is not told whole.
const EVENTS: u32 = 20;
/// What is told of an event.
const OUTSIDE: [&str; 6] =
    ["event_id", "type", "sender", "origin_server_ts", "state_key", "content.membership"];

/// What happened since a moment.
#[derive(Debug)]
pub struct News {
    /// Up to when this tells: where the next news begin.
    pub until: String,
    /// The rooms that the bot is in, and in which anything happened.
    pub rooms: BTreeMap<OwnedRoomId, RoomNews>,
    /// The rooms that the bot is out of by now.
    pub left: BTreeSet<OwnedRoomId>,
    /// The newest event that was told of, whoever sent it.
    pub newest: Option<Witness>,
}

/// An event by which a homeserver shows that it is as far as it was: one that was restored from an older
/// backup does not know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Its room.
    pub room: OwnedRoomId,
    /// Its id.
    pub event: OwnedEventId,
}

/// What happened in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomNews {
    /// The events that may mean something to the desk.
    pub events: Vec<OwnedEventId>,
    /// Whether that is all that happened there.
    pub is_whole: bool,
}

/// The outside of an event.
#[derive(Deserialize)]
struct Outside {
    event_id: OwnedEventId,
    #[serde(rename = "type")]
    event_type: String,
    sender: OwnedUserId,
    origin_server_ts: Millis,
    state_key: Option<String>,
    #[serde(default)]
    content: Content,
}

#[derive(Default, Deserialize)]
struct Content {
    membership: Option<String>,
}

impl MatrixClient {
    /// What happened in the bot's rooms since a moment: where earlier news ended, or
    /// [`MatrixClient::moment`]. It is asked for without the bot's device, so that nothing counts as
    /// delivered to that.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3sync>
    ///
    /// # Errors
    /// See [`MatrixError`]; [`MatrixError::TooLong`] where too much happened.
    pub async fn news(&self, since: &str) -> Result<News, MatrixError> {
        let (nothing, mut room) = (RoomEventFilter::ignore_all, RoomFilter::default());
        room.timeline.limit = Some(EVENTS.into());
        (room.state, room.ephemeral, room.account_data) = (nothing(), nothing(), nothing());
        let answer = self.sync(Some(since), room).await?;
        let left = answer.rooms.leave.into_keys().collect();
        let mut news = News { until: answer.next_batch, rooms: BTreeMap::new(), left, newest: None };
        let mut newest_at = Millis(0);
        for (room, in_it) in answer.rooms.join {
            let mut told = RoomNews { events: vec![], is_whole: !in_it.timeline.limited };
            for event in &in_it.timeline.events {
                let Ok(event) = serde_json::from_str::<Outside>(event.json().get()) else {
                    told.is_whole = false;
                    continue;
                };
                if event.origin_server_ts >= newest_at {
                    newest_at = event.origin_server_ts;
                    news.newest = Some(Witness { room: room.clone(), event: event.event_id.clone() });
                }
                if self.may_mean_something(&event) {
                    told.events.push(event.event_id);
                }
            }
            news.rooms.insert(room, told);
        }
        Ok(news)
    }

    /// The present moment as the homeserver names it, for news from now on.
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn moment(&self) -> Result<String, MatrixError> {
        Ok(self.sync(None, RoomFilter::ignore_all()).await?.next_batch)
    }

    async fn sync(&self, since: Option<&str>, room: RoomFilter) -> Result<Response, MatrixError> {
        let nothing = Filter::ignore_all;
        let mut filter = FilterDefinition::default();
        filter.event_fields = Some(OUTSIDE.map(ToOwned::to_owned).into());
        (filter.presence, filter.account_data, filter.room) = (nothing(), nothing(), room);
        let mut request = Request::new();
        request.filter = Some(filter.into());
        request.since = since.map(ToOwned::to_owned);
        request.set_presence = PresenceState::Offline;
        self.try_call(Identity::User(&self.user_id(&Sender::Bot)), request).await
    }

    /// Whether [`super::events`] may make something of it.
    fn may_mean_something(&self, event: &Outside) -> bool {
        let is_out = matches!(event.content.membership.as_deref(), Some("leave" | "ban"));
        let is_of_ours = || {
            let user = event.state_key.as_deref().and_then(|user| OwnedUserId::try_from(user).ok());
            user.is_some_and(|user| self.is_ours(&user))
        };
        match (event.event_type.as_str(), &event.state_key) {
            ("m.room.member", Some(_)) => !self.is_ours(&event.sender) || (is_out && is_of_ours()),
            ("m.room.tombstone", Some(_)) | (_, None) => !self.is_ours(&event.sender),
            (_, Some(_)) => false,
        }
    }
}

#[cfg(test)]
#[path = "news_tests.rs"]
mod tests;
