//! Who is in a room. Each call reaches its goal once: what is already so is a success.

use ruma::api::client::membership::invite_user::v3::{InvitationRecipient, InviteUserId};
use ruma::api::client::membership::{
    forget_room, invite_user, join_room_by_id, joined_rooms, kick_user, leave_room, unban_user,
};
use ruma::api::client::state::get_state_event_for_key;
use ruma::events::StateEventType;
use ruma::{OwnedRoomId, RoomId, UserId};
use serde::Deserialize;

use super::client::{MatrixClient, Sender};
use super::error::MatrixError;
use super::rooms::StateEvent;
use crate::domain::input::Membership;

#[derive(Deserialize)]
struct MemberContent {
    membership: Membership,
}

impl MatrixClient {
    /// Joins a room. <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidjoin>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn join(&self, sender: &Sender, room: &RoomId) -> Result<(), MatrixError> {
        let request = join_room_by_id::v3::Request::new(room.to_owned());
        self.call_as(sender, request).await.map(drop)
    }

    /// Invites a user as the bot; someone invited or inside already is left as they are, and a ban is lifted:
    /// whom the desk invites has work there.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidinvite>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn invite(
        &self,
        room: &RoomId,
        user: &UserId,
        reason: Option<&str>,
    ) -> Result<(), MatrixError> {
        let mut invitation = InviteUserId::new(user.to_owned());
        invitation.reason = reason.map(ToOwned::to_owned);
        let recipient = InvitationRecipient::UserId(invitation);
        let request = invite_user::v3::Request::new(room.to_owned(), recipient);
        let refused = match self.call_as(&Sender::Bot, request.clone()).await {
            Err(error) if error.has_status(403) => error,
            other => return other.map(drop),
        };
        match self.membership(room, user).await? {
            Some(Membership::Invite | Membership::Join) => Ok(()),
            Some(Membership::Ban) => {
                let unban = unban_user::v3::Request::new(room.to_owned(), user.to_owned());
                self.call_as(&Sender::Bot, unban).await?;
                self.call_as(&Sender::Bot, request).await.map(drop)
            }
            Some(Membership::Leave | Membership::Knock) | None => Err(refused),
        }
    }

    /// Takes everyone out of a room but the bot and the ghosts, as the bot, saying why.
    ///
    /// # Errors
    /// See [`MatrixError`]; whoever was taken out stays so.
    pub async fn remove_everyone(&self, room: &RoomId, reason: &str) -> Result<(), MatrixError> {
        let is_in = |event: &StateEvent| {
            event.event_type == "m.room.member"
                && matches!(event.content["membership"].as_str(), Some("join" | "invite"))
        };
        for event in self.room_state(room).await?.iter().filter(|event| is_in(event)) {
            match UserId::parse(&event.state_key) {
                Ok(user) if !self.is_ours(&user) => self.remove(room, &user, Some(reason)).await?,
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The ghosts that are in a room, or were: a room that one of them has not forgotten is kept for ever.
    /// Read as one who is in it.
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn ghosts_of(&self, sender: &Sender, room: &RoomId) -> Result<Vec<Sender>, MatrixError> {
        let state = self.room_state_as(sender, room).await?;
        let members = state.into_iter().filter(|event| event.event_type == "m.room.member");
        let users = members.filter_map(|event| UserId::parse(event.state_key).ok());
        Ok(users
            .filter_map(|user| self.sender_of(&user))
            .filter(|sender| matches!(sender, Sender::Ghost(_)))
            .collect())
    }

    /// Removes a user as the bot, or takes their invite back; someone outside is left as they are.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidkick>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn remove(
        &self,
        room: &RoomId,
        user: &UserId,
        reason: Option<&str>,
    ) -> Result<(), MatrixError> {
        let mut request = kick_user::v3::Request::new(room.to_owned(), user.to_owned());
        request.reason = reason.map(ToOwned::to_owned);
        let refused = match self.call_as(&Sender::Bot, request).await {
            Err(error) if error.has_status(403) => error,
            other => return other.map(drop),
        };
        match self.membership(room, user).await? {
            None | Some(Membership::Leave | Membership::Ban) => Ok(()),
            Some(Membership::Invite | Membership::Join | Membership::Knock) => Err(refused),
        }
    }

    /// Leaves a room or declines its invite; who is outside stays outside.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidleave>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn leave(
        &self,
        sender: &Sender,
        room: &RoomId,
        reason: Option<&str>,
    ) -> Result<(), MatrixError> {
        let mut request = leave_room::v3::Request::new(room.to_owned());
        request.reason = reason.map(ToOwned::to_owned);
        let refused = match self.call_as(sender, request).await {
            Err(error) if error.has_status(403) || error.has_status(404) => error,
            other => return other.map(drop),
        };
        match self.membership_seen_by(sender, room, &self.user_id(sender)).await {
            Ok(Some(Membership::Invite | Membership::Join | Membership::Knock)) => Err(refused),
            Ok(None | Some(Membership::Leave | Membership::Ban)) => Ok(()),
            // Who may not even look was never inside, or the room is gone.
            Err(error) if error.has_status(403) || error.has_status(404) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Forgets a room that was left.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidforget>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn forget(&self, sender: &Sender, room: &RoomId) -> Result<(), MatrixError> {
        let request = forget_room::v3::Request::new(room.to_owned());
        match self.call_as(sender, request).await {
            Err(error) if error.is("M_NOT_FOUND") => Ok(()),
            other => other.map(drop),
        }
    }

    /// A user's membership of a room the bot is in; `None` for who never had one.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn membership(&self, room: &RoomId, user: &UserId) -> Result<Option<Membership>, MatrixError> {
        self.membership_seen_by(&Sender::Bot, room, user).await
    }

    /// The rooms the bot is in.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3joined_rooms>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn joined_rooms(&self) -> Result<Vec<OwnedRoomId>, MatrixError> {
        Ok(self.call_as(&Sender::Bot, joined_rooms::v3::Request::new()).await?.joined_rooms)
    }

    async fn membership_seen_by(
        &self,
        sender: &Sender,
        room: &RoomId,
        user: &UserId,
    ) -> Result<Option<Membership>, MatrixError> {
        let request = get_state_event_for_key::v3::Request::new(
            room.to_owned(),
            StateEventType::RoomMember,
            user.to_string(),
        );
        let content = match self.call_as(sender, request).await {
            Ok(answer) => answer.event_or_content,
            Err(error) if error.is("M_NOT_FOUND") => return Ok(None),
            Err(error) => return Err(error),
        };
        let member: MemberContent =
            serde_json::from_str(content.get()).map_err(|cause| MatrixError::Garbled(Box::new(cause)))?;
        Ok(Some(member.membership))
    }
}

#[cfg(test)]
mod tests {
    use ruma::{room_id, user_id};
    use serde_json::json;
    use wiremock::matchers::{body_json, method, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::testing::{client, error, ok};
    use super::*;

    fn room() -> &'static RoomId {
        room_id!("!a:desk.test")
    }

    fn bob() -> &'static UserId {
        user_id!("@bob:desk.test")
    }

    fn post(call: &str) -> wiremock::MockBuilder {
        Mock::given(method("POST")).and(path(format!("/_matrix/client/v3/rooms/!a:desk.test/{call}")))
    }

    async fn membership_of(server: &MockServer, user: &str, answer: ResponseTemplate) {
        let path_of = format!("/_matrix/client/v3/rooms/!a:desk.test/state/m.room.member/{user}");
        Mock::given(method("GET")).and(path(path_of)).respond_with(answer).mount(server).await;
    }

    #[tokio::test]
    async fn invites_and_removals_say_why() {
        let (server, client) = client().await;
        for call in ["invite", "kick"] {
            post(call)
                .and(body_json(json!({"user_id": "@bob:desk.test", "reason": "for you"})))
                .and(query_param("user_id", "@switchroom:desk.test"))
                .respond_with(ok(&json!({})))
                .expect(1)
                .mount(&server)
                .await;
        }
        client.invite(room(), bob(), Some("for you")).await.unwrap();
        client.remove(room(), bob(), Some("for you")).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_already_so_is_a_success_and_what_is_refused_is_not() {
        let cases = [
            (ok(&json!({"membership": "join"})), true, false),
            (ok(&json!({"membership": "invite"})), true, false),
            (ok(&json!({"membership": "leave"})), false, true),
            (ok(&json!({"membership": "ban"})), false, true),
            (error(404, "M_NOT_FOUND"), false, true),
            (ok(&json!({"membership": 7})), false, false),
            (error(500, "M_UNKNOWN"), false, false),
        ];
        for (membership, invited, removed) in cases {
            let (server, client) = client().await;
            post("invite").respond_with(error(403, "M_FORBIDDEN")).mount(&server).await;
            post("kick").respond_with(error(403, "M_FORBIDDEN")).mount(&server).await;
            membership_of(&server, "@bob:desk.test", membership).await;
            assert_eq!(client.invite(room(), bob(), None).await.is_ok(), invited);
            assert_eq!(client.remove(room(), bob(), None).await.is_ok(), removed);
        }
    }

    #[tokio::test]
    async fn whom_the_desk_invites_is_let_in_though_they_were_banned() {
        let (server, client) = client().await;
        post("invite").respond_with(error(403, "M_FORBIDDEN")).up_to_n_times(1).mount(&server).await;
        membership_of(&server, "@bob:desk.test", ok(&json!({"membership": "ban"}))).await;
        for call in ["unban", "invite"] {
            post(call).respond_with(ok(&json!({}))).expect(1).mount(&server).await;
        }
        client.invite(room(), bob(), None).await.unwrap();
    }

    #[tokio::test]
    async fn the_outcome_is_read_only_after_a_refusal() {
        let (server, client) = client().await;
        post("invite").respond_with(error(429, "M_LIMIT_EXCEEDED")).mount(&server).await;
        assert!(client.invite(room(), bob(), None).await.unwrap_err().is("M_LIMIT_EXCEEDED"));
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn leaving_a_room_one_is_not_in_is_done_already() {
        let ghost = Sender::Ghost(crate::domain::ids::GhostName::new("k3v9a7q2xz"));
        for (membership, left) in [
            (error(403, "M_FORBIDDEN"), true),
            (ok(&json!({"membership": "leave"})), true),
            (ok(&json!({"membership": "join"})), false),
            (error(502, "M_UNKNOWN"), false),
        ] {
            let (server, client) = client().await;
            post("leave").respond_with(error(403, "M_FORBIDDEN")).mount(&server).await;
            membership_of(&server, "@sms_k3v9a7q2xz:desk.test", membership).await;
            assert_eq!(client.leave(&ghost, room(), None).await.is_ok(), left);
        }
    }

    #[tokio::test]
    async fn a_ghost_joins_leaves_and_forgets_as_itself() {
        let (server, client) = client().await;
        let ghost = Sender::Ghost(crate::domain::ids::GhostName::new("k3v9a7q2xz"));
        for call in ["join", "leave", "forget"] {
            post(call)
                .and(query_param("user_id", "@sms_k3v9a7q2xz:desk.test"))
                .and(query_param("device_id", "SWITCHROOM"))
                .respond_with(ok(&json!({"room_id": "!a:desk.test"})))
                .expect(1)
                .mount(&server)
                .await;
        }
        client.join(&ghost, room()).await.unwrap();
        client.leave(&ghost, room(), None).await.unwrap();
        client.forget(&ghost, room()).await.unwrap();
    }

    #[tokio::test]
    async fn the_bots_rooms_are_listed() {
        let (server, client) = client().await;
        Mock::given(method("GET"))
            .and(path("/_matrix/client/v3/joined_rooms"))
            .respond_with(ok(&json!({"joined_rooms": ["!a:desk.test"]})))
            .mount(&server)
            .await;
        assert_eq!(client.joined_rooms().await.unwrap(), [room()]);
    }
}
