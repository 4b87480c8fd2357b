//! What only the homeserver itself can do away with: whole rooms, files, and accounts of ghosts.
//!
//! Rooms and files go by Synapse's admin API, which a bot may use that is made an admin of the homeserver.
//! Another homeserver has no such API, a proxy may keep it from us, and most bots are no admins: all of that
//! is answered with "not allowed" here.

use http::Method;
use ruma::api::client::account::deactivate;
use ruma::api::client::membership::joined_rooms;
use ruma::api::client::profile::set_profile_field;
use ruma::profile::ProfileFieldValue;
use ruma::{MxcUri, OwnedMxcUri, RoomId};
use serde_json::{Value, json};

use super::client::{Identity, MatrixClient, Sender};
use super::error::{MatrixError, Verdict};
use crate::domain::ids::GhostName;

/// What the homeserver said to something that only its admins may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByAdmin<T> {
    /// It does it.
    Done(T),
    /// There is no such thing.
    Gone,
    /// The bot may not.
    NotAllowed,
}

/// How far the deletion of a room is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It goes on.
    GoesOn,
    /// Nothing is left of the room.
    Complete,
    /// It failed.
    Failed,
}

impl MatrixClient {
    /// The state of a room that the bot is in: types, state keys and contents.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3roomsroomidstate>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn shown(&self, room: &RoomId) -> Result<Vec<(String, String, Value)>, MatrixError> {
        let state = self.room_state(room).await?;
        Ok(state.into_iter().map(|event| (event.event_type, event.state_key, event.content)).collect())
    }

    /// Has everyone put out of a room and all that is kept of it deleted. Returns by what the homeserver is
    /// asked how far that is.
    /// <https://element-hq.github.io/synapse/latest/admin_api/rooms.html#version-2-new-version>
    ///
    /// # Errors
    /// See [`MatrixError`]; nothing was deleted.
    pub async fn delete_room(&self, room: &RoomId) -> Result<ByAdmin<String>, MatrixError> {
        let path = ["_synapse", "admin", "v2", "rooms", room.as_str()];
        let body = json!({"block": false, "purge": true});
        match allowed(self.ask_house(Method::DELETE, &path, Some(&body)).await)? {
            ByAdmin::Done(answer) => match answer["delete_id"].as_str() {
                Some(id) => Ok(ByAdmin::Done(id.to_owned())),
                None => Err(MatrixError::Garbled("a deletion without an id".into())),
            },
            ByAdmin::Gone => Ok(ByAdmin::Gone),
            ByAdmin::NotAllowed => Ok(ByAdmin::NotAllowed),
        }
    }

    /// How far a deletion is. The homeserver forgets it some days after it has ended.
    /// <https://element-hq.github.io/synapse/latest/admin_api/rooms.html#query-by-delete_id>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn deletion(&self, delete_id: &str) -> Result<ByAdmin<Deletion>, MatrixError> {
        let path = ["_synapse", "admin", "v2", "rooms", "delete_status", delete_id];
        Ok(match allowed(self.ask_house(Method::GET, &path, None).await)? {
            ByAdmin::Done(answer) => ByAdmin::Done(match answer["status"].as_str() {
                Some("complete") => Deletion::Complete,
                Some("failed" | "cancelled") => Deletion::Failed,
                _ => Deletion::GoesOn,
            }),
            ByAdmin::Gone => ByAdmin::Gone,
            ByAdmin::NotAllowed => ByAdmin::NotAllowed,
        })
    }

    /// Deletes a file of this homeserver, with its thumbnails.
    /// <https://element-hq.github.io/synapse/latest/admin_api/media_admin_api.html#delete-a-specific-local-media>
    ///
    /// # Errors
    /// See [`MatrixError`]; the file is still there.
    pub async fn delete_file(&self, uri: &MxcUri) -> Result<ByAdmin<()>, MatrixError> {
        let Ok((server, id)) = uri.parts() else { return Ok(ByAdmin::Gone) };
        let path = ["_synapse", "admin", "v1", "media", server.as_str(), id];
        Ok(match allowed(self.ask_house(Method::DELETE, &path, None).await)? {
            ByAdmin::Done(_) => ByAdmin::Done(()),
            ByAdmin::Gone => ByAdmin::Gone,
            ByAdmin::NotAllowed => ByAdmin::NotAllowed,
        })
    }

    /// Takes a ghost's name and picture away, lets it leave and forget every room, and closes its account for
    /// good: nobody can use it again, and what it said is shown to nobody who was not there. Safe to repeat.
    ///
    /// # Errors
    /// See [`MatrixError`]; what was done before it stays done.
    pub async fn close_ghost(&self, ghost: &GhostName) -> Result<(), MatrixError> {
        let sender = Sender::Ghost(ghost.clone());
        match self.try_to_close(&sender).await {
            // It is closed already, or was never made.
            Err(error) if error.is_of_account() || error.has_status(403) || error.is("M_UNKNOWN_TOKEN") => {
                let name = self.profile(&self.user_id(&sender)).await?.and_then(|profile| profile.name);
                if name.is_some_and(|name| !name.is_empty()) { Err(error) } else { Ok(()) }
            }
            closed => closed,
        }
    }

    async fn try_to_close(&self, ghost: &Sender) -> Result<(), MatrixError> {
        let user = self.user_id(ghost);
        // Its device may be gone.
        let identity = Identity::User(&user);
        for value in [
            ProfileFieldValue::DisplayName(String::new()),
            ProfileFieldValue::AvatarUrl(OwnedMxcUri::from("")),
        ] {
            self.call(identity, set_profile_field::v3::Request::new(user.clone(), value)).await?;
        }
        for room in self.call(identity, joined_rooms::v3::Request::new()).await?.joined_rooms {
            self.leave(ghost, &room, None).await?;
            self.forget(ghost, &room).await?;
        }
        let mut request = deactivate::v3::Request::new();
        request.erase = true;
        self.call(identity, request).await.map(drop)
    }
}

/// What an answer of the admin API means.
fn allowed(answer: Result<Value, MatrixError>) -> Result<ByAdmin<Value>, MatrixError> {
    match answer {
        Ok(answer) => Ok(ByAdmin::Done(answer)),
        Err(error) if error.is("M_NOT_FOUND") => Ok(ByAdmin::Gone),
        // Without a code it is not the homeserver that answers, but a proxy that keeps its API to itself.
        Err(error) if [403, 404, 405].iter().any(|status| error.has_status(*status)) => {
            Ok(ByAdmin::NotAllowed)
        }
        Err(error) => match error.verdict() {
            Verdict::Rejected { .. } => Ok(ByAdmin::NotAllowed),
            Verdict::Retry { .. } | Verdict::ServerError { .. } => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use ruma::room_id;
    use wiremock::matchers::{bearer_token, body_json, method, path, query_param};
    use wiremock::{Mock, ResponseTemplate};

    use super::super::testing::{client, error, ok};
    use super::*;

    #[tokio::test]
    async fn a_room_is_deleted_by_its_whole_id_as_the_bot_and_then_asked_after() {
        let (server, client) = client().await;
        Mock::given(method("DELETE"))
            .and(path("/_synapse/admin/v2/rooms/!a%2Fb:desk.test"))
            .and(query_param("user_id", "@switchroom:desk.test"))
            .and(query_param("device_id", "SWITCHROOM"))
            .and(bearer_token("secret-token"))
            .and(body_json(json!({"block": false, "purge": true})))
            .respond_with(ok(&json!({"delete_id": "xyz"})))
            .expect(1)
            .mount(&server)
            .await;
        let deleted = client.delete_room(room_id!("!a/b:desk.test")).await.unwrap();
        assert_eq!(deleted, ByAdmin::Done("xyz".to_owned()));
        for (status, expected) in [
            ("scheduled", Deletion::GoesOn),
            ("active", Deletion::GoesOn),
            ("complete", Deletion::Complete),
            ("failed", Deletion::Failed),
        ] {
            server.reset().await;
            Mock::given(path("/_synapse/admin/v2/rooms/delete_status/xyz"))
                .respond_with(ok(&json!({"status": status})))
                .mount(&server)
                .await;
            assert_eq!(client.deletion("xyz").await.unwrap(), ByAdmin::Done(expected));
        }
    }

    #[tokio::test]
    async fn who_is_no_admin_is_told_from_what_is_gone_and_from_what_failed() {
        for (answer, expected) in [
            (ok(&json!({"deleted_media": ["abc"], "total": 1})), Some(ByAdmin::Done(()))),
            (error(404, "M_NOT_FOUND"), Some(ByAdmin::Gone)),
            (error(403, "M_FORBIDDEN"), Some(ByAdmin::NotAllowed)),
            (error(404, "M_UNRECOGNIZED"), Some(ByAdmin::NotAllowed)),
            (ResponseTemplate::new(404).set_body_string("<html>"), Some(ByAdmin::NotAllowed)),
            (error(400, "M_UNKNOWN"), Some(ByAdmin::NotAllowed)),
            (error(500, "M_UNKNOWN"), None),
            (error(429, "M_LIMIT_EXCEEDED"), None),
            (error(401, "M_UNKNOWN_TOKEN"), None),
        ] {
            let (server, client) = client().await;
            Mock::given(method("DELETE"))
                .and(path("/_synapse/admin/v1/media/desk.test/abc"))
                .respond_with(answer)
                .mount(&server)
                .await;
            assert_eq!(client.delete_file("mxc://desk.test/abc".into()).await.ok(), expected);
        }
    }

    #[tokio::test]
    async fn a_ghost_loses_its_name_leaves_everything_and_is_closed() {
        let (server, client) = client().await;
        let ghost = "@sms_k3v9a7q2xz:desk.test";
        for (field, body) in
            [("displayname", json!({"displayname": ""})), ("avatar_url", json!({"avatar_url": ""}))]
        {
            Mock::given(method("PUT"))
                .and(path(format!("/_matrix/client/v3/profile/{ghost}/{field}")))
                .and(query_param("user_id", ghost))
                .and(body_json(body))
                .respond_with(ok(&json!({})))
                .expect(1)
                .mount(&server)
                .await;
        }
        Mock::given(path("/_matrix/client/v3/joined_rooms"))
            .respond_with(ok(&json!({"joined_rooms": ["!a:desk.test"]})))
            .mount(&server)
            .await;
        for call in ["leave", "forget"] {
            Mock::given(path(format!("/_matrix/client/v3/rooms/!a:desk.test/{call}")))
                .respond_with(ok(&json!({})))
                .expect(1)
                .mount(&server)
                .await;
        }
        Mock::given(path("/_matrix/client/v3/account/deactivate"))
            .and(query_param("user_id", ghost))
            .and(body_json(json!({"erase": true})))
            .respond_with(ok(&json!({"id_server_unbind_result": "success"})))
            .expect(1)
            .mount(&server)
            .await;
        client.close_ghost(&GhostName::new("k3v9a7q2xz")).await.unwrap();
    }

    #[tokio::test]
    async fn a_ghost_that_is_closed_already_is_closed_and_one_that_is_refused_its_end_is_not() {
        for (profile, closed) in [
            (error(404, "M_NOT_FOUND"), true),
            (ok(&json!({})), true),
            (ok(&json!({"displayname": "Jane Doe"})), false),
        ] {
            let (server, client) = client().await;
            Mock::given(method("PUT")).respond_with(error(403, "M_USER_DEACTIVATED")).mount(&server).await;
            Mock::given(method("GET")).respond_with(profile).mount(&server).await;
            assert_eq!(client.close_ghost(&GhostName::new("k3v9a7q2xz")).await.is_ok(), closed);
        }
    }
}
