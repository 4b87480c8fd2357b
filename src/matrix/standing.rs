//! Whether what belongs to us can still be used: a room, and the account of a ghost.
//!
//! A refused request alone proves nothing: it may be about one action only. So the room's own state is read,
//! and where that is refused too, the list of the rooms that the bot is in.

use ruma::RoomId;
use ruma::api::client::account::whoami;
use serde_json::Value;

use super::client::{MatrixClient, Sender};
use super::error::MatrixError;
use super::rooms::StateEvent;
use crate::domain::ids::GhostName;
use crate::domain::input::{Loss, Membership};

/// How a room of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The bot can do nothing in it any more, or should not.
    Lost(Loss),
    /// The bot is in it; and so is the ghost that was asked about, or not.
    Ours {
        /// The ghost's membership; none where it never had one, or none was asked about.
        ghost: Option<Membership>,
    },
}

/// How the account of a ghost stands that was made earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// It can be used.
    Usable,
    /// There is none: the homeserver may have been restored from a backup. It can be made again.
    Missing,
    /// It was deactivated, or whatever takes its device away: nothing of ours does.
    Unusable,
}

impl MatrixClient {
    /// How a room of ours stands, and the ghost in it. A room that was upgraded is lost: where it says that
    /// it goes on is anyone's word, and not looked at.
    /// <https://spec.matrix.org/latest/client-server-api/#mroomtombstone>
    ///
    /// # Errors
    /// See [`MatrixError`]; then nothing is known of it.
    pub async fn standing(&self, room: &RoomId, ghost: Option<&GhostName>) -> Result<Standing, MatrixError> {
        let state = match self.room_state(room).await {
            Err(refused) if refused.has_status(403) || refused.has_status(404) => {
                // That the bot may ask this at all proves that it is not what is wrong.
                let is_in_it = self.joined_rooms().await?.iter().any(|joined| joined == room);
                return if is_in_it { Err(refused) } else { Ok(Standing::Lost(Loss::Gone)) };
            }
            state => state?,
        };
        let ghost = ghost.map(|ghost| Sender::Ghost(ghost.clone()));
        if self.membership_in(&state, &Sender::Bot) != Some(Membership::Join) {
            return Ok(Standing::Lost(Loss::Removed));
        }
        if state.iter().any(|event| event.event_type == "m.room.tombstone") {
            return Ok(Standing::Lost(Loss::Upgraded));
        }
        Ok(Standing::Ours { ghost: ghost.and_then(|ghost| self.membership_in(&state, &ghost)) })
    }

    fn membership_in(&self, state: &[StateEvent], sender: &Sender) -> Option<Membership> {
        let user = self.user_id(sender);
        let member = |event: &&StateEvent| event.event_type == "m.room.member" && event.state_key == user;
        let content = state.iter().find(member)?.content.get("membership").cloned().unwrap_or(Value::Null);
        serde_json::from_value(content).ok()
    }

    /// How the account of a ghost stands.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3accountwhoami>
    ///
    /// # Errors
    /// See [`MatrixError`]; then nothing is known of it.
    pub async fn account(&self, ghost: &GhostName) -> Result<Account, MatrixError> {
        match self.call_as(&Sender::Ghost(ghost.clone()), whoami::v3::Request::new()).await {
            Ok(_) => Ok(Account::Usable),
            Err(error) if error.is_of_account() => Ok(Account::Unusable),
            Err(error) if error.is("M_FORBIDDEN") => Ok(Account::Missing),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use ruma::room_id;
    use serde_json::json;
    use wiremock::matchers::{method, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::testing::{client, error, ok};
    use super::*;

    const BOT: &str = "@switchroom:desk.test";
    const GHOST: &str = "@sms_k3v9a7q2xz:desk.test";

    fn ghost() -> GhostName {
        GhostName::new("k3v9a7q2xz")
    }

    fn room() -> &'static RoomId {
        room_id!("!a:desk.test")
    }

    async fn state_is(server: &MockServer, answer: ResponseTemplate) {
        let state = Mock::given(method("GET")).and(path("/_matrix/client/v3/rooms/!a:desk.test/state"));
        state.respond_with(answer).mount(server).await;
    }

    async fn bot_is_in(server: &MockServer, answer: ResponseTemplate) {
        let joined = Mock::given(method("GET")).and(path("/_matrix/client/v3/joined_rooms"));
        joined.respond_with(answer).mount(server).await;
    }

    fn event(kind: &str, key: &str, content: &Value) -> Value {
        json!({"type": kind, "state_key": key, "sender": "@admin:desk.test", "content": content,
            "event_id": "$1", "room_id": "!a", "origin_server_ts": 1})
    }

    fn member(user: &str, membership: &str) -> Value {
        event("m.room.member", user, &json!({"membership": membership}))
    }

    #[tokio::test]
    async fn a_room_is_lost_only_when_its_own_state_says_so() {
        let tombstone = event("m.room.tombstone", "", &json!({"replacement_room": "!evil:evil.test"}));
        let joined = Some(Membership::Join);
        for (state, expected) in [
            (vec![member(BOT, "join"), member(GHOST, "join")], Standing::Ours { ghost: joined }),
            (
                vec![member(BOT, "join"), member(GHOST, "ban")],
                Standing::Ours { ghost: Some(Membership::Ban) },
            ),
            (vec![member(BOT, "join")], Standing::Ours { ghost: None }),
            (vec![member(BOT, "leave"), member(GHOST, "join")], Standing::Lost(Loss::Removed)),
            (vec![member(BOT, "ban")], Standing::Lost(Loss::Removed)),
            (vec![member(BOT, "join"), tombstone], Standing::Lost(Loss::Upgraded)),
        ] {
            let (server, client) = client().await;
            state_is(&server, ok(&json!(state))).await;
            assert_eq!(client.standing(room(), Some(&ghost())).await.unwrap(), expected, "{state:?}");
        }
    }

    #[tokio::test]
    async fn a_state_that_is_refused_proves_a_loss_only_where_the_bot_may_ask_and_is_not_in_the_room() {
        let gone = Some(Standing::Lost(Loss::Gone));
        for (refusal, rooms, expected) in [
            (error(403, "M_FORBIDDEN"), ok(&json!({"joined_rooms": []})), gone),
            (error(404, "M_NOT_FOUND"), ok(&json!({"joined_rooms": ["!b:desk.test"]})), gone),
            (error(403, "M_FORBIDDEN"), ok(&json!({"joined_rooms": ["!a:desk.test"]})), None),
            (error(403, "M_FORBIDDEN"), error(403, "M_FORBIDDEN"), None),
            (error(403, "M_FORBIDDEN"), error(502, ""), None),
            (error(500, "M_UNKNOWN"), ok(&json!({"joined_rooms": []})), None),
            (error(429, "M_LIMIT_EXCEEDED"), ok(&json!({"joined_rooms": []})), None),
        ] {
            let (server, client) = client().await;
            state_is(&server, refusal).await;
            bot_is_in(&server, rooms).await;
            assert_eq!(client.standing(room(), None).await.ok(), expected);
        }
    }

    #[tokio::test]
    async fn a_ghost_without_its_device_cannot_be_used_and_one_without_an_account_can_be_made() {
        for (answer, expected) in [
            (ok(&json!({"user_id": GHOST})), Some(Account::Usable)),
            (error(400, "M_UNKNOWN_DEVICE"), Some(Account::Unusable)),
            (error(403, "M_USER_DEACTIVATED"), Some(Account::Unusable)),
            (error(401, "M_USER_LOCKED"), Some(Account::Unusable)),
            (error(403, "M_FORBIDDEN"), Some(Account::Missing)),
            (error(401, "M_UNKNOWN_TOKEN"), None),
            (error(502, ""), None),
        ] {
            let (server, client) = client().await;
            Mock::given(path("/_matrix/client/v3/account/whoami"))
                .and(query_param("user_id", GHOST))
                .and(query_param("device_id", "SWITCHROOM"))
                .respond_with(answer)
                .mount(&server)
                .await;
            assert_eq!(client.account(&ghost()).await.ok(), expected);
        }
    }
}
