//! The bot and the ghosts: making them exist at the homeserver, with a device and a name.

use ruma::UserId;
use ruma::api::client::account::register::{self, LoginType};
use ruma::api::client::device::update_device;
use ruma::api::client::profile::set_profile_field;
use ruma::profile::ProfileFieldValue;

use super::client::{DEVICE_ID, Identity, MatrixClient, Sender};
use super::error::MatrixError;
use crate::domain::ids::GhostName;

/// The bot's display name.
pub const BOT_NAME: &str = "Switchroom";

/// The homeserver refuses display names longer than this many characters; counting bytes is on the safe side.
const LONGEST_NAME_BYTES: usize = 256;

impl MatrixClient {
    /// Makes the bot exist, a user like the ghosts, with its device and its name. Safe to repeat; done at
    /// every start.
    ///
    /// # Errors
    /// See [`MatrixError`]; what was done before it stays done.
    pub async fn prepare_bot(&self) -> Result<(), MatrixError> {
        self.make_bot().await?;
        self.bot_exists();
        self.set_display_name(&Sender::Bot, BOT_NAME).await
    }

    /// Makes the bot exist, with its device.
    pub(super) async fn make_bot(&self) -> Result<(), MatrixError> {
        let bot = self.user_id(&Sender::Bot);
        match self.register(&bot).await {
            // It is the registration's own user, in one of an older Switchroom, and so exists already.
            Err(error) if error.is("M_EXCLUSIVE") => {}
            other => other?,
        }
        self.make_device(&bot).await
    }

    /// Makes a ghost exist, with its device and what it is called. Safe to repeat.
    ///
    /// # Errors
    /// See [`MatrixError`]; what was done before it stays done.
    pub async fn ensure_ghost(&self, ghost: &GhostName, called: &str) -> Result<(), MatrixError> {
        let sender = Sender::Ghost(ghost.clone());
        let user = self.user_id(&sender);
        self.register(&user).await?;
        self.make_device(&user).await?;
        self.set_display_name(&sender, called).await
    }

    /// Has a ghost called something else.
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn rename_ghost(&self, ghost: &GhostName, called: &str) -> Result<(), MatrixError> {
        self.set_display_name(&Sender::Ghost(ghost.clone()), called).await
    }

    /// <https://spec.matrix.org/latest/application-service-api/#server-admin-style-permissions>
    async fn register(&self, user: &UserId) -> Result<(), MatrixError> {
        let mut request = register::v3::Request::new();
        request.username = Some(user.localpart().to_owned());
        request.inhibit_login = true;
        request.login_type = Some(LoginType::ApplicationService);
        match self.call(Identity::Appservice, request).await {
            Err(error) if error.is("M_USER_IN_USE") => Ok(()),
            other => other.map(drop),
        }
    }

    /// <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3devicesdeviceid>
    async fn make_device(&self, user: &UserId) -> Result<(), MatrixError> {
        let request = update_device::v3::Request::new(DEVICE_ID.into());
        self.call(Identity::User(user), request).await.map(drop)
    }

    /// <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3profileuseridkeyname>
    async fn set_display_name(&self, sender: &Sender, name: &str) -> Result<(), MatrixError> {
        let value = ProfileFieldValue::DisplayName(cut(name, LONGEST_NAME_BYTES).to_owned());
        let request = set_profile_field::v3::Request::new(self.user_id(sender), value);
        self.call_as(sender, request).await.map(drop)
    }
}

/// As much of the beginning of the text as fits, in whole characters.
fn cut(text: &str, limit_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(limit_bytes)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{body_json, method, path, query_param, query_param_is_missing};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::super::testing::{client, error, new_client_at, ok};
    use super::*;

    fn registration(localpart: &str) -> wiremock::MockBuilder {
        Mock::given(method("POST")).and(path("/_matrix/client/v3/register")).and(body_json(
            json!({"username": localpart, "inhibit_login": true, "type": "m.login.application_service"}),
        ))
    }

    #[tokio::test]
    async fn a_ghost_is_registered_then_gets_its_device_and_its_name() {
        let (server, client) = client().await;
        registration("sms_k3v9a7q2xz")
            .respond_with(ok(&json!({"user_id": "@sms_k3v9a7q2xz:desk.test"})))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(method("PUT"))
            .and(path("/_matrix/client/v3/devices/SWITCHROOM"))
            .and(query_param("user_id", "@sms_k3v9a7q2xz:desk.test"))
            .and(query_param_is_missing("device_id"))
            .respond_with(ResponseTemplate::new(201).set_body_json(json!({})))
            .expect(1)
            .mount(&server)
            .await;
        Mock::given(method("PUT"))
            .and(path("/_matrix/client/v3/profile/@sms_k3v9a7q2xz:desk.test/displayname"))
            .and(query_param("device_id", "SWITCHROOM"))
            .and(body_json(json!({"displayname": "Jane Doe"})))
            .respond_with(ok(&json!({})))
            .expect(1)
            .mount(&server)
            .await;
        client.ensure_ghost(&GhostName::new("k3v9a7q2xz"), "Jane Doe").await.unwrap();
    }

    #[tokio::test]
    async fn a_user_who_exists_is_good_but_one_outside_our_namespace_is_not() {
        let (server, client) = client().await;
        Mock::given(method("PUT")).respond_with(ok(&json!({}))).mount(&server).await;
        registration("sms_p7r2m4q9xw").respond_with(error(400, "M_USER_IN_USE")).mount(&server).await;
        registration("sms_1").respond_with(error(400, "M_EXCLUSIVE")).mount(&server).await;
        registration("switchroom").respond_with(error(400, "M_USER_IN_USE")).mount(&server).await;
        client.ensure_ghost(&GhostName::new("p7r2m4q9xw"), "72345").await.unwrap();
        client.prepare_bot().await.unwrap();
        assert!(client.ensure_ghost(&GhostName::new("1"), "x").await.unwrap_err().is("M_EXCLUSIVE"));
    }

    #[tokio::test]
    async fn the_first_request_as_the_bot_makes_it_exist_and_waits_for_that() {
        let server = MockServer::start().await;
        let client = new_client_at(&server.uri());
        registration("switchroom")
            .respond_with(error(503, "M_UNKNOWN"))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        let set_name = || client.set_display_name(&Sender::Bot, BOT_NAME);
        assert!(set_name().await.unwrap_err().has_status(503));

        registration("switchroom")
            .respond_with(ok(&json!({"user_id": "@switchroom:desk.test"})))
            .expect(1)
            .mount(&server)
            .await;
        let device = Mock::given(method("PUT")).and(path("/_matrix/client/v3/devices/SWITCHROOM"));
        device.respond_with(ok(&json!({}))).expect(1).mount(&server).await;
        let name = Mock::given(method("PUT"))
            .and(path("/_matrix/client/v3/profile/@switchroom:desk.test/displayname"));
        name.respond_with(ok(&json!({}))).expect(2).mount(&server).await;
        let (one, other) = tokio::join!(set_name(), set_name());
        one.and(other).unwrap();
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("Jané", 4), "Jan");
        assert_eq!(cut("Jané", 5), "Jané");
        assert_eq!(cut(&"😀".repeat(100), 256).chars().count(), 64);
    }
}
