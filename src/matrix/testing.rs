//! A homeserver for the tests of the client: a real port whose answers each test sets.

use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use super::client::MatrixClient;

/// A homeserver without answers and a client of it.
pub(super) async fn client() -> (MockServer, MatrixClient) {
    let server = MockServer::start().await;
    let client = client_at(&server.uri());
    (server, client)
}

/// A client of the homeserver at this address, which has made its bot.
pub(super) fn client_at(url: &str) -> MatrixClient {
    new_client_at(url).whose_bot_exists()
}

/// A client of the homeserver at this address that has done nothing yet.
pub(super) fn new_client_at(url: &str) -> MatrixClient {
    let domain = "desk.test".try_into().unwrap();
    MatrixClient::new(&url.parse().unwrap(), domain, "secret-token".into(), "switchroom", "sms_").unwrap()
}

/// An answer of success.
pub(super) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// An answer of failure.
pub(super) fn error(status: u16, errcode: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({"errcode": errcode, "error": "in the homeserver's words"}))
}
