//! What a config names at a start, and what it leaves out.

use serde_json::{Value, json};
use switchroom::app::setup;
use switchroom::config::Config;
use switchroom::desk::{Applied, Desk};
use switchroom::domain::address::Address;
use switchroom::domain::ids::QueueName;
use switchroom::domain::input::Input;
use switchroom::domain::queue::{NumberSettings, QueueSettings};
use switchroom::store::agents;

use super::desk::{Opened, open};
use super::{Database, on_both_engines, queue};

on_both_engines! {
    at_a_start_settings_are_as_the_config_names_them_and_the_others_as_they_were_left,
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
