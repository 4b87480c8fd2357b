//! One way of reading a command line: each command, with each of its arguments in quotes.

use std::collections::BTreeSet;

use serde_json::Value;
use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::effect::{Amend, Effect, Notify, Place};
use switchroom::domain::ids::InteractionId;
use switchroom::domain::interaction::{Disposition, Interaction, Phase};
use switchroom::domain::response::Response;
use switchroom::domain::route::Route;
use switchroom::domain::talk::{self, Predefined, Talk};
use switchroom::store::{agents, interactions, lists, rooms, talks};

use super::stage::{Stage, able, room_of};
use super::talks::talk;
use super::{Database, active, done, offer, queue};

/// The quotes people's keyboards set.
const STYLES: [(&str, &str); 8] =
    [("\"", "\""), ("“", "”"), ("„", "“"), ("„", "”"), ("«", "»"), ("‘", "’"), ("‚", "‘"), ("'", "'")];

/// All commands, one a line.
const COMMANDS: &str = include_str!(
    "../../../src/commands/snapshots/switchroom__commands__tests__each_command_is_for_these_roles_and_permissions_and_no_others.snap"
);

/// Those that take nothing.
const ALONE: [&str; 9] = ["agents", "cancel", "consent", "hold", "no", "resend", "resume", "save", "yes"];

/// Lines whose marked words mean the same with quotes as without; whatever is not marked is prose, or a verb.
const SAME: [&str; 68] = [
    "spell lang ⟨en-GB⟩",
    "ready ⟨im⟩",
    "notready ⟨lunch⟩",
    "bye ⟨requeue⟩",
    "hand she shouts",
    "requeue ⟨i-1000⟩",
    "close ⟨i-1000⟩ ⟨sale⟩",
    "state ⟨bob⟩ ⟨notready⟩ ⟨lunch⟩",
    "reason ⟨add⟩ ⟨lunch⟩ ⟨Lunch⟩",
    "status ⟨all⟩",
    "mine ⟨i-1000⟩",
    "messages ⟨clear⟩",
    "help ⟨done⟩",
    "accept ⟨i-2000⟩",
    "reject ⟨i-2000⟩ busy",
    "done ⟨sale⟩ as agreed",
    "case ⟨set⟩ ⟨order⟩ ⟨4711⟩",
    "case ⟨unset⟩ ⟨city⟩",
    "contact ⟨set⟩ ⟨name⟩ ⟨Jane⟩",
    "history ⟨i-1000⟩ ⟨1⟩",
    "history ⟨nothing⟩ ⟨like⟩ ⟨that⟩",
    "contacts ⟨Zoë⟩",
    "sms ⟨+14155550177⟩ hello",
    "later 2h see you then",
    "call ⟨+14155550177⟩",
    "callback 2h as they asked",
    "email ⟨jane@doe.test⟩",
    "tag ⟨vip⟩",
    "untag ⟨vip⟩",
    "priority ⟨5⟩",
    "block ⟨2h⟩ as they asked",
    "unblock ⟨c-none⟩",
    "erase ⟨Zoë⟩",
    "erase ⟨c-none⟩ ⟨c-none⟩",
    "snooze ⟨2h⟩",
    "reply ⟨hello?⟩",
    "responses ⟨nothing⟩ ⟨like⟩ ⟨that⟩",
    "answer ⟨4711⟩",
    "disposition ⟨sale⟩",
    "disposition ⟨add⟩ ⟨lost⟩ ⟨Lost⟩",
    "reopen ⟨i-3000⟩",
    "transfer ⟨bob⟩ he knows",
    "transfer ⟨queue:support⟩ they know",
    "consult ⟨bob⟩ what now",
    "im ⟨bob⟩ are you there",
    "end ⟨i-4000⟩",
    "ims ⟨i-4000⟩",
    "team ⟨bob⟩",
    "voice ⟨bob⟩",
    "assign ⟨i-1000⟩ ⟨bob⟩",
    "queue ⟨support⟩",
    "queue ⟨set⟩ ⟨support⟩ ⟨offer_secs⟩ ⟨30⟩",
    "monitor ⟨i-5000⟩",
    "barge ⟨i-5000⟩",
    "leave ⟨i-5000⟩",
    "whisper ⟨i-5000⟩ go on",
    "report ⟨yesterday⟩",
    "number ⟨show⟩ ⟨+15005550006⟩",
    "route ⟨show⟩ ⟨main⟩",
    "response ⟨add⟩ ⟨bye⟩ ⟨Goodbye⟩",
    "predefined ⟨set⟩ ⟨busy⟩ ⟨text⟩ ⟨Later⟩",
    "setting ⟨set⟩ ⟨locale⟩ ⟨de⟩",
    "agent ⟨show⟩ ⟨bob⟩",
    "agent ⟨set⟩ ⟨bob⟩ ⟨skills⟩ ⟨french⟩",
    "audit ⟨agent⟩ ⟨bob⟩",
    "token ⟨set⟩ ⟨shop⟩ ⟨rate⟩ ⟨30⟩",
    "retry ⟨s-none⟩",
    "⟨mine⟩",
];

/// Lines whose marked words hold blanks or quotes, and what is said of it, or kept.
const WHOLE: [(&str, &str); 16] = [
    ("case set order ⟨47 11⟩", "order=47 11"),
    ("case set order 47 11", "order=47 11"),
    ("case set ⟨order no⟩ 47 11", "order no=47 11"),
    ("case set said ⟨no⟩ and ⟨yes⟩", "said=⟨no⟩ and ⟨yes⟩"),
    ("case set size 5\" and don't", "size=5\" and don't"),
    ("case unset ⟨home town⟩", "city=Köln"),
    ("contact set name ⟨Jane Doe⟩", "Jane Doe"),
    ("disposition add lost ⟨Lost it⟩", "label Lost it"),
    ("transfer ⟨Bob Roe⟩ he knows", "he knows"),
    ("assign i-1000 ⟨Bob Roe⟩", "Bob Roe"),
    ("agent set ⟨Bob Roe⟩ skills ⟨latin⟩, french", "skills french, latin"),
    ("queue set support case ⟨order no⟩=⟨47, 11⟩, tier=gold", "\"order no\"=\"47, 11\", tier=gold"),
    ("notready ⟨back at two⟩", "back at two"),
    ("response add bye ⟨Good bye⟩", "text Good bye"),
    ("setting set locale ⟨de⟩", "de"),
    ("number show ⟨+1 500 555 0006⟩", "number +15005550006"),
];

/// Lines that end in prose, which keeps its quotes.
const PROSE: [(&str, &str); 11] = [
    ("note ⟨as I said⟩", "⟨as I said⟩"),
    ("note it's the customer's ⟨order⟩", "it's the customer's ⟨order⟩"),
    ("count ⟨ab⟩", ""),
    ("transfer bob ⟨urgent⟩ he says", "⟨urgent⟩ he says"),
    ("consult bob ⟨why?⟩", "⟨why?⟩"),
    ("im bob ⟨hello⟩ there", "⟨hello⟩ there"),
    ("whisper i-5000 ⟨psst⟩", "⟨psst⟩"),
    ("reject i-2000 ⟨no time⟩", "⟨no time⟩"),
    ("done sale ⟨as agreed⟩", "⟨as agreed⟩"),
    ("optout ⟨no more⟩ she says", "⟨no more⟩ she says"),
    ("optin ⟨texts are fine⟩", "⟨texts are fine⟩"),
];

/// Alice may do everything; there is one of all that a command can name.
async fn stage() -> Stage {
    const ALL: &[AgentRole] = &[AgentRole::Agent, AgentRole::Supervisor, AgentRole::Admin];
    let stage = Stage::with(Database::sqlite().await, &[("alice", ALL)]).await;
    let mut bob = able("bob");
    "Bob Roe".clone_into(&mut bob.who.name);
    stage.set_up(bob).await;
    let one = stage.keep("i-1000", active("alice")).await;
    let case = [("city", "Köln"), ("home town", "Bonn")].map(|(key, value)| (key.into(), value.into()));
    stage.keep("i-2000", Phase::Offered { offer: offer(super::later(60)), passed_over: vec![] }).await;
    stage.keep("i-3000", done("alice")).await;
    stage.keep("i-5000", active("bob")).await;
    let conn = &mut *stage.database.connection().await;
    interactions::save(conn, &Interaction { case: case.into(), ..one }).await.unwrap();
    let (phase, room) = (talk::Phase::Connected, Some(room_of("i-4000")));
    let im = Talk { phase, room, ..talk("i-4000", "alice", "bob", 0) };
    talks::add(conn, &im).await.unwrap();
    rooms::add(conn, &room_of("i-4000"), &Place::Talk(InteractionId::new("i-4000"))).await.unwrap();
    let text = || "Hello".to_owned();
    lists::define(conn, &Disposition { code: "sale".to_owned(), label: "Sale".to_owned() }).await.unwrap();
    lists::define(conn, &Response::new("hello".to_owned(), text())).await.unwrap();
    lists::define(conn, &Predefined { key: "busy".to_owned(), text: text() }).await.unwrap();
    let route = Route { name: "main".to_owned(), rules: vec![], otherwise: queue() };
    lists::define(conn, &route).await.unwrap();
    agents::set_in_console(conn, &able("bob").who.id, true).await.unwrap();
    stage
}

/// All that is said and kept once Alice has typed a line in the room of her conversation.
async fn comes_of(line: &str) -> Vec<Value> {
    let stage = stage().await;
    let before = stage.database.number("SELECT COUNT(*) FROM outbox").await;
    stage.says("alice", "i-1000", &format!("!{line}")).await;
    let conn = &mut *stage.database.connection().await;
    let effects: Vec<String> =
        sqlx::query_scalar("SELECT body FROM outbox ORDER BY rowid LIMIT -1 OFFSET $1")
            .bind(before)
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    let says = |effect: &String| match serde_json::from_str(effect).unwrap() {
        Effect::Notify(Notify { notice, .. }) | Effect::Amend(Amend { notice, .. }) => {
            Some(serde_json::to_value(notice.says).unwrap())
        }
        _ => None,
    };
    let kept: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM transcript UNION ALL SELECT detail FROM audit WHERE what <> 'assign'",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let case = stage.now("i-1000").await.case;
    let case = case.iter().map(|(key, value)| Value::from(format!("{key}={value}")));
    let mut all: Vec<Value> = effects.iter().filter_map(says).collect();
    assert!(!all.is_empty() || line.starts_with("whisper"), "{line} is not answered");
    all.extend(case);
    // A line of the transcript that tells what happened is JSON.
    let parsed = |text: &String| serde_json::from_str(text).ok().filter(Value::is_object);
    all.extend(kept.into_iter().map(|text| parsed(&text).unwrap_or_else(|| Value::from(text))));
    all
}

fn quoted(line: &str, (open, close): (&str, &str)) -> String {
    line.replace('⟨', open).replace('⟩', close)
}

/// Without what is another each time, and without what the audit log keeps of how it was typed.
fn bare(said: &[Value]) -> Vec<Value> {
    fn bare(value: &Value) -> Value {
        match value {
            Value::Number(_) => Value::Null,
            Value::Array(items) => items.iter().map(bare).collect(),
            Value::Object(fields) => fields
                .iter()
                // Drawn anew for each.
                .filter(|(name, _)| *name != "child")
                .map(|(name, value)| (name.clone(), bare(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
        }
    }
    said.iter().filter(|value| value.is_object()).map(bare).collect()
}

/// All texts in it.
fn strings(said: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for value in said {
        match value {
            Value::String(text) => found.push(text.clone()),
            Value::Array(items) => found.extend(strings(items)),
            Value::Object(fields) => found.extend(strings(&fields.values().cloned().collect::<Vec<_>>())),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

#[tokio::test]
async fn every_command_takes_its_words_in_quotes() {
    for (line, style) in SAME.into_iter().zip(STYLES.into_iter().cycle()) {
        let (plain, typed) = (quoted(line, ("", "")), quoted(line, style));
        assert_eq!(bare(&comes_of(&typed).await), bare(&comes_of(&plain).await), "{typed}");
    }
    let tried = SAME.iter().chain(PROSE.iter().map(|(line, _)| line));
    let tried: BTreeSet<&str> = tried.filter_map(|line| line.split(' ').next()).chain(ALONE).collect();
    let all = COMMANDS.rsplit("---\n").next().unwrap().lines().filter_map(|line| line.split_once(':'));
    let untried: Vec<&str> = all.map(|(name, _)| name).filter(|name| !tried.contains(name)).collect();
    assert_eq!(untried, Vec::<&str>::new());
}

#[tokio::test]
async fn quotes_keep_a_word_or_value_together_and_prose_keeps_its_quotes() {
    for (line, expected) in WHOLE.into_iter().chain(PROSE) {
        for style in [STYLES[0], STYLES[1]] {
            let (typed, expected) = (quoted(line, style), quoted(expected, style));
            let said = comes_of(&typed).await;
            let texts = strings(&said);
            assert!(texts.iter().any(|text| text.contains(&expected)), "{typed}: {expected} in {texts:#?}");
            assert!(!line.starts_with("case unset") || !texts.contains(&"home town=Bonn".to_owned()));
            let counted = said.iter().find(|one| one["code"] == "count").map(|one| one["units"].clone());
            assert!(!line.starts_with("count") || counted == Some(4.into()), "{typed}: {counted:?}");
        }
    }
}
