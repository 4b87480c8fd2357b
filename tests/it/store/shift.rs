//! The end of a shift, supervisors' hands, reasons not to be ready, and what the prefix alone shows.

use serde_json::json;
use switchroom::clock::{Clock, Millis};
use switchroom::domain::agent::Role as AgentRole;
use switchroom::domain::ids::AgentId;
use switchroom::domain::input::Input;
use switchroom::domain::interaction::{Disposition, DispositionRule, Interaction, Phase, Rules, Work};
use switchroom::domain::not_ready::{Reason, State, Turn};
use switchroom::domain::timer::Due;
use switchroom::store::{interactions, lists, readiness};

use super::stage::Stage;
use super::{Database, active, agent_ref, done, on_both_engines};
use crate::harness::eventually;

on_both_engines! {
    what_agents_become_is_kept_in_order_and_found_by_period,
    a_reason_runs_out_once_and_not_for_who_is_ready_again,
    who_signs_off_is_asked_what_becomes_of_what_they_have,
    what_is_handed_over_at_the_end_of_a_shift_is_asked_for_one_by_one,
    the_first_supervisor_comes_to_help_and_the_second_reads_who_did,
    what_supervisors_do_is_told_to_whom_it_concerns_and_stands_in_the_log,
    the_prefix_alone_shows_what_can_be_done_and_a_number_does_it,
}

const AGENT: &[AgentRole] = &[AgentRole::Agent];
const SUPERVISOR: &[AgentRole] = &[AgentRole::Agent, AgentRole::Supervisor];

async fn stage(database: Database) -> Stage {
    let people: &[(&str, &[AgentRole])] =
        &[("alice", AGENT), ("bob", AGENT), ("sue", SUPERVISOR), ("tom", SUPERVISOR)];
    Stage::with(database, people).await
}

fn working(owner: &str, work: Work) -> Phase {
    Phase::Owned { owner: agent_ref(owner), come_by: None, work, transfer: None }
}

/// How often somebody's deed of a kind stands in the audit log.
async fn logged(stage: &Stage, what: &str, who: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM audit WHERE what = $1 AND who = $2";
    let conn = &mut *stage.database.connection().await;
    sqlx::query_scalar(sql).bind(what).bind(format!("@{who}:desk.test")).fetch_one(conn).await.unwrap()
}

fn turn(agent: &str, at: i64, state: State, reason: &str) -> Turn {
    Turn { agent: AgentId::new(agent), at: Millis(at), state, reason: reason.to_owned() }
}

async fn what_agents_become_is_kept_in_order_and_found_by_period(database: Database) {
    let conn = &mut *database.connection().await;
    let all = [
        turn("alice", 10, State::Ready, ""),
        turn("bob", 15, State::SignedOff, ""),
        turn("alice", 20, State::NotReady, "lunch"),
        turn("alice", 30, State::Ready, ""),
        turn("alice", 30, State::NotReady, ""),
        turn("alice", 40, State::Ready, ""),
    ];
    for (id, turn) in all.iter().enumerate() {
        readiness::add(conn, &format!("{id:03}"), turn).await.unwrap();
    }
    assert_eq!(readiness::newest(conn, &AgentId::new("alice")).await.unwrap(), Some(all[5].clone()));
    assert_eq!(readiness::newest(conn, &AgentId::new("carol")).await.unwrap(), None);
    let found = readiness::turns(conn, Millis(25), Millis(40)).await.unwrap();
    assert_eq!(found, all[1..5], "and what each was at the beginning");
    assert_eq!(readiness::turns(conn, Millis(0), Millis(10)).await.unwrap(), vec![]);
}

async fn lunch(stage: &Stage, max_secs: Option<u64>) {
    let reason = Reason { label: "Lunch break".to_owned(), max_secs, ..Reason::new("lunch".to_owned()) };
    lists::define(&mut *stage.database.connection().await, &reason).await.unwrap();
}

/// Has a timer run that is due.
async fn due(stage: &Stage) {
    let conn = &mut *stage.database.connection().await;
    let sql = "SELECT id, body FROM timers WHERE body LIKE '%not_ready_too_long%'";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&mut *conn).await.unwrap();
    for (id, body) in rows {
        let due: Due = serde_json::from_str(&body).unwrap();
        stage.desk().apply(Input::Due { id, due }).await.unwrap();
    }
}

async fn a_reason_runs_out_once_and_not_for_who_is_ready_again(database: Database) {
    let stage = stage(database).await;
    lunch(&stage, Some(1)).await;
    // By its label, code or number; asked which where none is said.
    for typed in ["!notready lunch", "!notready “Lunch Break”", "!notready 1", "!notready lunch"] {
        stage.says("alice", "alice", typed).await;
        assert_eq!(stage.last("alice").await.fields()["reason"], "Lunch break", "{typed}");
    }
    stage.says("alice", "alice", "!ready im").await;
    let turns = "SELECT COUNT(*) FROM readiness WHERE agent = 'alice'";
    assert_eq!(stage.database.number(turns).await, 1, "it is one break");
    stage.says("alice", "alice", "!notready 2").await;
    assert_eq!(stage.last("alice").await.code(), "usage");
    stage.says("alice", "alice", "!notready").await;
    let why = stage.last("alice").await;
    assert_eq!(why.fields()["rows"][0]["key"], "lunch");
    stage.says("alice", "alice", "!1").await;
    assert_eq!(stage.last("alice").await.fields()["reason"], "Lunch break");
    let count = |said: Vec<super::stage::Said>| {
        said.iter().filter(|said| said.code() == "not_ready_too_long").count()
    };
    // The first break ended when she said that she was not ready for another reason.
    let over = Clock::default().now().0 + 1_100;
    eventually("the break to be over", || async { (Clock::default().now().0 > over).then_some(()) }).await;
    due(&stage).await;
    due(&stage).await;
    for (name, times) in [("alice", 1), ("sue", 1), ("tom", 1), ("bob", 0)] {
        assert_eq!(count(stage.said(name).await), times, "{name}");
    }
    let to_sue = stage.last("sue").await.fields();
    assert_eq!((&to_sue["agent_id"], &to_sue["reason"]), (&json!("alice"), &json!("Lunch break")));
    stage.says("alice", "alice", "!notready lunch").await;
    stage.says("bob", "bob", "!notready lunch").await;
    stage.says("bob", "bob", "!ready").await;
    due(&stage).await;
    assert_eq!(count(stage.said("bob").await), 0);
    stage.says("sue", "sue", "!report agents").await;
    let times = stage.last("sue").await.fields()["times"].clone();
    let lunch = |time: &serde_json::Value| time["label"] == "Lunch break" && time["secs"].as_u64() >= Some(1);
    assert!(times[0]["times"].as_array().unwrap().iter().any(lunch), "{times}");
}

async fn who_signs_off_is_asked_what_becomes_of_what_they_have(database: Database) {
    let stage = stage(database).await;
    stage.keep("i-1000", active("alice")).await;
    stage.keep("i-2000", working("alice", Work::Held)).await;
    stage.keep("i-3000", working("alice", Work::Expired)).await;
    stage.keep("i-4000", active("bob")).await;
    stage.says("alice", "alice", "!bye").await;
    let asked = stage.last("alice").await;
    assert_eq!(asked.code(), "open_work");
    let fields = asked.fields();
    assert_eq!(fields["items"].as_array().unwrap().len(), 3);
    let choices: Vec<&str> =
        fields["choices"].as_array().unwrap().iter().map(|one| one["choice"].as_str().unwrap()).collect();
    assert_eq!((choices.first(), choices.last()), (Some(&"requeue"), Some(&"keep")));
    // It is one tap.
    let last = format!("{}\u{fe0f}\u{20e3}", choices.len());
    stage.reacts("alice", "alice", &asked.event, &last).await;
    assert_eq!(stage.last("alice").await.code(), "left_as_it_was");
    assert_eq!(stage.now("i-1000").await.state(), "active");
    stage.reacts("alice", "alice", &asked.event, "1\u{fe0f}\u{20e3}").await;
    let moved = stage.last("alice").await.fields();
    assert_eq!((&moved["code"], moved["moved"].as_array().unwrap().len()), (&json!("work_moved"), 2));
    assert_eq!(moved["stay"][0]["stays"]["why"], "not_active");
    for (id, state) in
        [("i-1000", "queued"), ("i-2000", "queued"), ("i-3000", "expired"), ("i-4000", "active")]
    {
        assert_eq!(stage.now(id).await.state(), state, "{id}");
    }
    // Once more changes nothing: what she has is what there is.
    stage.says("alice", "alice", "!bye requeue").await;
    assert_eq!(stage.last("alice").await.fields()["moved"], json!([]));
    stage.says("bob", "bob", "!bye nobody-of-that-name").await;
    assert_eq!(stage.last("bob").await.code(), "no_such_target");
}

async fn what_is_handed_over_at_the_end_of_a_shift_is_asked_for_one_by_one(database: Database) {
    let stage = stage(database).await;
    for id in ["i-1000", "i-2000"] {
        stage.keep(id, active("alice")).await;
    }
    for typed in ["!bye alice", "!bye to alice"] {
        stage.says("alice", "alice", typed).await;
        assert_eq!(stage.last("alice").await.fields()["why"], "yourself", "{typed}");
    }
    stage.says("alice", "alice", "!bye to bob").await;
    let moved = stage.last("alice").await.fields();
    assert_eq!((&moved["code"], moved["moved"].as_array().unwrap().len()), (&json!("work_moved"), 2));
    stage.says("bob", "bob", "!accept i-1000").await;
    stage.says("bob", "bob", "!reject i-2000").await;
    assert_eq!(stage.now("i-1000").await.owner().unwrap().id.as_str(), "bob");
    assert_eq!(stage.now("i-2000").await.state(), "queued");
    assert!(stage.said("alice").await.iter().any(|said| said.fields()["why"] == "not_taken"));
}

async fn the_first_supervisor_comes_to_help_and_the_second_reads_who_did(database: Database) {
    let stage = stage(database).await;
    stage.keep("i-1000", active("alice")).await;
    stage.says("bob", "i-1000", "!hand").await;
    let long = "x".repeat(1_001);
    stage.says("alice", "i-1000", &format!("!hand {long}")).await;
    assert_eq!(stage.last("i-1000").await.code(), "usage");
    stage.says("alice", "alice", "!hand").await;
    assert_eq!(stage.last("alice").await.code(), "usage", "it belongs in a conversation");
    let said = stage.says("alice", "i-1000", "Please hold on").await;
    stage.reacts("bob", "i-1000", &said, "🆘").await;
    assert_eq!(stage.last("i-1000").await.code(), "not_owner");
    stage.says("alice", "i-1000", "!hand she wants\nthe manager\u{202e}").await;
    let raised = stage.last("i-1000").await.fields();
    assert_eq!((&raised["code"], raised["told"].as_array().unwrap().len()), (&json!("hand_raised"), 2));
    stage.reacts("alice", "i-1000", &said, "🆘\u{fe0f}").await;
    assert_eq!(stage.last("i-1000").await.fields()["why"], "hand_up");
    let (to_sue, to_tom) = (stage.last("sue").await, stage.last("tom").await);
    let card = to_sue.fields();
    assert_eq!((&card["code"], &card["note"]), (&json!("hand"), &json!("she wants the manager")));
    assert!(card["lines"].as_array().unwrap().iter().any(|line| line["text"] == "Please hold on"), "{card}");
    stage.reacts("sue", "sue", &to_sue.event, "❌").await;
    stage.reacts("sue", "sue", &to_sue.event, "✅").await;
    let now = stage.now("i-1000").await;
    assert!(now.is_watched_by(&AgentId::new("sue")) && !now.hears(&AgentId::new("sue")));
    stage.reacts("tom", "tom", &to_tom.event, "👍").await;
    let late = stage.last("tom").await.fields();
    assert_eq!((&late["why"], &late["by"]), (&json!("hand_taken"), &json!("sue")));
    assert!(!stage.now("i-1000").await.is_watched_by(&AgentId::new("tom")));
    for (what, who) in [("hand", "alice"), ("take_hand", "sue")] {
        assert_eq!(logged(&stage, what, who).await, 1, "{what}");
    }
    let kept = "SELECT COUNT(*) FROM transcript WHERE body = 'she wants the manager'";
    assert_eq!(stage.database.number(kept).await, 1);
}

async fn what_supervisors_do_is_told_to_whom_it_concerns_and_stands_in_the_log(database: Database) {
    let stage = stage(database).await;
    stage.keep("i-1000", active("alice")).await;
    let two = stage.keep("i-2000", active("alice")).await;
    let rules = Rules { disposition: DispositionRule::Mandatory, ..two.rules.clone() };
    let conn = &mut *stage.database.connection().await;
    interactions::save(conn, &Interaction { rules, ..two }).await.unwrap();
    let sale = Disposition { code: "sale".to_owned(), label: "Sale".to_owned() };
    lists::define(conn, &sale).await.unwrap();
    stage.keep("i-3000", Phase::Queued { passed_over: vec![] }).await;
    stage.keep("i-4000", done("bob")).await;
    for typed in ["!requeue i-1000", "!close i-1000", "!state alice ready"] {
        stage.says("bob", "bob", typed).await;
        assert_eq!(stage.last("bob").await.code(), "not_allowed", "{typed}");
    }
    for (typed, code) in [
        ("!requeue", "usage"),
        ("!requeue i-9999", "no_such_target"),
        ("!requeue i-3000", "refused"),
        ("!requeue i-4000", "refused"),
        ("!requeue nobody-of-that-name", "no_such_target"),
        ("!close", "usage"),
        ("!close i-9999 sale", "no_such_target"),
        ("!close i-4000", "refused"),
        ("!state", "usage"),
        ("!state alice", "usage"),
        ("!state alice away", "usage"),
        ("!state nobody-of-that-name ready", "no_such_target"),
        ("!state alice ready", "target_unavailable"),
    ] {
        stage.says("sue", "sue", typed).await;
        assert_eq!(stage.last("sue").await.code(), code, "{typed}");
    }
    let log = "SELECT COUNT(*) FROM audit WHERE what IN ('requeue', 'close', 'state')";
    assert_eq!(stage.database.number(log).await, 0, "what was refused changed nothing");

    stage.says("sue", "sue", "!requeue i-1000").await;
    assert_eq!(stage.last("sue").await.code(), "work_moved");
    let told = stage.said("alice").await.pop().unwrap().fields();
    assert_eq!((&told["code"], &told["by"]), (&json!("requeued"), &json!("sue")));
    stage.says("sue", "sue", "!close i-2000").await;
    let asked = stage.last("sue").await;
    assert_eq!(asked.fields()["rows"][0]["key"], "sale");
    stage.reacts("sue", "sue", &asked.event, "1\u{fe0f}\u{20e3}").await;
    let closed = stage.last("sue").await.fields();
    assert_eq!((&closed["code"], &closed["disposition"]), (&json!("closed"), &json!("Sale")));
    let told = stage.last("alice").await.fields();
    assert_eq!((&told["code"], &told["by"]), (&json!("done"), &json!("sue")));
    stage.says("sue", "sue", "!close i-3000").await;
    assert_eq!(stage.now("i-3000").await.state(), "done");
    lunch(&stage, None).await;
    stage.says("sue", "sue", "!state alice notready lunch").await;
    let told = stage.last("alice").await.fields();
    assert_eq!(
        (&told["code"], &told["by"], &told["is_you"]),
        (&json!("state_set"), &json!("sue"), &json!(true))
    );
    assert_eq!(told["readiness"]["sms"]["reason"], "Lunch break");
    for (what, times) in [("requeue", 1), ("close", 2), ("state", 1)] {
        assert_eq!(logged(&stage, what, "sue").await, times, "{what}");
    }
    assert_eq!(stage.database.number("SELECT COUNT(*) FROM replies").await, 0, "no contact reads of it");

    for id in ["i-5000", "i-6000"] {
        stage.keep(id, active("bob")).await;
    }
    stage.says("tom", "tom", "!requeue bob").await;
    assert_eq!(stage.last("tom").await.fields()["moved"].as_array().unwrap().len(), 2);
    assert_eq!(stage.now("i-5000").await.state(), "queued");
}

async fn the_prefix_alone_shows_what_can_be_done_and_a_number_does_it(database: Database) {
    let stage = stage(database).await;
    stage.keep("i-1000", active("alice")).await;
    let steps = |said: &super::stage::Said| {
        let fields = said.fields();
        let steps = fields["steps"].as_array().unwrap().iter();
        steps.map(|step| step["run"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    stage.says("alice", "i-1000", "!").await;
    let shown = stage.last("i-1000").await;
    assert_eq!(steps(&shown), ["responses", "team", "done", "hold", "hand"], "nobody has answered yet");
    // The list is hers.
    stage.reacts("sue", "i-1000", &shown.event, "4\u{fe0f}\u{20e3}").await;
    assert_eq!(stage.now("i-1000").await.state(), "active");
    stage.reacts("alice", "i-1000", &shown.event, "4\u{fe0f}\u{20e3}").await;
    assert_eq!(stage.now("i-1000").await.state(), "held");
    stage.says("alice", "i-1000", " ！ ").await;
    let shown = stage.last("i-1000").await;
    assert_eq!(steps(&shown)[0], "resume");
    stage.says("alice", "i-1000", "!1").await;
    assert_eq!(stage.now("i-1000").await.state(), "active");
    stage.says("alice", "alice", "!").await;
    assert_eq!(steps(&stage.last("alice").await), ["mine", "notready", "bye", "messages", "team"]);
    stage.says("sue", "sue", "!").await;
    assert_eq!(steps(&stage.last("sue").await), ["queue", "agents", "notready", "bye", "messages"]);
    stage.says("alice", "alice", "!1").await;
    assert_eq!(stage.last("alice").await.code(), "list");
}
