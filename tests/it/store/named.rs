//! What a config names at a start, and what it leaves out.

use serde_json::{Value, json};
use switchroom::app::setup;
use switchroom::config::Config;
use switchroom::desk::{Applied, Desk};
use switchroom::domain::address::Address;
use switchroom::domain::agent::{Agent, Permission, Role};
use switchroom::domain::ids::{AgentId, QueueName};
use switchroom::domain::input::Input;
use switchroom::domain::interaction::Disposition;
use switchroom::domain::queue::{NumberSettings, QueueSettings};
use switchroom::domain::route::{Route, Rule, When};
use switchroom::store::{agents, audit, lists};

use super::desk::{Opened, open};
use super::{Database, on_both_engines, queue};

on_both_engines! {
    at_a_start_settings_are_as_the_config_names_them_and_the_others_as_they_were_left,
    at_a_start_agents_routes_and_dispositions_keep_what_the_config_does_not_name,
}

const BEGUN: &str = "
homeserver: {url: 'http://127.0.0.1:8008', domain: desk.test}
desk:
  queues:
    - {name: support, undo_secs: 5, retention: {sms_days: 30}, hours: {mon: '09:00-17:00'}}
sms:
  numbers:
    - {number: '+15005550006', queue: support, mode: page}
";

async fn start(desk: &Desk, config: &str) {
    let config = Config::parse("c.yaml", config, &|_| None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(desk.apply(Input::Setup(setup::setup(&config))).await.unwrap(), Applied::Done);
}

async fn kept(database: &Database) -> (QueueSettings, NumberSettings) {
    let conn = &mut *database.connection().await;
    let number = agents::number(conn, &Address::sms("+15005550006")).await.unwrap().unwrap();
    (agents::queue(conn, &queue()).await.unwrap().unwrap(), number)
}

/// The values of some fields, as they are stored.
fn fields<'a>(of: &(impl serde::Serialize + ?Sized), names: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let document = serde_json::to_value(of).unwrap();
    names.into_iter().map(|name| document[name].clone()).collect()
}

async fn at_a_start_settings_are_as_the_config_names_them_and_the_others_as_they_were_left(
    database: Database,
) {
    let Opened { desk, .. } = &open(&database.store).await;
    start(desk, BEGUN).await;
    let (begun, number) = kept(&database).await;
    assert_eq!(
        fields(&begun, ["undo_ms", "retention_sms_days", "offer_ms"]),
        [json!(5_000), json!(30), json!(60_000)]
    );
    assert!(begun.hours.is_some());

    // What `!queue set` and `!number set` do.
    let queue_now = QueueSettings {
        undo_ms: 1_000,
        retention_sms_days: Some(90),
        retention_media_days: Some(7),
        offer_ms: 45_000,
        hours: None,
        ..begun.clone()
    };
    let number_now = NumberSettings {
        stop_words: vec!["basta".to_owned()],
        mode: switchroom::domain::interaction::Mode::Session,
        ..number.clone()
    };
    let conn = &mut *database.connection().await;
    agents::save_queue(conn, &queue(), &queue_now).await.unwrap();
    agents::save_number(conn, &Address::sms("+15005550006"), &number_now).await.unwrap();
    start(desk, BEGUN).await;
    let (queue_then, number_then) = kept(&database).await;
    let named = QueueSettings {
        undo_ms: 5_000,
        retention_sms_days: Some(30),
        hours: begun.hours.clone(),
        ..queue_now.clone()
    };
    assert_eq!(queue_then, named);
    assert_eq!(number_then, NumberSettings { mode: number.mode, ..number_now.clone() });

    // Taken out of the file, a setting stays as it is.
    let without = BEGUN.replace(", retention: {sms_days: 30}", "").replace(", mode: page", "");
    agents::save_queue(conn, &queue(), &queue_now).await.unwrap();
    start(desk, &without).await;
    let (queue_then, number_then) = kept(&database).await;
    assert_eq!(queue_then, QueueSettings { retention_sms_days: Some(90), ..named });
    assert_eq!(number_then.mode, number.mode);

    // A queue whose row cannot be read is made anew, as is one that is new.
    sqlx::query("UPDATE queues SET body = 'no JSON'").execute(&mut *conn).await.unwrap();
    start(desk, &without.replace("queues:", "queues:\n    - {name: sales}")).await;
    let defaults = QueueSettings { undo_ms: 5_000, hours: begun.hours, ..QueueSettings::default() };
    assert_eq!(kept(&database).await.0, defaults);
    let sales = agents::queue(conn, &QueueName::new("sales")).await.unwrap();
    assert_eq!(sales, Some(QueueSettings::default()));
}

const PEOPLE: &str = "
homeserver: {url: 'http://127.0.0.1:8008', domain: desk.test}
desk:
  admins: ['@root:desk.test', '@sue:desk.test']
  agents:
    - {id: bob, user: '@bob:desk.test', roles: [agent]}
    - {id: sue, user: '@sue:desk.test', permissions: [im]}
  queues: [{name: support}]
  routes: [{name: main, otherwise: support}]
  dispositions: [{code: solved}, {code: spam, label: Spam}]
  responses: [{shortcut: hello, text: Hello.}]
";

/// What the audit log says of starts, oldest first.
async fn noted(database: &Database) -> Vec<String> {
    let mut entries =
        audit::newest(&mut *database.connection().await, &["config".to_owned()], 50).await.unwrap();
    entries.reverse();
    entries.into_iter().map(|entry| format!("{}: {}", entry.who, entry.detail)).collect()
}

async fn at_a_start_agents_routes_and_dispositions_keep_what_the_config_does_not_name(database: Database) {
    let Opened { desk, .. } = &open(&database.store).await;
    start(desk, PEOPLE).await;
    let conn = &mut *database.connection().await;
    assert_eq!(noted(&database).await, Vec::<String>::new(), "nothing was there before");

    // What `!agent set` and the other commands do.
    let mut agents_now = Vec::new();
    for id in ["bob", "sue", "root"] {
        let agent = agents::by_id(conn, &AgentId::new(id)).await.unwrap().unwrap();
        agents_now.push(Agent {
            permissions: [Permission::Im, Permission::Transfer].into(),
            queues: vec![queue()],
            roles: vec![Role::Agent, Role::Supervisor],
            ..agent
        });
    }
    "Bob Roe".clone_into(&mut agents_now[0].who.name);
    for agent in &agents_now {
        agents::save(conn, agent).await.unwrap();
    }
    let rule = Rule {
        when: When { keywords: vec!["sales".to_owned()], ..When::default() },
        queue: queue(),
        priority: 0,
        skills: vec![],
    };
    let route = Route { name: "main".to_owned(), rules: vec![rule], otherwise: QueueName::new("night") };
    let label = |code: &str, label: &str| Disposition { code: code.to_owned(), label: label.to_owned() };
    lists::define(conn, &route).await.unwrap();
    lists::define(conn, &label("solved", "All good")).await.unwrap();
    lists::define(conn, &label("spam", "Junk")).await.unwrap();

    start(desk, PEOPLE).await;
    let [bob, sue, root] = ["bob", "sue", "root"].map(AgentId::new);
    let kept = agents::by_id(conn, &bob).await.unwrap().unwrap();
    assert_eq!(kept, Agent { roles: vec![Role::Agent], ..agents_now[0].clone() }, "only his roles are named");
    let kept = agents::by_id(conn, &sue).await.unwrap().unwrap();
    let roles = vec![Role::Agent, Role::Supervisor, Role::Admin];
    let named = Agent { permissions: [Permission::Im].into(), roles: roles.clone(), ..agents_now[1].clone() };
    assert_eq!(kept, named, "her permissions are named, and that she is an admin");
    let kept = agents::by_id(conn, &root).await.unwrap().unwrap();
    assert_eq!(kept, Agent { roles, ..agents_now[2].clone() }, "nothing is named but that they are an admin");
    let kept: Route = lists::defined_as(conn, "main").await.unwrap().unwrap();
    assert_eq!(kept, Route { otherwise: queue(), ..route });
    let kept: Vec<Disposition> = lists::defined(conn).await.unwrap();
    assert_eq!(kept, [label("solved", "All good"), label("spam", "Spam")]);
    let told = noted(&database).await;
    assert_eq!(
        told,
        [
            "switchroom: route main: otherwise night → support",
            "switchroom: disposition spam: Junk → Spam",
            "switchroom: agent bob: roles agent, supervisor → agent",
            "switchroom: agent sue: permissions im, transfer → im, roles agent, supervisor → agent, supervisor, admin",
            "switchroom: agent root: roles agent, supervisor → agent, supervisor, admin",
        ]
    );
    // Nothing is noted where nothing changes.
    start(desk, PEOPLE).await;
    assert_eq!(noted(&database).await, told);
}
