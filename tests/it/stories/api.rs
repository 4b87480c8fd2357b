//! Programs text customers first: one text for a key, whatever happens, and what became of it for whoever had
//! it sent.

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use switchroom::demo::agent::seen::Seen;
use switchroom::sms::simulator::AnswerFault;

use super::sms::awake;
use super::{join_offered, offer_after, rows, type_in};
use crate::harness::{Database, OURS, World, WorldOptions, eventually};

mod checked;
mod hostile;

const JANE: &str = "+14155550100";
const ADMIN: &str = "roles: [agent, admin]";
/// The settings of the queue, and a second queue behind it.
const TWO_QUEUES: &str = "undo_secs: 0}, {name: billing, undo_secs: 0, courtesy_secs: 0";

/// What a program gets of the desk, with a token.
struct Program {
    http: Client,
    url: String,
    token: String,
}

/// An answer, read.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    kind: String,
    body: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let status = response.status();
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let kind = header("content-type");
        if status == StatusCode::UNAUTHORIZED {
            assert_eq!(header("www-authenticate"), "Bearer");
        }
        if matches!(status.as_u16(), 429 | 503) {
            assert!(header("retry-after").parse::<u64>().unwrap() >= 1);
        }
        let body = response.text().await.unwrap();
        let body = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        let answer = Self { status: status.as_u16(), kind, body };
        if answer.status >= 400 {
            assert_eq!(answer.kind, "application/problem+json", "{answer:?}");
            assert_eq!(answer.body["status"], answer.status);
            let code = answer.code();
            assert_eq!(answer.body["type"], format!("urn:switchroom:problem:{code}"));
        }
        answer
    }

    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_else(|| panic!("no code: {self:?}"))
    }

    fn interaction(&self) -> &str {
        assert_eq!(self.status, 202, "{self:?}");
        self.body["interaction"].as_str().unwrap()
    }
}

impl Program {
    fn of(world: &World, token: &str) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        Self { http, url: world.url.clone(), token: token.to_owned() }
    }

    async fn try_send(&self, key: &str, body: &Value) -> reqwest::Result<Response> {
        let request = self.http.post(format!("{}/api/v1/messages", self.url)).bearer_auth(&self.token);
        request.header("Idempotency-Key", key).json(body).send().await
    }

    async fn send(&self, key: &str, body: &Value) -> Answer {
        Answer::of(self.try_send(key, body).await.unwrap()).await
    }

    async fn look(&self, id: &str) -> Answer {
        let request = self.http.get(format!("{}/api/v1/interactions/{id}", self.url));
        Answer::of(request.bearer_auth(&self.token).send().await.unwrap()).await
    }

    /// Asks until the delivery of a text has this state.
    async fn delivery(&self, id: &str, state: &str) -> Value {
        eventually(&format!("{id} to be {state}"), || async {
            let found = self.look(id).await;
            (found.body["delivery"]["state"] == state).then_some(found.body)
        })
        .await
    }
}

/// The token that an admin is shown who makes one.
async fn token(world: &World, words: &str) -> Program {
    let shown: Seen = world.command("alice", &format!("!token add {words}"), "token").await;
    Program::of(world, shown.notice().unwrap()["token"].as_str().unwrap())
}

fn with_admin(database: Database) -> WorldOptions {
    WorldOptions { database, agent: ADMIN, ..awake() }
}

async fn a_text_and_its_answer(database: Database) {
    let world = World::with(WorldOptions {
        agents: &["alice", "bob"],
        more_numbers: &[("+15005550007", "queue: billing")],
        desk: "responses: [{shortcut: ready, text: \"{{ agent.first_name }}: order {{ order }} for {{ case.size }} is here.\", ask: [order]}]",
        agent: "",
        each: &[("alice", ADMIN), ("bob", "queues: [support, billing]")],
        queue: TWO_QUEUES,
        ..with_admin(database)
    })
    .await;
    world.command("bob", "!ready", "status").await;
    world.command("alice", "!ready", "status").await;
    let shop = token(&world, "web-shop queue:support rate:100").await;

    let body =
        json!({"to": "(415) 555-0100", "from": OURS, "text": "Your order is here.", "case": {"order": 4711}});
    let first = shop.send("one", &body).await;
    let id = first.interaction().to_owned();
    let delivered = shop.delivery(&id, "delivered").await;
    assert_eq!(
        (&delivered["state"], &delivered["queue"], &delivered["from"]),
        (&json!("done"), &json!("support"), &json!(OURS))
    );
    world.phone_gets(JANE, &["Your order is here."]).await;
    assert_eq!(shop.send("one", &body).await, first, "the same key has the same answer");
    let other = json!({"to": JANE, "text": "Something else."});
    assert_eq!(
        (shop.send("one", &other).await.status, shop.send("one", &other).await.code()),
        (422, "idempotency_key_reused")
    );

    // A response, in the name of the agent who is asked first about an answer.
    let body = json!({"to": JANE, "response": "#ready", "variables": {"order": "4711"}, "agent": "alice", "case": {"size": "two"}});
    let second = shop.send("two", &body).await;
    shop.delivery(second.interaction(), "delivered").await;
    world.phone_gets(JANE, &["Your order is here.", "alice: order 4711 for two is here."]).await;
    world.drained().await;
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE room_id IS NOT NULL").await, 0);

    let (alice, position) = (world.agent("alice"), world.agent("alice").position());
    world.text(JANE, "Thanks!").await;
    offer_after(&world, "alice", position, JANE).await;
    let room = join_offered(&world, "alice", JANE).await;
    let earlier = alice.wait_for_notice(&room, "earlier").await.unwrap();
    assert!(earlier.body().contains("web-shop: alice: order 4711 for two is here."), "{}", earlier.body());
    let found = type_in(&world, "alice", &room, "!history 4711", "history").await;
    let said = &found.notice().unwrap()["items"][0]["found"];
    assert_eq!(said["by"], "web-shop", "{said}");
    let lines = type_in(&world, "alice", &room, &format!("!history {id}"), "transcript").await;
    for words in ["web-shop texted first", "web-shop: Your order is here."] {
        assert!(lines.body().contains(words), "{words} is not in {}", lines.body());
    }
    // Meanwhile nothing more is begun with her.
    let third = shop.send("three", &json!({"to": JANE, "text": "And?"})).await;
    assert_eq!((third.status, third.code()), (409, "session_open"));
    assert_eq!(shop.send("three", &json!({"to": JANE, "text": "And?"})).await, third);
    super::done(&world, "alice", &room).await;
    let again = shop.send("four", &json!({"to": JANE, "text": "And now?"})).await;
    shop.delivery(again.interaction(), "delivered").await;
    world.finish().await;
}

#[tokio::test]
async fn a_program_texts_first_and_an_agent_gets_the_answer_on_sqlite() {
    a_text_and_its_answer(Database::Sqlite).await;
}

#[tokio::test]
async fn a_program_texts_first_and_an_agent_gets_the_answer_on_postgres() {
    a_text_and_its_answer(Database::Postgres).await;
}

async fn of_one_key_at_once(database: Database) {
    let world = World::with(with_admin(database)).await;
    let shop = token(&world, "shop rate:100").await;
    let body = json!({"to": JANE, "text": "Once."});
    let answers = futures_util::future::join_all((0..200).map(|_| shop.send("same", &body))).await;
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    shop.delivery(answers[0].interaction(), "delivered").await;
    world.drained().await;
    assert_eq!(world.taken_for(JANE), ["Once."]);
    // Texts of their own keys get into each other's way, and all go.
    let texts: Vec<Value> = (0..20).map(|n| json!({"to": format!("+1415555{n:04}"), "text": "hi"})).collect();
    let keys: Vec<String> = (0..texts.len()).map(|n| format!("k{n}")).collect();
    let sent = keys.iter().zip(&texts).map(|(key, body)| shop.send(key, body));
    for answer in futures_util::future::join_all(sent).await {
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    world.finish().await;
}

#[tokio::test]
async fn of_two_hundred_posts_of_one_key_one_text_goes_on_sqlite() {
    of_one_key_at_once(Database::Sqlite).await;
}

#[tokio::test]
async fn of_two_hundred_posts_of_one_key_one_text_goes_on_postgres() {
    of_one_key_at_once(Database::Postgres).await;
}

async fn killed_between_commit_and_answer(database: Database) {
    let mut world = World::with(with_admin(database)).await;
    let shop = token(&world, "shop").await;
    world.drained().await;
    let body = json!({"to": JANE, "text": "Whatever happens."});
    for (n, point) in ["before_program_commit", "after_program_commit"].into_iter().enumerate() {
        world.start_again(&format!("{point}=return")).await;
        world.bridge.listening_or_ended().await;
        let key = format!("key-{n}");
        assert!(shop.try_send(&key, &body).await.is_err(), "{point}: it was killed before it answered");
        world.start_again("").await;
        let answer = shop.send(&key, &body).await;
        assert_eq!(shop.send(&key, &body).await, answer);
        shop.delivery(answer.interaction(), "delivered").await;
        assert_eq!(world.taken_for(JANE).len(), n + 1, "{point}");
    }
    world.finish().await;
}

#[tokio::test]
async fn killed_before_the_answer_the_text_goes_once_on_sqlite() {
    killed_between_commit_and_answer(Database::Sqlite).await;
}

#[tokio::test]
async fn killed_before_the_answer_the_text_goes_once_on_postgres() {
    killed_between_commit_and_answer(Database::Postgres).await;
}

#[tokio::test]
async fn what_the_provider_makes_of_a_text_is_told() {
    let world = World::with(with_admin(Database::Sqlite)).await;
    let shop = token(&world, "shop").await;
    world.provider.faults().answer_next(AnswerFault::FailedAtOnce(30006), 1);
    let failed = shop.send("failed", &json!({"to": JANE, "text": "one"})).await;
    let told = shop.delivery(failed.interaction(), "failed").await;
    assert_eq!(told["delivery"]["code"], "30006");
    assert!(told["delivery"]["why"].as_str().unwrap().len() > 10, "{told}");
    // The provider is away: it goes when it is back, once.
    world.provider.faults().answer_next(AnswerFault::SilenceAfterAccepting, 1);
    let silent = shop.send("silent", &json!({"to": JANE, "text": "two"})).await;
    shop.delivery(silent.interaction(), "delivered").await;
    assert_eq!(world.taken_for(JANE).iter().filter(|text| *text == "two").count(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_token_is_shown_once_and_lets_only_what_it_says_be_done() {
    let mut world = World::with(WorldOptions {
        more_numbers: &[("+15005550007", "queue: billing")],
        queue: TWO_QUEUES,
        ..with_admin(Database::Sqlite)
    })
    .await;
    let shop = token(&world, "shop queue:billing rate:2").await;
    let other = token(&world, "other scope:send").await;
    let body = |from: &str| json!({"to": JANE, "from": from, "text": "hi"});
    world.drained().await;
    for file in ["desk.db", "desk.db-wal"] {
        let bytes = std::fs::read(world.folder().join(file)).unwrap();
        let secret = &shop.token.as_bytes()[15..];
        assert!(!bytes.windows(secret.len()).any(|bytes| bytes == secret), "the token stands in {file}");
    }

    let refused = shop.send("a", &body(OURS)).await;
    assert_eq!((refused.status, refused.code()), (403, "queue_not_allowed"));
    let sent = shop.send("b", &body("+15005550007")).await;
    let id = sent.interaction().to_owned();
    let many = shop.send("c", &body("+15005550007")).await;
    assert_eq!((many.status, many.code()), (429, "rate_exceeded"));
    assert_eq!(shop.send("b", &body("+15005550007")).await, sent, "an answer that there is costs nothing");
    // Another token has other keys, sees nothing of it, and may not look at all.
    assert_eq!(other.look(&id).await.code(), "scope_missing");
    world.command("alice", "!token set other scope send,read", "changed").await;
    assert_eq!((other.look(&id).await.status, other.look(&id).await.code()), (404, "interaction_not_found"));
    shop.delivery(&id, "delivered").await;

    let list = world.command("alice", "!token", "list").await;
    assert_eq!(rows(&list).len(), 2, "{}", list.body());
    assert!(!list.body().contains(&shop.token[15..]));
    world.command("alice", "!token remove shop", "changed").await;
    for answer in [shop.send("b", &body("+15005550007")).await, shop.look(&id).await] {
        assert_eq!((answer.status, answer.code()), (401, "unauthorized"));
    }
    world.start_again("").await;
    assert_eq!(shop.look(&id).await.status, 401);
    world.finish().await;
}

#[tokio::test]
async fn who_does_not_want_it_or_sleeps_is_not_texted() {
    let quiet = "quiet_hours: {from: \"00:00\", to: \"24:00\"}\n  outbound_consent: required";
    let world = World::with(WorldOptions { sms: quiet, ..with_admin(Database::Sqlite) }).await;
    let shop = token(&world, "shop rate:6000").await;
    let text = |to: &str| json!({"to": to, "text": "hi"});
    let none = shop.send("a", &text(JANE)).await;
    assert_eq!((none.status, none.code()), (409, "no_consent"));
    world.text(JANE, "START").await;
    eventually("her consent", || async {
        (world.number("SELECT COUNT(*) FROM consent").await > 0).then_some(())
    })
    .await;
    let asleep = shop.send("b", &text(JANE)).await;
    assert!(matches!(asleep.code(), "quiet_hours" | "session_open"), "{asleep:?}");
    assert!(asleep.body["warnings"].as_array().unwrap().contains(&json!("quiet_hours")), "{asleep:?}");
    assert_eq!(shop.send("a", &text(JANE)).await, none, "the first answer of a key stays");
    world.text(JANE, "STOP").await;
    eventually("her wish", || async {
        (shop.send(&format!("k{}", switchroom::clock::random_hex()), &text(JANE)).await.code() == "opted_out")
            .then_some(())
    })
    .await;
    for (to, code) in [
        (OURS, "own_number"),
        ("sms:74454", "short_code"),
        ("ACME", "invalid_number"),
        ("1", "invalid_number"),
    ] {
        let refused = shop.send(to, &text(to)).await;
        assert_eq!((refused.status, refused.code()), (422, code), "{to}");
    }
    assert_eq!(world.taken_for(JANE), Vec::<String>::new());
    world.finish().await;
}
