//! Acting for agents: a second registration, whose namespace is exactly them, lets the bridge join a room in
//! the name of an agent who took an offer by a word or a reaction, and forget it when they are done with it.
//!
//! It has no address, so that the homeserver does not hand over what those users do in other rooms. Admins
//! are never in it: whoever holds its token can be anyone it names.

use std::fmt::Write as _;
use std::path::Path;

use ruma::api::client::account::whoami;
use ruma::api::client::membership::{forget_room, join_room_by_id};
use ruma::{OwnedUserId, RoomId, UserId};
use secrecy::ExposeSecret as _;

use super::client::{Identity, MatrixClient};
use super::error::MatrixError;
use super::registration::{RegistrationError, Tokens, Written, differences_of, escape, quoted, write_file};

/// What the second registration says, besides the tokens.
#[derive(Clone, Debug)]
pub struct AgentsRegistration {
    /// The appservice's id; it must never change, and is not the first one's.
    pub id: String,
    /// The local part of the user it is registered with, who does nothing.
    pub sender_localpart: String,
    /// The agents.
    pub users: Vec<OwnedUserId>,
}

impl AgentsRegistration {
    /// Writes it, as [`super::registration::Registration::write`] writes the first one.
    ///
    /// # Errors
    /// See [`RegistrationError`]; an existing file is never left half written.
    pub fn write(&self, path: &Path, force: bool) -> Result<Written, RegistrationError> {
        write_file(path, force, |tokens| self.to_yaml(tokens))
    }

    /// The keys of the file at `path` that do not say what they should.
    ///
    /// # Errors
    /// See [`RegistrationError`].
    pub fn differences(&self, path: &Path) -> Result<Vec<String>, RegistrationError> {
        differences_of(path, |tokens| self.to_yaml(tokens))
    }

    fn to_yaml(&self, tokens: &Tokens) -> String {
        let mut users = String::new();
        for user in &self.users {
            let regex = quoted(&format!("^@{}$", escape(user.as_str().trim_start_matches('@'))));
            // Writing into a text cannot fail.
            let _ = write!(users, "\n    - {{exclusive: false, regex: {regex}}}");
        }
        if users.is_empty() {
            users.push_str(" []");
        }
        format!(
            "# Switchroom's registration for acting for agents. Keep it secret: whoever has its tokens is any of them.
id: {id}
url: null
as_token: {as_token}
hs_token: {hs_token}
sender_localpart: {sender}
namespaces:
  users:{users}
  aliases: []
  rooms: []
rate_limited: false
",
            id = quoted(&self.id),
            as_token = quoted(tokens.as_token.expose_secret()),
            hs_token = quoted(tokens.hs_token.expose_secret()),
            sender = quoted(&self.sender_localpart),
        )
    }
}

/// The client with which the bridge acts for agents. Clones share their connections.
#[derive(Clone, Debug)]
pub struct ForAgents {
    client: MatrixClient,
}

impl ForAgents {
    /// Acts through a client that has the second registration's token.
    #[must_use]
    pub fn new(client: MatrixClient) -> Self {
        Self { client }
    }

    /// Whom the homeserver takes us for when we act for a user: them, if it knows the registration.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3accountwhoami>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn whoami(&self, user: &UserId) -> Result<OwnedUserId, MatrixError> {
        Ok(self.client.call(Identity::User(user), whoami::v3::Request::new()).await?.user_id)
    }

    /// Lets an agent join a room.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidjoin>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn join(&self, user: &UserId, room: &RoomId) -> Result<(), MatrixError> {
        let request = join_room_by_id::v3::Request::new(room.to_owned());
        self.client.call(Identity::User(user), request).await.map(drop)
    }

    /// Lets an agent forget a room they are not in any more.
    /// <https://spec.matrix.org/latest/client-server-api/#post_matrixclientv3roomsroomidforget>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn forget(&self, user: &UserId, room: &RoomId) -> Result<(), MatrixError> {
        let request = forget_room::v3::Request::new(room.to_owned());
        self.client.call(Identity::User(user), request).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use ruma::user_id;
    use serde_json::{Value, json};
    use wiremock::matchers::{body_json, method, path, query_param, query_param_is_missing};
    use wiremock::{Mock, MockServer};

    use super::super::testing::{client, ok};
    use super::*;

    fn registration(users: &[&str]) -> AgentsRegistration {
        let users = users.iter().map(|user| UserId::parse(*user).unwrap()).collect();
        let (id, sender_localpart) = ("switchroom-agents".to_owned(), "switchroom_agents".to_owned());
        AgentsRegistration { id, sender_localpart, users }
    }

    #[test]
    fn it_names_exactly_the_agents_and_gets_nothing_pushed() {
        let tokens = Tokens { as_token: "12e5".into(), hs_token: "0777".into() };
        let parse = |users: &[&str]| -> Value {
            serde_saphyr::from_str(&registration(users).to_yaml(&tokens)).unwrap()
        };
        let expected = json!({
            "id": "switchroom-agents", "url": null, "as_token": "12e5", "hs_token": "0777",
            "sender_localpart": "switchroom_agents", "rate_limited": false,
            "namespaces": {"rooms": [], "aliases": [], "users": [
                {"exclusive": false, "regex": r"^@alice:desk\.test$"},
                {"exclusive": false, "regex": r"^@bob\.roe:desk\.test$"}]},
        });
        assert_eq!(parse(&["@alice:desk.test", "@bob.roe:desk.test"]), expected);
        assert_eq!(parse(&[])["namespaces"]["users"], json!([]));
    }

    #[test]
    fn an_agent_who_is_missing_in_the_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agents.yaml");
        let one = registration(&["@alice:desk.test"]);
        assert_eq!(one.write(&path, false).unwrap(), Written::New);
        assert!(matches!(one.write(&path, false), Err(RegistrationError::Exists { .. })));
        assert_eq!(one.differences(&path).unwrap(), Vec::<String>::new());
        let two = registration(&["@alice:desk.test", "@bob:desk.test"]);
        assert_eq!(two.differences(&path).unwrap(), ["namespaces"]);
        assert_eq!(two.write(&path, true).unwrap(), Written::Renewed);
        assert_eq!(two.differences(&path).unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn agents_are_acted_for_without_a_device_of_ours() {
        let (server, client): (MockServer, _) = client().await;
        let alice = user_id!("@alice:desk.test");
        let room = ruma::room_id!("!a:desk.test");
        for call in ["join", "forget"] {
            Mock::given(method("POST"))
                .and(path(format!("/_matrix/client/v3/rooms/!a:desk.test/{call}")))
                .and(query_param("user_id", alice.as_str()))
                .and(query_param_is_missing("device_id"))
                .and(body_json(json!({})))
                .respond_with(ok(&json!({"room_id": room})))
                .expect(1)
                .mount(&server)
                .await;
        }
        Mock::given(path("/_matrix/client/v3/account/whoami"))
            .and(query_param("user_id", alice.as_str()))
            .respond_with(ok(&json!({"user_id": alice})))
            .mount(&server)
            .await;
        let agents = ForAgents::new(client);
        agents.join(alice, room).await.unwrap();
        agents.forget(alice, room).await.unwrap();
        assert_eq!(agents.whoami(alice).await.unwrap(), alice);
    }
}
