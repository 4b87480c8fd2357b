//! Admins: they say who works at the desk and what it is made of, and try again what was set aside.

use serde_json::json;
use switchroom::demo::agent::Agent;

use super::{join_offered, rows};
use crate::harness::{World, WorldOptions, eventually, shown};

const JANE: &str = "+14155550100";

async fn world() -> World {
    let agent = "roles: [agent, supervisor, admin]";
    World::with(WorldOptions { agents: &["alice"], agent, ..WorldOptions::default() }).await
}

#[tokio::test]
async fn an_agent_is_added_if_they_exist_and_removed_with_what_they_own_queued_again() {
    let world = world().await;
    world.synapse.register_user("dave", "secret", false).await.unwrap();
    let missing = world.command("alice", "!agent add dave @davee:desk.test", "no_such_target").await;
    assert!(missing.body().contains("@davee:desk.test"), "{}", missing.body());
    world.command("alice", "!agent add 42 @dave:desk.test", "usage").await;
    world.command("alice", "!agent add dave dave", "usage").await;
    let name = "x".repeat(101);
    world.command("alice", &format!("!agent add dave @dave:desk.test {name}"), "usage").await;
    world.command("alice", "!agent add dave @dave:desk.test “Dave Roe”", "changed").await;
    world.command("alice", "!agent add david @dave:desk.test", "usage").await;
    let dave = Agent::login(&world.synapse.url(), "dave", "secret").await.unwrap();
    let console = dave.console().await.unwrap().room_id().to_owned();

    let wrong = world.command("alice", "!agent set dave quues support", "usage").await;
    assert!(wrong.body().contains("did you mean queues"), "{}", wrong.body());
    world.command("alice", "!agent set dave queues nowhere", "usage").await;
    world.command("alice", "!agent set dave roles boss", "usage").await;
    let wrong = world.command("alice", &format!("!agent set dave name {name}"), "usage").await;
    assert!(wrong.body().contains("100 characters"), "{}", wrong.body());
    world.command("alice", "!agent set alice roles agent", "usage").await;
    world.command("alice", "!agent set dave queues support", "changed").await;
    let changed = world.command("alice", "!agent set “Dave Roe” sms_capacity 2", "changed").await;
    assert!(
        changed.body().contains("sms_capacity 2") && changed.body().contains("sms_capacity 4"),
        "{}",
        changed.body()
    );
    let card = world.command("alice", "!agent show dave", "list").await;
    assert!(rows(&card).contains(&"queues support".to_owned()), "{}", card.body());

    dave.send_text(&console, "!ready").await.unwrap();
    dave.wait_for_notice(&console, "status").await.unwrap();
    world.text(JANE, "Hello").await;
    let room = dave.wait_for_invite("Jane's room", |room| room.name() == shown(JANE)).await.unwrap();
    dave.join(&room).await.unwrap();
    dave.wait_for_text(&room, "Hello").await.unwrap();
    eventually("dave to own it", || async {
        (world.number("SELECT COUNT(*) FROM interactions WHERE owner = 'dave'").await == 1).then_some(())
    })
    .await;
    world.command("alice", "!agent remove alice", "usage").await;
    world.command("alice", "!agent remove dave", "changed").await;
    dave.wait_until_out_of(&room).await.unwrap();
    dave.wait_until_out_of(&console).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM interactions WHERE state = 'queued'").await, 1);
    world.command("alice", "!agent show dave", "no_such_target").await;
    let log = world.command("alice", "!audit agent dave", "list").await;
    assert!(log.body().contains("sms_capacity 4") && log.body().contains("→ none"), "{}", log.body());
    let lost = world.command("alice", "!messages", "list").await;
    assert!(lost.body().contains("Dave Roe lost"), "{}", lost.body());

    world.command("alice", "!ready", "status").await;
    join_offered(&world, "alice", JANE).await;
    // Their id leads to what was written to them: it is nobody else's.
    world.synapse.register_user("dave.new", "secret", false).await.unwrap();
    let other = world.command("alice", "!agent add dave @dave.new:desk.test", "usage").await;
    let why = "id dave belonged to @dave:desk.test; choose another id";
    assert!(other.body().contains(why), "{}", other.body());
    // Who comes back finds their old console.
    world.command("alice", "!agent add dave @dave:desk.test", "changed").await;
    let again = dave.wait_for_invite("the console", |room| room.name() == "Switchroom").await.unwrap();
    assert_eq!(again, console);
    world.finish().await;
}

#[tokio::test]
async fn an_agents_phone_is_typed_in_any_spelling_and_is_no_number_of_the_desk() {
    let world = world().await;
    for typed in ["(415) 555-0123", "+1 415 555 0123", "415.555.0123"] {
        world.command("alice", "!agent set alice phone none", "changed").await;
        let changed = world.command("alice", &format!("!agent set alice phone {typed}"), "changed").await;
        assert!(changed.body().contains("phone +14155550123"), "{typed}: {}", changed.body());
    }
    for (typed, why) in [
        ("(500) 555-0006", "is a number of the desk"),
        ("+15005550006", "is a number of the desk"),
        ("555", "is no phone number"),
        ("hers", "is no phone number"),
    ] {
        let refused = world.command("alice", &format!("!agent set alice phone {typed}"), "usage").await;
        assert!(refused.body().contains(why), "{typed}: {}", refused.body());
    }
    let card = world.command("alice", "!agent show alice", "list").await;
    assert!(rows(&card).contains(&"phone +14155550123".to_owned()), "{}", card.body());
    world.finish().await;
}

#[tokio::test]
async fn what_the_desk_is_made_of_is_changed_by_word_and_says_what_it_was() {
    let world = world().await;
    world.command("alice", "!queue add sales", "changed").await;
    world.command("alice", "!queue add list", "usage").await;
    let wrong = world.command("alice", "!queue set sales offer_secs 0", "usage").await;
    assert!(wrong.body().contains("from 1 to 3600"), "{}", wrong.body());
    world.command("alice", "!queue set sales disposition sometimes", "usage").await;
    world.command("alice", "!queue set sales signature {{ nobody.knows", "usage").await;
    let changed = world.command("alice", "!queue set sales offer_secs 30", "changed").await;
    let notice = changed.notice().unwrap();
    assert!(notice["before"].as_str().unwrap().contains("offer_secs 60"), "{notice}");
    assert!(notice["after"].as_str().unwrap().contains("offer_secs 30"), "{notice}");
    assert_eq!((&notice["in_config"], &notice["only_new"]), (&json!(false), &json!(true)), "{notice}");
    assert!(changed.body().contains("open ones keep what they began with"), "{}", changed.body());
    let at_once = world.command("alice", "!queue set sales signature Your sales team", "changed").await;
    assert!(!at_once.body().contains("open ones"), "{}", at_once.body());
    world.command("alice", "!number set +15005550006 queue nowhere", "usage").await;
    let changed = world.command("alice", "!number set +15005550006 queue sales", "changed").await;
    assert!(changed.body().contains("wins at the next start"), "{}", changed.body());
    world.command("alice", "!queue remove sales", "refused").await;
    world.command("alice", "!queue remove support", "refused").await;
    let changed = world.command("alice", "!number set +15005550006 queue support", "changed").await;
    assert!(!changed.body().contains("next start"), "as in the config: {}", changed.body());
    world.command("alice", "!queue remove sales", "changed").await;
    world.command("alice", "!queue show sales", "no_such_target").await;
    world.command("alice", "!disposition add solved Solved", "changed").await;
    world.command("alice", "!disposition set solved label “All solved”", "changed").await;
    let listed = world.command("alice", "!dispositions", "list").await;
    assert_eq!(rows(&listed), ["solved label All solved"]);
    world.command("alice", "!1", "list").await;
    world.command("alice", "!disposition remove solved", "changed").await;
    world.command("alice", "!disposition remove solved", "no_such_target").await;
    let all = world.command("alice", "!status all", "list").await;
    assert!(rows(&all).contains(&"set aside 0".to_owned()), "{}", all.body());
    world.finish().await;
}

#[tokio::test]
async fn what_was_set_aside_is_tried_again_once_it_was_mended() {
    let world = world().await;
    let pairs = [
        ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
        ("SmsSid", "SM0123456789abcdef0123456789abcdef"),
        ("AccountSid", "AC0123456789abcdef0123456789abcdef"),
        ("From", JANE),
        ("To", "+15005550007"),
        ("Body", "Is anyone there?"),
        ("NumMedia", "0"),
    ];
    let form: Vec<_> =
        pairs.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    assert_eq!(world.webhook("inbound", "token", &form).await.status(), 200);
    let console = world.console("alice").await;
    let told = world.agent("alice").wait_for_notice(&console, "set_aside").await.unwrap();
    assert!(told.body().contains("sms.numbers"), "{}", told.body());
    assert_eq!(told.mentions(), Some(vec!["@alice:desk.test"]));
    let metrics = reqwest::get(format!("{}/metrics", world.url)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("switchroom_set_aside_total 1"), "{metrics}");
    let aside = world.command("alice", "!retry", "list").await;
    assert!(rows(&aside)[0].contains("sms.numbers"), "{}", aside.body());
    // Nothing is mended yet: it is set aside again.
    world.command("alice", "!1", "changed").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 1);
    world.command("alice", "!number add +15005550007 support", "changed").await;
    world.command("alice", "!retry", "list").await;
    world.command("alice", "!1", "changed").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM set_aside").await, 0);
    world.command("alice", "!retry s-000000", "no_such_target").await;
    world.command("alice", "!ready", "status").await;
    let room = join_offered(&world, "alice", JANE).await;
    world.agent("alice").wait_for_text(&room, "Is anyone there?").await.unwrap();
    world.finish().await;
}
