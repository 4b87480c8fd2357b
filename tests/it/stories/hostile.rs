//! Whoever knocks, with whatever: a clear answer, nothing kept that should not be, and the desk goes on.

use reqwest::Method;
use serde_json::{Value, json};
use switchroom::demo::agent::seen::{Log, Seen};

use crate::harness::{OURS, World};

const JANE: &str = "+14155550100";
const EVE: &str = "+14155550199";
const TOKEN: &str = "token";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

type Form = Vec<(Vec<u8>, Vec<u8>)>;

fn form(pairs: &[(&str, &[u8])]) -> Form {
    pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec())).collect()
}

/// An inbound text of a phone, as the provider posts it.
fn inbound(sid: &str, from: &str, body: &[u8]) -> Form {
    form(&[
        ("MessageSid", sid.as_bytes()),
        ("AccountSid", ACCOUNT.as_bytes()),
        ("From", from.as_bytes()),
        ("To", OURS.as_bytes()),
        ("Body", body),
        ("NumMedia", b"0"),
    ])
}

/// Every table that a text or an event may write to, counted.
async fn rows(world: &World) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in [
        "SELECT COUNT(*) FROM contacts",
        "SELECT COUNT(*) FROM interactions",
        "SELECT COUNT(*) FROM transcript",
        "SELECT COUNT(*) FROM replies",
        "SELECT COUNT(*) FROM rooms",
        "SELECT COUNT(*) FROM receipts",
        "SELECT COUNT(*) FROM agents",
        "SELECT COUNT(*) FROM set_aside",
    ] {
        rows.push(world.number(table).await);
    }
    rows
}

/// That an answer refuses, and says why in the form all doors share.
async fn refused(answer: reqwest::Response, status: u16, errcode: &str) {
    assert_eq!(answer.status().as_u16(), status);
    let why: Value = answer.json().await.unwrap();
    assert_eq!(why["errcode"], errcode, "{why}");
    assert!(why["error"].as_str().is_some_and(|words| !words.is_empty()), "{why}");
}

/// Sends so much that the program answers before it has read all of it: the sender hears that, or finds the
/// line cut.
async fn flooded(method: Method, url: &str, token: &str, bytes: usize) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.request(method, url).bearer_auth(token).body(vec![b' '; bytes]);
    if let Ok(answer) = request.send().await {
        assert!(answer.status().is_client_error(), "{url} answered {}", answer.status());
    }
}

#[tokio::test]
async fn what_is_forged_or_absurd_is_refused_and_leaves_nothing_behind() {
    let world = World::new().await;
    let before = rows(&world).await;

    // Nobody but the provider writes as a phone.
    for token in ["", "Token", "another token"] {
        refused(world.webhook("inbound", token, &inbound("SM1", EVE, b"hello")).await, 403, "M_FORBIDDEN")
            .await;
        let status = form(&[
            ("MessageSid", b"SM1"),
            ("MessageStatus", b"delivered"),
            ("AccountSid", ACCOUNT.as_bytes()),
        ]);
        refused(world.webhook("status", token, &status).await, 403, "M_FORBIDDEN").await;
    }
    let mut foreign = inbound("SM1", EVE, b"hello");
    foreign[1].1 = b"ACffffffffffffffffffffffffffffffff".to_vec();
    refused(world.webhook("inbound", TOKEN, &foreign).await, 403, "M_FORBIDDEN").await;

    // A report of the provider itself that is about nothing of ours.
    let status =
        form(&[("MessageSid", b"SM1"), ("MessageStatus", b"delivered"), ("AccountSid", ACCOUNT.as_bytes())]);
    refused(world.webhook("status", TOKEN, &status).await, 400, "M_MISSING_PARAM").await;

    // Nobody but the homeserver tells what happened in rooms.
    let console = world.console("alice").await;
    let event = json!({
        "type": "m.room.message", "event_id": "$forged", "room_id": console, "sender": "@alice:desk.test",
        "origin_server_ts": 1, "content": {"msgtype": "m.text", "body": "!ready"},
    });
    let events = json!({"events": [event]}).to_string();
    for token in ["wrong", "hs_token", &world.hs_token()[1..]] {
        refused(world.transaction(token, events.clone()).await, 403, "M_FORBIDDEN").await;
    }
    refused(world.transaction("", events.clone()).await, 401, "M_FORBIDDEN").await;
    let token = world.hs_token();
    for (body, errcode) in [
        (b"".to_vec(), "M_NOT_JSON"),
        (b"\xff\xfe{\"events\":[]}".to_vec(), "M_NOT_JSON"),
        (b"{\"events\":[\xc3\x28]}".to_vec(), "M_NOT_JSON"),
        (b"{\"events\":\"none\"}".to_vec(), "M_BAD_JSON"),
        (b"[]".to_vec(), "M_BAD_JSON"),
        ("[".repeat(1_000_000).into_bytes(), "M_NOT_JSON"),
    ] {
        refused(world.transaction(&token, body).await, 400, errcode).await;
    }

    // Too much of anything.
    let long = inbound("SM1", EVE, &vec![b'a'; 100_000]);
    refused(world.webhook("inbound", TOKEN, &long).await, 413, "M_TOO_LARGE").await;
    refused(world.transaction(&token, vec![b' '; 10_000_000]).await, 400, "M_NOT_JSON").await;
    let webhook = format!("{}/sms/twilio/inbound", world.url);
    let transaction = format!("{}/_matrix/app/v1/transactions/1", world.url);
    flooded(Method::POST, &webhook, "", 10_000_000).await;
    flooded(Method::PUT, &transaction, "wrong", 10_000_000).await;
    flooded(Method::PUT, &transaction, &token, 20_000_000).await;
    flooded(Method::POST, &format!("{}/nowhere", world.url), "", 10_000_000).await;

    assert_eq!(rows(&world).await, before, "nothing of it was kept");
    let room = world.conversation("alice", JANE, "Hello").await;
    world.agent("alice").send_text(&room, "Hello Jane").await.unwrap();
    world.phone_gets(JANE, &["Hello Jane"]).await;
    world.finish().await;
}

#[tokio::test]
async fn events_of_strangers_and_broken_events_hold_up_nothing_and_are_not_kept() {
    let world = World::new().await;
    let console = world.console("alice").await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let before = rows(&world).await;
    let event = |id: &str, room: &str, sender: &str, kind: &str, content: Value| {
        json!({
            "type": kind, "event_id": id, "room_id": room, "sender": sender, "origin_server_ts": 1_700_000_000_000_i64,
            "content": content,
        })
    };
    let text = |body: &str| json!({"msgtype": "m.text", "body": body});
    let mut member =
        event("$m", "!elsewhere", "@eve:evil.test", "m.room.member", json!({"membership": "join"}));
    member["state_key"] = json!("@eve:evil.test");
    let mut nested = "[".repeat(500);
    nested.push_str(&"]".repeat(500));
    let nested: Value = json!(nested);
    let events = vec![
        event("$1", "!elsewhere", "@eve:evil.test", "m.room.message", text("!ready")),
        member,
        json!(null),
        json!(3),
        json!({}),
        json!({"type": 7, "event_id": [], "room_id": {}}),
        event("no id", "no room", "nobody", "m.room.message", text("x")),
        event(
            &format!("${}", "x".repeat(10_000)),
            room.as_str(),
            "@alice:desk.test",
            "m.room.message",
            text("too long an id"),
        ),
        event("$2", room.as_str(), "@alice\u{0}:desk.test", "m.room.message", text("nul")),
        event("$3", room.as_str(), "@alice:desk.test", "m.reaction", json!({"m.relates_to": nested})),
        event("$4", room.as_str(), "@alice:desk.test", "m.room.redaction", json!({"redacts": 5})),
        event("$5", console.as_str(), "@alice:desk.test", "m.reaction", json!("✅")),
    ];
    let body = json!({"events": events, "ephemeral": "broken"}).to_string();
    let answer = world.transaction(&world.hs_token(), body).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(rows(&world).await, before);
    let agent = world.agent("alice");
    agent.send_text(&room, "Hello Jane").await.unwrap();
    world.phone_gets(JANE, &["Hello Jane"]).await;
    world.finish().await;
}

#[tokio::test]
async fn a_phone_may_write_anything() {
    let world = World::new().await;
    let room = world.conversation("alice", JANE, "Hello").await;
    let alice = world.agent("alice");
    let hostile: [(&[u8], &str); 7] = [
        (b"nul\0 inside", "nul inside"),
        (b"bad \xff\xfe bytes \xc3\x28", "bad \u{fffd}\u{fffd} bytes \u{fffd}("),
        (
            b"<script>alert(1)</script><img src=x onerror=alert(1)>",
            "<script>alert(1)</script><img src=x onerror=alert(1)>",
        ),
        ("evil\u{202e}txt.exe\u{2066}\u{200b}".as_bytes(), "eviltxt.exe"),
        (b"'; DROP TABLE contacts; --", "'; DROP TABLE contacts; --"),
        (b"{{ contact.name }} {% include 'x' %}", "{{ contact.name }} {% include 'x' %}"),
        ("@room @alice:desk.test !done".as_bytes(), "@room @alice:desk.test !done"),
    ];
    for (n, (body, shown)) in hostile.iter().enumerate() {
        let sid = format!("SM{n:032}");
        let position = alice.position();
        for _ in 0..2 {
            assert_eq!(world.webhook("inbound", TOKEN, &inbound(&sid, JANE, body)).await.status(), 200);
        }
        let fits = |seen: &Seen| {
            seen.room_id == room && seen.is_message() && seen.code().is_empty() && seen.body() == *shown
        };
        let posted = alice.wait_for_after(position, shown, fits).await.unwrap();
        assert!(posted.formatted_body().is_none() && posted.content["m.mentions"].get("room").is_none());
    }
    // Nothing is not posted as nothing.
    for (n, nothing) in [&b""[..], b" \n ", "\u{200b}".as_bytes()].into_iter().enumerate() {
        let position = alice.position();
        let sid = format!("SMempty{n}");
        assert_eq!(world.webhook("inbound", TOKEN, &inbound(&sid, JANE, nothing)).await.status(), 200);
        let fits = |seen: &Seen| seen.room_id == room && seen.code() == "empty_text";
        alice.wait_for_after(position, "that it was empty", fits).await.unwrap();
    }
    // The longest that fits the door arrives, in as many events as it takes.
    let long = (0..11_000).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    let position = alice.position();
    assert_eq!(
        world.webhook("inbound", TOKEN, &inbound("SMlong", JANE, long.as_bytes())).await.status(),
        200
    );
    let whole = |log: &Log| {
        let ghost = log.events().iter().skip(position).filter(|seen| seen.sender.as_str().contains("sms_"));
        let said: String = ghost.map(Seen::body).collect();
        (said == long).then_some(())
    };
    alice.until("the whole long text", whole).await.unwrap();
    alice.send_text(&room, "Still here").await.unwrap();
    world.phone_gets(JANE, &["Still here"]).await;
    world.state("alice", &room, "active").await;
    world.finish().await;
}
