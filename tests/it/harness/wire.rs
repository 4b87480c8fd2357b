//! The doors of the running program, knocked at by whoever: true and forged webhooks and transactions.

use reqwest::{Client, Response};
use ruma::RoomId;
use secrecy::SecretString;
use serde_json::{Value, json};
use switchroom::clock;
use switchroom::sms::twilio::signature;

use super::World;

const BOT: &str = "@switchroom:desk.test";

impl World {
    /// Posts a form to a door of the provider, signed with a token.
    pub(crate) async fn webhook(&self, door: &str, token: &str, params: &[(Vec<u8>, Vec<u8>)]) -> Response {
        let url = format!("{}/sms/twilio/{door}", self.url);
        let signed = signature::sign(&SecretString::from(token), &url, params);
        let pairs = params.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        client()
            .post(&url)
            .header(signature::HEADER, signed)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// Hands over a transaction as the homeserver does, with this token.
    pub(crate) async fn transaction(&self, token: &str, body: impl Into<reqwest::Body>) -> Response {
        let url = format!("{}/_matrix/app/v1/transactions/{}", self.url, clock::random_hex());
        client().put(url).bearer_auth(token).body(body).send().await.unwrap()
    }

    /// The token by which the homeserver proves itself.
    pub(crate) fn hs_token(&self) -> String {
        self.secret("hs_token")
    }

    /// How many rooms the bot is in, besides the agents' spaces, which are made in their own time.
    pub(crate) async fn rooms_of_the_bot(&self) -> usize {
        let joined = self.shown_to_bot("joined_rooms").await;
        let mut count = 0;
        for room in joined["joined_rooms"].as_array().unwrap() {
            let made = format!("rooms/{}/state/m.room.create", room.as_str().unwrap());
            let (status, made) = self.asked_by_bot(&made).await;
            // It may have left the room since.
            count += usize::from(status != 403 && made["type"] != "m.space");
        }
        count
    }

    /// One of the secrets that the bridge shares with the homeserver.
    fn secret(&self, name: &str) -> String {
        let registration = std::fs::read_to_string(self.folder().join("registration.yaml")).unwrap();
        let line = registration.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_matches(['"', '\'']).to_owned()
    }

    /// What the homeserver shows the bot at a path below `/_matrix/client/v3/`.
    pub(crate) async fn shown_to_bot(&self, path: &str) -> Value {
        let (status, shown) = self.asked_by_bot(path).await;
        assert_eq!(status, 200, "{path}");
        shown
    }

    /// What the homeserver answers the bot at such a path.
    async fn asked_by_bot(&self, path: &str) -> (u16, Value) {
        let sign = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}/_matrix/client/v3/{path}{sign}user_id={BOT}", self.synapse.url());
        let answer = client().get(url).bearer_auth(self.secret("as_token")).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Makes the bot an admin of the homeserver.
    pub(crate) async fn make_the_bot_an_admin(&self) {
        self.synapse.register_user("root", "secret", true).await.unwrap();
        let here = self.synapse.url();
        let login = json!({
            "type": "m.login.password", "password": "secret",
            "identifier": {"type": "m.id.user", "user": "root"},
        });
        let answer =
            client().post(format!("{here}/_matrix/client/v3/login")).json(&login).send().await.unwrap();
        let root: Value = answer.json().await.unwrap();
        let answer = client()
            .put(format!("{here}/_synapse/admin/v1/users/{BOT}/admin"))
            .bearer_auth(root["access_token"].as_str().unwrap())
            .json(&json!({"admin": true}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Lets the program believe that a user sent an event, and waits until it has been applied.
    pub(crate) async fn pretend(&self, room: &RoomId, sender: &str, kind: &str, content: Value) {
        let event = json!({
            "type": kind, "event_id": format!("${}", clock::random_hex()), "room_id": room, "sender": sender,
            "origin_server_ts": clock::Clock::default().now(), "content": content,
        });
        let answer = self.transaction(&self.hs_token(), json!({ "events": [event] }).to_string()).await;
        assert_eq!(answer.status(), 200);
    }
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| ["%".to_owned(), format!("{byte:02X}")]).collect()
}
