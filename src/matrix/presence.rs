//! Who is online: asked of the homeserver, or told by it in the ephemeral part of its transactions.

use std::collections::BTreeMap;

use ruma::api::client::presence::{get_presence, set_presence};
use ruma::presence::PresenceState;
use ruma::{OwnedUserId, UserId};
use serde_json::Value;
use serde_json::value::RawValue;

use super::client::{MatrixClient, Sender};
use super::error::MatrixError;
use super::id::id;
use crate::domain::agent::Online;

/// How much of one transaction counts; homeservers send at most 100.
const MOST: usize = 1_000;

/// Reads who is online from the ephemeral part of a transaction, of each user the last that is told. What
/// cannot be read, typing and receipts are passed over: nothing of this is worth a failure. `ours` tells
/// whether a user is the bot or a ghost.
pub(super) fn read(ephemeral: &RawValue, ours: &impl Fn(&UserId) -> bool) -> Vec<(OwnedUserId, Online)> {
    let all: Vec<&RawValue> = serde_json::from_str(ephemeral.get()).unwrap_or_default();
    let told = all.iter().take(MOST).filter_map(|raw| told(raw)).filter(|(user, _)| !ours(user));
    told.collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// One that tells of somebody's presence. <https://spec.matrix.org/latest/client-server-api/#mpresence>
fn told(raw: &RawValue) -> Option<(OwnedUserId, Online)> {
    let told: Value = serde_json::from_str(raw.get()).ok()?;
    if told.get("type")? != "m.presence" {
        return None;
    }
    let presence = told.get("content")?.get("presence")?.as_str()?;
    Some((id(told.get("sender")?.as_str()?)?, online(&presence.into())?))
}

/// What the protocol calls it; nothing for a word it does not have.
fn online(presence: &PresenceState) -> Option<Online> {
    match presence {
        PresenceState::Online => Some(Online::Online),
        PresenceState::Unavailable => Some(Online::Idle),
        PresenceState::Offline => Some(Online::Offline),
        _ => None,
    }
}

impl MatrixClient {
    /// Shows the bot as online, for a while, where the homeserver shows anybody.
    /// <https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3presenceuseridstatus>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn show_bot_online(&self) -> Result<(), MatrixError> {
        let request = set_presence::v3::Request::new(self.user_id(&Sender::Bot), PresenceState::Online);
        self.call_as(&Sender::Bot, request).await.map(drop)
    }

    /// Whether a user is online, as far as the homeserver lets the bot know. One who does not exist, or whose
    /// presence nobody may know, is not.
    /// <https://spec.matrix.org/latest/client-server-api/#get_matrixclientv3presenceuseridstatus>
    ///
    /// # Errors
    /// See [`MatrixError`].
    pub async fn presence(&self, user: &UserId) -> Result<Online, MatrixError> {
        let request = get_presence::v3::Request::new(user.to_owned());
        match self.call_as(&Sender::Bot, request).await {
            Ok(answer) => Ok(online(&answer.presence).unwrap_or(Online::Offline)),
            Err(error) if error.has_status(403) || error.has_status(404) => Ok(Online::Offline),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, ResponseTemplate};

    use super::super::testing::{client, ok};
    use super::*;

    fn told(ephemeral: &Value) -> Vec<(String, Online)> {
        let raw = serde_json::value::to_raw_value(ephemeral).unwrap();
        let all = read(&raw, &|user: &UserId| user.localpart().starts_with("switchroom"));
        all.into_iter().map(|(user, online)| (user.to_string(), online)).collect()
    }

    fn edu(sender: &str, presence: &str) -> Value {
        json!({"type": "m.presence", "sender": sender, "content": {"presence": presence, "last_active_ago": 7}})
    }

    #[test]
    fn of_each_user_the_last_that_can_be_read_counts_and_the_rest_is_passed_over() {
        let bob = "@bob:desk.test";
        assert_eq!(
            told(&json!([
                edu(bob, "online"),
                edu("@alice:desk.test", "offline"),
                edu(bob, "unavailable"),
                edu(bob, "away"),
                edu(bob, ""),
                edu("@switchroom:desk.test", "online"),
                edu("bob", "offline"),
                edu("@bob\u{0}:desk.test", "offline"),
                edu(&format!("@{}:desk.test", "b".repeat(10_000)), "online"),
                {"type": "m.typing", "sender": bob, "content": {"presence": "offline"}},
                {"type": "m.presence", "sender": bob, "content": {"presence": 7}},
                {"type": "m.presence", "sender": bob, "content": {}},
                {"type": "m.presence", "sender": bob, "content": ["offline"]},
                ["m.presence", bob, {"presence": "offline"}],
                {"type": "m.presence", "sender": bob},
                {"type": "m.presence", "sender": 7, "content": {"presence": "offline"}},
                {"type": ["m.presence"], "sender": bob, "content": {"presence": "offline"}},
                "offline", null, [],
            ])),
            [("@alice:desk.test".to_owned(), Online::Offline), (bob.to_owned(), Online::Idle)]
        );
        for none in [json!("broken"), json!({}), json!(null), json!([])] {
            assert_eq!(told(&none), [], "{none}");
        }
    }

    #[test]
    fn of_very_many_only_the_first_count() {
        let many: Vec<Value> =
            (0..5_000).map(|number| edu(&format!("@u{number}:desk.test"), "online")).collect();
        assert_eq!(told(&json!(many)).len(), MOST);
    }

    #[tokio::test]
    async fn who_nobody_may_see_is_not_online() {
        let presence = |presence: &str| ok(&json!({ "presence": presence }));
        let error = |status, errcode: &str| {
            ResponseTemplate::new(status).set_body_json(json!({"errcode": errcode, "error": ""}))
        };
        for (answer, online) in [
            (presence("online"), Some(Online::Online)),
            (presence("unavailable"), Some(Online::Idle)),
            (presence("offline"), Some(Online::Offline)),
            (presence("org.matrix.busy"), Some(Online::Offline)),
            (error(403, "M_FORBIDDEN"), Some(Online::Offline)),
            (error(404, "M_NOT_FOUND"), Some(Online::Offline)),
            (error(502, "M_UNKNOWN"), None),
        ] {
            let (server, client) = client().await;
            Mock::given(method("GET"))
                .and(path("/_matrix/client/v3/presence/@bob:desk.test/status"))
                .respond_with(answer)
                .mount(&server)
                .await;
            let bob = UserId::parse("@bob:desk.test").unwrap();
            assert_eq!(client.presence(&bob).await.ok(), online);
        }
    }
}
