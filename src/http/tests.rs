//! The doors over a real desk and a real database: who is let in, and what is kept.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode};
use ruma::owned_room_id;
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::clock::Clock;
use crate::domain::agent::Agent;
use crate::domain::interaction::Mode;
use crate::reach::{Kept, Watch};
use crate::sms::twilio::{TWILIO, TwilioWebhooks};
use crate::sms::webhook::Webhooks;
use crate::store::{self, Store};
use crate::testing::{self, TestDesk};

mod api;
mod calls;
mod homeserver;
mod house;
mod media;
mod ops;
mod other_providers;
mod provider;

const OURS: &str = "+15005550006";
const JANE: &str = "+14155550100";
const ACCOUNT: &str = "AC00000000000000000000000000000000";
const PUBLIC: &str = "https://desk.test/behind/a/proxy/";
/// Alice's console.
const CONSOLE: &str = "!console:desk.test";
/// Every table that holds what came in.
const TABLES: [&str; 16] = [
    "agents",
    "queues",
    "numbers",
    "contacts",
    "contact_numbers",
    "consent",
    "consent_changes",
    "interactions",
    "rooms",
    "transcript",
    "posted",
    "replies",
    "receipts",
    "timers",
    "outbox",
    "set_aside",
];

struct World {
    router: Router,
    store: Store,
    health: Health,
    clock: Clock,
    homeserver: Watch,
    provider: Watch,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn errcode(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        assert!(body["error"].as_str().is_some_and(|error| error.len() > 10), "it says why: {}", self.body);
        body["errcode"].as_str().unwrap_or_default().to_owned()
    }
}

/// A desk with one number, one queue and one agent, Alice, who has a console, and an account at Twilio.
async fn world() -> World {
    world_with(Arc::new(TwilioWebhooks {
        doors: testing::doors(PUBLIC),
        account_sid: ACCOUNT.to_owned(),
        signing_keys: vec![SecretString::from("new token"), SecretString::from("old token")],
        dialect: &TWILIO,
    }))
    .await
}

/// The same, with an account elsewhere.
async fn world_with(webhooks: Arc<dyn Webhooks>) -> World {
    let alice = Agent { queues: vec![testing::queue()], ..testing::agent("alice") };
    let mut setup = testing::setup(vec![alice], &[OURS]);
    setup.numbers[0].1.mms_mode = Mode::Page;
    let TestDesk { desk, store, clock, folder, .. } = TestDesk::open(setup).await;
    testing::console(&store, "alice", &owned_room_id!("!console:desk.test")).await;
    let (health, homeserver, provider) = (Health::default(), Watch::default(), Watch::default());
    let router = router(Edge {
        kept: Kept::default(),
        desk,
        clock: clock.clone(),
        store: store.clone(),
        hs_token: SecretString::from("hs"),
        is_ours: Arc::new(|user| {
            assert_ne!(user.localpart(), "panic");
            user.localpart() == "switchroom" || user.localpart().starts_with("sms_")
        }),
        homeserver: homeserver.clone(),
        provider: provider.clone(),
        webhooks,
        link_key: testing::link_key(),
        built_in: Some(Router::new().route("/phone", axum::routing::get(async || "phones"))),
        health: health.clone(),
        metrics: observe::builder().unwrap().build_recorder().handle(),
    });
    World { router, store, health, clock, homeserver, provider, _folder: folder }
}

impl World {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], Body::empty()).await
    }

    /// How many rows each table has.
    async fn rows(&self) -> Vec<(&'static str, i64)> {
        let mut rows = Vec::new();
        for table in TABLES {
            rows.push((table, self.count(table).await));
        }
        rows
    }

    /// Whether something with this receipt was applied.
    async fn is_claimed(&self, receipt: &str) -> bool {
        store::upkeep::is_claimed(&mut self.store.connection().await.unwrap(), receipt).await.unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        let mut conn = self.store.connection().await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        sqlx::query_scalar(sql).fetch_one(&mut *conn).await.unwrap()
    }
}
